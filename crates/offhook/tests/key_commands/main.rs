//! Where private keys live: behind a passphrase, on a token; and the renewal of certificates, run as people run it.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../machine/mod.rs"]
mod machine;

mod passphrase;
mod renewal;
mod token;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use machine::{Machine, Ran};
use serde_json::Value;

const PASSPHRASE: &str = "[keys]\npassphrase_file = \"passphrase\"\n";

/// Lets the settings say this as well.
fn set(machine: &Machine, settings: &str) {
    let before = String::from_utf8(machine.get("offhook.toml")).unwrap();
    machine.put("offhook.toml", format!("{before}\n{settings}"));
}

fn secret(machine: &Machine, name: &str, text: &str) {
    machine.put(name, text);
    fs::set_permissions(machine.path(name), fs::Permissions::from_mode(0o600)).unwrap();
}

/// Where the key of each certificate is.
fn places(machine: &Machine) -> Vec<(String, String)> {
    let list = machine.json("cert list");
    let row = |row: &Value| [&row["name"], &row["key"]].map(|word| word.as_str().unwrap().to_owned());
    list.as_array().unwrap().iter().map(row).map(|[name, key]| (name, key)).collect()
}

fn in_files(machine: &Machine, place: &str) -> usize {
    places(machine).iter().filter(|(_, key)| key == place).count()
}

fn findings(ran: &Ran, subject: &str) -> Vec<String> {
    let check: Value = serde_json::from_str(&ran.out).unwrap();
    let ours = check["findings"].as_array().unwrap().iter().filter(|one| one["subject"] == subject);
    ours.map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}
