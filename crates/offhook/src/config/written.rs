//! The configuration as written: what a file and the environment say, each value with the place it comes from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::keys::{ENVIRONMENT, Key, SECTIONS, nearest_key, nearest_section};
use super::kind::{Raw, Value};
use super::sources;

/// All that was written, read as what it should be.
#[derive(Debug, Default)]
pub struct Written {
    entries: BTreeMap<&'static str, (Value, Place)>,
    pub(super) sources: sources::All,
}

/// Where something was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A line of a file.
    Line(PathBuf, usize),
    /// A variable of the environment.
    Variable(String),
}

/// Something that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, and what to do.
    pub text: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(file, line) => write!(f, "{}:{line}", file.display()),
            Self::Variable(name) => write!(f, "environment: {name}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

impl Written {
    /// What was written for this setting.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(name).map(|(value, _)| value)
    }

    /// Where this setting was written; `None` if it was not.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<&Place> {
        self.entries.get(name).map(|(_, place)| place)
    }

    /// Reads the text of a file; all that is wrong goes to `problems`.
    pub fn file(&mut self, path: &Path, text: &str, problems: &mut Vec<Problem>) {
        let place = |offset: usize| {
            let before = &text.as_bytes()[..offset.min(text.len())];
            Place::Line(path.to_owned(), 1 + before.iter().filter(|byte| **byte == b'\n').count())
        };
        match DeTable::parse(text) {
            Ok(table) => {
                self.table("", table.get_ref(), &place, problems);
                problems.sort_by(|one, other| one.place.cmp(&other.place));
            }
            Err(error) => {
                let place = place(error.span().map_or(text.len(), |span| span.start));
                problems.push(Problem { place, text: error.message().to_owned() });
            }
        }
    }

    fn table(
        &mut self,
        prefix: &str,
        table: &DeTable<'_>,
        place: &dyn Fn(usize) -> Place,
        problems: &mut Vec<Problem>,
    ) {
        for (key, value) in table {
            let name = format!("{prefix}{}", key.get_ref());
            let place_of_key = place(key.span().start);
            let is_section =
                prefix.is_empty() && !name.is_empty() && SECTIONS.iter().any(|section| section.name == name);
            let text = match (value.get_ref(), Key::find(&name)) {
                (DeValue::Table(inner), None) if is_section => {
                    self.table(&format!("{name}."), inner, place, problems);
                    continue;
                }
                (DeValue::Table(inner), None) if prefix.is_empty() && name == "directory" => {
                    sources::file(&mut self.sources, inner, place, problems);
                    continue;
                }
                (DeValue::Table(_), None) if prefix.is_empty() => unknown_section(&name),
                (_, None) if is_section => {
                    format!("{name} is a section: write [{name}] and its settings below it")
                }
                (_, None) => unknown(&name, |key| key.name.to_owned()),
                (value, Some(key)) => match self.set(key, &raw(value), place_of_key.clone()) {
                    Ok(()) => continue,
                    Err(text) => text,
                },
            };
            problems.push(Problem { place: place_of_key, text });
        }
    }

    /// Reads the environment over what is there; all that is wrong goes to `problems`.
    pub fn environment(
        &mut self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        problems: &mut Vec<Problem>,
    ) {
        for (variable, value) in variables {
            let variable = variable.to_string_lossy();
            let Some(rest) = variable.strip_prefix(ENVIRONMENT) else { continue };
            let name = rest.to_lowercase().replace("__", ".");
            let place = Place::Variable(variable.clone().into_owned());
            if let (Some(rest), Some(value)) = (name.strip_prefix(sources::PREFIX), value.to_str()) {
                sources::variable(&mut self.sources, rest, value, place, problems);
                continue;
            }
            let read = match (Key::find(&name).filter(|key| key.environment() == variable), value.to_str()) {
                (None, _) => Err(unknown(&name, Key::environment)),
                (Some(_), None) => Err("its value is not UTF-8".to_owned()),
                (Some(key), Some(value)) => self.set(key, &key.kind.from_text(value), place.clone()),
            };
            if let Err(text) = read {
                problems.push(Problem { place, text });
            }
        }
    }

    fn set(&mut self, key: &'static Key, raw: &Raw, place: Place) -> Result<(), String> {
        let value = key.kind.read(raw).ok_or_else(|| {
            let shown = if key.kind.is_secret() { "…".to_owned() } else { raw.to_string() };
            format!("{} = {shown} will not do: it takes {}", key.name, key.kind.allowed())
        })?;
        self.entries.insert(key.name, (value, place));
        Ok(())
    }
}

fn unknown(name: &str, call: impl Fn(&Key) -> String) -> String {
    match nearest_key(name) {
        Some(key) => format!("unknown setting {name}; did you mean {}?", call(key)),
        None => format!("unknown setting {name}; docs/configuration.md lists all"),
    }
}

fn unknown_section(name: &str) -> String {
    match nearest_section(name) {
        Some(section) => format!("unknown section [{name}]; did you mean [{}]?", section.name),
        None => format!("unknown section [{name}]; docs/configuration.md lists all"),
    }
}

pub(super) fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Boolean(flag) => Raw::Flag(*flag),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(whole) => Raw::Whole(whole),
            Err(_) => Raw::Other(number.as_str().to_owned()),
        },
        DeValue::Array(items) => Raw::List(items.iter().map(|item| raw(item.get_ref())).collect()),
        DeValue::Float(number) => Raw::Other(number.as_str().to_owned()),
        DeValue::Datetime(time) => Raw::Other(time.to_string()),
        DeValue::Table(_) => Raw::Other("{…}".to_owned()),
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Other(text) => f.write_str(text),
            Self::List(items) => {
                f.write_str("[")?;
                for (number, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if number > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
        }
    }
}
