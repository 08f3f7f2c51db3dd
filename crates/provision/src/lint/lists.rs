//! Lists that menus show: rings and wallpapers.

use std::collections::HashSet;

use super::finding::Findings;
use super::shape::{self, Shape};
use super::tree::{Element, Tree};
use crate::article::A;
use crate::catalogue::Certainty;
use crate::models::{self, RingFormat};

const RINGS: &[Shape] = &[
    ("CiscoIPPhoneRingList", &["Ring"], &[], false),
    ("Ring", &["DisplayName", "FileName"], &[], false),
    ("DisplayName", &[], &[], true),
    ("FileName", &[], &[], true),
];

const BACKGROUNDS: &[Shape] =
    &[("CiscoIPPhoneImageList", &["ImageItem"], &[], false), ("ImageItem", &[], &["Image", "URL"], false)];

/// Entries a menu shows.
const MOST: usize = 50;

/// Characters of a ring's name and of its file.
const LONGEST: usize = 25;

fn too_long(place: usize, element: &Element, findings: &mut Findings<'_>) {
    if place == MOST {
        findings.add("list-too-long", element.at, format!("from here on there are more than {MOST} entries"));
    }
}

pub(super) fn rings(tree: &Tree, findings: &mut Findings<'_>) {
    shape::look(tree, RINGS, findings);
    let mut names = HashSet::new();
    for (place, ring) in tree.children(tree.root()).filter(|child| child.name == "Ring").enumerate() {
        too_long(place, ring, findings);
        for name in ["DisplayName", "FileName"] {
            let Some(element) = tree.child(ring, name).filter(|child| !child.value().is_empty()) else {
                findings
                    .add("list-incomplete", ring.at, format!("the ring has no {name}"))
                    .fix(Some(format!("Add <{name}>")));
                continue;
            };
            let length = element.value().chars().count();
            if length > LONGEST {
                let message = format!("{name} has {length} characters; {LONGEST} is the most");
                findings.add("ring-length", element.text_at, message);
            }
            if name == "FileName" {
                format(element, findings);
            } else if !names.insert(element.value()) {
                findings.add(
                    "ring-duplicate",
                    element.text_at,
                    format!("{} is there twice", element.value()),
                );
            }
        }
    }
}

fn format(file: &Element, findings: &mut Findings<'_>) {
    let name = file.value().to_ascii_lowercase();
    let format = match name.rsplit_once('.') {
        Some((_, "raw")) => RingFormat::Raw,
        Some((_, "rwb")) => RingFormat::Rwb,
        _ => return,
    };
    plays(file.value(), format, file.text_at, findings);
}

/// Tells when the model does not play files of that format.
pub(super) fn plays(name: &str, format: RingFormat, at: usize, findings: &mut Findings<'_>) {
    let Some(model) = findings.model else { return };
    if !model.rings.iter().any(|plays| plays.value == format) {
        let sure = model.rings.iter().all(|plays| plays.sure);
        let certainty = if sure { Certainty::Sure } else { Certainty::Guess };
        let message = format!("{} does not play {name}", A(model.name));
        findings.add("ring-format", at, message).certain(certainty);
    }
}

pub(super) fn backgrounds(tree: &Tree, findings: &mut Findings<'_>) {
    shape::look(tree, BACKGROUNDS, findings);
    for (place, item) in tree.children(tree.root()).filter(|child| child.name == "ImageItem").enumerate() {
        too_long(place, item, findings);
        for name in ["Image", "URL"] {
            let Some(attribute) = item.attribute(name).filter(|attribute| !attribute.value.is_empty()) else {
                findings
                    .add("list-incomplete", item.at, format!("the picture has no {name}"))
                    .fix(Some(format!("Add {name}")));
                continue;
            };
            let Some(path) = attribute.value.strip_prefix("TFTP:") else {
                findings.add("image-scheme", attribute.at, format!("{name} is {}", attribute.value));
                continue;
            };
            if !path.to_ascii_lowercase().ends_with(".png") {
                findings.add("image-format", attribute.at, format!("{path} is not a .png"));
            }
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            folder_of(folder, attribute.at, findings);
        }
    }
}

fn folder_of(folder: &str, at: usize, findings: &mut Findings<'_>) {
    let own: Vec<_> = match findings.model {
        Some(model) => model.wallpaper.iter().map(|paper| paper.value.folder).collect(),
        None => models::all().iter().filter_map(|model| Some(model.wallpaper?.value.folder)).collect(),
    };
    let of_modules = models::modules().iter().filter_map(|module| Some(module.wallpaper?.value.folder));
    if own.iter().copied().chain(of_modules).any(|known| known == folder) {
        return;
    }
    let message = match findings.model {
        Some(model) => format!("{} does not look into {folder:?}", A(model.name)),
        None => format!("no phone looks into {folder:?}"),
    };
    let fix = findings.model.and_then(|model| Some(format!("Use {}", model.wallpaper?.value.folder)));
    findings.add("image-folder", at, message).fix(fix);
}
