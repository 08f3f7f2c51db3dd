//! The settings of a phone: only those that its model knows, with what holds now, who says so, and what lint thinks of it.

use askama::Template;
use axum::extract::{Path, State};
use http::StatusCode;
use provision::catalogue::{Certainty, Kind, Limits, Setting, settings};
use provision::inventory::{Change, Name, Phone};
use provision::lint::Finding;

use super::made::{Differs, Looked};
use super::{complaints, made};
use crate::admin::access::{Operator, Viewer};
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::form::Filled;
use crate::admin::page::frame::Frame;
use crate::edit::{Assignment, Scope, take};
use crate::inventory::surroundings;
use crate::listener::App;

/// Settings of one kind, under a title.
pub(super) struct Group {
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

#[derive(Template)]
#[template(path = "phone_settings.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    looked: Looked,
    groups: Vec<Group>,
    differences: Option<Vec<Differs>>,
    wrong: Vec<String>,
}

/// Titles, and which settings stand under them: by the beginning of the path, or a part of the name.
const TITLES: [(&str, &[&str]); 13] = [
    ("Time and language", &["devicePool/dateTimeSetting", "userLocale", "networkLocale"]),
    (
        "Server and registration",
        &[
            "devicePool",
            "transportLayer",
            "sipProfile/sipProxies",
            "sipProfile/sipStack",
            "sipProfile/natEnabled",
            "sipProfile/nat",
            "TVS",
            "sipProfile/organization",
        ],
    ),
    (
        "Network",
        &[
            "#ip_",
            "#ipv6",
            "#tos",
            "#dscp",
            "#pc_port",
            "#span_to",
            "#arp",
            "#802_1x",
            "#cdp",
            "#lldp",
            "#voice_vlan",
            "#proxy_server",
            "#do_not_fragment",
            "#wifi",
            "#scanning",
            "#out_of_range",
        ],
    ),
    (
        "Access and security",
        &[
            "#web_",
            "#ssh",
            "#settings_access",
            "#security",
            "#cipher",
            "#enrolment",
            "#tls",
            "#password",
            "capf",
            "#user_id",
            "#owner",
            "#access_",
        ],
    ),
    (
        "Screen and power",
        &["#display", "#backlight", "#wallpaper", "#power", "#home_screen", "#personal", "#phone_label"],
    ),
    (
        "Sound and rings",
        &[
            "#ring",
            "#g722",
            "#g_722",
            "#wideband",
            "#headset",
            "#speaker",
            "#tone",
            "#volume",
            "#codec",
            "#dtmf",
            "#voice",
            "#beep",
        ],
    ),
    ("Video and attachments", &["#video", "#camera", "#usb", "#sdio", "#bluetooth", "#electronic_hook"]),
    (
        "Keys and modules",
        &[
            "addOnModules",
            "#module",
            "#line_mode",
            "#soft_key",
            "#feature_policy",
            "#send_key",
            "#application_",
            "#key",
        ],
    ),
    ("Services and pages", &["phoneServices", "#_url", "#idle_timeout", "#authentication"]),
    (
        "Calls",
        &[
            "sipProfile",
            "#call",
            "#dnd",
            "#blf",
            "#join",
            "#record",
            "#pickup",
            "#park",
            "#transfer",
            "#missed",
            "#mute",
            "#spam",
            "#number",
            "#dial",
        ],
    ),
    ("Firmware", &["loadInformation", "inactiveLoad", "#firmware"]),
    ("VPN", &["vpnGroup"]),
    ("Everything else", &[""]),
];

fn title(setting: &Setting) -> usize {
    let fits = |word: &str| match word.strip_prefix('#') {
        Some(part) => setting.key.is_some_and(|key| key.contains(part)),
        None => setting.path.starts_with(word),
    };
    TITLES.iter().position(|(_, words)| words.iter().any(|word| fits(word))).unwrap_or(TITLES.len() - 1)
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

fn groups(looked: &Looked) -> Vec<Group> {
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

pub(super) async fn show(
    frame: Frame,
    _: Viewer,
    State(app): State<App>,
    Path(name): Path<String>,
) -> Answer {
    let (looked, _) = made::look(&frame, &app, &name).await?;
    let groups = groups(&looked);
    let page = Page { frame, tab: "/settings", looked, groups, differences: None, wrong: Vec::new() };
    page.frame.page(&page)
}

pub(super) async fn save(
    frame: Frame,
    _: Operator,
    State(app): State<App>,
    Path(name): Path<String>,
    form: Filled,
) -> Answer {
    let (before, editor) = made::look(&frame, &app, &name).await?;
    let mut phone = before.phone().clone();
    let mut wrong = Vec::new();
    let typed = form.fields().filter_map(|(field, value)| Some((field.strip_prefix("s.")?, value)));
    for (key, value) in typed {
        let problem = set(&mut phone, key, value, form.has(&format!("clear.{key}")))?;
        wrong.extend(problem.map(|text| (key.to_owned(), text)));
    }
    if wrong.is_empty() && form.text("do") != "preview" {
        editor.change(&[Change::PutPhone(phone)]).await?;
        return frame.back_to(&format!("/phones/{name}/settings"), "Settings saved");
    }
    let after = Looked::at(phone, &editor, &surroundings(&app.config.load())).await?;
    let differences = wrong.is_empty().then(|| after.differences(&before));
    let mut groups = groups(&after);
    for field in groups.iter_mut().flat_map(|group| &mut group.fields) {
        let key = field.name.to_string();
        if let Some((_, text)) = wrong.iter().find(|(wrong, _)| *wrong == key) {
            field.own = form.text(&format!("s.{key}")).to_owned();
            field.wrong = Some(text.clone());
        }
    }
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let wrong = wrong.into_iter().map(|(_, text)| text).collect();
    let page = Page { frame, tab: "/settings", looked: after, groups, differences, wrong };
    page.frame.page_with(status, &page)
}

/// Writes one setting, or takes it away when nothing stands there. A password that nobody typed stays as it is.
fn set(phone: &mut Phone, key: &str, value: &str, clear: bool) -> Result<Option<String>, Refused> {
    let name: Name = key.parse().map_err(|error| Refused::Wrong(format!("{error}")))?;
    let secret = name.setting().is_secret();
    let value = if secret { value } else { value.trim() };
    if value.is_empty() {
        if !secret || clear {
            phone.layer.settings.unset(name);
        }
        return Ok(None);
    }
    if phone.layer.settings.get(name) == Some(value) {
        return Ok(None);
    }
    let scope = Scope::of(phone.model);
    let whose = phone.mac.device_name();
    match take(&whose, &mut phone.layer.settings, &scope, &[Assignment::new(key, value)]) {
        Ok(()) => Ok(None),
        Err(error) => Ok(Some(complaints(error)?.join(" ").replace(&format!("{whose}: "), ""))),
    }
}
