//! `offhook catalogue`, as people and programs meet it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::{Command, Output};

use provision::catalogue::{Kind, line_features, own_settings, settings, soft_keys, zones};
use provision::models;

fn offhook(words: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    command
        .arg("catalogue")
        .args(words)
        .env_remove("OFFHOOK_CONFIG")
        .current_dir(folder.path())
        .output()
        .unwrap()
}

fn ok(words: &[&str]) -> String {
    let done = offhook(words);
    assert_eq!(done.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn json(words: &[&str]) -> serde_json::Value {
    serde_json::from_str(&ok(&[words, &["--json"]].concat())).unwrap()
}

fn fails(code: i32, words: &[&str]) -> String {
    let done = offhook(words);
    assert_eq!(done.status.code(), Some(code), "{words:?}");
    String::from_utf8(done.stderr).unwrap()
}

#[test]
fn lists_hold_everything_once() {
    let count = |words: &[&str]| json(words).as_array().unwrap().len();
    assert_eq!(count(&["models"]), models::all().len());
    let own =
        settings().iter().chain(own_settings()).filter(|setting| setting.kind != Kind::Container).count();
    assert_eq!(count(&["settings"]), own);
    assert_eq!(count(&["keys"]), line_features().len() + soft_keys().len());
    assert_eq!(count(&["zones"]), zones().len());
    assert_eq!(ok(&["models"]).lines().count(), models::all().len() + 1);
}

#[test]
fn lists_can_be_narrowed_to_a_series_or_a_model() {
    assert!(!ok(&["settings", "--model", "8845"]).contains("web_admin_password"));
    assert!(ok(&["settings", "--model", "8821"]).contains("web_admin_password"));
    assert!(ok(&["keys", "--series", "7900"]).contains("remove_last_participant"));
    assert!(!ok(&["keys", "--series", "8800"]).contains("remove_last_participant"));
    let names = json(&["models", "--series", "9900"]);
    assert_eq!((&names[0]["model"], &names[1]["model"]), (&"9951".into(), &"9971".into()));
    insta::assert_snapshot!(ok(&["models", "--series", "9900"]));
}

#[test]
fn a_setting_tells_its_words_and_codes() {
    insta::assert_snapshot!(ok(&["settings", "call_waiting"]));
    insta::assert_snapshot!(ok(&["settings", "webAccess", "--model", "8845"]));
    let setting = &json(&["settings", "call_waiting", "--model", "6941"])[0];
    assert_eq!(setting["path"], "sipProfile/sipLines/line[]/callWaiting");
    assert_eq!(setting["values"].as_array().unwrap().len(), 1);
    assert_eq!(setting["values"][0]["words"][1]["codes"], serde_json::json!(["3", "2"]));
}

#[test]
fn models_keys_and_zones_tell_all() {
    insta::assert_snapshot!(ok(&["models", "CP-8845"]));
    insta::assert_snapshot!(ok(&["keys", "blf", "iDivert"]));
    insta::assert_snapshot!(ok(&["zones", "Europe/Berlin", "Asia/Tehran"]));
    assert_eq!(json(&["zones", "Asia/Tehran"])[0]["asked_differs"], true);
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    for (words, said) in [
        (["settings", "web_acces"], "error: there is no setting \"web_acces\"; perhaps web_access\n"),
        (["models", "8844"], "error: there is no model \"8844\"; perhaps 8845\n"),
        (["keys", "idivrt"], "error: there is no key \"idivrt\"; perhaps iDivert\n"),
        (
            ["zones", "Europe/Berlim"],
            "error: phones know no time zone \"Europe/Berlim\"; perhaps Europe/Berlin\n",
        ),
    ] {
        let said_now = fails(1, &words);
        let prefix = said.split("perhaps").next().unwrap();
        assert!(said_now.starts_with(prefix) && said_now.contains("; perhaps "), "{said_now}");
        if words[0] != "models" {
            assert_eq!(said_now, said);
        }
    }
    assert_eq!(fails(2, &["settings", "--model", "8844x"]).lines().count(), 1);
    assert!(fails(2, &["models", "--series", "8801"]).contains("perhaps 8800"));
}
