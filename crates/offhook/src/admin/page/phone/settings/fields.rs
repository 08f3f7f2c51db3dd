//! Fields for the settings of a phone, in groups: only those that its model knows, with what holds now and who says so.

use provision::catalogue::{Certainty, Kind, Limits, Setting, settings};
use provision::inventory::Name;
use provision::lint::Finding;

use super::titles::{TITLES, title};
use crate::admin::page::phone::made::Looked;

/// Settings of one kind, under a title.
pub(in crate::admin::page) struct Group {
    pub(in crate::admin::page) title: &'static str,
    pub(in crate::admin::page) id: String,
    pub(in crate::admin::page) fields: Vec<Field>,
    /// How many the phone says itself.
    pub(in crate::admin::page) own: usize,
}

/// A setting as the form has it.
pub(in crate::admin::page) struct Field {
    pub(in crate::admin::page) name: Name,
    pub(in crate::admin::page) setting: &'static Setting,
    /// What the phone itself says.
    pub(in crate::admin::page) own: String,
    /// A password is there, which is not shown.
    pub(in crate::admin::page) has_secret: bool,
    /// What holds now, and who says so.
    pub(in crate::admin::page) now: Option<(String, String)>,
    /// The words there are to choose from.
    pub(in crate::admin::page) words: Vec<&'static str>,
    pub(in crate::admin::page) findings: Vec<Finding>,
    pub(in crate::admin::page) wrong: Option<String>,
}

impl Group {
    /// Whether there is something to be looked at.
    pub(in crate::admin::page) fn is_open(&self) -> bool {
        self.own > 0 || self.fields.iter().any(|field| field.wrong.is_some() || !field.findings.is_empty())
    }
}

impl Field {
    /// A setting of a line, which nobody but the line says.
    pub(in crate::admin::page) fn of_line(name: Name, own: &str) -> Self {
        let setting = name.setting();
        let secret = setting.is_secret();
        Self {
            name,
            setting,
            own: if secret { String::new() } else { own.to_owned() },
            has_secret: secret && !own.is_empty(),
            now: None,
            words: setting.words(None),
            findings: Vec::new(),
            wrong: None,
        }
    }

    /// What people may write, in a few words.
    pub(in crate::admin::page) fn limits(&self) -> String {
        match (self.setting.kind, self.setting.limits) {
            (Kind::Time, _) => "HH:MM".to_owned(),
            (Kind::Duration, _) => "hours and minutes, HH:MM".to_owned(),
            (Kind::List, _) if !self.words.is_empty() => format!("any of {}", self.words.join(", ")),
            (_, Limits::Length { least: 0, most, .. }) => format!("up to {most} characters"),
            (_, Limits::Length { least, most, .. }) => format!("{least} to {most} characters"),
            (_, Limits::Range { least, most, .. }) => format!("{least} to {most}"),
            _ => String::new(),
        }
    }

    /// Whether one of a few words is chosen.
    pub(in crate::admin::page) fn is_choice(&self) -> bool {
        matches!(self.setting.kind, Kind::Switch | Kind::Choice) && !self.words.is_empty()
    }

    /// What nobody has proved is marked.
    pub(in crate::admin::page) fn doubt(&self) -> &'static str {
        match self.setting.certainty {
            Certainty::Sure => "",
            Certainty::OneReport => "one report",
            Certainty::Guess => "a guess",
        }
    }
}

/// Settings of the phone as a whole that its model knows. Those of lines are set with the lines.
fn fields(looked: &Looked) -> Vec<Field> {
    let model = looked.phone().model;
    let mut fields = Vec::new();
    for setting in settings() {
        let Some(name) = setting.key.and_then(|key| Name::new(key).ok()) else { continue };
        if name.is_of_a_line() || model.is_some_and(|model| !setting.applies.to(model)) {
            continue;
        }
        for place in places(looked, name) {
            fields.push(field(looked, name.at(place), setting));
        }
    }
    fields
}

/// Of what may stand several times: the first, those that somebody filled, and one more.
fn places(looked: &Looked, name: Name) -> std::ops::RangeInclusive<u8> {
    if !name.setting().path.contains("[]") {
        return 1..=1;
    }
    let own = looked.phone().layer.settings.iter().map(|(name, _)| name);
    let said = looked.made.rendered.values.iter().filter_map(|value| value.name);
    let last = own.chain(said).filter(|other| other.key() == name.key()).map(Name::place).max();
    1..=last.map_or(1, |last| last.saturating_add(1)).min(9)
}

fn field(looked: &Looked, name: Name, setting: &'static Setting) -> Field {
    let phone = looked.phone();
    let own = phone.layer.settings.get(name).unwrap_or_default();
    let secret = setting.is_secret();
    let now = looked.value_of(name).map(|(word, origin, hidden)| {
        let shown = if hidden && !word.is_empty() { "(hidden)".to_owned() } else { word };
        (shown, origin)
    });
    let series = phone.model.map(|model| model.series);
    let findings =
        if name.place() == 1 { looked.about(name.key()).into_iter().cloned().collect() } else { Vec::new() };
    Field {
        name,
        setting,
        own: if secret { String::new() } else { own.to_owned() },
        has_secret: secret && !own.is_empty(),
        now,
        words: setting.words(series),
        findings,
        wrong: None,
    }
}

pub(super) fn groups(looked: &Looked) -> Vec<Group> {
    let mut groups: Vec<Group> = TITLES
        .iter()
        .map(|(title, _)| Group {
            title,
            id: title.to_ascii_lowercase().replace(' ', "-"),
            fields: Vec::new(),
            own: 0,
        })
        .collect();
    for field in fields(looked) {
        let group = &mut groups[title(field.setting)];
        group.own += usize::from(!field.own.is_empty() || field.has_secret);
        group.fields.push(field);
    }
    groups.retain(|group| !group.fields.is_empty());
    groups
}
