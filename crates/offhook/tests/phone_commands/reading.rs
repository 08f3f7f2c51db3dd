//! What people and programs read, and what is refused.

use serde_json::Value;

use super::furnished;
use super::machine::{Machine, snapshot};

#[test]
fn what_people_read() {
    let machine = furnished(Machine::empty());
    let added = machine.ok("phone add SEP001122334456 --model 8845 --line 1003 --line 1002");
    let made_up =
        machine.json("line show 1003 --secrets")["settings"]["auth_password"].as_str().unwrap().to_owned();
    assert_eq!(made_up.len(), 20);
    snapshot!("add", added.replace(&made_up, "(password)"));
    snapshot!("list", machine.ok("phone list"));
    snapshot!("list-page", machine.ok("phone list --limit 1 --columns phone,lines"));
    snapshot!("show", machine.ok("phone show SEP001122334455"));
    machine.ok("phone set SEP001122334455 state=waiting site=berlin");
    machine.exactly(&[
        "phone",
        "set",
        "SEP001122334455",
        "notes=by the door\nsecond desk",
        "phone_password=12345",
    ]);
    machine.ok("phone override SEP001122334455 vendorConfig/webAccess=7 --remove deviceProtocol");
    snapshot!("show-more", machine.ok("phone show SEP001122334455"));
    snapshot!(
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
    snapshot!("diff", machine.fails(1, "phone diff SEP001122334455 SEP001122334456"));
    assert_eq!(machine.ok("phone list --page 9"), "There is no page 9; the last is 1.\n");
    snapshot!("empty", Machine::empty().ok("phone list"));
}

#[test]
fn what_programs_read() {
    let machine = furnished(Machine::empty());
    machine.ok("phone override SEP001122334455 vendorConfig/webAccess=1 --remove deviceProtocol");
    let mut shown = machine.json("phone show SEP001122334455");
    let values = shown["values"].take();
    shown["stamp"] = "…".into();
    snapshot!("json-show", serde_json::to_string_pretty(&shown).unwrap());
    let values = values.as_array().unwrap();
    let of = |path: &str| values.iter().find(|value| value["path"] == path).unwrap();
    snapshot!(
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
    snapshot!("json-list", serde_json::to_string_pretty(&list).unwrap());
    let added = machine.json("phone add SEP001122334456 --model 8845 --line 1001 --line 1009:pw");
    snapshot!("json-add", serde_json::to_string_pretty(&added).unwrap());
    let difference = machine.fails(1, "phone diff SEP001122334456 SEP001122334455 --json");
    let difference: Value = serde_json::from_str(&difference).unwrap();
    snapshot!("json-diff", serde_json::to_string_pretty(&difference["differences"][0]).unwrap());
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
    snapshot!("refusals", said);
    // Nothing of what was refused is kept.
    assert_eq!(
        (machine.json("phone list")["total"].as_u64(), machine.json("line list")["total"].as_u64()),
        (Some(1), Some(2))
    );
}
