//! Phones come, change, are replaced and go.

use serde_json::{Value, json};

use super::machine::Machine;
use super::{furnished, postgres, rows};

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
