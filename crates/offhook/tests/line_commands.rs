//! `offhook line` and `offhook key`, run as people and programs run them.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

mod machine;
#[path = "../../store/tests/support/postgres.rs"]
mod postgres;

use machine::{Machine, snapshot};

fn furnished(machine: Machine) -> Machine {
    machine.ok("profile add reception --description Desks");
    machine.ok("phone add SEP001122334455 --model 8845 --profile reception --line 1001:pw:Ann --line 1002");
    machine.ok("phone add SEP001122334456 --model 7942 --line 1001");
    machine
}

#[test]
fn lines_come_change_and_go_on_both_databases() {
    for machine in [Machine::empty(), Machine::with_database(&postgres::database())] {
        let machine = furnished(machine);
        let added = machine.json("line add alice --label Alice --name Alice_A --set messages_number=8500");
        let made_up = added["made_up_password"].as_str().unwrap();
        assert_eq!((made_up.len(), &added["settings"]["auth_password"]), (20, &serde_json::Value::Null));
        assert_eq!(machine.json("line show alice --secrets")["settings"]["auth_password"], *made_up);
        assert!(machine.json("line add 7 --no-password")["settings"].get("auth_password").is_none());
        assert_eq!(machine.json("line show 1001")["phones"], json!(["SEP001122334455", "SEP001122334456"]));
        machine.ok("line set 1001 label=Desk ring_when_idle=flash");
        assert_eq!(machine.json("line show 1001")["settings"]["ring_when_idle"], "flash");
        machine.ok("line unset 1001 ring_when_idle");
        let renewed = machine.json("line set 1001 --new-password");
        assert_ne!(renewed["made_up_password"], "pw");
        let listed = machine.json("line list");
        assert_eq!(listed["total"], 4);
        assert_eq!(machine.json("line list alic")["lines"][0]["number"], "alice");
        assert_eq!(machine.json("line list --limit 2 --page 2")["lines"].as_array().unwrap().len(), 2);
        assert!(
            machine
                .fails(1, "line remove 1001")
                .contains("keys of SEP001122334455, SEP001122334456; --with-keys")
        );
        machine.ok("line remove 1001 alice --with-keys");
        assert_eq!(machine.json("key list SEP001122334456")["keys"], json!([]));
        assert_eq!(machine.json("line list")["total"], 2);
    }
}

#[test]
fn keys_are_set_moved_and_cleared() {
    let machine = furnished(Machine::empty());
    let features = |words: &str| -> Vec<String> {
        let keys = machine.json(&format!("key list {words}"))["keys"].as_array().unwrap().clone();
        keys.iter()
            .map(|key| format!("{} {}", key["button"], key["feature"].as_str().unwrap_or("-")))
            .collect()
    };
    machine.ok("key set --profile reception 3 blf 1003 --label Bob --pickup");
    machine.ok("key set --profile reception 4 service http://pbx.example.net/menu?a=b&c=d --label Menu");
    machine.ok("key set SEP001122334455 5 park_slot 701");
    machine.ok("key set SEP001122334455 6 intercom 1002");
    assert_eq!(machine.json("phone list")["phones"][0]["lines"], json!(["1001", "1002"]), "each once");
    machine.ok("key set SEP001122334455 7 dnd");
    machine.ok("key set SEP001122334455 8 abbreviated-dial 0800 speed_dial_index=4");
    let all = [
        "1 line",
        "2 line",
        "3 blf",
        "4 service",
        "5 park_slot",
        "6 intercom",
        "7 do_not_disturb",
        "8 abbreviated_dial",
    ];
    assert_eq!(features("SEP001122334455"), all);
    assert_eq!(features("--profile reception"), ["3 blf", "4 service"]);
    let service = &machine.json("key list --profile reception")["keys"][1];
    assert_eq!(service["settings"]["service_url"], "http://pbx.example.net/menu?a=b&c=d");
    // What the phone says wins, and what it does not say any more comes back.
    machine.ok("key set SEP001122334455 3 speed_dial 0800");
    assert_eq!(machine.json("key list SEP001122334455")["keys"][2]["from"], "phone");
    assert!(machine.ok("key clear SEP001122334455 3").contains("key 3 is now blf 1003"));
    assert_eq!(machine.json("key list SEP001122334455")["keys"][2]["from"], "profile reception");
    machine.ok("key clear --empty SEP001122334455 3 4");
    assert_eq!(features("SEP001122334455")[2..4], ["3 -", "4 -"]);
    let moved = machine.ok("key move SEP001122334455 7 9");
    assert_eq!(moved, "SEP001122334455: key 9 is do_not_disturb\n");
    let swapped = machine.ok("key move SEP001122334455 9 2");
    assert_eq!(swapped, "SEP001122334455: key 2 is do_not_disturb, key 9 is line 1002\n");
    machine.ok("key set --series 8800 10 blf 1009");
    assert_eq!(features("SEP001122334455").last().unwrap(), "10 blf");
    snapshot!("keys", machine.ok("key list SEP001122334455"));
    snapshot!("keys-of-a-profile", machine.ok("key list --profile reception"));
    snapshot!("json-key-set", machine.ok("key set SEP001122334455 5 blf 1004 --pickup --json"));
}

#[test]
fn what_people_read() {
    let machine = furnished(Machine::empty());
    machine.ok("key set --profile reception 9 line 1002");
    snapshot!("line-list", machine.ok("line list"));
    snapshot!("line-show", machine.ok("line show 1002"));
    let added = machine.json("line add 1003")["made_up_password"].as_str().unwrap().to_owned();
    assert_eq!(machine.json("line show 1003 --secrets")["settings"]["auth_password"], added);
    snapshot!("json-line-list", machine.ok("line list 1002 --json"));
    assert_eq!(
        machine.ok("key set SEP001122334456 2 speed_dial 0800 --label Taxi"),
        "SEP001122334456: key 2 is speed_dial 0800 “Taxi”\n"
    );
    let ran = machine.offhook("line set 1001 call_waiting=on_locked");
    assert_eq!(
        (ran.code, &*ran.err),
        (0, "line 1001: call_waiting=on_locked is left out on its phones of model 8845\n")
    );
}

#[test]
fn what_a_change_leads_to_is_said_once() {
    let machine = furnished(Machine::empty());
    machine.ok("line add 1005 --password other");
    let ran = machine.offhook("key set SEP001122334455 5 line 1005");
    assert_eq!(ran.code, 0);
    assert!(
        ran.err.starts_with("note: SEP001122334455: phones use the password of their first line"),
        "{}",
        ran.err
    );
    for words in ["key set SEP001122334455 4 blf 1003", "phone set SEP001122334455 web_access=on"] {
        assert_eq!(machine.offhook(words).err, "", "it is no news any more");
    }
    assert!(
        machine
            .ok("phone show SEP001122334455")
            .contains("note: phones use the password of their first line")
    );
}

#[test]
fn every_refusal_says_what_would_be_right() {
    let machine = furnished(Machine::empty());
    let table: &[(i32, &str)] = &[
        (2, "line add 10;01"),
        (1, "line add 1001"),
        (2, "line add 1003 --set web_access=on"),
        (2, "line add 1003 --set ring_when_idle=flsh"),
        (2, "line add 1003 --label a-label-that-is-longer-than-any-phone-takes"),
        (2, "line add 1003 --password x --no-password"),
        (1, "line show 1009"),
        (2, "line set 1001"),
        (2, "line set 1001 --new-password auth_password=x"),
        (2, "line set 1001 labl=Ann"),
        (1, "line set 1009 label=Ann"),
        (2, "line unset 1001 labl"),
        (1, "line remove 1009"),
        (1, "line remove 1002"),
        (2, "key set SEP001122334455"),
        (2, "key set SEP001122334455 3"),
        (2, "key set kitchen 3 blf 1002"),
        (1, "key set SEP001122334457 3 blf 1002"),
        (2, "key set SEP001122334455 0 blf 1002"),
        (2, "key set SEP001122334455 three blf 1002"),
        (2, "key set SEP001122334455 99 blf 1002"),
        (2, "key set --profile reception 65535 blf 1002"),
        (2, "key set SEP001122334455 3 blff 1002"),
        (2, "key set SEP001122334455 3 redial"),
        (2, "key set SEP001122334455 3 blf"),
        (2, "key set SEP001122334455 3 do_not_disturb 1002"),
        (2, "key set SEP001122334455 3 blf 1002 1003"),
        (2, "key set SEP001122334455 3 blf 1002 blf_pickup=yes"),
        (2, "key set SEP001122334455 3 speed_dial 1002 --pickup"),
        (2, "key set SEP001122334455 3 service pbx"),
        (2, "key set SEP001122334455 3 line 10;01"),
        (1, "key set SEP001122334455 3 line 1009"),
        (1, "key set --profile recption 3 blf 1002"),
        (2, "key set --profile reception --site x 3 blf 1002"),
        (2, "key set --profile reception SEP001122334455 3 blf 1002"),
        (2, "key list"),
        (2, "key list SEP001122334455 SEP001122334456"),
        (2, "key move SEP001122334455 1"),
        (1, "key move SEP001122334455 7 8"),
        (2, "key clear SEP001122334455"),
        (1, "key clear SEP001122334455 7"),
    ];
    let before = (machine.json("line list"), machine.json("key list SEP001122334455"));
    let mut said = String::new();
    for (code, words) in table {
        let ran = machine.offhook(words);
        assert_eq!(ran.code, *code, "{words:?}: {}{}", ran.out, ran.err);
        assert_eq!(ran.out, "", "{words:?}");
        said.push_str(&format!("$ offhook {words}\n{}\n", ran.err));
    }
    snapshot!("refusals", said);
    assert_eq!((machine.json("line list"), machine.json("key list SEP001122334455")), before);
}

#[test]
fn commands_at_the_same_time_undo_nothing_of_each_other() {
    for machine in [Machine::empty(), Machine::with_database(&postgres::database())] {
        machine.ok("phone add SEP001122334455 --model 8845");
        std::thread::scope(|scope| {
            for button in 1..=10 {
                let machine = &machine;
                scope.spawn(move || {
                    machine.ok(&format!("key set SEP001122334455 {button} speed_dial {button}00"));
                });
            }
        });
        let keys = machine.json("key list SEP001122334455")["keys"].clone();
        assert_eq!(keys.as_array().unwrap().len(), 10, "{keys}");
        // A password that was typed once is not asked for again.
        std::thread::scope(|scope| {
            for line in 1..=4 {
                let machine = &machine;
                scope.spawn(move || {
                    let words = ["line", "add", &format!("100{line}"), "--password", "@-"];
                    let ran = machine.given(&words, &format!("secret {line}\n"));
                    assert_eq!(ran.code, 0, "{}", ran.err);
                });
            }
        });
        assert_eq!(machine.json("line show 1004 --secrets")["settings"]["auth_password"], "secret 4");
    }
}
