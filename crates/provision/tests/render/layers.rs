//! Layers: who wins, who is named, what is left out, and what is said about it.

use provision::inventory::{Group, GroupKind, Key, Name, Override, Replacement};
use provision::models;
use provision::render::{self, Origin, Rendered, Surroundings};
use provision::tree::Element;

use super::{key, name, phone, reception, surroundings};

fn found<'a>(rendered: &'a Rendered, path: &str) -> provision::render::Explained<'a> {
    rendered.values.iter().find(|value| value.path == path).unwrap_or_else(|| panic!("nothing at {path}"))
}

fn notes(rendered: &Rendered) -> String {
    rendered.notes.iter().map(|note| format!("{}: {}\n", note.origin, note.text)).collect()
}

fn group(kind: GroupKind, settings: &[(&str, &str)]) -> Group {
    let mut group = Group::new(kind, "g");
    for (key, value) in settings {
        group.layer.settings.set(name(key), *value);
    }
    group
}

#[test]
fn the_later_layer_wins_and_is_named() {
    let path = "vendorConfig/webAccess";
    let mut bundle = phone(models::find("8845").unwrap());
    let mut expect = |change: &dyn Fn(&mut provision::inventory::Bundle), code: &str, origin: Origin| {
        change(&mut bundle);
        let rendered = render::configuration(&bundle, &surroundings());
        let value = found(&rendered, path);
        assert_eq!((value.code, value.origin), (code, &origin));
        assert_eq!(value.name, Some(name("web_access")));
        assert_eq!(Element::parse(rendered.xml.as_bytes()).unwrap().text_of(path), code);
    };
    expect(&|_| {}, "0", Origin::BuiltIn);
    let put = |kind, value: &'static str| {
        move |bundle: &mut provision::inventory::Bundle| {
            bundle.groups.push(group(kind, &[("web_access", value)]))
        }
    };
    expect(&put(GroupKind::Site, "off"), "1", Origin::Site("g".into()));
    expect(&put(GroupKind::Series, "on"), "0", Origin::Series("g".into()));
    expect(&put(GroupKind::Profile, "off"), "1", Origin::Profile("g".into()));
    let own = |bundle: &mut provision::inventory::Bundle| {
        bundle.phone.layer.settings.set(name("web_access"), "on");
    };
    expect(&own, "0", Origin::Phone);
}

#[test]
fn a_line_setting_holds_for_all_lines_until_the_line_or_its_key_says_otherwise() {
    let mut bundle = reception();
    bundle.groups[1].layer.settings.set(name("ring_when_idle"), "flash");
    bundle.lines.get_mut(&"1002".parse().unwrap()).unwrap().settings.set(name("ring_when_idle"), "once");
    let at = |bundle: &_, button: u16| {
        let rendered = render::configuration(bundle, &surroundings());
        let path = format!("sipProfile/sipLines/line[@button={button}]/ringSettingIdle");
        let value = found(&rendered, &path);
        (value.value.to_owned(), value.origin.to_string())
    };
    assert_eq!(at(&bundle, 1), ("flash".into(), "profile office".into()));
    assert_eq!(at(&bundle, 2), ("once".into(), "line 1002".into()));
    let second = bundle.phone.layer.keys.get_mut(&2).unwrap().as_mut().unwrap();
    second.settings.set(name("ring_when_idle"), "off");
    assert_eq!(at(&bundle, 2), ("off".into(), "phone".into()));
}

#[test]
fn a_profile_gives_keys_and_a_phone_takes_them_away() {
    let mut bundle = reception();
    bundle.groups[1].layer.keys.insert(5, Some(key("do_not_disturb", &[])));
    bundle.groups[1].layer.keys.insert(4, Some(key("park", &[])));
    let features = |bundle: &_| {
        let rendered = render::configuration(bundle, &surroundings());
        let tree = Element::parse(rendered.xml.as_bytes()).unwrap();
        let lines = tree.find("sipProfile/sipLines").unwrap().all("line");
        lines.map(|line| line.text_of("featureID").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(features(&bundle), ["9", "9", "21", "2", "130"]);
    bundle.phone.layer.keys.insert(5, None);
    bundle.phone.layer.keys.insert(2, None);
    assert_eq!(features(&bundle), ["9", "21", "2"]);
}

#[test]
fn what_a_model_does_not_know_is_left_out_and_told_only_of_the_phone_itself() {
    let mut bundle = phone(models::find("7942").unwrap());
    bundle.groups.push(group(GroupKind::Profile, &[("wifi", "off"), ("line_mode", "enhanced")]));
    bundle.groups[0].layer.keys.insert(2, Some(key("all_calls", &[])));
    let rendered = render::configuration(&bundle, &surroundings());
    assert_eq!(notes(&rendered), "");
    assert!(!rendered.xml.contains("<wifi>") && !rendered.xml.contains("<lineMode>"));
    bundle.phone.layer.settings.set(name("wifi"), "off");
    bundle.phone.layer.keys.insert(2, Some(key("all_calls", &[])));
    let told = notes(&render::configuration(&bundle, &surroundings()));
    assert!(told.contains("phone: a 7942 has no setting wifi"), "{told}");
    assert!(told.contains("phone: button 2: a 7942 has no key all_calls"), "{told}");
}

#[test]
fn what_cannot_be_rendered_falls_back_to_the_layer_before_and_is_told() {
    let mut bundle = phone(models::find("8845").unwrap());
    bundle.groups.push(group(GroupKind::Site, &[("idle_timeout", "60")]));
    bundle.phone.layer.settings.set(name("idle_timeout"), "soon");
    bundle.phone.layer.settings.set(name("web_access"), "maybe");
    bundle.phone.layer.settings.set(name("ring_when_idle"), "loud");
    let rendered = render::configuration(&bundle, &surroundings());
    assert_eq!(found(&rendered, "idleTimeout").origin, &Origin::Site("g".into()));
    assert_eq!(found(&rendered, "vendorConfig/webAccess").origin, &Origin::BuiltIn);
    let told = notes(&rendered);
    for expected in ["whole number", "allowed: on, off", "ring_when_idle of an 8845 cannot be \"loud\""] {
        assert!(told.contains(expected), "{told}");
    }
    assert_eq!(provision::lint::lint(rendered.xml.as_bytes(), bundle.phone.model).findings, []);
}

#[test]
fn what_follows_says_from_what() {
    let mut bundle = reception();
    let settings = &mut bundle.phone.layer.settings;
    for (key, value) in [
        ("network_locale", "Germany"),
        ("soft_key_control", "policy"),
        ("sip_port", "5080"),
        ("sip_server", "a.example.net"),
        ("sip_server.2", "b.example.net"),
    ] {
        settings.set(name(key), value);
    }
    let rendered = render::configuration(&bundle, &surroundings());
    let members = "devicePool/callManagerGroup/members/member[2]";
    for (path, code, from) in [
        ("networkLocale", "Germany", "follows from network_locale"),
        ("vendorConfig/softkeyControl", "0", "follows from soft_key_control"),
        ("devicePool/dateTimeSetting/olsonTimeZone", "Europe/Berlin", "follows from time_zone"),
        ("MissedCallLoggingOption", "11", "follows from the lines"),
        ("sipProfile/sipLines/line[@button=1]/name", "1001", "follows from the line"),
        ("sipProfile/sipLines/line[@button=2]/port", "5080", "follows from sip_port"),
        (&format!("{members}/@priority"), "1", "follows from its place"),
        (&format!("{members}/callManager/ports/sipPort"), "5080", "follows from the first server"),
    ] {
        let value = found(&rendered, path);
        assert_eq!((value.code, value.origin.to_string().as_str()), (code, from), "{path}");
    }
}

#[test]
fn codes_are_those_of_the_series() {
    for (model, value, code) in [
        ("7942", "on", "1"),
        ("7942", "on_locked", "3"),
        ("7942", "off", "0"),
        ("8845", "on", "1"),
        ("6921", "on", "3"),
        ("9971", "on", "3"),
        ("9971", "off", "0"),
    ] {
        let mut bundle = phone(models::find(model).unwrap());
        bundle.phone.layer.settings.set(name("call_waiting"), value);
        let rendered = render::configuration(&bundle, &surroundings());
        let path = "sipProfile/sipLines/line[@button=1]/callWaiting";
        assert_eq!(found(&rendered, path).code, code, "{model} {value}");
    }
}

#[test]
fn the_first_line_carries_the_credentials_and_is_never_an_intercom() {
    let mut bundle = reception();
    let mut intercom = key("intercom", &[]);
    intercom.line = Some("1002".parse().unwrap());
    bundle.phone.layer.keys.insert(1, Some(intercom));
    bundle.phone.layer.keys.insert(2, Some(Key::line("1001".parse().unwrap())));
    let rendered = render::configuration(&bundle, &surroundings());
    let tree = super::clean(&rendered, bundle.phone.model, "intercom first");
    let lines: Vec<_> = tree.find("sipProfile/sipLines").unwrap().all("line").collect();
    assert_eq!((lines[0].attribute("lineIndex"), lines[1].attribute("lineIndex")), (Some("2"), Some("1")));
    assert_eq!(lines[1].text_of("authPassword"), "secret");
    assert!(lines[0].child("authPassword").is_none());
    assert_eq!(lines[0].text_of("autoAnswer/autoAnswerEnabled"), "3");
    assert_eq!(lines[0].text_of("autoAnswer/autoAnswerMode"), "Auto Answer with Speakerphone");
    bundle.lines.get_mut(&"1002".parse().unwrap()).unwrap().settings.set(name("auth_password"), "other");
    let told = notes(&render::configuration(&bundle, &surroundings()));
    assert!(told.starts_with("line 1002: phones use the password of their first line"), "{told}");
}

#[test]
fn keys_that_lack_something_are_left_out_and_those_without_room_are_told() {
    let mut bundle = phone(models::find("8841").unwrap());
    let keys = &mut bundle.phone.layer.keys;
    keys.insert(2, Some(key("blf", &[])));
    keys.insert(3, Some(key("line", &[])));
    keys.insert(4, Some(Key::line("1009".parse().unwrap())));
    keys.insert(5, Some(key("park", &[("number", "7")])));
    keys.insert(6, Some(key("speed_dial", &[("number", "7")])));
    keys.insert(12, Some(key("speed_dial", &[("number", "7")])));
    let rendered = render::configuration(&bundle, &surroundings());
    let told = notes(&rendered);
    for expected in [
        "button 2: a key blf needs number",
        "button 3: a key line needs a line",
        "button 4: there is no line 1009",
        "button 5: a key park has no setting number",
        "button 6 is more than the 5 buttons this 8841 has; line_mode = \"enhanced\" gives it more",
        "button 12 is more than the 10 buttons an 8841 can have; left out",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let buttons: Vec<_> = rendered.values.iter().filter(|value| value.path.ends_with("/@button")).collect();
    let buttons: Vec<_> = buttons.iter().map(|value| value.code).collect();
    assert_eq!(buttons, ["1", "4", "5", "6"]);
}

#[test]
fn nothing_follows_from_what_cannot_be_rendered() {
    let mut bundle = reception();
    let line = bundle.lines.get_mut(&"1002".parse().unwrap()).unwrap();
    line.settings.set(name("label"), "a label that is longer than the thirty characters of a key");
    bundle.phone.layer.keys.insert(3, Some(key("blf", &[("number", "10\u{7}03")])));
    let long = "0".repeat(40);
    bundle.phone.layer.keys.insert(4, Some(key("speed_dial", &[("number", &long)])));
    let rendered = render::configuration(&bundle, &surroundings());
    super::clean(&rendered, bundle.phone.model, "what follows");
    let at = |path: &str| found(&rendered, &format!("sipProfile/sipLines/{path}")).code;
    assert_eq!((at("line[@button=2]/featureLabel"), at("line[@button=2]/displayName")), ("1002", "1002"));
    assert_eq!(at("line[@button=4]/speedDialNumber"), long);
    assert_eq!(at("line[@button=4]/featureLabel").len(), 30);
    let told = notes(&rendered);
    assert!(
        told.contains("button 3: a key blf needs number") && !rendered.xml.contains("button=\"3\""),
        "{told}"
    );
    assert!(told.contains("line 1002: label of an 8845 cannot be"), "{told}");
}

#[test]
fn modules_have_places_keys_and_limits() {
    let mut bundle = phone(models::find("8861").unwrap());
    let settings = &mut bundle.phone.layer.settings;
    settings.set(name("module_type"), "BEKEM");
    settings.set(name("module_type.2"), "CP-8800-Audio");
    settings.set(name("module_keys.3"), "36");
    let rendered = render::configuration(&bundle, &surroundings());
    let module =
        |place: &str, path: &str| found(&rendered, &format!("addOnModules/addOnModule{place}/{path}")).code;
    assert_eq!((module("", "@idx"), module("", "deviceLine")), ("1", "36"));
    assert_eq!((module("[2]", "@idx"), module("[2]", "deviceLine")), ("2", "28"));
    let told = notes(&rendered);
    assert!(
        told.contains("all modules of a phone are of one type, but there are BEKEM and CP-8800-Audio"),
        "{told}"
    );
    assert!(told.contains("module_keys.3 is of no use without module_type.3"), "{told}");
    let settings = &mut bundle.phone.layer.settings;
    settings.set(name("module_type"), "7915");
    let told = notes(&render::configuration(&bundle, &surroundings()));
    assert!(
        told.contains("module_type of an 8861 cannot be \"7915\"; allowed: BEKEM, CP-8800-Audio"),
        "{told}"
    );
}

#[test]
fn zones_without_their_summer_time_are_told() {
    let mut bundle = phone(models::find("8845").unwrap());
    for (zone, told) in [
        ("Europe/Berlin", false),
        ("Africa/Cairo", true),
        ("Mexico Standard/Daylight Time", false),
        ("Nowhere/At_All", true),
    ] {
        bundle.phone.layer.settings.set(name("time_zone"), zone);
        let rendered = render::configuration(&bundle, &surroundings());
        assert_eq!(!rendered.notes.is_empty(), told, "{zone}: {}", notes(&rendered));
    }
}

#[test]
fn servers_are_told_only_where_they_listen() {
    let bundle = phone(models::find("7942").unwrap());
    let alone = Surroundings { server: "2001:db8::5".into(), ..Surroundings::default() };
    let rendered = render::configuration(&bundle, &alone);
    assert!(!rendered.xml.contains("<TVS>") && !rendered.xml.contains("<capfList>"));
    assert_eq!(found(&rendered, "servicesURL").code, "");
    let rendered =
        render::configuration(&bundle, &Surroundings { services: Some(80), tvs: Some(1), ..alone });
    assert_eq!(found(&rendered, "servicesURL").code, "http://[2001:db8::5]:80/services");
    assert_eq!(found(&rendered, "directoryURL").code, "http://[2001:db8::5]:80/directory/79xx");
    assert_eq!(found(&rendered, "TVS/members/member/port").code, "1");
    assert_eq!(found(&rendered, "secureServicesURL").code, "");
}

#[test]
fn of_a_phone_that_nobody_knows_only_what_all_know_is_said() {
    let mut bundle = phone(models::find("8845").unwrap());
    bundle.phone.model = None;
    bundle.phone.layer.settings.set(name("wifi"), "on");
    bundle.phone.layer.settings.set(name("call_waiting"), "on");
    let rendered = render::configuration(&bundle, &surroundings());
    assert_eq!(rendered.notes.len(), 2, "{}", notes(&rendered));
    for model in models::all() {
        super::clean(&rendered, Some(model), model.name);
    }
}

#[test]
fn a_waiting_phone_shows_its_code_whatever_it_is() {
    let mac = "001122334455".parse().unwrap();
    for code in ["4829-1357", "7", "a code that is longer than any screen is wide", "<&>"] {
        let rendered = render::waiting(mac, code, &surroundings());
        assert_eq!(rendered.notes, [], "{code}");
        for model in models::all() {
            super::clean(&rendered, Some(model), model.name);
        }
        let begin: String = code.chars().take(12).collect::<String>().trim().to_owned();
        assert!(found(&rendered, "sipProfile/phoneLabel").code.contains(&begin), "{code}");
        assert!(found(&rendered, "sipProfile/sipLines/line[@button=1]/featureLabel").code.contains(&begin));
        assert_eq!(found(&rendered, "servicesURL").code, "http://pbx.example.net:6972/claim");
        assert_eq!(found(&rendered, "secureServicesURL").code, "https://pbx.example.net:6973/claim");
        assert_eq!(found(&rendered, "vendorConfig/webAccess").code, "0");
        assert!(!rendered.xml.contains("lineMode") && rendered.xml.len() < 6000, "{}", rendered.xml.len());
    }
    assert_ne!(
        render::waiting(mac, "1", &surroundings()).stamp,
        render::waiting(mac, "2", &surroundings()).stamp
    );
}

#[test]
fn a_phone_without_a_line_is_told() {
    let mut bundle = phone(models::find("8845").unwrap());
    bundle.phone.layer.keys.clear();
    let told = notes(&render::configuration(&bundle, &surroundings()));
    assert_eq!(told, "phone: no key is a line, so the phone signs in nowhere\n");
}

#[test]
fn firmware_of_other_models_is_left_out_and_told() {
    let mut bundle = phone(models::find("8845").unwrap());
    bundle.groups.push(group(GroupKind::Series, &[("firmware", "sip88xx.14-2-1")]));
    let rendered = render::configuration(&bundle, &surroundings());
    assert_eq!(found(&rendered, "loadInformation").code, "");
    assert!(
        notes(&rendered).contains("is for 8811, 8841, 8851, 8851NR, 8861; it is left out"),
        "{}",
        notes(&rendered)
    );
    let both = group(GroupKind::Profile, &[("firmware", "sip88xx.14-2-1 sip8845_65.14-2-1")]);
    bundle.groups[0] = both;
    let rendered = render::configuration(&bundle, &surroundings());
    assert_eq!(
        (found(&rendered, "loadInformation").code, notes(&rendered).as_str()),
        ("sip8845_65.14-2-1", "")
    );
    bundle.phone.layer.settings.set(name("firmware"), "sip8845_65.14-2-1");
    assert_eq!(
        found(&render::configuration(&bundle, &surroundings()), "loadInformation").code,
        "sip8845_65.14-2-1"
    );
    bundle.phone.layer.settings.set(name("firmware"), "of-our-own.1");
    assert_eq!(
        found(&render::configuration(&bundle, &surroundings()), "loadInformation").code,
        "of-our-own.1"
    );
}

#[test]
fn secrets_are_marked_and_not_printed() {
    let mut bundle = reception();
    bundle.phone.layer.settings.set(name("ssh_password"), "hush");
    let rendered = render::configuration(&bundle, &surroundings());
    for path in ["sipProfile/sipLines/line[@button=1]/authPassword", "sshPassword"] {
        assert!(found(&rendered, path).secret, "{path}");
    }
    let shown = format!("{rendered:?}");
    assert!(!shown.contains("hush") && !shown.contains("= secret"));
    let hidden = |path: &str, replacement| format!("{:?}", Override { path: path.into(), replacement });
    assert!(!hidden("sshPassword", Replacement::Text("hush".into())).contains("hush"));
    let line = Replacement::Fragment("<line><authPassword>hush</authPassword></line>".into());
    assert!(!hidden("sipProfile/sipLines/line", line).contains("hush"));
    assert!(hidden("idleURL", Replacement::Text("seen".into())).contains("seen"));
    let long = "x".repeat(31);
    let error =
        provision::inventory::check_setting(Name::new("auth_password").unwrap(), &long, None).unwrap_err();
    assert!(!error.to_string().contains(&long), "{error}");
}
