//! Every file that offhook makes by itself when the administrator has put none.
//!
//! Lists are written, ring tones synthesised and wallpapers drawn on demand; nothing is stored, and the same name
//! always gives the same bytes. The administrator's own file of the same name wins, but that is not decided here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::artifact;
use crate::inventory::SoftKeySet;
use crate::models::RingFormat;
use crate::picture::{Picture, pictures};
use crate::render::document;
use crate::sound::{self, RINGS, Ring};

mod lists;

/// A made file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub content_type: &'static str,
}

/// Makes the file of that name, in any letter case; `None` when offhook makes no such file.
///
/// The largest wallpapers cost a few hundredths of a second, everything else far less: keep what comes back.
pub fn make(name: &str) -> Option<Made> {
    let (name, recipe) = RECIPES.get(&name.to_ascii_lowercase())?;
    Some(Made { bytes: recipe.follow(), content_type: artifact::content_type(name) })
}

/// The name of every file that [`make`] knows, in its proper letter case.
pub fn names() -> impl Iterator<Item = &'static str> {
    RECIPES.values().map(|(name, _)| name.as_str())
}

/// How a file is made.
#[derive(Debug, Clone, Copy)]
enum Recipe {
    DialTemplate,
    SoftKeys,
    FeaturePolicy,
    DialRules,
    RingList(RingFormat),
    Ring(&'static Ring, RingFormat),
    Callback,
    BackgroundList(&'static str),
    Picture(&'static Picture),
}

/// Lower-case name to proper name and recipe.
static RECIPES: LazyLock<BTreeMap<String, (String, Recipe)>> = LazyLock::new(|| {
    let mut recipes = BTreeMap::new();
    for (name, recipe) in all() {
        let before = recipes.insert(name.to_ascii_lowercase(), (name, recipe));
        assert!(before.is_none(), "two recipes for one name: {before:?}");
    }
    recipes
});

fn all() -> Vec<(String, Recipe)> {
    let mut all = vec![
        ("DialTemplate.xml".to_owned(), Recipe::DialTemplate),
        ("SoftKeys.xml".to_owned(), Recipe::SoftKeys),
        ("FeaturePolicy.xml".to_owned(), Recipe::FeaturePolicy),
        ("AppDialRules.xml".to_owned(), Recipe::DialRules),
        ("Ringlist.xml".to_owned(), Recipe::RingList(RingFormat::Raw)),
        ("DistinctiveRingList.xml".to_owned(), Recipe::RingList(RingFormat::Raw)),
        ("Ringlist-wb.xml".to_owned(), Recipe::RingList(RingFormat::Rwb)),
        ("Callback.raw".to_owned(), Recipe::Callback),
    ];
    for ring in &RINGS {
        for format in [RingFormat::Raw, RingFormat::Rwb] {
            all.push((ring.file_name(format), Recipe::Ring(ring, format)));
        }
    }
    for picture in pictures() {
        let list = format!("{}/List.xml", picture.folder());
        if !all.iter().any(|(name, _)| *name == list) {
            all.push((list, Recipe::BackgroundList(picture.folder())));
        }
        all.push((picture.name(), Recipe::Picture(picture)));
    }
    all
}

impl Recipe {
    fn follow(self) -> Vec<u8> {
        match self {
            Self::DialTemplate => lists::dial_template().into_bytes(),
            Self::SoftKeys => document::soft_keys(&SoftKeySet::new()).into_bytes(),
            Self::FeaturePolicy => document::policy(&BTreeMap::new()).into_bytes(),
            Self::DialRules => lists::dial_rules().into_bytes(),
            Self::RingList(format) => lists::ring_list(format).into_bytes(),
            Self::Ring(ring, format) => ring.render(format),
            Self::Callback => sound::callback(),
            Self::BackgroundList(folder) => lists::background_list(folder).into_bytes(),
            Self::Picture(picture) => picture.draw(),
        }
    }
}

#[cfg(test)]
mod tables;
#[cfg(test)]
mod tests;
