//! Words and codes, both ways, for every setting and every model.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;

use proptest::prelude::*;
use provision::catalogue::{
    self, Certainty, Kind, Limits, Problem, Setting, ValueError, by_path, render, setting, settings,
};
use provision::models;

/// Something people might write for a setting.
fn examples(setting: &Setting, series: &str) -> Vec<String> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    match setting.kind {
        Kind::Container => Vec::new(),
        Kind::Switch | Kind::Choice => owned(&setting.words(Some(series))),
        Kind::List => vec![setting.words(Some(series)).join(",")],
        Kind::Number => match setting.limits {
            Limits::Range { least, most, .. } => vec![least.to_string(), most.to_string()],
            _ => owned(&["0", "17"]),
        },
        Kind::Text => match setting.limits {
            Limits::Length { least, .. } => vec!["x".repeat(least.max(1) as usize)],
            _ => owned(&["", "Büro & Küche 😀"]),
        },
        Kind::Url => owned(&["http://pbx.example.net/a?b=c", "https://pbx.example.net/"]),
        Kind::Time | Kind::Duration => owned(&["08:00", "23:59"]),
        Kind::Date => owned(&["D/M/Y", "M.D.YYA", "YY-M-D"]),
        Kind::Zone => catalogue::zones().iter().map(|zone| zone.name.to_owned()).collect(),
        Kind::Feature => owned(&["line", "blf", "speed_dial", "record"]),
    }
}

#[test]
fn what_is_written_is_read_back_for_every_setting_and_model() {
    for model in models::all() {
        for setting in settings().iter().filter(|setting| setting.applies.to(model)) {
            for word in examples(setting, model.series) {
                if matches!(setting.element(), "@button" | "maxNumCalls" | "busyTrigger") && word != "1" {
                    continue; // the model's own limits have a test of their own
                }
                let code = setting.code_on(&word, model);
                let code = code
                    .unwrap_or_else(|problem| panic!("{} {} {word}: {problem}", model.name, setting.path));
                let read = setting.word_on(&code, model).unwrap();
                assert_eq!(read.word, word, "{} {}", model.name, setting.path);
                if let Some(key) = setting.key {
                    assert_eq!(render(key, &word, model).unwrap(), code);
                }
            }
        }
    }
}

#[test]
fn every_code_means_a_word_whose_code_means_the_same() {
    for model in models::all() {
        let series = Some(model.series);
        for setting in settings() {
            for word in setting.values_in(series).flat_map(|values| &values.words) {
                assert!(!word.codes.is_empty(), "{}", setting.path);
                for code in &word.codes {
                    let reading = setting.word(code.text, series).unwrap();
                    let again = setting.code(&reading.word, series).unwrap();
                    assert_eq!(setting.word(&again, series).unwrap().word, reading.word, "{}", setting.path);
                    assert_eq!(reading.documented, code.documented, "{} {}", setting.path, code.text);
                }
            }
        }
    }
}

#[test]
fn every_row_holds_together() {
    let mut keys = HashSet::new();
    for setting in settings() {
        let path = setting.path;
        assert_eq!(by_path(path), Some(setting), "{path}");
        if let Some(key) = setting.key {
            assert!(keys.insert(key), "{key} twice");
            assert!(key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{key}");
        }
        assert!(!setting.doc.is_empty() && !setting.doc.ends_with('.') && setting.doc.len() < 140, "{path}");
        assert!(!setting.source.is_empty(), "{path}");
        let parent = match path.rsplit_once('/') {
            Some((parent, _)) => parent,
            None => ".",
        };
        assert_eq!(by_path(parent).map(|parent| parent.kind), Some(Kind::Container), "{path}");
        let has_words = setting.values_in(None).next().is_some();
        let needs_words = matches!(setting.kind, Kind::Switch | Kind::Choice);
        assert!(!needs_words || has_words, "{path}");
        assert!(!has_words || needs_words || setting.kind == Kind::List, "{path}");
        assert!(setting.kind != Kind::Container || setting.key.is_none(), "{path}");
        if let Some(default) = setting.default.filter(|_| setting.kind != Kind::Container) {
            let empty = default.is_empty() && setting.kind != Kind::Number;
            assert!(empty || setting.word(default, None).is_ok(), "{path}: {default:?}");
        }
        for values in setting.values_in(None) {
            let words: HashSet<_> = values.words.iter().map(|word| word.word).collect();
            assert_eq!(words.len(), values.words.len(), "{path}");
            let codes: Vec<_> =
                values.words.iter().flat_map(|word| &word.codes).map(|code| code.text).collect();
            assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len(), "{path}");
            if setting.kind == Kind::Switch {
                assert!(words.contains("on") && words.contains("off"), "{path}");
            }
        }
        // Codes that differ by series cover every series that knows the setting.
        for model in models::all().iter().filter(|model| setting.applies.to(model) && has_words) {
            assert!(setting.values_in(Some(model.series)).count() == 1, "{path} {}", model.name);
        }
    }
    assert!(settings().len() > 330);
}

#[test]
fn words_become_what_the_series_needs() {
    let on = |key: &str, word: &str, model: &str| render(key, word, models::find(model).unwrap());
    for (key, word, model, code) in [
        ("web_access", "on", "8845", "0"),
        ("web_access", "off", "8845", "1"),
        ("ssh_access", "on", "7942", "0"),
        ("pc_port", "on", "8845", "0"),
        ("speaker", "off", "8845", "true"),
        ("call_waiting", "on", "8845", "1"),
        ("call_waiting", "on", "6941", "3"),
        ("call_waiting", "off", "6941", "0"),
        ("call_waiting", "on", "7942", "1"),
        ("call_waiting", "on_locked", "7942", "3"),
        ("transport", "tls", "8845", "3"),
        ("time_zone", "Europe/Berlin", "8845", "W. Europe Standard/Daylight Time"),
        ("usb_classes", "input, audio", "8845", "1,2"),
        ("feature", "blf", "8845", "21"),
        ("disabled_ciphers", "", "8845", ""),
    ] {
        assert_eq!(on(key, word, model).as_deref(), Ok(code), "{key} = {word} on {model}");
    }
}

#[test]
fn refusals_name_the_key_the_model_and_what_is_allowed() {
    let on = |key: &str, word: &str, model: &str| {
        render(key, word, models::find(model).unwrap()).unwrap_err().to_string()
    };
    assert_eq!(on("web_access", "0", "8845"), "web_access of an 8845 cannot be \"0\"; allowed: on, off");
    assert_eq!(
        on("call_waiting", "on_locked", "8845"),
        "call_waiting of an 8845 cannot be \"on_locked\"; allowed: off, on"
    );
    assert_eq!(on("web_acess", "on", "8845"), "there is no setting \"web_acess\"; perhaps web_access");
    assert_eq!(on("web_admin", "on", "8845"), "an 8845 has no setting web_admin; it is for 8821");
    assert_eq!(on("max_calls", "7", "8831"), "max_calls of an 8831 cannot be \"7\"; allowed: 1 to 6");
    assert_eq!(
        on("time_zone", "W Europe Standard/Daylight Time", "8845"),
        "time_zone of an 8845 cannot be \"W Europe Standard/Daylight Time\"; phones know no such time zone; perhaps W. \
         Europe Standard/Daylight Time"
    );
    assert!(on("sip_server", &"x".repeat(51), "8845").ends_with("it has 51 characters, allowed are 0 to 50"));
    assert!(on("display_on_time", "8:00", "8845").ends_with("expected: hours and minutes, HH:MM"));
    let wrong = render("sip_port", "70000", models::find("8845").unwrap());
    assert!(matches!(wrong, Err(ValueError::Value { problem: Problem::Range { .. }, .. })));
}

#[test]
fn certainty_is_marked() {
    assert_eq!(setting("web_access").unwrap().certainty, Certainty::Sure);
    assert_eq!(setting("gratuitous_arp").unwrap().certainty, Certainty::Guess);
    assert_eq!(setting("ssh_port").unwrap().certainty, Certainty::OneReport);
    assert!(!setting("kpml").unwrap().word("3", None).unwrap().documented);
}

proptest! {
    #[test]
    fn any_text_is_taken_or_refused_and_what_is_taken_comes_back(text in "\\PC{0,40}|[0-9]{0,12}|[A-Za-z_,. /:-]{0,40}") {
        let models = models::all();
        for (place, setting) in settings().iter().enumerate() {
            let model = &models[place % models.len()];
            if let Ok(code) = setting.code_on(&text, model) {
                let read = setting.word_on(&code, model);
                prop_assert!(read.is_ok(), "{}: {text:?} became {code:?}, which is refused: {read:?}", setting.path);
            }
        }
    }
}
