//! `offhook contact`, run as people and programs run it.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

mod machine;
#[path = "../../store/tests/support/postgres.rs"]
mod postgres;

use machine::Machine;

fn both() -> [Machine; 2] {
    [Machine::empty(), Machine::with_database(&postgres::database())]
}

fn names(list: &Value) -> Vec<&str> {
    list["contacts"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn contacts_come_change_and_go_on_both_databases() {
    for machine in both() {
        machine.ok("phone add SEP001122334455 --model 8845 --line 1001");
        let added = machine.exactly(&[
            "contact",
            "add",
            "Anna Müller",
            "1001",
            "mobile:+49 171 1",
            "--organisation",
            "Sales",
            "--json",
        ]);
        let added: Value = serde_json::from_str(&added).unwrap();
        assert_eq!(added["id"], 1);
        assert_eq!(
            added["numbers"],
            json!([{"kind": "work", "number": "1001"}, {"kind": "mobile", "number": "+49 171 1"}])
        );
        machine.exactly(&[
            "contact",
            "add",
            "Mother",
            "home:030 1",
            "--book",
            "own",
            "--owner",
            "SEP001122334455",
        ]);
        for (words, found) in [
            (vec!["contact", "list"], vec!["Anna Müller", "Mother"]),
            (vec!["contact", "list", "mül"], vec!["Anna Müller"]),
            (vec!["contact", "list", "171"], vec!["Anna Müller"]),
            (vec!["contact", "list", "--keys", "685537"], vec!["Anna Müller"]),
            (vec!["contact", "list", "--book", "own"], vec!["Mother"]),
            (vec!["contact", "list", "--owner", "SEP001122334455"], vec!["Anna Müller", "Mother"]),
            (vec!["contact", "list", "--owner", "SEP001122334499"], vec!["Anna Müller"]),
            (vec!["contact", "list", "nobody"], vec![]),
        ] {
            let list: Value =
                serde_json::from_str(&machine.exactly(&[words.as_slice(), &["--json"]].concat())).unwrap();
            assert_eq!(
                (names(&list), list["total"].as_u64().unwrap()),
                (found.clone(), found.len() as u64),
                "{words:?}"
            );
        }
        machine.exactly(&["contact", "set", "1", "--name", "Anna Meier", "--number", "1002"]);
        let shown = machine.ok("contact show 1");
        assert!(
            shown.starts_with("Anna Meier, Sales\nnumber 1 in the book all\n")
                && shown.contains("work    1002"),
            "{shown}"
        );
        assert!(!shown.contains("171"), "{shown}");
        machine.ok("contact remove 1 2");
        assert!(machine.ok("contact list").contains("no contacts yet"));
        assert!(machine.fails(1, "contact show 1").contains("there is no contact 1"));
        assert!(machine.fails(1, "contact add Bert 1 --owner SEP001122334499").contains("SEP001122334499"));
        for wrong in ["contact add Bert fax:1", "contact add Bert --", "contact set 1", "contact add Bert"] {
            machine.fails(2, wrong);
        }
    }
}

#[test]
fn files_are_taken_whole_or_not_at_all() {
    for machine in both() {
        machine.put(
            "staff.csv",
            "First Name;Last Name;Business Phone;Mobile Phone\nAnna;Müller;1001;\nBert;Zhou;1002;0171\n",
        );
        let would = machine.ok("contact import staff.csv --book staff --dry-run");
        assert!(would.contains("2 added") && would.contains("Nothing was changed"), "{would}");
        assert_eq!(machine.json("contact list")["total"], 0);
        machine.ok("contact import staff.csv --book staff");
        let again = machine.json("contact import staff.csv --book staff");
        assert_eq!(
            (&again["added"], &again["changed"], &again["unchanged"]),
            (&json!(0), &json!(0), &json!(2))
        );
        machine.put("bad.csv", "name,phone\nCarl,1\nDora,--\n");
        let refused = machine.fails(1, "contact import bad.csv");
        assert!(
            refused.contains("row 3, column phone (B)") && refused.contains("nothing was changed"),
            "{refused}"
        );
        assert_eq!(machine.json("contact list")["total"], 2);
        // What is exported is there already, and replaces what is not in it.
        machine.ok("contact export -o all.csv");
        machine.exactly(&["contact", "add", "Dora", "1", "--book", "staff"]);
        machine.exactly(&["contact", "add", "Else", "1", "--book", "other"]);
        let replaced = machine.json("contact import all.csv --replace");
        assert_eq!((&replaced["unchanged"], &replaced["removed"]), (&json!(2), &json!(1)));
        assert_eq!(names(&machine.json("contact list")), ["Anna Müller", "Bert Zhou", "Else"]);
        machine.ok("contact export --book staff -o staff.vcf");
        let cards = machine.json("contact import staff.vcf --book staff");
        assert_eq!((&cards["added"], &cards["unchanged"]), (&json!(0), &json!(2)));
        assert_eq!(machine.json("contact import staff.vcf --book copy")["added"], 2);
    }
}

#[test]
fn numbers_are_known_from_lines_contacts_and_files() {
    let machine = Machine::empty();
    machine.put("suppliers.csv", "Name;Phone\nMüller, Anna;030 1234567\n");
    machine.put("offhook.toml", "[directory.sources.suppliers]\nkind = \"csv\"\npath = \"suppliers.csv\"\n");
    machine.ok("line add 1001");
    machine.ok("line set 1001 display_name=Reception");
    machine.ok("contact add Anna_Müller work:+49(0)30/1234-567 --organisation Acme");
    let known = machine.json("contact who 0049301234567");
    let named = |at: usize| (known["known"][at]["name"].clone(), known["known"][at]["source"].clone());
    assert_eq!(named(0), ("Anna_Müller".into(), "contacts".into()));
    assert_eq!(named(1), ("Müller, Anna".into(), "suppliers".into()));
    assert_eq!((&known["known"][0]["sure"], &known["known"][1]["sure"]), (&json!(true), &json!(false)));
    assert_eq!(machine.json("contact who 1001")["known"][0]["source"], "lines");
    let text = machine.ok("contact who 030/1234567");
    assert!(text.contains("Suppliers") && text.contains("likely: it ends alike"), "{text}");
    assert!(machine.fails(1, "contact who 4799").contains("Nobody is known to have 4799"));
}
