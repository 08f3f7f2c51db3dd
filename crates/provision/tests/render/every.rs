//! Every setting, every feature of a key and every model: rendered, clean to lint, and read back.

use provision::catalogue::{Kind, Limits, LineFeature, Setting, line_features, settings};
use provision::inventory::{Bundle, Key};
use provision::lint::lint;
use provision::models::{self, Model};
use provision::render::{self, Origin};
use provision::tree::Element;

use super::{clean, key, line, name, phone, surroundings};

/// Two values that such a setting takes, as people write them.
fn samples(setting: &Setting, model: &Model) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    match (setting.key.unwrap(), setting.kind) {
        ("module_type", _) => model.modules.iter().map(|module| module.value.to_owned()).collect(),
        ("module_keys", _) => Vec::new(),
        ("first_media_port", _) => one("20000"),
        ("last_media_port", _) => one("30000"),
        ("module_firmware", _) => one("B016-1-0-4"),
        ("vpn_certificate_hash_1", _) => one("0123456789012345678901234567"),
        ("web_admin_password", _) => one("a long password"),
        (_, Kind::Switch | Kind::Choice | Kind::List) => {
            let words = setting.words(Some(model.series));
            if words.is_empty() { one("112") } else { words.into_iter().map(str::to_owned).collect() }
        }
        (_, Kind::Zone) => one("Europe/Vienna"),
        (_, Kind::Date) => one("M/D/YA"),
        (_, Kind::Time | Kind::Duration) => one("07:45"),
        (_, Kind::Number) => match setting.limits_of(model) {
            Limits::Range { least, most, .. } => {
                vec![least.to_string(), most.min(200).max(least).to_string()]
            }
            _ => one("3"),
        },
        (_, Kind::Url) => one("https://pbx.example.net/x?a=1&b=2"),
        (_, Kind::Text) => match setting.limits {
            Limits::Length { least: 28, .. } => one("0123456789012345678901234567"),
            _ => one("Q & A <3"),
        },
        (_, Kind::Feature | Kind::Container) => Vec::new(),
    }
}

/// What else has to be said for a setting to be in the document, and to make sense there.
fn company(bundle: &mut Bundle, key: &str, value: &str, model: &Model) {
    let mut say = |key: &str, value: &str| {
        if bundle.phone.layer.settings.of(key).is_none() {
            bundle.phone.layer.settings.set(name(key), value);
        }
    };
    match key {
        "module_index" | "module_firmware" | "module_type" => {
            say("module_type", model.modules[0].value);
            if matches!(model.modules[0].value, "7914" | "7915" | "7916") {
                say("module_firmware", "B016-1-0-4");
            }
        }
        "ntp_mode" => say("ntp_server", "ntp.example.net"),
        "security_mode" if value != "off" => say("transport", "tls"),
        "default_wallpaper" => say("choose_wallpaper", "off"),
        key if key.starts_with("vpn_") => say("vpn_url_1", "https://vpn.example.net/svc"),
        _ => {}
    }
}

#[test]
fn every_setting_is_rendered_for_each_series_that_knows_it_and_lints_clean() {
    let mut tried = 0;
    for setting in settings().iter().filter(|setting| setting.key.is_some()) {
        let key = setting.key.unwrap();
        let of_keys = setting.path.starts_with("sipProfile/sipLines/line[]");
        let mut series = Vec::new();
        for model in models::all().iter().filter(|model| setting.applies.to(model)) {
            if series.contains(&model.series)
                || (of_keys && matches!(key, "button" | "line_index" | "feature"))
            {
                continue;
            }
            series.push(model.series);
            for value in samples(setting, model) {
                let what = format!("{key} = {value:?} on a {}", model.name);
                // Keys other than lines have a test of their own.
                let of_lines = line_features().iter().find(|feature| feature.key == "line").unwrap();
                if of_keys && !of_elements(of_lines).any(|element| setting.path.ends_with(element)) {
                    continue;
                }
                let mut bundle = phone(model);
                company(&mut bundle, key, &value, model);
                bundle.phone.layer.settings.set(name(key), &value);
                let rendered = render::configuration(&bundle, &surroundings());
                let own = rendered.values.iter().find(|known| known.name == Some(name(key)));
                let own = own.unwrap_or_else(|| panic!("{what}: {:?}", rendered.notes));
                assert_eq!((own.value, own.origin), (&*value, &Origin::Phone), "{what}");
                assert_eq!(rendered.notes, [], "{what}");
                let mut report = lint(rendered.xml.as_bytes(), Some(model));
                // Some words have only codes that nobody documents, and UDP is a bad idea: lint says so whoever writes them.
                let ours = |id| key == "transport" && id == "transport-udp" || id == "value-undocumented";
                report.findings.retain(|finding| !ours(finding.rule.id));
                assert_eq!(report.findings, [], "{what}");
                let leaf = Element::parse(rendered.xml.as_bytes()).unwrap().leaves();
                let leaf = leaf.into_iter().find(|leaf| leaf.path == own.path);
                assert_eq!(leaf.map(|leaf| leaf.value), Some(own.code.to_owned()), "{what}");
                tried += 1;
            }
        }
    }
    assert!(tried > 1500, "{tried}");
}

fn of_elements(feature: &LineFeature) -> impl Iterator<Item = &'static str> {
    feature.required.iter().chain(&feature.optional).chain(&feature.first_line).copied()
}

/// What such a key needs to be told.
fn needed(feature: &LineFeature) -> Vec<(&'static str, &'static str)> {
    let all = [
        ("speedDialNumber", ("number", "1003")),
        ("speedDialIndex", ("speed_dial_index", "7")),
        ("serviceURI", ("service_url", "http://pbx.example.net/x")),
        ("secureServiceURI", ("secure_service_url", "https://pbx.example.net/x")),
    ];
    all.into_iter().filter(|(element, _)| feature.required.contains(element)).map(|(_, said)| said).collect()
}

#[test]
fn every_feature_of_a_key_is_rendered_for_each_model_that_knows_it_and_lints_clean() {
    let mut tried = 0;
    for model in models::all().iter().filter(|model| model.keys >= 2) {
        for feature in line_features().iter().filter(|feature| feature.applies.to(model)) {
            let what = format!("{} on a {}", feature.key, model.name);
            let mut bundle = phone(model);
            let mut own = key(feature.key, &needed(feature));
            own.settings.set(name("label"), "A & B");
            if feature.required.contains(&"@lineIndex") {
                own.line = Some("1002".parse().unwrap());
                bundle.lines.insert("1002".parse().unwrap(), line("1002", &[]));
            }
            provision::inventory::check_key(2, &own, Some(model)).unwrap();
            bundle.phone.layer.keys.insert(2, Some(own));
            let rendered = render::configuration(&bundle, &surroundings());
            assert_eq!(rendered.notes, [], "{what}");
            let tree = clean(&rendered, Some(model), &what);
            let second = tree.find("sipProfile/sipLines").unwrap().all("line").nth(1).unwrap().clone();
            assert_eq!(second.text_of("featureID"), feature.id.to_string(), "{what}");
            assert_eq!(second.text_of("featureLabel"), "A & B", "{what}");
            for element in feature.required.iter().filter(|element| !element.starts_with('@')) {
                assert!(second.find(element).is_some(), "{what}: {element}");
            }
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn every_model_takes_as_many_keys_as_it_has_and_lints_clean() {
    for model in models::all() {
        let mut bundle = phone(model);
        let settings = &mut bundle.phone.layer.settings;
        if model.keys_enhanced.is_some() {
            settings.set(name("line_mode"), "enhanced");
        }
        let fits =
            model.modules.iter().filter_map(|fits| models::modules().iter().find(|m| m.name == fits.value));
        let module = fits.max_by_key(|module| module.keys);
        for place in 1..=3_u16 {
            let Some(module) =
                module.filter(|module| model.keys + place * module.keys <= model.most_keys.value)
            else {
                continue;
            };
            let place = u8::try_from(place).unwrap();
            settings.set(name("module_type").at(place), module.name);
            if module.needs_load {
                settings.set(name("module_firmware").at(place), "B016-1-0-4");
            }
        }
        let most = model.most_keys.value;
        for button in 2..=most {
            let number = format!("2{button:03}");
            let own = match button % 3 {
                0 => key("speed_dial", &[("number", &number)]),
                1 => key("blf", &[("number", &number), ("blf_pickup", "on")]),
                _ => {
                    bundle.lines.insert(number.parse().unwrap(), line(&number, &[]));
                    Key::line(number.parse().unwrap())
                }
            };
            bundle.phone.layer.keys.insert(button, Some(own));
        }
        let rendered = render::configuration(&bundle, &surroundings());
        assert_eq!(rendered.notes, [], "{}", model.name);
        let tree = clean(&rendered, Some(model), model.name);
        let lines = tree.find("sipProfile/sipLines").unwrap();
        let buttons: Vec<u16> =
            lines.all("line").map(|line| line.attribute("button").unwrap().parse().unwrap()).collect();
        assert_eq!(buttons, (1..=most).collect::<Vec<_>>(), "{}", model.name);
        let numbers = lines.all("line").skip(1).map(|line| match line.text_of("featureID") {
            "9" => line.text_of("name"),
            _ => line.text_of("speedDialNumber"),
        });
        assert!(numbers.eq((2..=most).map(|button| format!("2{button:03}"))), "{}", model.name);
        let indexes: Vec<u16> =
            lines.all("line").filter_map(|line| line.attribute("lineIndex")?.parse().ok()).collect();
        assert_eq!(
            indexes,
            (1..=u16::try_from(indexes.len()).unwrap()).collect::<Vec<_>>(),
            "{}",
            model.name
        );
    }
}
