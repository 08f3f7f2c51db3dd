//! Sources of the directory: any number of them, each in a table of its own, `[directory.sources.NAME]`.
//!
//! The settings of one are a table like [`super::keys::KEYS`]; names are the administrator's.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::de::DeTable;

use super::keys::{Felt, Key, key};
use super::kind::{Kind, Value};
use super::written::{Place, Problem, raw};
use crate::directory::{Origin, SourceSettings};

/// What the name of such a table begins with.
pub(super) const PREFIX: &str = "directory.sources.";

/// No name in an address or an environment needs to be longer.
const LONGEST_NAME: usize = 32;

/// All settings of one source, in the order of the page.
#[rustfmt::skip]
pub const SOURCE_KEYS: &[Key] = &[
    key("kind", Kind::OneOf(&["carddav", "vcard", "csv"]), "", r#""carddav""#, Felt::OnRestart,
        "An address book on a CardDAV server, or files of vCards, or tables (CSV). Must be there."),
    key("title", Kind::Text, "", r#""Sales""#, Felt::OnRestart,
        "What phones call it. Default: its name."),
    key("url", Kind::Text, "", r#""https://dav.example.net/anna/contacts/""#, Felt::OnRestart,
        "`carddav`: the address book; or the server, then all address books of the user."),
    key("user", Kind::Text, "", r#""anna""#, Felt::OnRestart,
        "`carddav`: whom to log in as."),
    key("password", Kind::Secret, "", r#""…""#, Felt::OnRestart,
        "`carddav`: their password; better in the environment, as `OFFHOOK__DIRECTORY__SOURCES__NAME__PASSWORD`."),
    key("authority", Kind::Path, "", r#""/etc/offhook/dav-ca.pem""#, Felt::OnRestart,
        "`carddav`: the authority of the server's certificate. Default: those this machine trusts."),
    key("refresh", Kind::Duration { least: 1000 }, r#""5m""#, r#""1h""#, Felt::OnRestart,
        "`carddav`: how long it is not asked again for what has changed."),
    key("path", Kind::Path, "", r#""/srv/contacts/sales.vcf""#, Felt::OnRestart,
        "`vcard`, `csv`: a file, or a folder with files. Read again when something changes."),
    key("most", Kind::Number { least: 1, most: 1_000_000 }, "100000", "5000", Felt::OnRestart,
        "The most numbers taken from it; a hundred thousand need about 25 MB."),
    key("order", Kind::Number { least: 0, most: 1000 }, "25", "5", Felt::OnRestart,
        "Its place in the menu, lesser first: Contacts have 10, Company 20, Mailboxes 30."),
    key("profiles", Kind::Names, "[]", r#"["sales", "reception"]"#, Felt::OnRestart,
        "The profiles whose phones see it; an empty list lets everybody."),
];

/// What was written of one source.
#[derive(Debug)]
pub(super) struct Written {
    place: Place,
    entries: BTreeMap<&'static str, (Value, Place)>,
    /// Something of it is wrong, and was told.
    wrong: bool,
}

/// All of them by name.
pub(super) type All = BTreeMap<String, Written>;

/// Reads `[directory]`: nothing but `sources`, and in it a table for each.
pub(super) fn file(
    all: &mut All,
    table: &DeTable<'_>,
    place: &dyn Fn(usize) -> Place,
    problems: &mut Vec<Problem>,
) {
    for (key, value) in table {
        let (place_of_key, name) = (place(key.span().start), key.get_ref());
        let Some(sources) = value.get_ref().as_table().filter(|_| name == "sources") else {
            let text = format!("unknown setting directory.{name}; a source is a table [{PREFIX}NAME]");
            problems.push(Problem { place: place_of_key, text });
            continue;
        };
        for (key, value) in sources {
            let (place_of_key, name) = (place(key.span().start), key.get_ref());
            let Some(settings) = value.get_ref().as_table() else {
                let text =
                    format!("{PREFIX}{name} is a source: write [{PREFIX}{name}] and its settings below it");
                problems.push(Problem { place: place_of_key, text });
                continue;
            };
            for (key, value) in settings {
                set(all, name, key.get_ref(), |_| raw(value.get_ref()), place(key.span().start), problems);
            }
            if settings.is_empty() {
                at(all, name, &place_of_key);
            }
        }
    }
}

/// Reads one variable: `rest` is `NAME.SETTING`.
pub(super) fn variable(all: &mut All, rest: &str, value: &str, place: Place, problems: &mut Vec<Problem>) {
    let (name, setting) = rest.split_once('.').unwrap_or((rest, ""));
    set(all, name, setting, |kind| kind.from_text(value), place, problems);
}

fn at<'a>(all: &'a mut All, name: &str, place: &Place) -> &'a mut Written {
    let new = || Written { place: place.clone(), entries: BTreeMap::new(), wrong: false };
    all.entry(name.to_owned()).or_insert_with(new)
}

fn set(
    all: &mut All,
    name: &str,
    setting: &str,
    value: impl FnOnce(Kind) -> super::kind::Raw,
    place: Place,
    problems: &mut Vec<Problem>,
) {
    let source = at(all, name, &place);
    let Some(key) = SOURCE_KEYS.iter().find(|key| key.name == setting) else {
        let text = unknown(name, setting);
        source.wrong = true;
        return problems.push(Problem { place, text });
    };
    let raw = value(key.kind);
    match key.kind.read(&raw) {
        Some(value) => drop(source.entries.insert(key.name, (value, place))),
        None => {
            source.wrong = true;
            let shown = if key.kind.is_secret() { "…".to_owned() } else { raw.to_string() };
            let text =
                format!("{PREFIX}{name}.{setting} = {shown} will not do: it takes {}", key.kind.allowed());
            problems.push(Problem { place, text });
        }
    }
}

fn unknown(name: &str, setting: &str) -> String {
    let near = SOURCE_KEYS.iter().min_by_key(|key| strsim::osa_distance(setting, key.name));
    let near = near.filter(|key| strsim::osa_distance(setting, key.name) <= 2);
    let rather = near.map_or_else(
        || format!("a source has {}", SOURCE_KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")),
        |key| format!("did you mean {PREFIX}{name}.{}?", key.name),
    );
    format!("unknown setting {PREFIX}{name}.{setting}; {rather}")
}

/// The sources in the order of the menu; what they lack goes to `problems`.
pub(super) fn resolve(all: &All, problems: &mut Vec<Problem>) -> Vec<SourceSettings> {
    let mut sources = Vec::new();
    for (name, written) in all.iter().filter(|(_, written)| !written.wrong) {
        match source(name, written) {
            Ok(source) => sources.push(source),
            Err(text) => problems.push(Problem { place: written.place.clone(), text }),
        }
    }
    sources.sort_by(|one: &SourceSettings, other| (one.order, &one.name).cmp(&(other.order, &other.name)));
    sources
}

fn source(name: &str, written: &Written) -> Result<SourceSettings, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let taken = ["contacts", "company", "mailboxes", "lines"].contains(&name);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(fits) || name.contains("__") || taken
    {
        return Err(format!(
            "[{PREFIX}{name}]: the name of a source is of small letters, digits and single _, at most {LONGEST_NAME}, and not \
             contacts, company, mailboxes or lines; what people see is its title"
        ));
    }
    let get = Get { name, written };
    let kind = get.text("kind").ok_or_else(|| get.lacks("kind"))?;
    let origin = if kind == "carddav" { get.carddav()? } else { get.files(&kind)? };
    Ok(SourceSettings {
        name: name.to_owned(),
        title: get.text("title").unwrap_or_else(|| titled(name)),
        order: get.number("order"),
        profiles: get.lines("profiles"),
        most: usize::try_from(get.number("most")).unwrap_or(usize::MAX),
        origin,
    })
}

/// `head_office` is `Head office`.
fn titled(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

struct Get<'a> {
    name: &'a str,
    written: &'a Written,
}

impl Get<'_> {
    fn carddav(&self) -> Result<Origin, String> {
        self.only("carddav", &["path"])?;
        let url = self.text("url").ok_or_else(|| self.lacks("url"))?;
        let url =
            url.parse().map_err(|why| format!("{PREFIX}{}.url = {url:?} will not do: {why}", self.name))?;
        Ok(Origin::CardDav {
            url,
            user: self.text("user").unwrap_or_default(),
            password: self.text("password").unwrap_or_default(),
            authority: self.text("authority").map(PathBuf::from),
            refresh: self.duration("refresh"),
        })
    }

    fn files(&self, kind: &str) -> Result<Origin, String> {
        self.only(kind, &["url", "user", "password", "authority", "refresh"])?;
        let path = self.text("path").ok_or_else(|| self.lacks("path"))?;
        let format = kind.parse()?;
        Ok(Origin::Files { path: path.into(), format })
    }

    /// A setting that does nothing is a mistake.
    fn only(&self, kind: &str, others: &[&str]) -> Result<(), String> {
        let idle = others.iter().find(|other| self.written.entries.contains_key(*other));
        idle.map_or(Ok(()), |idle| {
            Err(format!("{PREFIX}{}.{idle} is not for sources of the kind {kind:?}; leave it out", self.name))
        })
    }

    fn lacks(&self, setting: &str) -> String {
        let example = SOURCE_KEYS.iter().find(|key| key.name == setting).map_or("", |key| key.example);
        format!("[{PREFIX}{}] lacks {setting}, such as {setting} = {example}", self.name)
    }

    fn value(&self, setting: &str) -> Value {
        if let Some((value, _)) = self.written.entries.get(setting) {
            return value.clone();
        }
        let default =
            SOURCE_KEYS.iter().find(|key| key.name == setting).filter(|key| !key.default.is_empty());
        let read = default
            .and_then(|key| key.kind.read(&key.kind.from_text(key.default.trim_matches(['"', '[', ']']))));
        read.unwrap_or(Value::Nothing)
    }

    fn text(&self, setting: &str) -> Option<String> {
        match self.value(setting) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn number(&self, setting: &str) -> u64 {
        match self.value(setting) {
            Value::Number(number) => number,
            _ => 0,
        }
    }

    fn duration(&self, setting: &str) -> std::time::Duration {
        match self.value(setting) {
            Value::Duration(duration) => duration,
            _ => std::time::Duration::ZERO,
        }
    }

    fn lines(&self, setting: &str) -> Vec<String> {
        match self.value(setting) {
            Value::Lines(lines) => lines,
            _ => Vec::new(),
        }
    }
}
