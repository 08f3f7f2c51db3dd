//! `offhook profile`, `site` and `series`, run as people and programs run them.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

mod machine;
#[path = "../../store/tests/support/postgres.rs"]
mod postgres;

use machine::{Machine, snapshot};

fn furnished(machine: Machine) -> Machine {
    machine.exactly(&[
        "profile",
        "add",
        "reception",
        "--description",
        "Desks in front",
        "--set",
        "web_access=on",
    ]);
    machine.ok("site add berlin");
    machine.ok("phone add SEP001122334455 --model 8845 --profile reception --site berlin --line 1001:pw:Ann");
    machine.ok("phone add SEP001122334456 --model 7942 --line 1001");
    machine
}

#[test]
fn groups_come_change_and_go_on_both_databases() {
    for machine in [Machine::empty(), Machine::with_database(&postgres::database())] {
        let machine = furnished(machine);
        assert!(
            machine
                .ok("profile set reception time_zone=Europe/Berlin description=Front")
                .contains("1 phone in it")
        );
        assert!(machine.ok("profile set reception description=Front").contains("nothing to change"));
        machine.ok("key set --profile reception 5 blf 1002");
        machine.ok("profile copy reception kitchen");
        let kitchen = machine.json("profile show kitchen");
        assert_eq!((&kitchen["description"], &kitchen["phones"]), (&json!("Front"), &json!(0)));
        assert_eq!(kitchen["settings"], json!({ "time_zone": "Europe/Berlin", "web_access": "on" }));
        assert_eq!(kitchen["keys"][0]["feature"], "blf");
        machine.ok("profile unset kitchen web_access description");
        assert_eq!(machine.json("profile show kitchen")["settings"], json!({ "time_zone": "Europe/Berlin" }));
        assert_eq!(machine.json("profile list").as_array().unwrap().len(), 2);
        assert!(machine.fails(1, "profile remove reception").contains("1 phone is in profile reception"));
        machine.ok("phone unset SEP001122334455 profile");
        machine.ok("profile remove reception");
        assert_eq!(machine.json("profile list").as_array().unwrap().len(), 1);
    }
}

#[test]
fn the_later_layer_wins_and_each_value_says_where_it_comes_from() {
    let machine = furnished(Machine::empty());
    let web_access = || {
        let shown = machine.json("phone show SEP001122334455");
        let values = shown["values"].as_array().unwrap().clone();
        let value = values.iter().find(|value| value["name"] == "web_access").unwrap();
        (value["value"].as_str().unwrap().to_owned(), value["from"].as_str().unwrap().to_owned())
    };
    let is = |value: &str, from: &str| assert_eq!(web_access(), (value.to_owned(), from.to_owned()));
    is("on", "profile reception");
    machine.ok("series set 8800 web_access=off");
    machine.ok("site set berlin web_access=off");
    is("on", "profile reception");
    machine.ok("profile unset reception web_access");
    is("off", "series 8800");
    machine.ok("series remove 8800");
    is("off", "site berlin");
    machine.ok("phone set SEP001122334455 web_access=on");
    is("on", "phone");
    machine.ok("phone unset SEP001122334455 web_access");
    machine.ok("site unset berlin web_access");
    assert_eq!(web_access().1, "built-in");
}

#[test]
fn a_series_is_there_without_being_added() {
    let machine = furnished(Machine::empty());
    let names = || {
        machine
            .json("series list")
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), ["7900", "8800"], "those of its phones");
    assert!(machine.ok("series show 8800").contains("It says nothing yet"));
    machine.ok("series set 7800 call_waiting=on");
    assert_eq!(names(), ["7800", "7900", "8800"]);
}

#[test]
fn what_people_and_programs_read() {
    let machine = furnished(Machine::empty());
    machine.ok("key set --profile reception 9 speed_dial 0800 --label Taxi");
    machine.ok("profile set reception phone_password=secret time_zone=Europe/Berlin");
    machine.ok("profile override reception vendorConfig/webAccess=1 --remove sipProfile/kpml");
    snapshot!("profile-list", machine.ok("profile list"));
    snapshot!("profile-show", machine.ok("profile show reception"));
    snapshot!("json-profile-show", machine.ok("profile show reception --json"));
    snapshot!("site-list-empty", Machine::empty().ok("site list"));
}

#[test]
fn every_refusal_says_what_would_be_right() {
    let machine = furnished(Machine::empty());
    let table: &[(i32, &[&str])] = &[
        (1, &["profile", "add", "reception"]),
        (2, &["profile", "add", ""]),
        (2, &["profile", "add", " x"]),
        (2, &["profile", "add", "x", "--description", "a\tb"]),
        (2, &["profile", "add", "x", "--set", "web_access=onn"]),
        (2, &["profile", "add", "x", "--set", "web_access=on=off"]),
        (1, &["profile", "show", "recption"]),
        (1, &["profile", "show", "zzz"]),
        (1, &["profile", "copy", "recption", "x"]),
        (1, &["profile", "copy", "reception", "reception"]),
        (2, &["profile", "set", "reception"]),
        (2, &["profile", "set", "reception", "module_type=nothing"]),
        (2, &["profile", "set", "reception", "sip_server.100=x"]),
        (2, &["profile", "set", "reception", "web_access.2=on"]),
        (2, &["profile", "unset", "reception", "webaccess"]),
        (1, &["profile", "remove", "reception"]),
        (1, &["site", "remove", "berlin"]),
        (1, &["site", "show", "munich"]),
        (2, &["series", "set", "8801", "web_access=on"]),
        (2, &["series", "set", "7800", "web_admin_password=x"]),
        (2, &["series", "copy", "7800", "8800"]),
        (2, &["series", "add", "x"]),
        (2, &["profile", "override", "reception", "x y=1"]),
    ];
    let mut said = String::new();
    for (code, words) in table {
        let ran = machine.given(words, "");
        assert_eq!(ran.code, *code, "{words:?}: {}{}", ran.out, ran.err);
        assert_eq!(ran.out, "", "{words:?}");
        said.push_str(&format!("$ offhook {}\n{}\n", words.join(" ").replace('\t', "\\t"), ran.err));
    }
    snapshot!("refusals", said);
    assert_eq!(machine.json("profile list").as_array().unwrap().len(), 1);
}
