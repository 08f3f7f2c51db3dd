#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::inventory::{Background, DialRule, Ring, TemplateRule};
use crate::tree::Element;

fn rule(pattern: &str, wait: u16, rewrite: Option<&str>) -> TemplateRule {
    TemplateRule {
        pattern: pattern.into(),
        wait,
        rewrite: rewrite.map(str::to_owned),
        ..TemplateRule::default()
    }
}

fn named(name: &str, content: Content) -> Document {
    Document { name: name.into(), content }
}

fn all() -> Vec<Document> {
    let soft_keys =
        [("On Hook", vec!["NewCall", "Redial"]), ("Connected", vec!["EndCall", "Undefined", "Hold"])];
    let soft_keys =
        soft_keys.map(|(state, keys)| (state.to_owned(), keys.into_iter().map(str::to_owned).collect()));
    let template = vec![
        TemplateRule {
            line: Some(2),
            tone: Some("Bellcore-Outside".into()),
            ..rule("0,..", 2, Some("9.%1"))
        },
        TemplateRule { user: Some("Phone".into()), route: Some("Emergency".into()), ..rule("112", 0, None) },
        rule("*", 3, None),
    ];
    let rules = vec![DialRule { begins_with: "+".into(), digits: 12, remove: 1, prefix: "00".into() }];
    let ring = |name: &str, file: &str| Ring { name: name.into(), file: file.into() };
    let picture = Background { thumbnail: "tn-a&b.png".into(), image: "a&b.png".into() };
    vec![
        named("SoftKeys-reception.xml", Content::SoftKeys(soft_keys.into())),
        named("Dial-Berlin.xml", Content::DialTemplate(template)),
        named("AppDialRules.xml", Content::DialRules(rules)),
        named("Policy.xml", Content::FeaturePolicy([("8".to_owned(), true), ("1".to_owned(), false)].into())),
        named(
            "Ringlist-wb.xml",
            Content::Rings(vec![ring("Glocke & Co", "Bell.rwb"), ring("Ton", "Ton.rwb")]),
        ),
        named("Desktops/800x480x24/List.xml", Content::Backgrounds(vec![picture])),
    ]
}

#[test]
fn every_document_is_clean_and_comes_back() {
    for own in all() {
        own.check().unwrap();
        let text = document(&own);
        assert_eq!(lint(text.as_bytes(), None).findings, [], "{}", own.name);
        assert_eq!(lint(text.as_bytes(), None).kind, Some(own.content.kind()));
        let again = Document::read(&own.name, text.as_bytes()).unwrap();
        assert_eq!(document(&again), text, "{}", own.name);
        match &own.content {
            // States and features that were left out come back as offhook has them.
            Content::SoftKeys(sets) => {
                let Content::SoftKeys(all) = &again.content else { panic!() };
                assert!(all.len() == 12 && sets.iter().all(|(state, keys)| all[state] == *keys));
            }
            Content::FeaturePolicy(own) => {
                let Content::FeaturePolicy(all) = &again.content else { panic!() };
                assert!(all.len() == 16 && own.iter().all(|(id, on)| all[id] == *on));
            }
            _ => assert_eq!(again, own),
        }
        let json = serde_json::to_string(&own).unwrap();
        assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), own, "{json}");
        assert!(!own.content.is_empty() && json.contains(own.content.word()), "{json}");
    }
}

#[test]
fn stamps_of_documents_follow_their_content() {
    let stamp =
        |own: &Document| Element::parse(document(own).as_bytes()).unwrap().text_of("versionStamp").to_owned();
    let mut own = all().remove(0);
    let first = stamp(&own);
    assert_eq!(first.len(), 36);
    assert_eq!(stamp(&own), first);
    let Content::SoftKeys(sets) = &mut own.content else { panic!() };
    sets.get_mut("On Hook").unwrap().push("DND".into());
    assert_ne!(stamp(&own), first);
}

#[test]
fn documents_that_phones_cannot_use_are_refused() {
    let soft = |state: &str, keys: &[&str]| {
        Content::SoftKeys([(state.to_owned(), keys.iter().map(|key| (*key).to_owned()).collect())].into())
    };
    let template = |rule: TemplateRule| Content::DialTemplate(vec![rule]);
    let rings = |name: &str, file: &str| Content::Rings(vec![Ring { name: name.into(), file: file.into() }]);
    let picture = |folder: &str| {
        let file = |name: &str| format!("{folder}{name}");
        Content::Backgrounds(vec![Background { thumbnail: file("a.png"), image: file("b.jpg") }])
    };
    for (name, content, problem) in [
        ("../x.xml", soft("On Hook", &["NewCall"]), "out of the served folder"),
        ("x.txt", soft("On Hook", &["NewCall"]), "ends in .xml"),
        ("x.xml", soft("On Hook", &["Redial"]), "must have NewCall"),
        ("x.xml", soft("On Hock", &["NewCall"]), "no call state On Hock"),
        ("x.xml", soft("On Hook", &["NewCall", "Hold"]), "On Hook cannot have Hold"),
        ("x.xml", soft("On Hook", &["NewCall", "NewCal"]), "no soft key NewCal"),
        ("x.xml", Content::FeaturePolicy([("99".to_owned(), true)].into()), "feature \"99\""),
        ("x.xml", template(TemplateRule { tone: Some("Moo".into()), ..rule("1", 1, None) }), "no tone Moo"),
        ("x.xml", template(TemplateRule { route: Some("fxo".into()), ..rule("1", 1, None) }), "no route fxo"),
        ("x.xml", Content::DialTemplate(vec![rule("12345678", 1, None); 300]), "bytes"),
        ("Ringlist.xml", rings("", "a.raw"), "no DisplayName"),
        ("Ringlist.xml", rings("a", ""), "no FileName"),
        ("Rings.xml", rings("a", "a.raw"), "only by the name Ringlist.xml"),
        ("x.xml", Content::DialRules(Vec::new()), "only by the name AppDialRules.xml"),
        ("List.xml", picture(""), "only by the name Desktops/…/List.xml"),
        ("SEP001122334455.cnf.xml", soft("On Hook", &["NewCall"]), "a phone's configuration"),
        ("Desktops/800x480x24/List.xml", picture(""), "b.jpg is not a .png"),
    ] {
        let error = named(name, content).check().unwrap_err();
        assert!(error.problem.contains(problem), "{name}: {error}");
        assert!(error.to_string().starts_with(name));
    }
}

#[test]
fn what_may_be_wrong_is_told_and_not_refused() {
    let removes = DialRule { digits: 1, remove: 2, ..DialRule::default() };
    let picture = Background { thumbnail: "a.png".into(), image: "b.png".into() };
    for (name, content, problem) in [
        ("x.xml", Content::DialTemplate(vec![rule("1*2*3*4*5*6*", 1, None)]), "6 groups"),
        ("x.xml", Content::DialTemplate(vec![rule("......", 1, Some("%7"))]), "%7 in rewrite means nothing"),
        ("x.xml", Content::DialTemplate(vec![rule("1", 1, None), rule("1", 2, None)]), "there twice"),
        ("AppDialRules.xml", Content::DialRules(vec![removes]), "2 of 1 digits"),
        ("Desktops/1x1x1/List.xml", Content::Backgrounds(vec![picture]), "no phone looks into"),
    ] {
        let own = named(name, content);
        own.check().unwrap();
        let findings = own.findings(None);
        assert!(findings.iter().any(|finding| finding.message.contains(problem)), "{problem}: {findings:?}");
    }
}

#[test]
fn files_that_are_no_documents_are_refused() {
    for (xml, problem) in [
        ("", "no element"),
        ("<device/>", "begins with <device>"),
        ("<dialTemplate><TEMPLATE match='1' timeout='x'/></dialTemplate>", "timeout is \"x\""),
        ("<dialTemplate><TEMPLATE match='1' moo='x'/></dialTemplate>", "no attribute moo"),
        ("<featurePolicy><featureDef><id>1</id></featureDef></featurePolicy>", "neither true nor false"),
        ("<DialRules><DialRule/></DialRules>", "NumDigits is \"\""),
    ] {
        let error = Document::read("x.xml", xml.as_bytes()).unwrap_err();
        assert!(error.problem.contains(problem), "{xml}: {error}");
    }
    let odd = "<DIALTEMPLATE><TEMPLATE MATCH='1' LINE='0'/></DIALTEMPLATE>";
    let read = Document::read("x.xml", odd.as_bytes()).unwrap();
    assert_eq!(read.content, Content::DialTemplate(vec![rule("1", 10, None)]));
}

#[test]
fn digits_are_dialled_as_phones_do() {
    let rules = [
        rule("...", 1, None),
        rule("3..", 2, Some("03..")),
        rule("*", 3, None),
        rule("0,0*", 4, Some("+%1")),
        rule("112", 0, None),
        rule("1..", 5, None),
        rule(r"\*97", 0, Some("voicemail")),
        rule("8.#9*", 6, Some("%2-%1.%%%s")),
        TemplateRule { line: Some(2), ..rule("555", 7, None) },
    ];
    let met = |digits: &str| {
        let met = dialled(&rules, digits, Some(1));
        (met.rule.map(|(place, _)| place), met.pause.seconds(), met.number)
    };
    for (digits, place, seconds, number) in [
        ("211", 0, 1, "211"),
        ("312", 1, 2, "0312"),
        ("3123", 2, 3, "3123"),
        ("00491234", 3, 4, "+491234"),
        ("112", 4, 0, "112"),
        ("113", 5, 5, "113"),
        ("*97", 6, 0, "voicemail"),
        ("87#9123", 7, 6, "123-77%87#9123"),
        ("555", 0, 1, "555"),
        ("11", 2, 3, "11"),
    ] {
        assert_eq!(met(digits), (Some(place), Some(seconds), number.to_owned()), "{digits}");
    }
    assert_eq!(dialled(&rules, "555", Some(2)).pause, Pause::Rule(7));
    assert_eq!(dialled(&rules[..2], "31", None).pause, Pause::Unfinished);
    assert_eq!(dialled(&rules[..2], "31", None).open, [0, 1]);
    assert_eq!(dialled(&rules[..2], "3123", None).pause, Pause::Unknown);
    assert_eq!(dialled(&[], "1", None).pause.seconds(), None);
    let hotline = [rule("", 0, Some("1000"))];
    assert_eq!(dialled(&hotline, "", None).number, "1000");
    assert_eq!(dialled(&hotline, "1", None).rule, None);
}

proptest! {
    #[test]
    fn any_document_becomes_a_file_that_can_be_read(name: String, a: String, b: String, on: bool) {
        for content in [
            Content::SoftKeys([(a.clone(), vec![b.clone()])].into()),
            Content::FeaturePolicy([(a.clone(), on)].into()),
            Content::DialTemplate(vec![rule(&a, 1, Some(&b))]),
            Content::DialRules(vec![DialRule { begins_with: a.clone(), prefix: b.clone(), ..DialRule::default() }]),
            Content::Rings(vec![Ring { name: a.clone(), file: b.clone() }]),
            Content::Backgrounds(vec![Background { thumbnail: a.clone(), image: b.clone() }]),
        ] {
            let own = named(&name, content);
            prop_assert!(Element::parse(document(&own).as_bytes()).is_ok());
            let _ = own.check();
        }
    }

    #[test]
    fn any_digits_by_any_pattern_come_to_an_end(pattern: String, rewrite: String, digits: String) {
        let rules = [rule(&pattern, 1, Some(&rewrite)), rule("[0-9*.,#]{0,8}", 2, None)];
        let _ = dialled(&rules, &digits, None);
    }
}
