//! The reference pages, written from the tables: `docs/settings.md`, `docs/models.md`, `docs/keys.md`.

use std::fmt::Write;

use super::{
    Fact, Kind, Limits, Setting, call_states, features, line_features, own_settings, settings, soft_keys,
    zones,
};
use crate::models;

/// The page of all settings.
pub fn settings_page() -> String {
    let mut page = heading("Settings of a phone", "settings.tsv");
    page.push_str(
        "Everything a `SEP<MAC>.cnf.xml` may hold. People write words (`web_access = \"on\"`); the file gets \
         the code that the series of the phone needs. A code in brackets was seen but is documented nowhere. *Sure* \
         facts are documented or seen by many; *one report* and *guess* say how far to trust the others. \
         `offhook catalogue settings NAME` prints the same.\n",
    );
    let sections = settings().iter().filter(|setting| setting.kind == Kind::Container);
    for section in sections {
        let inside = |setting: &&Setting| setting.kind != Kind::Container && parent(setting) == section.path;
        let mut settings = settings().iter().filter(inside).peekable();
        if settings.peek().is_none() {
            continue;
        }
        let name = if section.path == "." { "device" } else { section.path };
        let phones =
            if section.applies.to_all() { String::new() } else { format!(" For {}.", section.applies) };
        let _ = write!(page, "\n## `{name}`\n\n{}.{phones}\n", section.doc);
        for setting in settings {
            one_setting(&mut page, setting);
        }
    }
    page.push_str(
        "\n## offhook itself\n\nWhat the pages of offhook show to a phone, said in layers like everything above. No document holds \
         it, so no phone needs a restart for it: see [XML services](services.md).\n",
    );
    for setting in own_settings() {
        one_setting(&mut page, setting);
    }
    page
}

fn parent(setting: &Setting) -> &'static str {
    setting.path.rsplit_once('/').map_or(".", |(parent, _)| parent)
}

fn one_setting(page: &mut String, setting: &Setting) {
    let _ = write!(page, "\n### `{}`\n\n{}.\n\n", setting.key.unwrap_or(setting.element()), setting.doc);
    if setting.is_own() {
        // Its path only tells it apart.
    } else if setting.key.is_some() {
        let _ = writeln!(page, "- Element: `{}`", setting.path);
    } else {
        let _ = writeln!(page, "- Element: `{}`; written by offhook, not set by people", setting.path);
    }
    for values in setting.values_in(None) {
        let codes = |word: &super::Word| {
            let one = |code: &super::Code| {
                if code.documented { code.text.to_owned() } else { format!("({})", code.text) }
            };
            format!("`{}` = {}", word.word, word.codes.iter().map(one).collect::<Vec<_>>().join(" "))
        };
        let words: Vec<_> = values.words.iter().map(codes).collect();
        let on = if values.series.is_empty() {
            String::new()
        } else {
            format!(" on {}", values.series.join(", "))
        };
        let _ = writeln!(page, "- Values{on}: {}", words.join(", "));
    }
    let _ = writeln!(page, "- Takes: {}", takes(setting));
    match setting.default {
        Some("") => page.push_str("- Usual: empty\n"),
        Some(default) => {
            let word =
                setting.word(default, None).map_or_else(|_| default.to_owned(), |reading| reading.word);
            let _ = writeln!(page, "- Usual: `{word}`");
        }
        None => {}
    }
    let _ = writeln!(page, "- Phones: {}", setting.applies);
    let _ = writeln!(page, "- Known from: {} ({})", setting.source, setting.certainty);
}

/// What a person may write, in words.
fn takes(setting: &Setting) -> String {
    let kind = match setting.kind {
        Kind::Container => "other elements",
        Kind::Switch | Kind::Choice => "one of the words",
        Kind::List if setting.values_in(None).next().is_none() => "a list, commas between",
        Kind::List => "words, commas between",
        Kind::Number => "a number",
        Kind::Text => "a text",
        Kind::Url => "a URL",
        Kind::Time => "a time of day, HH:MM",
        Kind::Duration => "hours and minutes, HH:MM",
        Kind::Date => "an order such as D/M/YY",
        Kind::Zone => "an IANA zone, or a name from the [list](keys.md#time-zones)",
        Kind::Feature => "a [key](keys.md#programmable-keys)",
    };
    let perhaps = |sure: bool| if sure { "" } else { " (not proved)" };
    match setting.limits {
        Limits::None => kind.to_owned(),
        Limits::Length { least: 0, most, sure } => {
            format!("{kind} of up to {most} characters{}", perhaps(sure))
        }
        Limits::Length { least, most, sure } if least == most => {
            format!("{kind} of {most} characters{}", perhaps(sure))
        }
        Limits::Length { least, most, sure } => {
            format!("{kind} of {least} to {most} characters{}", perhaps(sure))
        }
        Limits::Range { least, most, sure } => format!("{kind} from {least} to {most}{}", perhaps(sure)),
    }
}

/// The page of all models and key modules.
pub fn models_page() -> String {
    let mut page = heading("Phone models", "models.tsv");
    page.push_str(
        "Every model that runs enterprise SIP firmware. A value with `?` is a guess. `offhook catalogue models NAME` prints \
         all that is known of one.\n\n\
         | model | series | keys | with modules | calls a line | wallpapers | rings | HTTP | HTTPS | TLS | EC | soft keys by | row is |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for model in models::all() {
        let keys = match model.keys_enhanced {
            Some(enhanced) => format!("{} ({enhanced})", model.keys),
            None => model.keys.to_string(),
        };
        let modules = if model.modules.is_empty() { "–".to_owned() } else { show(model.most_keys) };
        let calls = model.max_calls.map_or_else(|| "unknown".to_owned(), |calls| calls.to_string());
        let wallpaper = model.wallpaper.map_or_else(
            || "–".to_owned(),
            |paper| {
                let size = paper.value.image;
                show(paper.map(|_| format!("{}x{}", size.width, size.height)))
            },
        );
        let rings = model.ring_list.map_or_else(|| "–".to_owned(), show);
        let _ = writeln!(
            page,
            "| {} | {} | {keys} | {modules} | {calls} | {wallpaper} | {rings} | {} | {} | {} | {} | {} | {} |",
            model.name,
            model.series,
            show(model.http),
            show(model.https),
            show(model.tls),
            show(model.elliptic_curves),
            model.key_policy.replace('_', " "),
            model.certainty
        );
    }
    page.push_str("\n`5 (10)` is five keys, ten in enhanced line mode.\n\n## Firmware, locales, numbers\n\n");
    page.push_str("| model | firmware seen | locale file | tones | call manager number | remark |\n|---|---|---|---|---|---|\n");
    for model in models::all() {
        let jar = model.locale_jar.map_or_else(|| "unknown".to_owned(), show);
        let loads: Vec<_> = model.loads.iter().map(|load| format!("`{load}`")).collect();
        let _ = writeln!(
            page,
            "| {} | {} | {jar} | {} | {} | {} |",
            model.name,
            loads.join(" "),
            show(model.tones_file),
            model.device_types.join(", "),
            model.note.unwrap_or("–")
        );
    }
    page.push_str("\n## Key modules\n\n| type | keys | for | a phone takes | firmware named in the configuration |\n|---|---|---|---|---|\n");
    for module in models::modules() {
        let needs = if module.needs_load { "yes" } else { "no" };
        let hosts = show(module.hosts).replace(';', ", ");
        let _ = writeln!(
            page,
            "| {} | {} | {hosts} | {} | {needs} |",
            module.name,
            module.keys,
            show(module.most).replace(';', ", ")
        );
    }
    page
}

/// The page of keys, call states, features and time zones.
pub fn keys_page() -> String {
    let mut page = heading(
        "Keys and time zones",
        "linekeys.tsv, softkeys.tsv, softkey_sets.tsv, features.tsv, timezones.tsv",
    );
    page.push_str("## Programmable keys\n\nWhat a key can be (`featureID`).\n\n| key | number | phones | needs | what it does |\n|---|---|---|---|---|\n");
    for feature in line_features() {
        let needs: Vec<_> = feature.required.iter().map(|name| format!("`{name}`")).collect();
        let first = feature.first_line.iter().map(|name| format!("`{name}` on the first line"));
        let needs: Vec<_> = needs.into_iter().chain(first).collect();
        let needs = if needs.is_empty() { "–".to_owned() } else { needs.join(", ") };
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {needs} | {} |",
            feature.key, feature.id, feature.applies, feature.doc
        );
    }
    page.push_str("\n## Soft keys\n\n| key | tag | phones | what it does |\n|---|---|---|---|\n");
    for key in soft_keys() {
        let _ = writeln!(page, "| `{}` | {} | {} | {} |", key.id, key.numbers[0], key.applies, key.doc);
    }
    page.push_str(
        "\n## Call states\n\nAt most 16 keys each.\n\n| state | must have | may have |\n|---|---|---|\n",
    );
    for state in call_states() {
        let list = |keys: &[&str]| {
            let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            if keys.is_empty() { "–".to_owned() } else { keys.join(" ") }
        };
        let _ = writeln!(page, "| {} | {} | {} |", state.id, list(&state.mandatory), list(&state.valid));
    }
    page.push_str("\n## Features of the policy\n\nRead by 8961, 9951 and 9971 instead of soft keys.\n\n| id | name | offhook's policy | what it does |\n|---|---|---|---|\n");
    for feature in features() {
        let enabled = if feature.enabled { "on" } else { "off" };
        let _ = writeln!(page, "| {} | {} | {enabled} | {} |", feature.id, feature.name, feature.doc);
    }
    page.push_str(
        "\n## Time zones\n\nThe names phones know. A zone marked with ! has another summer time than the load: its phones show a \
         wrong hour for part of the year.\n\n| name | offset | summer time | places | mapping is | remark |\n|---|---|---|---|---|---|\n",
    );
    for zone in zones() {
        let mark = |iana: &&str| if zone.differs(iana) { format!("{iana} !") } else { (*iana).to_owned() };
        let places: Vec<_> = zone.zones.iter().map(mark).collect();
        let sign = if zone.minutes < 0 { '−' } else { '+' };
        let (hours, minutes) = (zone.minutes.abs() / 60, zone.minutes.abs() % 60);
        let daylight = if zone.daylight { "yes" } else { "no" };
        let _ = writeln!(
            page,
            "| {} | {sign}{hours:02}:{minutes:02} | {daylight} | {} | {} | {} |",
            zone.name,
            places.join(", "),
            zone.certainty,
            zone.note.unwrap_or("–")
        );
    }
    page
}

fn heading(title: &str, tables: &str) -> String {
    format!(
        "# {title}\n\n<!-- Generated from crates/provision/catalogue ({tables}) by `UPDATE=1 cargo test -p provision --test \
         pages`. -->\n\n"
    )
}

fn show<T: std::fmt::Display>(fact: Fact<T>) -> String {
    if fact.sure { fact.value.to_string() } else { format!("{}?", fact.value) }
}
