//! Settings: every element and attribute of a phone's configuration.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::value::{Problem, Reading, ValueError};
use super::{Certainty, Table, items, nearest};
use crate::models::{self, Model};

/// One element or attribute of `SEP<MAC>.cnf.xml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The name people write; `None` when it only holds others, or follows from them.
    pub key: Option<&'static str>,
    /// Where it stands, from `<device>` on: `[]` may stand several times, `@` is an attribute, `.` is the root.
    pub path: &'static str,
    /// What may stand in it.
    pub kind: Kind,
    pub(super) values: Vec<Values>,
    /// How long or how large it may be.
    pub limits: Limits,
    /// What files without a wish of their own hold; an empty text is an empty element.
    pub default: Option<&'static str>,
    /// Phones that know it.
    pub applies: Applies,
    /// How sure its meaning and its codes are.
    pub certainty: Certainty,
    /// Where that comes from.
    pub source: &'static str,
    /// What it is for, in one line.
    pub doc: &'static str,
    /// Its place in the order of the document.
    pub(crate) place: u16,
}

/// What may stand in an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Container,
    Switch,
    Choice,
    List,
    Number,
    Text,
    Url,
    Time,
    Duration,
    Date,
    Zone,
    Feature,
}

/// Words and their codes in some series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// The series; none are all.
    pub series: Vec<&'static str>,
    /// The words.
    pub words: Vec<Word>,
}

/// A word people write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// What means it: the first is written, the others are read too. Never empty.
    pub codes: Vec<Code>,
}

/// What phones read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// As it stands in the file.
    pub text: &'static str,
    /// Whether anybody documents it; otherwise it was only seen.
    pub documented: bool,
}

/// How long or how large a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it; `sure` is false where nobody has proved the limit")]
pub enum Limits {
    None,
    Length { least: u32, most: u32, sure: bool },
    Range { least: u32, most: u32, sure: bool },
}

/// Which phones something is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applies(Vec<&'static str>);

/// There is no setting of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no setting {key:?}{}", nearest.map(|name| format!("; perhaps {name}")).unwrap_or_default())]
pub struct UnknownKey {
    /// What was asked.
    pub key: String,
    /// The setting most like it.
    pub nearest: Option<&'static str>,
}

struct Settings {
    /// Those of documents, then those of offhook itself.
    all: Vec<Setting>,
    of_documents: usize,
    by_key: HashMap<&'static str, usize>,
    by_path: HashMap<String, usize>,
}

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let table = Table::parse(include_str!("../../catalogue/settings.tsv"));
    let own = Table::parse(include_str!("../../catalogue/own_settings.tsv"));
    let rows = (0..).zip(table.rows().chain(own.rows()));
    let all: Vec<_> = rows.map(|(place, row)| Setting::read(place, &row)).collect();
    let of_documents = table.rows().count();
    let by_key = all.iter().enumerate().filter_map(|(place, setting)| Some((setting.key?, place))).collect();
    let plain = |(place, setting): (usize, &Setting)| (setting.path.replace("[]", ""), place);
    let by_path = all[..of_documents].iter().enumerate().map(plain).collect();
    Settings { all, of_documents, by_key, by_path }
});

/// Every setting, in the order of the document.
pub fn settings() -> &'static [Setting] {
    &SETTINGS.all[..SETTINGS.of_documents]
}

/// The settings of offhook itself, which stand in no document: what its pages show to a phone.
pub fn own_settings() -> &'static [Setting] {
    &SETTINGS.all[SETTINGS.of_documents..]
}

/// The setting of that key: `web_access`.
pub fn setting(key: &str) -> Result<&'static Setting, UnknownKey> {
    match SETTINGS.by_key.get(key) {
        Some(place) => Ok(&SETTINGS.all[*place]),
        None => {
            let nearest = nearest(key, SETTINGS.all.iter().filter_map(|setting| setting.key));
            Err(UnknownKey { key: key.to_owned(), nearest })
        }
    }
}

/// The setting at that path, with or without `[]`: `vendorConfig/webAccess`.
pub fn by_path(path: &str) -> Option<&'static Setting> {
    let place = SETTINGS.by_path.get(path).or_else(|| SETTINGS.by_path.get(&path.replace("[]", "")))?;
    Some(&SETTINGS.all[*place])
}

/// What stands in the file of such a phone when a person wrote `key = "value"`.
pub fn render(key: &str, value: &str, model: &Model) -> Result<String, ValueError> {
    let setting = setting(key)?;
    let key = setting.key.unwrap_or(setting.path);
    if !setting.applies.to(model) {
        return Err(ValueError::Model { key, model: model.name, applies: setting.applies.to_string() });
    }
    let shown = || if setting.is_secret() { "…" } else { value }.to_owned();
    let refused = |problem| ValueError::Value { key, model: model.name, value: shown(), problem };
    setting.code_on(value, model).map_err(refused)
}

/// What a person would have written for what stands in the file of such a phone. `None`: no such setting.
pub fn read(path: &str, code: &str, model: &Model) -> Option<Result<Reading, Problem>> {
    Some(by_path(path)?.word_on(code, model))
}

impl Setting {
    fn read(place: u16, row: &super::Row<'_>) -> Self {
        let kind = Kind::read(row.get("kind"));
        Self {
            key: Some(row.get("key")).filter(|key| *key != "-"),
            path: row.get("path"),
            kind,
            values: row.get("values").split(" | ").filter(|cell| *cell != "-").map(Values::read).collect(),
            limits: Limits::read(row.get("limits")),
            default: match row.get("default") {
                "-" => None,
                "(empty)" => Some(""),
                default => Some(default),
            },
            applies: Applies::new(row.get("applies")),
            certainty: Certainty::read(row.get("certainty")),
            source: row.get("source"),
            doc: row.get("doc"),
            place,
        }
    }

    /// As [`Setting::code`], within the limits of a model.
    pub fn code_on(&self, value: &str, model: &Model) -> Result<String, Problem> {
        self.narrowed(model).code(value, Some(model.series))
    }

    /// As [`Setting::word`], within the limits of a model.
    pub fn word_on(&self, code: &str, model: &Model) -> Result<Reading, Problem> {
        self.narrowed(model).word(code, Some(model.series))
    }

    fn narrowed(&self, model: &Model) -> std::borrow::Cow<'_, Self> {
        let limits = self.limits_of(model);
        if limits == self.limits {
            return std::borrow::Cow::Borrowed(self);
        }
        std::borrow::Cow::Owned(Self { limits, ..self.clone() })
    }

    /// Words and codes, as far as they hold in that series; `None` is any.
    pub fn values_in(&self, series: Option<&str>) -> impl Iterator<Item = &Values> {
        let holds = move |values: &&Values| {
            values.series.is_empty() || series.is_none_or(|series| values.series.contains(&series))
        };
        self.values.iter().filter(holds)
    }

    /// The name of the element, or of the attribute with `@`.
    pub fn element(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path).trim_end_matches("[]")
    }

    /// The element may stand several times.
    pub fn repeats(&self) -> bool {
        self.path.ends_with("[]")
    }

    /// It is of offhook itself: it stands in no document.
    pub fn is_own(&self) -> bool {
        usize::from(self.place) >= SETTINGS.of_documents
    }

    /// Its value is nobody's business: never printed.
    pub fn is_secret(&self) -> bool {
        self.path.to_ascii_lowercase().ends_with("password")
    }
}

impl Kind {
    fn read(cell: &str) -> Self {
        match cell {
            "container" => Self::Container,
            "switch" => Self::Switch,
            "choice" => Self::Choice,
            "list" => Self::List,
            "number" => Self::Number,
            "url" => Self::Url,
            "time" => Self::Time,
            "duration" => Self::Duration,
            "date" => Self::Date,
            "zone" => Self::Zone,
            "feature" => Self::Feature,
            "text" => Self::Text,
            other => panic!("settings.tsv names a kind {other:?}"),
        }
    }
}

impl Values {
    /// `off=0,2?;on=1`, with the series in front where it matters: `7900: …`.
    fn read(cell: &'static str) -> Self {
        let (series, words) = match cell.split_once(": ") {
            Some((series, words)) => (series.split(',').collect(), words),
            None => (Vec::new(), cell),
        };
        let code = |text: &'static str| match text.strip_suffix('?') {
            Some(text) => Code { text, documented: false },
            None => Code { text, documented: true },
        };
        let word =
            |(word, codes): (_, &'static str)| Word { word, codes: codes.split(',').map(code).collect() };
        Self {
            series,
            words: words.trim().split(';').filter_map(|word| word.split_once('=')).map(word).collect(),
        }
    }
}

impl Limits {
    fn read(cell: &str) -> Self {
        let (sure, text) = cell.strip_prefix('~').map_or((true, cell), |text| (false, text));
        let numbers = |text: &str| {
            let (least, most) = text.split_once("..")?;
            Some((least.parse().ok()?, most.parse().ok()?))
        };
        if let Some(most) = text.strip_prefix("len<=").and_then(|text| text.parse().ok()) {
            return Self::Length { least: 0, most, sure };
        }
        if let Some((least, most)) = text.strip_prefix("len ").and_then(numbers) {
            return Self::Length { least, most, sure };
        }
        match numbers(text) {
            Some((least, most)) => Self::Range { least, most, sure },
            None => Self::None,
        }
    }
}

impl Applies {
    pub(super) fn new(cell: &'static str) -> Self {
        Self(items(cell).filter(|item| *item != "all").collect())
    }

    /// Whether it is for that model.
    pub fn to(&self, model: &Model) -> bool {
        let is = |name: &&str| {
            *name == model.series || models::find(name).is_some_and(|found| found.name == model.name)
        };
        let module = |name: &&str| model.modules.iter().any(|module| module.value == *name);
        self.0.is_empty()
            || self.0.iter().any(|name| {
                if *name == "modules" { !model.modules.is_empty() } else { is(name) || module(name) }
            })
    }

    /// Whether it is for every phone.
    pub fn to_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is for some model of that series.
    pub fn to_series(&self, series: &str) -> bool {
        models::all().iter().any(|model| model.series == series && self.to(model))
    }

    #[cfg(test)]
    pub(crate) fn is_well_formed(&self) -> bool {
        let known = |name: &&'static str| {
            *name == "modules"
                || models::find(name).is_some()
                || models::modules().iter().any(|module| module.name == *name)
                || models::all().iter().any(|model| model.series == *name)
        };
        self.0.iter().all(known)
    }
}

impl std::fmt::Display for Applies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0[..] {
            [] => f.write_str("all"),
            names => f.write_str(&names.join(", ").replace("modules", "phones with key modules")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn settings_are_for_phones_that_exist() {
        for setting in settings() {
            assert!(setting.applies.is_well_formed(), "{}", setting.path);
            assert!(models::all().iter().any(|model| setting.applies.to(model)), "{}", setting.path);
        }
        let for_modules = setting("module_firmware").unwrap();
        assert!(for_modules.applies.to(models::find("7962").unwrap()));
        assert!(!for_modules.applies.to(models::find("8861").unwrap()));
        assert!(setting("module_one_column").unwrap().applies.to_series("8800"));
    }

    #[test]
    fn cells_are_read_as_they_are_meant() {
        let values = Values::read("7900,8800: off=0,2?;on=1");
        assert_eq!(values.series, ["7900", "8800"]);
        let codes: Vec<_> = values.words[0].codes.iter().map(|code| (code.text, code.documented)).collect();
        assert_eq!((values.words[0].word, codes), ("off", vec![("0", true), ("2", false)]));
        assert_eq!(Limits::read("~len<=9"), Limits::Length { least: 0, most: 9, sure: false });
        assert_eq!(Limits::read("len 8..127"), Limits::Length { least: 8, most: 127, sure: true });
        assert_eq!(Limits::read("1..5"), Limits::Range { least: 1, most: 5, sure: true });
        assert_eq!(Limits::read("-"), Limits::None);
    }
}
