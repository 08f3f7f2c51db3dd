//! `offhook phone`, run as people and programs run it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};

mod machine;
#[path = "../../store/tests/support/postgres.rs"]
mod postgres;

use machine::Machine;

/// A machine with a profile, a site, and a phone with two lines, a busy lamp and a speed dial.
fn furnished(machine: Machine) -> Machine {
    machine.ok("profile add reception --set web_access=on --description Desks");
    machine.ok("site add berlin --set time_zone=Europe/Berlin");
    machine.exactly(&[
        "phone",
        "add",
        "SEP001122334455",
        "--model",
        "8845",
        "--description",
        "Reception & more",
        "--profile",
        "reception",
        "--line",
        "1001:s3cret:Ann",
        "--line",
        "1002::Hotline",
    ]);
    machine.ok("key set SEP001122334455 3 blf 1003 --label Bob --pickup");
    machine.ok("key set SEP001122334455 4 speed_dial 0800 --label Taxi");
    machine
}

fn rows(value: &Value, field: &str) -> Vec<String> {
    value["phones"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[field].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn phones_come_change_and_go_on_both_databases() {
    for machine in [Machine::empty(), Machine::with_database(&postgres::database())] {
        let machine = furnished(machine);
        machine.ok("phone add 00:11:22:33:44:56 --model CP-7942G --line 1001 --site berlin");
        let list = machine.json("phone list");
        assert_eq!(list["total"], 2);
        assert_eq!(rows(&list, "phone"), ["SEP001122334455", "SEP001122334456"]);
        assert_eq!(list["phones"][0]["lines"], json!(["1001", "1002"]));
        for (filter, found) in [
            ("--model 7942", 1),
            ("--site berlin", 1),
            ("--profile reception", 1),
            ("--line 1001", 2),
            ("--line 1002", 1),
            ("--state retired", 0),
            ("hotline", 1),
            ("nothing", 0),
        ] {
            assert_eq!(machine.json(&format!("phone list {filter}"))["total"], found, "{filter}");
        }
        let changed =
            machine.json("phone set SEP001122334455 001122334456 state=retired site=berlin web_access=off");
        assert_eq!(
            (changed["changed"].as_u64(), rows(&changed, "site")),
            (Some(2), vec!["berlin".into(), "berlin".into()])
        );
        assert!(machine.ok("phone set SEP001122334455 state=retired").contains("nothing to change"));
        machine.ok("phone unset SEP001122334455 site web_access");
        let shown = machine.json("phone show SEP001122334455");
        assert_eq!(
            (&shown["site"], &shown["settings"], &shown["state"]),
            (&Value::Null, &json!({}), &json!("retired"))
        );
        let gone = machine.json("phone remove SEP001122334455 --with-lines");
        assert_eq!(gone["lines"], json!(["1002"]), "1001 is on another phone");
        assert_eq!(machine.json("phone list")["total"], 1);
        assert_eq!(machine.json("line list")["total"], 1);
    }
}

#[test]
fn another_device_takes_the_place_of_a_phone() {
    let machine = furnished(Machine::empty());
    machine.ok("phone set SEP001122334455 phone_password=123 bluetooth=on");
    let before = machine.json("phone show SEP001122334455");
    let ran = machine.offhook("phone replace SEP001122334455 SEP0011223344aa --model 7841");
    assert_eq!((ran.code, &*ran.out), (0, "SEP0011223344AA takes the place of SEP001122334455\n"));
    assert!(ran.err.contains("note: SEP0011223344AA: a 7841 has no setting bluetooth"), "{}", ran.err);
    let after = machine.json("phone show SEP0011223344AA");
    for field in ["description", "profile", "settings", "keys", "overrides"] {
        assert_eq!(before[field], after[field], "{field}");
    }
    assert_eq!((machine.json("phone list")["total"].as_u64(), &after["model"]), (Some(1), &json!("7841")));
}

#[test]
fn a_phone_that_waits_is_claimed_by_adding_it() {
    let machine = Machine::empty();
    machine.ok("phone add SEP001122334455 --model 8845 --description Spare");
    machine.ok("phone set SEP001122334455 state=waiting");
    machine.ok("phone add SEP001122334455 --model 8841 --line 1001");
    let shown = machine.json("phone show SEP001122334455");
    assert_eq!(
        (&shown["state"], &shown["model"], &shown["description"]),
        (&json!("active"), &json!("8841"), &json!(""))
    );
}

#[test]
fn keys_that_the_phone_does_not_get_are_marked() {
    let machine = furnished(Machine::empty());
    machine.ok("key set SEP001122334455 5 all_calls");
    assert!(!machine.ok("phone show SEP001122334455").contains("(left out)"));
    let ran = machine.offhook("phone set SEP001122334455 model=7945");
    assert!(ran.code == 0 && ran.err.contains("has no key all_calls; it is left out"), "{}", ran.err);
    let shown = machine.ok("phone show SEP001122334455");
    let row = shown.lines().find(|line| line.contains("all_calls") && !line.contains("note")).unwrap();
    assert!(row.contains("(left out)"), "{shown}");
}

#[test]
fn every_spelling_of_an_address_is_the_same_phone() {
    let machine = Machine::empty();
    machine.ok("phone add 001122aabbcc --model 8845");
    for spelling in
        ["SEP001122AABBCC", "sep001122aabbcc", "00:11:22:aa:bb:cc", "00-11-22-AA-BB-CC", "0011.22aa.bbcc"]
    {
        assert_eq!(machine.json(&format!("phone show {spelling}"))["phone"], "SEP001122AABBCC");
    }
}

#[test]
fn what_people_read() {
    let machine = furnished(Machine::empty());
    let added = machine.ok("phone add SEP001122334456 --model 8845 --line 1003 --line 1002");
    let made_up =
        machine.json("line show 1003 --secrets")["settings"]["auth_password"].as_str().unwrap().to_owned();
    assert_eq!(made_up.len(), 20);
    insta::assert_snapshot!("add", added.replace(&made_up, "(password)"));
    insta::assert_snapshot!("list", machine.ok("phone list"));
    insta::assert_snapshot!("list-page", machine.ok("phone list --limit 1 --columns phone,lines"));
    insta::assert_snapshot!("show", machine.ok("phone show SEP001122334455"));
    machine.ok("phone set SEP001122334455 state=waiting site=berlin");
    machine.exactly(&[
        "phone",
        "set",
        "SEP001122334455",
        "notes=by the door\nsecond desk",
        "phone_password=12345",
    ]);
    machine.ok("phone override SEP001122334455 vendorConfig/webAccess=7 --remove deviceProtocol");
    insta::assert_snapshot!("show-more", machine.ok("phone show SEP001122334455"));
    insta::assert_snapshot!(
        "explain",
        machine
            .ok("phone render SEP001122334455 --explain")
            .lines()
            .filter(|line| ["SETTING", "ip_version", "time_zone", "olson", "web_"]
                .iter()
                .any(|word| line.starts_with(word)))
            .map(|line| line
                .split("  ")
                .filter(|cell| !cell.is_empty())
                .map(str::trim)
                .collect::<Vec<_>>()
                .join(" | "))
            .collect::<Vec<_>>()
            .join("\n")
    );
    insta::assert_snapshot!("diff", machine.fails(1, "phone diff SEP001122334455 SEP001122334456"));
    assert_eq!(machine.ok("phone list --page 9"), "There is no page 9; the last is 1.\n");
    insta::assert_snapshot!("empty", Machine::empty().ok("phone list"));
}

#[test]
fn what_programs_read() {
    let machine = furnished(Machine::empty());
    machine.ok("phone override SEP001122334455 vendorConfig/webAccess=1 --remove deviceProtocol");
    let mut shown = machine.json("phone show SEP001122334455");
    let values = shown["values"].take();
    shown["stamp"] = "…".into();
    insta::assert_snapshot!("json-show", serde_json::to_string_pretty(&shown).unwrap());
    let values = values.as_array().unwrap();
    let of = |path: &str| values.iter().find(|value| value["path"] == path).unwrap();
    insta::assert_snapshot!(
        "json-values",
        serde_json::to_string_pretty(&[
            of("sipProfile/sipLines/line[@button=1]/authPassword"),
            of("sipProfile/sipLines/line[@button=3]/featureID"),
            of("vendorConfig/webAccess"),
            of("fullConfig"),
        ])
        .unwrap()
    );
    let mut list = machine.json("phone list");
    assert!(list["phones"][0]["changed"].as_str().unwrap().ends_with('Z'), "{list}");
    list["phones"][0]["changed"] = "…".into();
    insta::assert_snapshot!("json-list", serde_json::to_string_pretty(&list).unwrap());
    let added = machine.json("phone add SEP001122334456 --model 8845 --line 1001 --line 1009:pw");
    insta::assert_snapshot!("json-add", serde_json::to_string_pretty(&added).unwrap());
    let difference = machine.fails(1, "phone diff SEP001122334456 SEP001122334455 --json");
    let difference: Value = serde_json::from_str(&difference).unwrap();
    insta::assert_snapshot!(
        "json-diff",
        serde_json::to_string_pretty(&difference["differences"][0]).unwrap()
    );
    assert_eq!(difference["same"], false);
}

#[test]
fn every_refusal_says_what_would_be_right() {
    let machine = furnished(Machine::empty());
    let table: &[(i32, &[&str])] = &[
        (2, &["phone", "add", "kitchen", "--model", "8845"]),
        (2, &["phone", "add", "SEP001122334456"]),
        (2, &["phone", "add", "SEP001122334456", "--model", "8844x"]),
        (1, &["phone", "add", "SEP001122334455", "--model", "8845"]),
        (1, &["phone", "add", "SEP001122334456", "--model", "8845", "--profile", "recption"]),
        (1, &["phone", "add", "SEP001122334456", "--model", "8845", "--site", "x"]),
        (2, &["phone", "add", "SEP001122334456", "--model", "8845", "--line", "10 01"]),
        (2, &["phone", "add", "SEP001122334456", "--model", "8845", "--line", "1001", "--line", "1001"]),
        (1, &["phone", "add", "SEP001122334456", "--model", "8845", "--line", "1001:other"]),
        (1, &["phone", "add", "SEP001122334456", "--model", "7911", "--line", "1", "--line", "2"]),
        (2, &["phone", "add", "SEP001122334456", "--model", "8845", "--set", "web_access"]),
        (
            2,
            &[
                "phone",
                "add",
                "SEP001122334456",
                "--model",
                "8845",
                "--set",
                "web_access=onn",
                "--set",
                "web_acces=on",
            ],
        ),
        (2, &["phone", "add", "SEP001122334456", "--model", "8845", "--description", "a\nb"]),
        (
            2,
            &[
                "phone",
                "add",
                "SEP001122334456",
                "--model",
                "8845",
                "--line",
                "1009::a label that is longer than phones take",
            ],
        ),
        (1, &["phone", "show", "SEP001122334456"]),
        (2, &["phone", "list", "--state", "activ"]),
        (2, &["phone", "list", "--columns", "phone,colour"]),
        (2, &["phone", "list", "--limit", "0", "--page", "2"]),
        (2, &["phone", "set", "SEP001122334455"]),
        (2, &["phone", "set", "web_access=on"]),
        (2, &["phone", "set", "SEP001122334455", "state=activ"]),
        (2, &["phone", "set", "SEP001122334455", "max_calls=9999"]),
        (2, &["phone", "set", "SEP001122334455", "web_admin_password=x"]),
        (2, &["phone", "set", "SEP001122334455", "on"]),
        (1, &["phone", "set", "SEP001122334455", "phone_password=@absent"]),
        (2, &["phone", "unset", "SEP001122334455", "model"]),
        (2, &["phone", "unset", "SEP001122334455", "web_acces"]),
        (1, &["phone", "remove", "SEP001122334456"]),
        (1, &["phone", "replace", "SEP001122334456", "SEP001122334457"]),
        (2, &["phone", "replace", "SEP001122334455", "SEP001122334455"]),
        (1, &["phone", "render", "SEP001122334456"]),
        (1, &["phone", "diff", "SEP001122334455"]),
        (1, &["phone", "diff", "SEP001122334455", "absent.xml"]),
        (1, &["phone", "diff", "SEP001122334455", "https://pbx.example.net/x"]),
        (1, &["phone", "diff", "SEP001122334455", "offhook.toml"]),
        (2, &["phone", "override", "SEP001122334455", "vendorConfig/webAccess"]),
        (2, &["phone", "override", "SEP001122334455", "vendor config=1"]),
        (1, &["phone", "override", "SEP001122334455", "--fragment", "vendorConfig=absent.xml"]),
        (2, &["phone", "override", "SEP001122334455", "--fragment", "vendorConfig=offhook.toml"]),
        (1, &["phone", "override", "SEP001122334455", "--drop", "vendorConfig/webAccess"]),
    ];
    let mut said = String::new();
    for (code, words) in table {
        let ran = machine.given(words, "");
        assert_eq!(ran.code, *code, "{words:?}: {}{}", ran.out, ran.err);
        assert_eq!(ran.out, "", "{words:?}");
        said.push_str(&format!("$ offhook {}\n{}\n", words.join(" ").replace('\n', "\\n"), ran.err));
    }
    insta::assert_snapshot!("refusals", said);
    // Nothing of what was refused is kept.
    assert_eq!(
        (machine.json("phone list")["total"].as_u64(), machine.json("line list")["total"].as_u64()),
        (Some(1), Some(2))
    );
}

#[test]
fn passwords_are_shown_to_those_who_ask_for_them() {
    let machine = furnished(Machine::empty());
    machine.ok("phone set SEP001122334455 phone_password=s3cret");
    machine.ok("phone override SEP001122334455 sshPassword=s3cret");
    machine.ok("profile set reception phone_password=s3cret");
    machine.ok("phone add SEP001122334456 --model 8845 --line 1009:s3cret");
    for words in [
        "phone show SEP001122334455",
        "phone show SEP001122334455 --all",
        "phone list s3cret",
        "phone render SEP001122334455",
        "phone render SEP001122334455 --explain",
        "phone override SEP001122334455",
        "phone set SEP001122334455 notes=x",
        "line show 1001",
        "line list",
        "line set 1001 label=Ann",
        "profile show reception",
        "profile list",
        "profile set reception description=x",
        "profile override reception",
        "key list SEP001122334455",
        "key set SEP001122334455 5 line 1001 auth_password=s3cret",
    ] {
        for json in ["", " --json"] {
            let ran = machine.offhook(&format!("{words}{json}"));
            assert!(
                ran.code == 0 && !format!("{}{}", ran.out, ran.err).contains("s3cret"),
                "{words}{json}: {}{}",
                ran.out,
                ran.err
            );
        }
    }
    let differing = machine.offhook("phone diff SEP001122334455 SEP001122334456");
    assert!(differing.code == 1 && !differing.out.contains("s3cret"), "{}", differing.out);
    for words in [
        "phone show SEP001122334455",
        "phone render SEP001122334455",
        "phone render SEP001122334455 --explain",
        "line show 1001",
        "profile show reception",
    ] {
        assert!(machine.ok(&format!("{words} --secrets")).contains("s3cret"), "{words}");
        assert!(machine.ok(&format!("{words} --secrets --json")).contains("s3cret"), "{words}");
    }
}

#[test]
fn passwords_come_from_files_from_input_and_from_a_terminal() {
    let machine = Machine::empty();
    machine.put("password", "from a file\n");
    machine.ok("phone add SEP001122334455 --model 8845 --line 1001:@password");
    let ran = machine
        .given(&["phone", "add", "SEP001122334456", "--model", "8845", "--line", "1002:@-"], "from input\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = machine.on_terminal("phone add SEP001122334457 --model 8845 --line 1003:@-", "from fingers\n");
    assert!(ran.code == 0 && ran.out.contains("line 1003 auth_password: "), "{}", ran.out);
    let ran = machine.given(&["line", "add", "1004", "--password", "@-"], "");
    assert!(ran.code == 1 && ran.err.contains("there is no password on standard input"), "{}", ran.err);
    for (line, password) in [("1001", "from a file"), ("1002", "from input"), ("1003", "from fingers")] {
        assert_eq!(
            machine.json(&format!("line show {line} --secrets"))["settings"]["auth_password"],
            password
        );
    }
}

#[test]
fn a_file_of_the_administrator_wins_and_is_said_to() {
    let machine = furnished(Machine::empty());
    assert_eq!(machine.json("phone show SEP001122334455")["file"], Value::Null);
    let made = machine.exactly(&["phone", "render", "SEP001122334455", "--secrets"]);
    machine.put("data/tftpboot/sep001122334455.CNF.xml", &made);
    assert!(machine.ok("phone show SEP001122334455").contains("tftpboot/sep001122334455.CNF.xml wins"));
    assert!(machine.ok("phone diff SEP001122334455").contains("say the same"));
    // Order and white space mean nothing; a word does.
    machine
        .put("data/tftpboot/sep001122334455.CNF.xml", made.replace('\n', "").replace("Hotline", "Kitchen"));
    let difference = machine.fails(1, "phone diff SEP001122334455");
    assert!(
        difference.contains("Hotline")
            && difference.contains("Kitchen")
            && difference.contains("2 differences"),
        "{difference}"
    );
}

#[test]
fn documents_are_compared_from_files_input_and_addresses() {
    let machine = furnished(Machine::empty());
    let made = machine.exactly(&["phone", "render", "SEP001122334455", "--secrets"]);
    machine.put("other.xml", &made);
    machine.ok("phone diff SEP001122334455 other.xml");
    machine.ok("phone diff SEP001122334455 SEP001122334455");
    let ran = machine.given(&["phone", "diff", "SEP001122334455", "-"], &made);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/SEP001122334455.cnf.xml", server.local_addr().unwrap());
    let answers = std::thread::spawn(move || {
        for status in ["200 OK", "404 Not Found"] {
            let (mut stream, _) = server.accept().unwrap();
            let mut asked = [0; 1024];
            let length = stream.read(&mut asked).unwrap();
            assert!(asked[..length].starts_with(b"GET /SEP001122334455.cnf.xml HTTP/1.1\r\n"));
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{made}", made.len()).unwrap();
        }
    });
    machine.ok(&format!("phone diff SEP001122334455 {url}"));
    assert!(machine.fails(1, &format!("phone diff SEP001122334455 {url}")).contains("404"));
    answers.join().unwrap();
}

#[test]
fn overrides_hold_at_every_layer_and_go_again() {
    let machine = furnished(Machine::empty());
    machine.ok("phone set SEP001122334455 site=berlin");
    let code = || {
        machine.json("phone show SEP001122334455")["values"]
            .as_array()
            .unwrap()
            .iter()
            .find(|value| value["path"] == "vendorConfig/daysDisplayNotActive")
            .map(|value| (value["code"].clone(), value["from"].clone()))
    };
    let layers = [("site", "berlin"), ("series", "8800"), ("profile", "reception")];
    for (number, (kind, name)) in layers.iter().enumerate() {
        machine.ok(&format!("{kind} override {name} vendorConfig/daysDisplayNotActive={number}"));
        assert_eq!(code(), Some((json!(number.to_string()), json!(format!("{kind} {name}")))));
    }
    machine.put("days.xml", "<daysDisplayNotActive>9</daysDisplayNotActive>\n");
    machine.ok("phone override SEP001122334455 --fragment vendorConfig/daysDisplayNotActive=days.xml");
    assert_eq!(code(), Some((json!("9"), json!("phone"))));
    machine.ok("phone override SEP001122334455 --remove vendorConfig/daysDisplayNotActive");
    assert_eq!(code(), None);
    machine.ok("phone override SEP001122334455 --drop vendorConfig/daysDisplayNotActive");
    assert_eq!(code(), Some((json!("2"), json!("profile reception"))));
    machine.ok("profile override reception --drop vendorConfig/daysDisplayNotActive");
    assert_eq!(code(), Some((json!("1"), json!("series 8800"))));
}

#[test]
fn a_document_is_printed_as_it_is_served() {
    let machine = furnished(Machine::empty());
    let shown = machine.exactly(&["phone", "render", "SEP001122334455", "--secrets"]);
    assert!(shown.starts_with("<?xml") && shown.trim_end().ends_with("</device>"), "{shown}");
    let hidden = machine.exactly(&["phone", "render", "SEP001122334455"]);
    assert_eq!(shown.replace(">s3cret<", ">(hidden)<"), hidden, "only passwords differ");
    machine.put("SEP001122334455.cnf.xml", &shown);
    machine.ok("lint --model 8845 SEP001122334455.cnf.xml");
}
