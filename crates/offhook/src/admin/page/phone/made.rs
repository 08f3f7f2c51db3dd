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
pub(in crate::admin::page) struct Looked {
    pub(super) made: Made,
    pub(super) findings: Vec<Placed>,
}

/// Something that lint found, and what it is about.
pub(super) struct Placed {
    pub(super) finding: Finding,
    /// The element it stands in, as overrides write it.
    pub(super) path: Option<String>,
    /// The setting's name, where it can be told.
    pub(super) name: Option<&'static str>,
    /// The key, if it is about one.
    pub(super) button: Option<u16>,
}

impl Placed {
    /// What is wrong, and what to do.
    pub(super) fn words(&self) -> String {
        format!("{}. {}.", self.finding.message, self.finding.fix)
    }
}

/// A value that is otherwise than before.
pub(in crate::admin::page) struct Differs {
    pub(in crate::admin::page) path: String,
    pub(in crate::admin::page) before: Option<String>,
    pub(in crate::admin::page) after: Option<String>,
    pub(in crate::admin::page) secret: bool,
}

impl Looked {
    /// What offhook makes of a bundle, which need not be kept as it is.
    pub(in crate::admin::page) fn of(bundle: Bundle, around: &Surroundings) -> Self {
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
        let is_stray = |placed: &&Placed| placed.name.is_none() && placed.button.is_none();
        let stray = self.findings.iter().filter(is_stray);
        notes.chain(stray.map(|placed| placed.finding.message.clone())).collect()
    }

    /// Findings about a setting of the phone.
    pub(super) fn about(&self, key: &str) -> Vec<&Finding> {
        let is_of = |placed: &&Placed| placed.name == Some(key) && placed.button.is_none();
        self.findings.iter().filter(is_of).map(|placed| &placed.finding).collect()
    }

    /// Findings about a key.
    pub(super) fn about_key(&self, button: u16) -> Vec<String> {
        self.findings.iter().filter(|placed| placed.button == Some(button)).map(Placed::words).collect()
    }

    /// Findings at a place of the document.
    pub(super) fn about_path(&self, path: &str) -> Vec<String> {
        self.findings
            .iter()
            .filter(|placed| placed.path.as_deref() == Some(path))
            .map(Placed::words)
            .collect()
    }

    /// What the document says otherwise than that one.
    pub(in crate::admin::page) fn differences(&self, before: &Self) -> Vec<Differs> {
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
    let looked = Looked::of(editor.bundle(phone).await?, &surroundings(&app.config.load()));
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

/// Finds what a finding is about by where it stands in the document.
fn place(xml: &str, finding: Finding) -> Placed {
    let steps = steps_at(xml, finding.place.offset);
    let joined = |steps: Vec<String>| Some(steps.join("/")).filter(|path| !path.is_empty());
    let plain = joined(steps.iter().map(|step| step.name.to_owned()).collect());
    Placed {
        name: plain.and_then(|path| catalogue::by_path(&path)).and_then(|setting| setting.key),
        path: joined(steps.iter().map(Step::written).collect()),
        button: steps.iter().find_map(|step| step.button),
        finding,
    }
}

/// An element on the way to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step<'a> {
    name: &'a str,
    button: Option<u16>,
}

impl<'a> Step<'a> {
    fn of(tag: &'a str) -> Self {
        let button = tag.split_once(" button=\"").and_then(|(_, rest)| rest.split('"').next()?.parse().ok());
        Self { name: tag.split([' ', '/']).next().unwrap_or_default(), button }
    }

    fn written(&self) -> String {
        self.button.map_or_else(|| self.name.to_owned(), |button| format!("{}[@button={button}]", self.name))
    }
}

/// The way to the element that begins at or around a byte of a document of ours, which has neither comments nor sections.
fn steps_at(xml: &str, offset: usize) -> Vec<Step<'_>> {
    let (mut stack, mut rest, mut at): (Vec<Step<'_>>, &str, usize) = (Vec::new(), xml, 0);
    while let Some(start) = rest.find('<') {
        let Some(end) = rest[start..].find('>').map(|end| end + start) else { break };
        let tag = &rest[start + 1..end];
        if at + start > offset {
            break;
        }
        match tag.strip_prefix('/') {
            _ if tag.starts_with('?') => {}
            Some(_) if at + end >= offset => break,
            Some(_) => drop(stack.pop()),
            None => {
                stack.push(Step::of(tag));
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
    // The root is no part of a path.
    stack.drain(..1.min(stack.len()));
    stack
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_place_in_a_document_has_a_path() {
        let xml = "<?xml version=\"1.0\"?>\n<device>\n<a x=\"1\"><b>text</b><c/></a>\n<d>1</d>\
                   <line button=\"2\" lineIndex=\"1\"><e>2</e></line></device>";
        let at = |text: &str| {
            let steps = steps_at(xml, xml.find(text).unwrap());
            steps.iter().map(Step::written).collect::<Vec<_>>().join("/")
        };
        assert_eq!(at("<b>"), "a/b");
        assert_eq!(at("text"), "a/b");
        assert_eq!(at("<c/>"), "a/c");
        assert_eq!(at("1</d>"), "d");
        assert_eq!(at("<device>"), "");
        assert_eq!(at("<e>"), "line[@button=2]/e");
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
