//! Files that anyone wrote, looked over: each rule finds its example, what offhook makes is clean, and nothing panics.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use proptest::prelude::*;
use provision::catalogue::{Kind, settings};
use provision::lint::{FileKind, Finding, Place, Severity, lint, lint_file, rules};
use provision::made;
use provision::models::{self, Model};

fn found(text: &str, model: Option<&str>) -> Vec<Finding> {
    lint(text.as_bytes(), model.map(|name| models::find(name).unwrap())).findings
}

fn ids(text: &str, model: Option<&str>) -> Vec<&'static str> {
    found(text, model).iter().map(|finding| finding.rule.id).collect()
}

fn example(rule: &provision::lint::Rule) -> String {
    rule.example.replace("%s", &"1".repeat(9000))
}

#[test]
fn every_rule_finds_its_example_as_bad_as_it_says() {
    assert!(rules().len() > 60);
    // Rings and pictures are no text; they have a test of their own.
    for rule in rules().iter().filter(|rule| rule.example != "-") {
        let findings = found(&example(rule), rule.model);
        let own = findings.iter().filter(|finding| finding.rule.id == rule.id);
        let worst = own.map(|finding| finding.severity).max();
        assert_eq!(worst, Some(rule.severity), "{}: {findings:#?}", rule.id);
        for text in [rule.title, rule.why, rule.fix] {
            assert!(!text.is_empty() && !text.ends_with('.') && text.len() < 120, "{}: {text}", rule.id);
        }
    }
}

#[test]
fn every_finding_says_where_why_and_what_to_do() {
    for rule in rules() {
        let text = example(rule);
        for finding in found(&text, rule.model) {
            let Place { offset, line, column } = finding.place;
            assert!(offset <= text.len() && line >= 1 && column >= 1);
            assert!(!finding.message.is_empty() && !finding.message.contains('\n'), "{finding:?}");
            assert!(!finding.fix.is_empty() && !finding.fix.contains('\n') && !finding.source.is_empty());
            assert!(finding.severity <= finding.rule.severity);
        }
    }
}

#[test]
fn an_example_for_one_model_is_right_for_others() {
    for rule in rules().iter().filter(|rule| rule.model.is_some()) {
        assert!(!ids(&example(rule), None).contains(&rule.id), "{}", rule.id);
    }
}

/// Whether that model asks for that file.
fn reads(model: &Model, name: &str) -> bool {
    match name {
        "DistinctiveRingList.xml" => model.series == "7900",
        "FeaturePolicy.xml" => model.key_policy.starts_with("feature_policy"),
        "Ringlist.xml" | "Ringlist-wb.xml" => model.ring_list.is_some_and(|list| list.value == name),
        _ => match name.strip_suffix("/List.xml") {
            Some(folder) => model.wallpaper.is_some_and(|paper| paper.value.folder == folder),
            None => true,
        },
    }
}

#[test]
fn everything_offhook_makes_is_clean() {
    let mut files = 0;
    for name in made::names().filter(|name| name.ends_with(".xml")) {
        let made = made::make(name).unwrap();
        let for_models = models::all().iter().filter(|model| reads(model, name)).map(Some);
        for model in for_models.chain([None]) {
            let report = lint(&made.bytes, model);
            assert!(report.kind.is_some(), "{name}");
            assert_eq!(report.findings, [], "{name} for {:?}", model.map(|model| model.name));
        }
        files += 1;
    }
    assert!(files >= 10, "{files}");
}

/// The document that holds only that, at that path.
fn holding(path: &str, value: &str) -> String {
    let (mut before, mut after) = (String::from("<device>"), String::from("</device>"));
    let mut steps = path.split('/').peekable();
    while let Some(step) = steps.next() {
        let name = step.trim_end_matches("[]");
        match steps.peek() {
            Some(next) if next.starts_with('@') => {
                before.push_str(&format!("<{name} {}=\"{value}\"/>", &next[1..]));
                break;
            }
            _ => before.push_str(&format!("<{name}>")),
        }
        after.insert_str(0, &format!("</{name}>"));
    }
    let value = if path.contains('@') { "" } else { value };
    before + value + &after
}

#[test]
fn every_setting_of_every_model_is_rendered_and_lints_clean() {
    for model in models::all() {
        for setting in settings().iter().filter(|setting| setting.applies.to(model)) {
            let words = match setting.kind {
                Kind::Switch | Kind::Choice | Kind::List => setting.words(Some(model.series)),
                Kind::Zone => vec!["Europe/Berlin", "America/New_York"],
                Kind::Feature => vec!["line"],
                Kind::Date => vec!["D/M/Y"],
                Kind::Time | Kind::Duration => vec!["08:00"],
                Kind::Number => vec!["1"],
                Kind::Url => vec!["https://pbx.example.net/"],
                Kind::Text | Kind::Container => continue,
            };
            for code in words.iter().map(|word| setting.code_on(word, model)) {
                let code = code.or_else(|_| setting.code_on(setting.default.unwrap_or("17"), model)).unwrap();
                let document = holding(setting.path, &code);
                let findings = lint(document.as_bytes(), Some(model)).findings;
                let about_it = |finding: &&Finding| {
                    let id = finding.rule.id;
                    finding.severity > Severity::Hint
                        && ["value", "element", "attribute", "xml", "time"]
                            .iter()
                            .any(|kind| id.starts_with(kind))
                };
                let wrong: Vec<_> = findings.iter().filter(about_it).collect();
                assert!(wrong.is_empty(), "{} {document}: {wrong:#?}", model.name);
            }
        }
    }
}

/// A configuration as people write them.
const GOOD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<device xsi:type="axl:XIPPhone" ctiid="7">
  <fullConfig>true</fullConfig>
  <deviceProtocol>SIP</deviceProtocol>
  <devicePool>
    <dateTimeSetting>
      <dateTemplate>D.M.YY</dateTemplate>
      <timeZone>W. Europe Standard/Daylight Time</timeZone>
      <ntps><ntp><name>ntp.example.net</name><ntpMode>unicast</ntpMode></ntp></ntps>
    </dateTimeSetting>
    <callManagerGroup>
      <members>
        <member priority="0"><callManager><ports><sipPort>5060</sipPort></ports><processNodeName>pbx.example.net</processNodeName></callManager></member>
        <member priority="1"><callManager><ports><sipPort>5060</sipPort></ports><processNodeName>spare.example.net</processNodeName></callManager></member>
      </members>
    </callManagerGroup>
  </devicePool>
  <sipProfile>
    <phoneLabel>Küche 😀</phoneLabel>
    <sipLines>
      <line button="1" lineIndex="1">
        <featureID>9</featureID><featureLabel>100</featureLabel><proxy>USECALLMANAGER</proxy><port>5060</port>
        <name>100</name><authName>100</authName><authPassword>secret</authPassword><callWaiting>1</callWaiting>
        <maxNumCalls>5</maxNumCalls><busyTrigger>4</busyTrigger>
      </line>
      <line button="2"><featureID>21</featureID><featureLabel>Bob</featureLabel><speedDialNumber>101</speedDialNumber></line>
      <line button="3"><featureID>2</featureID><speedDialNumber>5</speedDialNumber><speedDialIndex>5</speedDialIndex></line>
    </sipLines>
    <softKeyFile>SoftKeys.xml</softKeyFile>
  </sipProfile>
  <vendorConfig><webAccess>0</webAccess><displayOnTime>07:30</displayOnTime></vendorConfig>
  <enterpriseConfig><webAccess>1</webAccess></enterpriseConfig>
  <loadInformation>sip8845_65.14-2-1</loadInformation>
  <transportLayerProtocol>1</transportLayerProtocol>
</device>
"#;

#[test]
fn a_good_configuration_is_clean() {
    assert_eq!(found(GOOD, Some("8845")), []);
    let report = lint(GOOD.as_bytes(), None);
    assert_eq!((report.kind, report.worst()), (Some(FileKind::Configuration), None));
}

#[test]
fn the_same_file_is_wrong_for_another_model() {
    let findings = found(GOOD, Some("7942"));
    let ids: Vec<_> = findings.iter().map(|finding| finding.rule.id).collect();
    // Abbreviated dialling is only on newer phones, this one has two keys, and runs other firmware.
    assert_eq!(ids, ["value-range", "element-model", "firmware-model"], "{findings:#?}");
}

#[test]
fn places_are_exact() {
    let text = "\u{FEFF}<device>\n  <vendorConfig>\n    <!-- ü --><webAccess>5</webAccess>\n  </vendorConfig>\n</device>\n";
    let findings = found(text, None);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    let Place { offset, line, column } = findings[0].place;
    assert_eq!((&text[offset..=offset], line, column), ("5", 3, 26));
    assert_eq!(findings[0].fix, "Write one of 0 (on), 1 (off)");
    let text = "<device>\n<sipProfile><sipLines><line\n  button=\"x\" lineIndex='1'/></sipLines></sipProfile></device>";
    let place = found(text, None).iter().find(|finding| finding.rule.id == "value-form").unwrap().place;
    assert_eq!((&text[place.offset..place.offset + 6], place.line, place.column), ("button", 3, 3));
}

#[test]
fn broken_files_say_where() {
    for (text, rule, line) in [
        ("", "xml-malformed", 1),
        ("no xml at all", "xml-malformed", 1),
        ("<device>\n<a></b></device>", "xml-malformed", 2),
        ("<device>\n&nbsp;</device>", "xml-malformed", 2),
        ("<device a='1' a='2'/>", "xml-malformed", 1),
        ("<device/>\n\n<device/>", "xml-malformed", 3),
        ("<device>\n<sipProfile>", "xml-malformed", 2),
        ("<device>\n<phoneLabel>A & B</phoneLabel></device>", "xml-malformed", 2),
        ("<device>\n<x a=\"<\"/></device>", "xml-malformed", 2),
    ] {
        let findings = found(text, None);
        assert_eq!(findings.len(), 1, "{text}: {findings:#?}");
        assert_eq!((findings[0].rule.id, findings[0].place.line), (rule, line), "{text}");
    }
    let report = lint(b"<device>\n<a>\xFF</a></device>", None);
    assert_eq!((report.findings[0].rule.id, report.findings[0].place.offset), ("xml-encoding", 12));
}

#[test]
fn advice_names_what_was_meant() {
    let fix = |text: &str, model| found(text, model)[0].fix.clone();
    let inside = |text: &str| format!("<device>{text}</device>");
    assert_eq!(fix(&inside("<webAccess>0</webAccess>"), None), "Move it into <vendorConfig>");
    assert_eq!(
        fix(&inside("<vendorConfig><webAcess>0</webAcess></vendorConfig>"), None),
        "Perhaps <webAccess> is meant"
    );
    let zone =
        "<devicePool><dateTimeSetting><timeZone>Europe/Berlin</timeZone></dateTimeSetting></devicePool>";
    assert_eq!(fix(&inside(zone), None), "Write W. Europe Standard/Daylight Time");
    let zone = zone.replace("Europe/Berlin", "E. Europe Standard/Daylight Time ");
    assert_eq!(ids(&inside(&zone), None), ["value-spaces"]);
    assert_eq!(fix("<dialtemplat/>", None), "Write <dialTemplate>");
}

#[test]
fn secrets_stay_secret() {
    let password = format!("<sshPassword>hush&#9;{}</sshPassword>", "x".repeat(10));
    for finding in found(&format!("<device>{password}</device>"), None) {
        assert!(!finding.message.contains("hush"), "{}", finding.message);
    }
}

#[test]
fn real_files_lint_sensibly() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plain = std::fs::read(root.join("vectors/enc-plain.SEP58971ECC97C1.cnf.xml")).unwrap();
    assert_eq!(lint(&plain, models::find("8851")).findings, []);
    let template = std::fs::read(root.join("../wire/vectors/sgn/sgn-plain.DialTemplate.xml")).unwrap();
    assert_eq!(lint(&template, models::find("8845")).findings, []);
}

#[test]
fn what_a_call_manager_writes_has_no_errors() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/call-manager-shaped.cnf.xml");
    let report = lint(&std::fs::read(path).unwrap(), models::find("7821"));
    // Its book-keeping and its own codes are no more than hints; one spelling is its own.
    let worse = report.findings.iter().filter(|finding| finding.severity > Severity::Hint);
    assert_eq!(
        worse.map(|finding| finding.rule.id).collect::<Vec<_>>(),
        ["element-case"],
        "{:#?}",
        report.findings
    );
    assert!(report.findings.len() > 10);
}

/// Megabytes of what would take the square of its length, if it were looked at without a limit.
#[test]
fn hostile_files_do_not_take_long() {
    let within =
        |root: &str, piece: &str| format!("<{root}>{}</{root}>", piece.repeat(2_000_000 / piece.len()));
    let attributes: String = (0..200_000).map(|number| format!(" a{number}=''")).collect();
    for text in [
        within("device", "<a/>"),
        within("device", "<vendorConfi/>"),
        within("device", " <!---->"),
        within("dialTemplate", "<TEMPLATE match='' a=''/>"),
        within("dialTemplate", "<a/>"),
        within("CiscoIPPhoneRingList", "<Ring/>"),
        within("featurePolicy", "<featureDef/>"),
        format!("<device{attributes}/>"),
        "<device>".repeat(250_000),
    ] {
        let findings = lint(text.as_bytes(), models::find("8845")).findings;
        assert!(findings.len() <= 1000);
    }
    assert_eq!(lint(" ".repeat(5 << 20).as_bytes(), None).findings[0].rule.id, "xml-too-large");
}

#[test]
fn the_default_configuration_is_looked_over_model_by_model() {
    let load = |number: &str, load: &str| {
        let text = format!(
            "<Default><loadInformation{number} model=\"Cisco 8841\">{load}</loadInformation{number}></Default>"
        );
        ids(&text, None)
    };
    assert_eq!(load("683", "sip88xx.12-5-1"), [""; 0]);
    assert_eq!(load("683", "SIP42.9-4-2SR3-1S"), ["firmware-model"]);
    assert_eq!(load("684683", "sip88xx.12-5-1"), ["default-number"]);
    assert_eq!(load("", "sip88xx.12-5-1"), ["default-number"]);
    assert_eq!(load("309", "SIP41.9-4-2SR3-1S"), [""; 0]);
    assert_eq!(load("309", "something.else"), [""; 0]);
    let twice = "<Default><loadInformation683/><loadinformation683/></Default>";
    assert_eq!(ids(twice, None), ["element-repeated"]);
}

#[test]
fn rings_are_looked_over_by_their_samples() {
    let of = |name: &str, bytes: &[u8], model: Option<&str>| {
        let report = lint_file(name, bytes, model.map(|name| models::find(name).unwrap()));
        assert_eq!(report.kind, Some(FileKind::Ring));
        report.findings.iter().map(|finding| finding.rule.id).collect::<Vec<_>>()
    };
    assert_eq!(of("Bell.raw", &[0xFF; 2400], None), [""; 0]);
    assert_eq!(of("Bell.raw", &[0xFF; 16_081], None), ["ring-size", "ring-size"]);
    assert_eq!(of("Bell.raw", &[0xFF; 239], None), ["ring-size", "ring-size"]);
    assert_eq!(of("Bell.RWB", &[0; 4800], None), [""; 0]);
    assert_eq!(of("Bell.rwb", &[0; 4801], None), ["ring-size"]);
    assert_eq!(of("Bell.rwb", &[0; 2 * 160_800], Some("7821")), [""; 0]);
    assert_eq!(of("Bell.rwb", &[0; 4800], Some("7942")), ["ring-format"]);
    let mut wave = vec![0; 2400];
    wave[..4].copy_from_slice(b"RIFF");
    assert_eq!(of("Bell.raw", &wave, None), ["ring-header"]);
    for name in made::names().filter(|name| name.ends_with(".raw") || name.ends_with(".rwb")) {
        assert_eq!(of(name, &made::make(name).unwrap().bytes, None), [""; 0], "{name}");
    }
}

#[test]
fn pictures_are_looked_over_by_their_size() {
    let of = |name: &str, bytes: &[u8], model: Option<&str>| {
        let report = lint_file(name, bytes, model.map(|name| models::find(name).unwrap()));
        assert_eq!(report.kind, Some(FileKind::Picture));
        report.findings.iter().map(|finding| finding.rule.id).collect::<Vec<_>>()
    };
    let names: Vec<_> = made::names().filter(|name| name.ends_with(".png")).collect();
    for name in &names {
        assert_eq!(of(name, &made::make(name).unwrap().bytes, None), [""; 0], "{name}");
    }
    let large = names.iter().find(|name| name.starts_with("Desktops/800x480x24/")).unwrap();
    let bytes = made::make(large).unwrap().bytes;
    assert_eq!(of("somewhere/a.png", &bytes, None), [""; 0]);
    assert_eq!(of("/srv/Desktops/320x212x16/a.png", &bytes, None), ["picture-size"]);
    assert_eq!(of("a.png", &bytes, Some("7965")), ["picture-size"]);
    assert_eq!(of("a.png", b"GIF89a", None), ["picture-format"]);
    assert_eq!(of("a.png", &bytes[..20], None), ["picture-format"]);
}

#[test]
fn the_default_configuration_names_firmware_without_its_ending() {
    let text =
        "<Default><loadInformation683 model=\"8841\">sip88xx.12-5-1.loads</loadInformation683></Default>";
    assert_eq!(ids(text, None), ["firmware-name"]);
    assert_eq!(lint(text.replace(".loads", "").as_bytes(), None).findings, []);
}

proptest! {
    #[test]
    fn any_bytes_are_looked_over(bytes: Vec<u8>) {
        lint(&bytes, None);
        for name in ["a.png", "a.raw", "a.rwb", "a.xml"] {
            lint_file(name, &bytes, models::find("8845"));
        }
    }

    #[test]
    fn damaged_files_are_looked_over(which in 0_usize..70, place: prop::sample::Index, with in "[<>/&;\"'=a%.*\\\\ü\\[\\]-]{0,6}", cut in 0_usize..9, model in 0_usize..40) {
        let text = rules().get(which).map_or_else(|| GOOD.to_owned(), example);
        let mut characters: Vec<char> = text.chars().collect();
        let at = place.index(characters.len());
        let end = (at + cut).min(characters.len());
        characters.splice(at..end, with.chars());
        let text: String = characters.into_iter().collect();
        let report = lint(text.as_bytes(), models::all().get(model));
        for finding in report.findings {
            prop_assert!(text.is_char_boundary(finding.place.offset) || finding.rule.id == "dial-too-large", "{finding:?}");
        }
    }
}
