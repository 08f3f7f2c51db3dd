//! `offhook push`: who may push to phones.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn push(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_offhook"))
        .current_dir(folder)
        .arg("push")
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn users_come_and_go_and_only_hashes_stay() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(said(&push(folder, &["list"])).contains("nobody may push"));
    let made = push(folder, &["allow", "anna", "--phone", "001122AABBCC"]);
    let text = said(&made);
    assert!(made.status.success() && text.contains("anna may push to SEP001122AABBCC"), "{text}");
    let password = text.split("password: ").nth(1).unwrap().trim().to_owned();
    fs::write(folder.join("secret"), "given\n").unwrap();
    let given = push(folder, &["allow", "bert", "--password", "@secret", "--json"]);
    let given: serde_json::Value = serde_json::from_slice(&given.stdout).unwrap();
    assert_eq!(given, serde_json::json!({"user": "bert", "phones": []}));
    let kept = fs::read_to_string(folder.join("data/push.toml")).unwrap();
    assert!(!kept.contains(&password) && !kept.contains("given") && kept.contains("scrypt$"), "{kept}");
    assert_eq!(said(&push(folder, &["list"])), "user  phones\nanna  SEP001122AABBCC\nbert  all\n");
    assert!(said(&push(folder, &["forbid", "anna"])).contains("anna may push no more"));
    assert_eq!(push(folder, &["forbid", "anna"]).status.code(), Some(1));
    assert_eq!(push(folder, &["allow", "a b"]).status.code(), Some(2));
    assert_eq!(push(folder, &["allow", "c", "--password", ""]).status.code(), Some(1));
}
