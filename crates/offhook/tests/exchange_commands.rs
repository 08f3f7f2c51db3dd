//! `offhook phone import`, `export` and `adopt`, run as people and programs run them, on both databases.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

mod machine;
#[path = "../../store/tests/support/postgres.rs"]
mod postgres;

use machine::Machine;

const TABLE: &str = "\
MAC Address;Device Type;Description;Site;Profile;Directory Number 1;Label 1;Password 1;line2;key3;key3_number;Web Access
00:11:22:33:44:55;CP-8851;Reception;berlin;desk;1001;Front;s3cret;1002;blf;1003;OFF
SEP001122334466;7942;Lobby;;;1003;Bob;geheim;;;;
";

fn machines() -> [Machine; 2] {
    let machines = [Machine::empty(), Machine::with_database(&postgres::database())];
    for machine in &machines {
        machine.ok("profile add desk");
        machine.ok("site add berlin");
        machine.put("phones.csv", TABLE);
    }
    machines
}

#[test]
fn a_table_is_tried_taken_over_and_changes_nothing_again() {
    for machine in machines() {
        let tried = machine.ok("phone import phones.csv --dry-run");
        assert!(tried.contains("SEP001122334455  added  (row 2)\n  + model        8851\n"), "{tried}");
        assert!(tried.contains("  + password1    …\n"), "{tried}");
        assert!(!tried.contains("s3cret"));
        assert!(tried.ends_with("Nothing was changed: leave --dry-run out to do it\n"), "{tried}");
        assert_eq!(machine.json("phone list")["total"], 0);

        let done = machine.json("phone import phones.csv");
        assert_eq!(
            (&done["done"], &done["added"], &done["phones"][0]["row"]),
            (&json!(true), &json!(2), &json!(2))
        );
        let shown = machine.json("phone show SEP001122334455");
        assert_eq!(
            (&shown["site"], &shown["profile"], &shown["settings"]["web_access"]),
            (&json!("berlin"), &json!("desk"), &json!("off"))
        );
        let again = machine.json("phone import phones.csv");
        assert_eq!((&again["unchanged"], &again["changed"]), (&json!(2), &json!(0)));

        machine
            .put("less.yaml", "- {mac: SEP001122334455, description: null, line1: 1009, web_access: on}\n");
        let tried = machine.ok("phone import less.yaml -n");
        for line in [
            "- description  Reception",
            "~ line1        1001 → 1009",
            "~ web_access   off → on",
            "- label1       Front",
        ] {
            assert!(tried.contains(line), "{line}: {tried}");
        }
    }
}

#[test]
fn what_is_exported_changes_nothing_and_rebuilds_everything() {
    for machine in machines() {
        machine.ok("phone import phones.csv");
        for format in ["csv", "json", "yaml"] {
            let name = format!("out.{format}");
            machine.ok(&format!("phone export -o {name}"));
            assert!(!String::from_utf8(machine.get(&name)).unwrap().contains("s3cret"), "{format}");
            assert_eq!(fs::metadata(machine.path(&name)).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(machine.json(&format!("phone import {name}"))["unchanged"], 2, "{format}");

            let printed = machine.ok(&format!("phone export --format {format} --secrets"));
            let other = Machine::empty();
            other.ok("profile add desk");
            other.ok("site add berlin");
            other.put(&name, &printed);
            assert_eq!(other.json(&format!("phone import {name}"))["added"], 2, "{format}");
            assert_eq!(other.ok(&format!("phone export --format {format} --secrets")), printed);
        }
        let only = machine.ok("phone export --model 7942");
        assert!(only.contains("SEP001122334466") && !only.contains("SEP001122334455"), "{only}");
        let piped = machine.given(&["phone", "import", "-"], &machine.ok("phone export --json"));
        assert_eq!(piped.out, "standard input: 2 phones, 0 added, 0 changed, 2 unchanged\n");
    }
}

#[test]
fn everything_wrong_is_told_and_nothing_is_done() {
    let [machine, _] = machines();
    machine.put("bad.csv", TABLE.replace("8851", "8856").replace("berlin", "berln").replace("OFF", "maybe"));
    let told = machine.fails(1, "phone import bad.csv");
    for line in [
        "row 2, column Device Type (B): there is no model \"CP-8856\"",
        "row 2, column Site (D): there is no site \"berln\"; perhaps \"berlin\"",
        "row 2, column Web Access (L): web_access cannot be \"maybe\"; allowed: on, off",
        "error: bad.csv: 3 things are wrong; nothing was changed",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert_eq!(machine.json("phone list")["total"], 0);
    let ran = machine.offhook("phone import bad.csv --json");
    let value: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &value["done"], &value["faults"][1]["row"]), (1, &json!(false), &json!(2)));
    assert!(machine.fails(2, "phone import phones.doc").contains("cannot be read"));
    machine.put("phones.doc", TABLE);
    assert!(machine.fails(2, "phone import phones.doc").contains("--format csv, json or yaml"));
    machine.ok("phone import phones.doc --format csv -n");
    machine.put("odd.csv", TABLE.replace("Web Access", "Colour"));
    assert!(machine.fails(1, "phone import odd.csv").contains("column Colour (L): no field is called"));
    assert!(machine.ok("phone import odd.csv --skip-unknown -n").contains("2 added"));
}

/// A document root with configurations of two series, documents, and files that are none.
fn root(machine: &Machine) {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../provision/tests/adopt");
    for (number, name) in
        ["8841-vendor", "8845-video", "8865-services", "7965-full", "7942-odd-order-comments"]
            .iter()
            .enumerate()
    {
        let bytes = fs::read(samples.join(format!("{name}.xml"))).unwrap();
        machine.put(&format!("root/SEP00112233550{number}.cnf.xml"), bytes);
    }
    machine.put("root/sep0011223355aa.CNF.XML", fs::read(samples.join("8821-wireless.xml")).unwrap());
    machine.put("root/dialplan.xml", "<dialTemplate><TEMPLATE MATCH=\"9...\" Timeout=\"2\"/></dialTemplate>");
    machine.put("root/other.xml", "<foo/>");
    machine.put("root/term42.default.loads", "x");
    machine.put(
        "models.csv",
        "Device Name,Device Type,Owner\nSEP001122335500,Cisco 8841,me\nSEP001122335501,8845,\nSEP001122335502,8865,\n\
         SEP001122335503,7965,\nSEP001122335504,7942,\nSEP0011223355AA,8821,\n",
    );
}

#[test]
fn a_document_root_is_taken_over_and_its_files_move_away() {
    for machine in [Machine::empty(), Machine::with_database(&postgres::database())] {
        root(&machine);
        let told = machine.fails(1, "phone adopt root --dry-run");
        assert!(
            told.contains("SEP001122335504.cnf.xml: its firmware is for 7942, 7962: say which"),
            "{told}"
        );
        assert!(told.contains("files: nothing in it tells the model"), "{told}");
        assert_eq!(machine.json("phone list")["total"], 0);

        let words = "phone adopt root --models models.csv --profile office --site Bonn";
        let done = machine.json(words);
        assert_eq!(done["phones"].as_array().unwrap().len(), 6);
        assert_eq!(done["documents"], json!(["dialplan.xml"]));
        assert_eq!(done["left"][0]["file"], "other.xml");
        let groups: Vec<_> = done["groups"].as_array().unwrap().iter().map(|group| &group["name"]).collect();
        assert_eq!(groups, ["Bonn", "office-7900", "office-8800"]);
        assert_eq!(machine.json("phone list --site Bonn --profile office-8800")["total"], 4);
        assert_eq!(machine.json("phone show SEP001122335501")["model"], "8845");

        machine.ok("phone set SEP001122335500 web_access=off");
        let again = machine.ok("phone adopt root --move-to before");
        assert!(again.contains("In the inventory already: 6; 5 get what their file says"), "{again}");
        assert!(again.contains("would lose: SEP001122335500.cnf.xml"), "{again}");
        assert!(again.contains("6 files moved out of root"), "{again}");
        assert!(machine.path("before/sep0011223355aa.CNF.XML").exists());
        assert!(machine.path("before/dialplan.xml").exists());
        assert!(
            machine.path("root/SEP001122335500.cnf.xml").exists(),
            "its phone says something else by now"
        );
        assert!(
            machine.path("root/other.xml").exists() && machine.path("root/term42.default.loads").exists()
        );

        let back = machine.json("phone adopt root --models models.csv --again");
        assert_eq!(back["phones"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn broken_files_stop_everything_unless_told_to_go_on() {
    let machine = Machine::empty();
    root(&machine);
    machine
        .put("root/SEP0011223355BB.cnf.xml", "<device>\n<loadInformation>a & b</loadInformation></device>");
    machine.put(
        "root/SEP0011223355CC.cnf.xml",
        "<device><fullConfig>false</fullConfig><encrConfig>true</encrConfig></device>",
    );
    machine.put("root/SEP0011223355DD.cnf.xml.enc.sgn", "x");
    let words = "phone adopt root --models models.csv";
    let told = machine.fails(1, words);
    assert!(
        told.contains(
            "SEP0011223355BB.cnf.xml: it cannot be read, and phones could not either: line 2, column "
        ),
        "{told}"
    );
    assert!(
        told.contains("SEP0011223355CC.cnf.xml: it is only the stub of an encrypted configuration"),
        "{told}"
    );
    assert!(told.contains("SEP0011223355DD.cnf.xml.enc.sgn: it is encrypted to a phone"), "{told}");
    assert!(told.contains("Nothing was changed"), "{told}");
    assert_eq!(machine.json("phone list")["total"], 0);
    let told = machine.fails(1, &format!("{words} --keep-going"));
    assert!(told.contains("6 phones taken over; each gets what its file says"), "{told}");
    assert_eq!(machine.json("phone list")["total"], 6);
    assert!(machine.fails(2, "phone adopt nowhere").contains("nowhere cannot be read"));
    assert!(machine.fails(2, "phone adopt root --models models.csv --model 88455").contains("88455"));
}

#[test]
fn signed_files_are_opened() {
    let machine = Machine::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../provision/tests/adopt/8821-wireless.xml");
    machine.put("SEP001122335500.cnf.xml", fs::read(sample).unwrap());
    machine.ok("file sign SEP001122335500.cnf.xml");
    fs::create_dir(machine.path("root")).unwrap();
    fs::rename(machine.path("SEP001122335500.cnf.xml.sgn"), machine.path("root/SEP001122335500.cnf.xml.sgn"))
        .unwrap();
    let done = machine.json("phone adopt root --model 8821");
    assert_eq!((&done["phones"][0]["model"], &done["phones"][0]["lines"]), (&json!("8821"), &json!(1)));
}
