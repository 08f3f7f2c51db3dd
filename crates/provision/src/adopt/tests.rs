//! What is told of a model, what phones share, and files in other characters.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::inventory::{Group, GroupKind, Name};
use crate::mac::Mac;
use crate::models;
use crate::render::Surroundings;

fn configured(inside: &str) -> Element {
    parse(format!("<device>{inside}</device>").as_bytes()).unwrap()
}

fn lines(inside: &str) -> String {
    format!("<sipProfile><sipLines>{inside}</sipLines></sipProfile>")
}

fn line(button: u16, number: &str, more: &str) -> String {
    format!(
        "<line button='{button}'><featureID>9</featureID><proxy>USECALLMANAGER</proxy><port>5060</port>\
         <name>{number}</name>{more}</line>"
    )
}

fn readings(documents: &[(&str, String)]) -> Vec<Reading> {
    let one = |(number, (model, inside)): (u8, &(&str, String))| {
        Reading::of(configured(inside), Mac::new([2, 0, 0, 0, 0, number]), models::find(model).unwrap())
    };
    (0..).zip(documents).map(one).collect()
}

fn settings(layer: &crate::inventory::Layer) -> Vec<(String, String)> {
    layer.settings.iter().map(|(name, word)| (name.to_string(), word.to_owned())).collect()
}

#[test]
fn firmware_and_keys_tell_the_model_or_leave_it_open() {
    let told = |inside: &str| model_of(&configured(inside));
    let names = |told: Told| match told {
        Told::One(model) => model.name.to_owned(),
        Told::Several(models) => models.iter().map(|model| model.name).collect::<Vec<_>>().join(" "),
        Told::Nothing => "nothing".to_owned(),
    };
    let load = |name: &str| format!("<loadInformation>{name}</loadInformation>");
    for (inside, expected) in [
        (load("sip8821.11-0-6SR2-4"), "8821"),
        (load("SIP8821.11-0-6SR2-4"), "8821"),
        (load("SIP42.9-4-2SR3-1S"), "7942 7962"),
        (load("SIP42.9-4-2SR3-1S") + &lines("<line button='5'/>"), "7962"),
        (load("sip8845_65.14-2-1"), "8845 8865 8865NR"),
        (
            load("sip88xx.12-5-1SR3-74")
                + "<addOnModules><addOnModule><deviceType>CKEM</deviceType></addOnModule></addOnModules>",
            "nothing",
        ),
        (load("SCCP42.9-4-2"), "nothing"),
        (load(""), "nothing"),
        (String::new(), "nothing"),
    ] {
        assert_eq!(names(told(&inside)), expected, "{inside}");
    }
}

#[test]
fn characters_are_those_that_the_file_announces() {
    let label = |bytes: &[u8]| parse(bytes).map(|root| root.text_of("x").to_owned());
    assert_eq!(
        label(b"<?xml version='1.0' encoding='ISO-8859-1'?><device><x>\xFC</x></device>"),
        Ok("ü".to_owned())
    );
    assert_eq!(
        label("<?xml version='1.0' encoding='utf8'?><device><x>ü</x></device>".as_bytes()),
        Ok("ü".to_owned())
    );
    assert_eq!(label(b"<device><x>a</x></device>\0\0\n"), Ok("a".to_owned()));
    let refused = label(b"<?xml version='1.0' encoding='koi8-r'?><device/>").unwrap_err().to_string();
    assert_eq!(refused, "it says that it is written in koi8-r, which is not read here; save it as UTF-8");
    let broken = label(b"<device>\n<x>\xFC</x></device>").unwrap_err().to_string();
    assert!(broken.starts_with("line 2, column 4: "), "{broken}");
    assert_eq!(
        label(b"<Default/>").unwrap_err().to_string(),
        "it begins with <Default>, and a phone's configuration with <device>"
    );
}

#[test]
fn what_phones_share_is_said_once() {
    let document = |number: &str, web: &str, label: &str| {
        format!(
            "<vendorConfig><webAccess>{web}</webAccess><pcPort>1</pcPort></vendorConfig><timeZone/>\
             <devicePool><dateTimeSetting><timeZone>GMT Standard/Daylight Time</timeZone></dateTimeSetting></devicePool>{}",
            lines(&format!(
                "{}<line button='2'><featureID>2</featureID><featureLabel>Door</featureLabel>\
                 <speedDialNumber>400</speedDialNumber></line>",
                line(
                    1,
                    number,
                    &format!("<featureLabel>{label}</featureLabel><messagesNumber>*97</messagesNumber>")
                )
            ))
        )
    };
    let documents = [
        ("8845", document("1", "1", "A")),
        ("8845", document("2", "1", "B")),
        ("7962", document("3", "1", "C")),
        ("7962", document("4", "0", "D")),
    ];
    let wanted = Wanted { profile: Some("desk".into()), site: Some("Bonn".into()), fill: false };
    let around = Around {
        surroundings: Surroundings { server: "x".into(), ..Surroundings::default() },
        ..Around::default()
    };
    let fleet = fleet(readings(&documents), &wanted, &around);
    assert!(fleet.refused.is_empty());
    let of = |name: &str| &fleet.groups.iter().find(|group| group.name == name).unwrap().layer;
    assert_eq!(settings(of("Bonn")), [("time_zone".to_owned(), "GMT Standard/Daylight Time".to_owned())]);
    let said: Vec<_> =
        settings(of("desk-8800")).into_iter().map(|(name, word)| format!("{name}={word}")).collect();
    assert_eq!(said, ["messages_number=*97", "pc_port=off", "web_access=off"]);
    let said: Vec<_> =
        settings(of("desk-7900")).into_iter().map(|(name, word)| format!("{name}={word}")).collect();
    assert_eq!(said, ["messages_number=*97", "pc_port=off"]);
    for (name, group) in [("desk-8800", of("desk-8800")), ("desk-7900", of("desk-7900"))] {
        assert_eq!(group.keys.keys().copied().collect::<Vec<_>>(), [2], "{name}");
        assert!(!group.overrides.is_empty(), "{name}: what no file says is left out once");
    }
    let label = Name::new("label").unwrap();
    assert_eq!(fleet.lines[&"1".parse().unwrap()].settings.get(label), Some("A"));
    let last = &fleet.phones[3].phone;
    assert_eq!(
        (last.layer.overrides.len(), last.description.as_str()),
        (0, "D"),
        "{:?}",
        last.layer.overrides
    );
    assert_eq!(last.site.as_deref(), Some("Bonn"));
    assert_eq!(fleet.changes().len(), 3 + 4 + 4);
}

#[test]
fn a_line_on_several_phones_keeps_what_each_says() {
    let of = |label: &str, calls: &str| {
        lines(&line(
            1,
            "10",
            &format!("<featureLabel>{label}</featureLabel><maxNumCalls>{calls}</maxNumCalls>"),
        ))
    };
    let documents = [("8845", of("Hall", "3")), ("8845", of("Door", "3"))];
    let fleet = fleet(readings(&documents), &Wanted::default(), &Around::default());
    assert!(fleet.refused.is_empty());
    let own = |place: usize| {
        let key = fleet.phones[place].phone.layer.keys[&1].as_ref().unwrap();
        key.settings.iter().map(|(name, word)| format!("{name}={word}")).collect::<Vec<_>>()
    };
    assert_eq!((own(0), own(1)), (vec!["label=Hall".to_owned()], vec!["label=Door".to_owned()]));
}

#[test]
fn groups_that_are_there_are_used_as_they_are() {
    let mut around = Around::default();
    let mut profile = Group::new(GroupKind::Profile, "desk");
    profile.layer.settings.set(Name::new("web_access").unwrap(), "off");
    around.groups.push(profile);
    let mut series = Group::new(GroupKind::Series, "8800");
    series.layer.settings.set(Name::new("pc_port").unwrap(), "off");
    around.groups.push(series);
    let documents = [
        ("8845", "<vendorConfig><webAccess>0</webAccess></vendorConfig>".to_owned()),
        ("8845", String::new()),
    ];
    let wanted = Wanted { profile: Some("desk".into()), ..Wanted::default() };
    let fleet = fleet(readings(&documents), &wanted, &around);
    assert!(fleet.refused.is_empty() && fleet.groups.is_empty(), "{:?}", fleet.refused);
    assert!(fleet.phones.iter().all(|adopted| adopted.phone.profile.as_deref() == Some("desk")));
}

#[test]
fn passwords_are_not_printed() {
    let inside = "<sshPassword>geheim</sshPassword>".to_owned()
        + &lines(
            &(line(1, "1", "<authPassword>geheim</authPassword>")
                + &line(2, "2", "<authPassword>geheim</authPassword>")),
        );
    let readings = readings(&[("7962", inside)]);
    assert!(!format!("{readings:?}").contains("geheim"));
    let fleet = fleet(readings, &Wanted::default(), &Around::default());
    let overrides = &fleet.phones[0].phone.layer.overrides;
    assert!(overrides.iter().any(|change| change.is_secret()));
    assert!(!format!("{fleet:?}").contains("geheim"));
}

#[test]
fn documents_are_taken_over_if_the_same_is_written_again() {
    use crate::inventory::{Background, Content, DialRule, Ring, TemplateRule};
    let rule = TemplateRule { pattern: "9,...".into(), wait: 3, ..TemplateRule::default() };
    let dial = DialRule { begins_with: "+49".into(), digits: 12, remove: 3, prefix: "0".into() };
    let keys = [("Connected".to_owned(), vec!["Hold".to_owned(), "EndCall".to_owned()])];
    let ring = Ring { name: "Bell & more".into(), file: "Bell.rwb".into() };
    let picture = Background { thumbnail: "a-small.png".into(), image: "a.png".into() };
    for (name, content) in [
        ("dial.xml", Content::DialTemplate(vec![rule])),
        ("AppDialRules.xml", Content::DialRules(vec![dial])),
        ("keys.xml", Content::SoftKeys(keys.into())),
        ("Ringlist-wb.xml", Content::Rings(vec![ring])),
        ("policy.xml", Content::FeaturePolicy([("1".to_owned(), false)].into())),
        ("Desktops/800x480x24/List.xml", Content::Backgrounds(vec![picture])),
    ] {
        let written = crate::inventory::Document { name: name.to_owned(), content };
        let text = crate::render::document(&written);
        let taken = document(name, text.as_bytes()).unwrap_or_else(|| panic!("{name}: {text}"));
        assert_eq!(crate::render::document(&taken), text, "{name}");
        assert_eq!(document("SEP001122334455.cnf.xml", text.as_bytes()), None);
    }
    let own = "<softKeyCfg><softKeys><softKey keyID='Mine' tag='200' eventID='300' helpID='1'/></softKeys><softKeySets/></softKeyCfg>";
    assert_eq!(document("keys.xml", own.as_bytes()), None, "keys of one's own would be lost");
    let loose = "<dialTemplate><TEMPLATE match='9...' timeout='2'/><TEMPLATE MATCH='*'/></dialTemplate>";
    assert!(document("dialplan.xml", loose.as_bytes()).is_some(), "phones read the letters alike");
    assert_eq!(
        document("dialplan.xml", b"<dialTemplate><TEMPLATE MATCH='9' Sound='x'/></dialTemplate>"),
        None
    );
    assert_eq!(document("other.xml", b"<other/>"), None);
    assert_eq!(document("keys.txt", own.as_bytes()), None);
}
