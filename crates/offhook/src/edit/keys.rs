//! Keys: what a button does, put into the layer of a phone or a group.

use provision::catalogue::{self, LineFeature, line_feature, line_features, nearest};
use provision::inventory::{Key, Number};

use super::{Assignment, Editor, Error, Holder, Problem, Result, Scope, take};

/// What the word behind a feature says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// The line it belongs to.
    Line,
    /// The value of this setting.
    Setting(&'static str),
}

/// What such a key is for, if it is for one thing: a line, the number it dials, the page it opens.
#[must_use]
pub fn aim(feature: &LineFeature) -> Option<Aim> {
    let needs = |element| feature.required.contains(&element);
    match () {
        () if needs("@lineIndex") => Some(Aim::Line),
        () if needs("speedDialNumber") => Some(Aim::Setting("number")),
        () if needs("serviceURI") => Some(Aim::Setting("service_url")),
        () if needs("secureServiceURI") => Some(Aim::Setting("secure_service_url")),
        () => None,
    }
}

/// The feature that a word names.
pub fn feature(whose: &str, word: &str) -> Result<&'static LineFeature> {
    let usual = word.to_ascii_lowercase().replace(['-', ' '], "_");
    let meant = match usual.as_str() {
        "dnd" => "do_not_disturb",
        "speeddial" => "speed_dial",
        "url" => "service",
        other => other,
    };
    line_feature(meant).ok_or_else(|| {
        let near = nearest(&usual, line_features().iter().map(|feature| feature.key));
        let near = near.map(|word| format!("; perhaps {word}")).unwrap_or_default();
        let text = format!("{whose}: there is no key feature {word:?}{near}");
        Error::Wrong(vec![Problem::new("feature", text).hint("; `offhook catalogue keys` lists them")])
    })
}

/// The number of a button, as far as any phone counts.
pub fn button(whose: &str, word: &str) -> Result<u16> {
    let refused =
        |problem| Error::wrong("button", format!("{whose}: {word:?} is not the number of a key; {problem}"));
    let setting = catalogue::setting("button").expect("the catalogue has the numbers of keys");
    setting.code(word, None).map_err(|problem| refused(problem.to_string()))?;
    word.parse().map_err(|_| refused("they count from 1".to_owned()))
}

/// A key of that feature with those settings, as far as it is right by itself. `whose` is told with its button.
pub fn new_key(
    whose: &str,
    feature: &'static LineFeature,
    line: Option<Number>,
    written: &[Assignment],
    scope: &Scope,
) -> Result<Key> {
    let mut key = Key { line, ..Key::new(feature) };
    take(whose, &mut key.settings, scope, written)?;
    Ok(key)
}

impl Editor {
    /// Puts a key on a button; keep the holder with [`Editor::change`]. Gives what was there.
    pub async fn put_key(&self, holder: &mut Holder, button: u16, key: Key) -> Result<Option<Option<Key>>> {
        if let Err(error) = holder.scope().check_key(button, &key) {
            return Err(Error::wrong("", format!("{}: {error}", holder.name())));
        }
        if let Some(line) = &key.line {
            self.line(line).await?;
        }
        Ok(holder.layer_mut().keys.insert(button, Some(key)))
    }

    /// Clears keys, or keeps them empty in spite of earlier layers; keep the holder with [`Editor::change`].
    pub fn clear_keys(&self, holder: &mut Holder, buttons: &[u16], empty: bool) -> Result<()> {
        let whose = holder.name();
        let layer = holder.layer_mut();
        for button in buttons {
            if empty {
                layer.keys.insert(*button, None);
            } else if layer.keys.remove(button).is_none() {
                let text = format!("{whose} has no key {button} of its own");
                return Err(Error::no_such("button", text, "; --empty keeps it empty in spite of others"));
            }
        }
        Ok(())
    }

    /// Moves what a key does to another; if that one is taken, the two change places. Keep the holder with
    /// [`Editor::change`]. Gives what is on `to` and on `from` now.
    pub fn move_key(
        &self,
        holder: &mut Holder,
        from: u16,
        to: u16,
    ) -> Result<(Option<Key>, Option<Option<Key>>)> {
        let (whose, scope) = (holder.name(), holder.scope());
        let keys = &mut holder.layer_mut().keys;
        let Some(moved) = keys.remove(&from) else {
            let text = format!("{whose} has no key {from} of its own");
            return Err(Error::no_such("button", text, "; `offhook key list` shows them"));
        };
        let other = keys.insert(to, moved.clone());
        if let Some(other) = &other {
            keys.insert(from, other.clone());
        }
        let changed = [(to, moved.as_ref()), (from, other.as_ref().and_then(Option::as_ref))];
        for (button, key) in changed.iter().filter_map(|(button, key)| Some((*button, (*key)?))) {
            scope.check_key(button, key).map_err(|error| Error::wrong("to", format!("{whose}: {error}")))?;
        }
        Ok((moved, other))
    }
}
