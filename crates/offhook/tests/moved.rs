//! A server that moved to another machine by a backup: the phones of before notice nothing.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

mod machine;
#[path = "../../store/tests/support/postgres.rs"]
mod postgres;

use machine::{Machine, Ran};

/// Only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(120);
const LISTENERS: [&str; 8] =
    ["tftp", "provisioning", "secure_provisioning", "services", "secure_services", "tvs", "capf", "admin"];

/// A machine whose listeners are on free ports of loopback.
fn machine(database: Option<String>) -> Machine {
    let machine = Machine::empty();
    let database = database.map(|url| format!("database = {url:?}\n")).unwrap_or_default();
    let listen = LISTENERS.map(|name| format!("{name} = \"127.0.0.1:0\"\n")).concat();
    machine.put(
        "offhook.toml",
        format!("{database}[provisioning]\nserver_name = \"localhost\"\n[listen]\n{listen}"),
    );
    machine.put("pass", "a few words that nobody guesses");
    machine
}

struct Running(Child);

impl Running {
    fn on(machine: &Machine) -> Self {
        let _ = fs::remove_file(machine.path("notify"));
        let socket = UnixDatagram::bind(machine.path("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_offhook"))
            .args(["serve", "--ready-file", "ready.json"])
            .current_dir(machine.path(""))
            .env("NOTIFY_SOCKET", machine.path("notify"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut told = [0; 4096];
        while !socket.recv(&mut told).is_ok_and(|len| told[..len].starts_with(b"READY=1")) {}
        Self(child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Boots the phone, with what it kept in `flash`, against the server of that machine.
fn boot(machine: &Machine, flash: &str) -> Ran {
    let ready: Value = serde_json::from_slice(&machine.get("ready.json")).unwrap();
    let port =
        |name: &str| ready["listeners"][name][0].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let [http, https, tftp, tvs] = ["provisioning", "secure_provisioning", "tftp", "tvs"].map(port);
    machine.offhook(&format!(
        "simulate boot --model 8845 --mac 001122334455 --state {flash} --http-port {http} --https-port {https} \
         --tftp-port {tftp} --tvs-port {tvs} --json"
    ))
}

#[test]
fn phones_of_before_trust_the_server_that_was_restored_and_no_other() {
    let first = machine(None);
    first.ok("trust enable --yes");
    first.ok("phone add SEP001122334455 --model 8845 --line 1001:s3cret:Ann");
    let flash = first.path("flash");
    let flash = flash.to_str().unwrap();
    let running = Running::on(&first);
    let booted = boot(&first, flash);
    assert_eq!(booted.code, 0, "{}{}", booted.out, booted.err);
    // The server runs meanwhile.
    first.ok("backup all.vault --passphrase @pass");
    drop(running);
    assert!(fs::read_dir(flash).unwrap().count() > 0, "the phone keeps its trust list");

    let second = machine(Some(postgres::database()));
    second.put("all.vault", first.get("all.vault"));
    second.ok("restore all.vault --passphrase @pass");
    let running = Running::on(&second);
    let again = boot(&second, flash);
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);
    assert!(again.out.contains("SEP001122334455"), "{}", again.out);
    drop(running);

    let stranger = machine(None);
    stranger.ok("trust enable --yes");
    stranger.ok("phone add SEP001122334455 --model 8845 --line 1001:s3cret:Ann");
    let running = Running::on(&stranger);
    let refused = boot(&stranger, flash);
    assert_eq!(refused.code, 1, "a server with other keys: {}", refused.out);
    drop(running);
}
