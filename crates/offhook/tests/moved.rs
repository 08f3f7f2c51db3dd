//! A server that moved to another machine by a backup: the phones of before notice nothing.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;

mod machine;
#[path = "../../store/tests/support/postgres.rs"]
mod postgres;

use machine::serving::{ALL, Serving, listen};
use machine::{Machine, Ran};

/// A machine whose listeners are on free ports of loopback.
fn machine(database: Option<String>) -> Machine {
    let machine = Machine::empty();
    let database = database.map(|url| format!("database = {url:?}\n")).unwrap_or_default();
    machine.put(
        "offhook.toml",
        format!("{database}[provisioning]\nserver_name = \"localhost\"\n{}", listen(&ALL)),
    );
    machine.put("pass", "a few words that nobody guesses");
    machine
}

/// Boots the phone, with what it kept in `flash`, against the server of that machine.
fn boot(machine: &Machine, running: &Serving, flash: &str) -> Ran {
    let ports = running.ports().join(" ");
    machine.offhook(&format!("simulate boot --model 8845 --mac 001122334455 --state {flash} {ports} --json"))
}

#[test]
fn phones_of_before_trust_the_server_that_was_restored_and_no_other() {
    let first = machine(None);
    first.ok("trust enable --yes");
    first.ok("phone add SEP001122334455 --model 8845 --line 1001:s3cret:Ann");
    let flash = first.path("flash");
    let flash = flash.to_str().unwrap();
    let running = Serving::on(&first);
    let booted = boot(&first, &running, flash);
    assert_eq!(booted.code, 0, "{}{}", booted.out, booted.err);
    // The server runs meanwhile.
    first.ok("backup all.vault --passphrase @pass");
    drop(running);
    assert!(fs::read_dir(flash).unwrap().count() > 0, "the phone keeps its trust list");

    let second = machine(Some(postgres::database()));
    second.put("all.vault", first.get("all.vault"));
    second.ok("restore all.vault --passphrase @pass");
    let running = Serving::on(&second);
    let again = boot(&second, &running, flash);
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);
    assert!(again.out.contains("SEP001122334455"), "{}", again.out);
    drop(running);

    let stranger = machine(None);
    stranger.ok("trust enable --yes");
    stranger.ok("phone add SEP001122334455 --model 8845 --line 1001:s3cret:Ann");
    let running = Serving::on(&stranger);
    let refused = boot(&stranger, &running, flash);
    assert_eq!(refused.code, 1, "a server with other keys: {}", refused.out);
    drop(running);
}
