//! Configurations from the inventory: every model, every setting, every key comes out clean and as it was meant.
#![expect(clippy::unwrap_used, reason = "tests")]

mod every;
mod layers;
mod overrides;
mod texts;

use provision::inventory::{Bundle, Group, GroupKind, Key, Line, Name, Phone};
use provision::lint::lint;
use provision::models::{self, Model};
use provision::render::{self, Rendered, Surroundings};
use provision::tree::Element;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn surroundings() -> Surroundings {
    Surroundings {
        server: "pbx.example.net".into(),
        services: Some(6972),
        secure_services: Some(6973),
        tvs: Some(2445),
        capf: Some(3804),
    }
}

fn key(feature: &str, settings: &[(&str, &str)]) -> Key {
    let mut key = Key::new(provision::catalogue::line_feature(feature).unwrap());
    for (setting, value) in settings {
        key.settings.set(name(setting), *value);
    }
    key
}

fn line(number: &str, settings: &[(&str, &str)]) -> Line {
    let mut line = Line::new(number.parse().unwrap());
    for (setting, value) in settings {
        line.settings.set(name(setting), *value);
    }
    line
}

/// An 8845 with two lines, a watched number and a speed dial, at a site, with a profile.
fn reception() -> Bundle {
    let mut phone = Phone::new("001122334455".parse().unwrap(), models::find("8845"));
    phone.layer.settings.set(name("phone_label"), "Reception");
    phone.layer.keys.insert(1, Some(Key::line("1001".parse().unwrap())));
    phone.layer.keys.insert(2, Some(Key::line("1002".parse().unwrap())));
    phone.layer.keys.insert(3, Some(key("blf", &[("number", "1003"), ("blf_pickup", "on")])));
    phone.layer.keys.insert(4, Some(key("speed_dial", &[("number", "0211,5"), ("label", "Müller & Söhne")])));
    let mut bundle = Bundle::new(phone);
    let mut site = Group::new(GroupKind::Site, "Berlin");
    site.layer.settings.set(name("time_zone"), "Europe/Berlin");
    site.layer.settings.set(name("ntp_server"), "ntp.example.net");
    let mut profile = Group::new(GroupKind::Profile, "office");
    profile.layer.settings.set(name("web_access"), "off");
    profile.layer.settings.set(name("ring_when_busy"), "once");
    bundle.groups = vec![site, profile];
    for line in [
        line("1001", &[("auth_password", "secret"), ("display_name", "Анна"), ("messages_number", "*97")]),
        line("1002", &[("label", "Second"), ("call_waiting", "off")]),
    ] {
        bundle.lines.insert(line.number.clone(), line);
    }
    bundle
}

/// The tree of a rendered document that lint has nothing to say about.
fn clean(rendered: &Rendered, model: Option<&Model>, what: &str) -> Element {
    let report = lint(rendered.xml.as_bytes(), model);
    assert_eq!(report.findings, [], "{what}");
    Element::parse(rendered.xml.as_bytes()).unwrap()
}

fn phone(model: &'static Model) -> Bundle {
    let mut phone = Phone::new("001122334455".parse().unwrap(), Some(model));
    phone.layer.keys.insert(1, Some(Key::line("1001".parse().unwrap())));
    let mut bundle = Bundle::new(phone);
    bundle.lines.insert("1001".parse().unwrap(), line("1001", &[]));
    bundle
}

#[test]
fn golden_files_stay_as_they_are() {
    let rendered = [
        ("reception-8845.xml", render::configuration(&reception(), &surroundings())),
        ("waiting.xml", render::waiting("001122334455".parse().unwrap(), "4829-1357", &surroundings())),
    ];
    for (file, rendered) in rendered {
        assert_eq!(rendered.notes, [], "{file}");
        let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &rendered.xml).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        let lines = golden.lines().zip(rendered.xml.lines()).find(|(golden, now)| golden != now);
        assert_eq!(lines, None, "{file}; UPDATE=1 writes it anew");
        assert_eq!(golden.len(), rendered.xml.len(), "{file}; UPDATE=1 writes it anew");
    }
}
