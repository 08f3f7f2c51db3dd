//! Tables, JSON and YAML in and out, and what is said about them.
#![expect(clippy::unwrap_used, reason = "tests")]

mod round;

use super::*;
use crate::inventory::{Change, Line, Phone, State};
use crate::mac::Mac;
use crate::models;

const FIRST: Mac = Mac::new([0, 0x11, 0x22, 0x33, 0x44, 0x55]);

fn known() -> Known {
    let mut known = Known::default();
    let mut phone = Phone::new(FIRST, models::find("8845"));
    "Hall".clone_into(&mut phone.description);
    phone.layer.keys.insert(1, Some(crate::inventory::Key::line("1001".parse().unwrap())));
    known.phones.insert(FIRST, phone);
    known.lines.insert("1001".parse().unwrap(), Line::new("1001".parse().unwrap()));
    known.sites.insert("berlin".to_owned());
    known.profiles.extend(["desk".to_owned(), "lobby".to_owned()]);
    known
}

fn planned(text: &str, format: Format) -> Result<Plan, Faults> {
    plan(&read(text.as_bytes(), format, Options::default())?, &known())
}

fn faults(text: &str) -> Vec<String> {
    planned(text, Format::Csv).unwrap_err().list.iter().map(ToString::to_string).collect()
}

fn shown(plan: &Plan) -> Vec<String> {
    let of = |planned: &Planned| {
        let fields = planned.differences.iter().map(|one| {
            let side = |value: &Option<String>| value.clone().unwrap_or_default();
            format!("{} {}→{}", one.field, side(&one.from), side(&one.to))
        });
        let fields: Vec<_> = fields.collect();
        format!("{} {}: {}", planned.mac, planned.verdict, fields.join(", "))
    };
    plan.phones.iter().map(of).collect()
}

const TABLE: &str = "\
MAC Address,Device Type,Description,Profile,Directory Number 1,Label 1,Password 1,line2,key3,key3_number,key3_label,Web Access,Speed Dial Number 1,Speed Dial Label 1
SEP001122334455,,Reception,desk,,Front,secret1,1002,blf,1003,Bob,OFF,0041,Zurich
00:11:22:33:44:66,CP-7942G,,,1003,Bob,,,,,,,,
";

#[test]
fn a_table_becomes_changes() {
    let plan = planned(TABLE, Format::Csv).unwrap();
    assert_eq!(
        shown(&plan),
        [
            "001122334455 changed: description Hall→Reception, profile →desk, label1 →Front, password1 →…, line2 →1002, \
             key3 →blf, key3_number →1003, key3_label →Bob, key4 →speed_dial, key4_number →0041, key4_label →Zurich, \
             web_access →off",
            "001122334466 added: mac →SEP001122334466, model →7942, state →active, line1 →1003, label1 →Bob",
        ]
    );
    assert_eq!(plan.phones[0].same, 4);
    let kinds = plan.changes.iter().map(|change| match change {
        Change::PutLine(line) => line.number.to_string(),
        Change::PutPhone(phone) => phone.mac.to_string(),
        other => panic!("{other:?}"),
    });
    assert_eq!(kinds.collect::<Vec<_>>(), ["1001", "1002", "1003", "001122334455", "001122334466"]);
    assert!(!format!("{plan:?}").contains("secret1"));
}

#[test]
fn json_and_yaml_say_the_same() {
    let json = r#"[{"mac": "SEP001122334455", "description": "Reception", "profile": "desk",
        "lines": [{"label": "Front", "password": "secret1"}, "1002"],
        "keys": {"3": {"feature": "blf", "number": 1003, "label": "Bob"}, "4": {"feature": "speed_dial", "number": "0041", "label": "Zurich"}},
        "settings": {"web_access": false}},
        {"mac": "00:11:22:33:44:66", "model": 7942, "lines": [{"number": "1003", "label": "Bob"}]}]"#;
    let yaml = "
phones:
- mac: SEP001122334455
  description: Reception
  profile: desk
  lines:
  - label: Front
    password: secret1
  - 1002
  keys:
    3: {feature: blf, number: 1003, label: Bob}
    4: {feature: speed_dial, number: 0041, label: Zurich}
  settings:
    web_access: off
- {mac: '00:11:22:33:44:66', model: 7942, line1: 1003, label1: Bob}
";
    let table = planned(TABLE, Format::Csv).unwrap();
    for (text, format) in [(json, Format::Json), (yaml, Format::Yaml)] {
        let plan = planned(text, format).unwrap();
        assert_eq!((shown(&plan), &plan.changes), (shown(&table), &table.changes), "{format}");
    }
}

#[test]
fn everything_wrong_is_told_at_once_and_where() {
    let table = "\
mac,model,site,profile,line1,label1,key2,web_access,key3_label,key99
1.12233E+11,8845,,,,,,,,
1122334455,8845,,,,,,,,
001122334455,8846x,berln,Desk,10 01,,blff,maybe,Bob,blf
001122334455,,,,,,,,,
001122334477,,paris,,1.5E+12,,speed_dial,#REF!,,
";
    assert_eq!(
        faults(table),
        [
            "row 2, column mac (A): \"1.12233E+11\" is no address: a spreadsheet has made a number of the address: format the column as text, or write SEP in front",
            "row 3, column mac (A): \"1122334455\" is no address: a spreadsheet has taken the zeros in front away: format the column as text, or write SEP in front",
            "row 4, column model (B): there is no model \"8846x\" (`offhook catalogue models` lists them)",
            "row 4, column line1 (E): \"10 01\" cannot be the number of a line: 1 to 30 letters, digits and . - _ + * # are what phones and PBXs agree on",
            "row 4, column key2 (G): no key can be \"blff\"; perhaps blf (`offhook catalogue keys` lists what keys can be)",
            "row 4, column site (C): there is no site \"berln\"; perhaps \"berlin\"",
            "row 4, column profile (D): there is no profile \"Desk\"; perhaps \"desk\"",
            "row 4, column key3_label (I): nobody says what key 3 is: fill key3 (as speed_dial or blf) or line3",
            "row 4, column web_access (H): web_access of an 8845 cannot be \"maybe\"; allowed: on, off",
            "row 4, column key99 (J): an 8845 has no button 99; it has 10",
            "row 5: SEP001122334455 stands in row 4 already; one of them must go",
            "row 6, column line1 (E): \"1.5E+12\": a spreadsheet has shortened the number: format the column as text",
            "row 6, column site (C): there is no site \"paris\"; there are berlin",
            "row 6, column web_access (H): \"#REF!\": this is the error of a spreadsheet's formula",
            "row 6, column model: SEP001122334477 is new and has no model: say which, as in 8845",
            "row 6, column key2 (G): button 2: a key speed_dial needs number; fill key2_number",
        ]
    );
}

#[test]
fn columns_are_refused_by_name_all_of_them() {
    let told = faults("mac,lable1,Line 1,line1,colour\n");
    assert_eq!(
        told,
        [
            "column lable1 (B): no field is called \"lable1\"; perhaps label1",
            "column line1 (D): says the same as column Line 1 (C): line1; keep one of them",
            "column colour (E): no field is called \"colour\"",
        ]
    );
    assert_eq!(
        faults("model,line1\n8845,1\n"),
        ["the file: has no column mac: the first line names the columns, one of them the phones' addresses"]
    );
    let skip = Options { skip_unknown: true };
    let sheet = read(b"mac,colour,#mine\nSEP001122334455,red,x\n", Format::Csv, skip).unwrap();
    assert_eq!(sheet.rows[0].cells.len(), 1);
    assert_eq!(sheet.remarks, ["columns that are left alone: colour (B)"]);
}

#[test]
fn tables_come_as_spreadsheets_write_them() {
    let expected =
        read("mac,description\nSEP001122334455,Büro; \"groß\"\n".as_bytes(), Format::Csv, Options::default())
            .unwrap();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let utf16 = wide("\u{feff}mac\tdescription\r\nSEP001122334455\t\"Büro; \"\"groß\"\"\"\r\n");
    let latin = b"mac;description\r\n\r\n;\r\nSEP001122334455;\"B\xFCro; \"\"gro\xDF\"\"\"\r\n".to_vec();
    let marked = "\u{feff}sep=;\nmac;description\nSEP001122334455;\"Büro; \"\"groß\"\"\"".as_bytes().to_vec();
    for (bytes, line, remarks) in [(utf16, 2, 0), (latin, 4, 1), (marked, 3, 0)] {
        let sheet = read(&bytes, Format::Csv, Options::default()).unwrap();
        let values =
            |sheet: &Sheet| sheet.rows[0].cells.iter().map(|cell| cell.value.clone()).collect::<Vec<_>>();
        assert_eq!(values(&sheet), values(&expected));
        assert_eq!((sheet.rows[0].place.number, sheet.remarks.len()), (line, remarks));
    }
}

#[test]
fn what_is_no_text_is_refused_clearly() {
    let told = |bytes: &[u8], format| read(bytes, format, Options::default()).unwrap_err().to_string();
    assert_eq!(
        told(b"PK\x03\x04...", Format::Csv),
        "the file: is a spreadsheet, not a table as text: save it as CSV (UTF-8)"
    );
    assert!(told(b"m\0a\0c\0", Format::Csv).contains("NUL"));
    assert_eq!(
        told(b"- mac: x\n  description: B\xFCro\n", Format::Yaml),
        "the file: is not UTF-8: look at line 2"
    );
    assert!(told(b"", Format::Csv).contains("holds no table"));
    assert!(
        told(b"mac\nSEP001122334455,x\n", Format::Csv).contains("row 2, column B: a cell without a column")
    );
    assert!(told(b"[{\"mac\": }]", Format::Json).starts_with("line 1, character 10: is no JSON"));
    assert!(told(b"a: &x [1]\nb: *x\n", Format::Yaml).contains("line 2, character 4: anchors are not read"));
    assert!(told(b"[[[[[[[[[[[[[[1]]]]]]]]]]]]]]", Format::Yaml).contains("nested deeper"));
    assert!(told(b"a: [1\n", Format::Yaml).contains("is no YAML"));
    assert!(told(b"7", Format::Json).contains("holds no list of phones"));
    assert!(
        told(b"[{\"mac\": \"x\", \"mac\": \"y\"}]", Format::Json)
            .contains("phone 1, mac: mac is there twice")
    );
}

#[test]
fn a_hyphen_takes_away_and_a_backslash_keeps() {
    let plan = planned("mac,description,site,line1,services_url\nSEP001122334455,\\-,-,-,\\\n", Format::Csv)
        .unwrap();
    assert_eq!(shown(&plan), ["001122334455 changed: description Hall→-, line1 1001→, services_url →"]);
    let Some(Change::PutPhone(phone)) = plan.changes.last() else { panic!("{plan:?}") };
    assert_eq!(phone.layer.settings.of("services_url"), Some(""));
    let yaml = "- {mac: SEP001122334455, description: null, lines: {1: ~}, keys: {2: none}}";
    assert_eq!(
        shown(&planned(yaml, Format::Yaml).unwrap()),
        ["001122334455 changed: description Hall→, line1 1001→, key2 →none"]
    );
}

#[test]
fn a_line_says_one_thing() {
    let same = "mac,model,line1,label1\nSEP001122334466,8845,5,A\nSEP001122334477,8845,5,A\n";
    assert_eq!(planned(same, Format::Csv).unwrap().changes.len(), 3);
    let other = same.replace("77,8845,5,A", "77,8845,5,B");
    assert_eq!(
        faults(&other),
        ["row 3, column label1 (D): line 5 gets another label in row 2, column label1 (D) already; a line has one, what only this phone shows goes into keyN_label".replace(" already", "")]
    );
}

#[test]
fn phones_that_share_a_changed_line_are_named() {
    let plan = planned("mac,model,line1,label1\nSEP001122334466,8845,1001,New\n", Format::Csv).unwrap();
    assert_eq!(plan.also, [(FIRST, "1001".parse().unwrap())]);
}

#[test]
fn who_speaks_of_a_waiting_phone_claims_it() {
    let mut known = known();
    known.phones.get_mut(&FIRST).unwrap().state = State::Waiting;
    let sheet = |text: &str| read(text.as_bytes(), Format::Csv, Options::default()).unwrap();
    let plan_of = |text| plan(&sheet(text), &known).unwrap();
    assert_eq!(shown(&plan_of("mac\n001122334455\n")), ["001122334455 changed: state waiting→active"]);
    assert!(plan_of("mac,state\n001122334455,waiting\n").changes.is_empty());
}

#[test]
fn models_are_known_by_the_names_they_are_sold_under() {
    for name in ["8845", "CP-8845", "Cisco 8845", "cp-8845-k9=", "Cisco IP Phone 8845", "CP-8845-K9++="] {
        assert_eq!(model_named(name).map(|model| model.name), Some("8845"), "{name}");
    }
    assert_eq!(model_named("CP-7942G=").map(|model| model.name), Some("7942"));
    assert_eq!(model_named("CP-8865NR-K9").map(|model| model.name), Some("8865NR"));
    assert_eq!(model_named("8846"), None);
}

#[test]
fn very_many_faults_are_counted() {
    let table: String = (0..150).map(|n| format!("x{n}\n")).collect();
    let faults = planned(&format!("mac\n{table}"), Format::Csv).unwrap_err();
    assert_eq!((faults.list.len(), faults.more), (100, 50));
    assert!(faults.to_string().ends_with("… and 50 more"));
}
