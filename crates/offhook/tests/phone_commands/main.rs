//! `offhook phone`, run as people and programs run it.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../machine/mod.rs"]
mod machine;
#[path = "../../../store/tests/support/postgres.rs"]
mod postgres;

mod documents;
mod life;
mod passwords;
mod reading;

use machine::Machine;
use serde_json::Value;

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
