//! A phone with all that its pages show of it: what it gets, where that comes from, what is wrong with it.

use std::collections::BTreeMap;

use provision::catalogue::{self, call_states};
use provision::inventory::{Bundle, Name, Phone};
use provision::lint::Finding;
use provision::mac::Mac;
use provision::models::Module;
use provision::render::Surroundings;
use provision::tree::Element;

use super::drawing;
use crate::admin::page::answer::Refused;
use crate::admin::page::frame::Frame;
use crate::edit::{Editor, Made};
use crate::inventory::surroundings;
use crate::listener::App;

/// What offhook makes for a phone.
pub(super) struct Looked {
    pub(super) made: Made,
    pub(super) findings: Vec<Placed>,
}

/// Something that lint found, and the setting it is about.
pub(super) struct Placed {
    pub(super) finding: Finding,
    /// The setting's name, where it can be told.
    pub(super) name: Option<&'static str>,
}

/// A value that is otherwise than before.
pub(super) struct Differs {
    pub(super) path: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) secret: bool,
}

impl Looked {
    /// What offhook makes for a phone, which need not be kept as it is.
    pub(super) async fn at(phone: Phone, editor: &Editor, around: &Surroundings) -> Result<Self, Refused> {
        Ok(Self::of(editor.bundle(phone).await?, around))
    }

    /// The same for a bundle.
    pub(super) fn of(bundle: Bundle, around: &Surroundings) -> Self {
        let made = Made::new(bundle, around);
        let findings =
            made.findings().into_iter().map(|finding| place(&made.rendered.xml, finding)).collect();
        Self { made, findings }
    }

    pub(super) fn phone(&self) -> &Phone {
        &self.made.bundle.phone
    }

    /// What the document says for a setting: the word, its origin, and whether it is a secret.
    pub(super) fn value_of(&self, name: Name) -> Option<(String, String, bool)> {
        let found = self.made.rendered.values.iter().find(|value| value.name == Some(name))?;
        Some((found.value.to_owned(), found.origin.to_string(), found.secret))
    }

    /// The code that stands in the document for a setting.
    fn code_of(&self, name: Name) -> Option<String> {
        let found = self.made.rendered.values.iter().find(|value| value.name == Some(name))?;
        Some(found.code.to_owned())
    }

    /// Keys on the phone itself, in the line mode it is told.
    pub(super) fn own_keys(&self) -> u16 {
        let Some(model) = self.phone().model else { return 0 };
        let enhanced =
            Name::new("line_mode").ok().and_then(|name| self.code_of(name)).is_some_and(|code| code == "1");
        model.keys_enhanced.filter(|_| enhanced).unwrap_or(model.keys)
    }

    /// Its key modules, by their place.
    pub(super) fn modules(&self) -> Vec<&'static Module> {
        let Ok(name) = Name::new("module_type") else { return Vec::new() };
        (1..=3).filter_map(|place| drawing::module(&self.code_of(name.at(place))?)).collect()
    }

    /// What stands at the top of the screen.
    pub(super) fn phone_label(&self) -> String {
        let label = Name::new("phone_label").ok().and_then(|name| self.value_of(name)).map(|(word, ..)| word);
        let first = || self.made.label(1).map(str::to_owned);
        label.filter(|label| !label.is_empty()).or_else(first).unwrap_or_default()
    }

    /// What an idle phone offers, when nothing else was made for it.
    pub(super) fn soft_keys(&self) -> Vec<&'static str> {
        let state = call_states().first();
        let offered = state.map(|state| state.offered.iter().copied().filter(|key| *key != "Undefined"));
        offered.into_iter().flatten().take(4).collect()
    }

    /// Notes of rendering and findings of lint that belong to no setting that is shown.
    pub(super) fn remarks(&self) -> Vec<String> {
        let notes = self.made.rendered.notes.iter().map(|note| format!("{} ({})", note.text, note.origin));
        let stray = self.findings.iter().filter(|placed| placed.name.is_none());
        notes.chain(stray.map(|placed| placed.finding.message.clone())).collect()
    }

    /// Findings about a setting.
    pub(super) fn about(&self, key: &str) -> Vec<&Finding> {
        let of = self.findings.iter().filter(|placed| placed.name == Some(key));
        of.map(|placed| &placed.finding).collect()
    }

    /// What the document says otherwise than that one.
    pub(super) fn differences(&self, before: &Self) -> Vec<Differs> {
        differences(&before.made.rendered.xml, &self.made.rendered.xml)
    }
}

/// The phone that an address names, and an editor of the inventory.
pub(super) async fn find(frame: &Frame, name: &str) -> Result<(Phone, Editor), Refused> {
    let mac: Mac = name.parse().map_err(|_| Refused::NothingThere)?;
    let editor = Editor::begin(frame.store()?).await?;
    let phone = editor.phone(mac).await?;
    Ok((phone, editor))
}

/// As [`find`], with all that is made for it.
pub(super) async fn look(frame: &Frame, app: &App, name: &str) -> Result<(Looked, Editor), Refused> {
    let (phone, editor) = find(frame, name).await?;
    let looked = Looked::at(phone, &editor, &surroundings(&app.config.load())).await?;
    Ok((looked, editor))
}

/// Every value at which two documents differ, in the order of the later one; what is gone comes last.
fn differences(before: &str, after: &str) -> Vec<Differs> {
    let leaves = |xml: &str| {
        let root = Element::parse(xml.as_bytes()).ok();
        let leaves = root.map(|root| root.leaves()).unwrap_or_default().into_iter();
        leaves
            .filter(|leaf| leaf.path != "versionStamp")
            .map(|leaf| (leaf.path, leaf.value))
            .collect::<Vec<_>>()
    };
    let secret = |path: &str| path.to_ascii_lowercase().ends_with("password");
    let was = leaves(before);
    let mut rest: BTreeMap<&str, &str> = was.iter().map(|(path, value)| (&**path, &**value)).collect();
    let mut all = Vec::new();
    for (path, value) in leaves(after) {
        let before = rest.remove(&*path);
        if before != Some(&*value) {
            all.push(Differs {
                secret: secret(&path),
                before: before.map(str::to_owned),
                after: Some(value),
                path,
            });
        }
    }
    for (path, value) in was.iter().filter(|(path, _)| rest.contains_key(&**path)) {
        all.push(Differs {
            secret: secret(path),
            path: path.clone(),
            before: Some(value.clone()),
            after: None,
        });
    }
    all
}

/// Finds the setting that a finding is about by where it stands in the document.
fn place(xml: &str, finding: Finding) -> Placed {
    let path = path_at(xml, finding.place.offset);
    let name = path.and_then(|path| catalogue::by_path(&path)).and_then(|setting| setting.key);
    Placed { finding, name }
}

/// The path of the element that begins at or around a byte of a document of ours, which has neither comments nor sections.
fn path_at(xml: &str, offset: usize) -> Option<String> {
    let (mut stack, mut rest, mut at): (Vec<&str>, &str, usize) = (Vec::new(), xml, 0);
    while let Some(start) = rest.find('<') {
        let end = rest[start..].find('>')? + start;
        let tag = &rest[start + 1..end];
        if at + start > offset {
            break;
        }
        match tag.strip_prefix('/') {
            _ if tag.starts_with('?') => {}
            Some(_) if at + end >= offset => break,
            Some(_) => drop(stack.pop()),
            None => {
                let name = tag.split([' ', '/']).next().unwrap_or_default();
                stack.push(name);
                if tag.ends_with('/') {
                    if at + end >= offset {
                        break;
                    }
                    stack.pop();
                }
            }
        }
        (at, rest) = (at + end + 1, &rest[end + 1..]);
    }
    let path = stack.get(1..)?.join("/");
    Some(path).filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_place_in_a_document_has_a_path() {
        let xml = "<?xml version=\"1.0\"?>\n<device>\n<a x=\"1\"><b>text</b><c/></a>\n<d>1</d></device>";
        let at = |text: &str| path_at(xml, xml.find(text).unwrap());
        assert_eq!(at("<b>").as_deref(), Some("a/b"));
        assert_eq!(at("text").as_deref(), Some("a/b"));
        assert_eq!(at("<c/>").as_deref(), Some("a/c"));
        assert_eq!(at("1</d>").as_deref(), Some("d"));
        assert_eq!(at("<device>"), None);
    }

    #[test]
    fn only_what_differs_is_told() {
        let before = "<device><a>1</a><b>2</b><versionStamp>x</versionStamp></device>";
        let after =
            "<device><a>1</a><c>3</c><userPassword>y</userPassword><versionStamp>z</versionStamp></device>";
        let told: Vec<_> = differences(before, after)
            .into_iter()
            .map(|one| (one.path, one.before, one.after, one.secret))
            .collect();
        assert_eq!(
            told,
            [
                ("c".into(), None, Some("3".into()), false),
                ("userPassword".into(), None, Some("y".into()), true),
                ("b".into(), Some("2".into()), None, false),
            ]
        );
    }
}
