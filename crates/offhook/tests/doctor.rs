//! `offhook doctor`, on machines where all is well and on machines where it is not.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

mod machine;

use machine::Machine;
use machine::serving::{ALL as LISTENERS, Serving, listen};

/// A machine whose listeners are on free ports of loopback.
fn quiet(machine: Machine) -> Machine {
    let listen = listen(&LISTENERS);
    machine.put("offhook.toml", format!("[provisioning]\nserver_name = \"localhost\"\n{listen}"));
    machine
}

/// What was found about a subject: signs and texts.
fn chapter(told: &Value, subject: &str) -> Vec<(String, String)> {
    let chapters = told["chapters"].as_array().unwrap();
    let found = chapters.iter().find(|chapter| chapter["subject"] == subject);
    let findings = found.map(|chapter| chapter["findings"].as_array().unwrap().clone()).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings.iter().map(|one| (text(&one["level"]), text(&one["text"]))).collect()
}

fn doctor(machine: &Machine, words: &str) -> (i32, Value) {
    let ran = machine.offhook(&format!("doctor {words} --json"));
    let told = serde_json::from_str(&ran.out);
    (ran.code, told.unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err)))
}

#[test]
fn a_phone_is_played_at_every_listener_and_leaves_nothing_behind() {
    let machine = quiet(Machine::new());
    let running = Serving::on(&machine);
    let (code, told) = doctor(&machine, "--ready-file ready.json");
    let played = chapter(&told, "A phone's view");
    assert_eq!(played.len(), LISTENERS.len(), "{played:?}");
    for (name, (level, text)) in LISTENERS.iter().zip(&played) {
        assert!(level == "good" && text.starts_with(&format!("{name}: ")), "{level} {text}");
    }
    for subject in
        ["Settings", "Files", "Certificates", "Database", "Disk", "Clock", "Name", "Ports", "Firewall"]
    {
        assert!(!chapter(&told, subject).is_empty(), "{subject}");
    }
    // It listens on loopback alone, which is no use to phones.
    let ports = chapter(&told, "Ports");
    assert!(
        ports.iter().any(|(level, text)| level == "wrong" && text.contains("for this machine only")),
        "{ports:?}"
    );
    assert!(ports.iter().any(|(level, text)| level == "good" && text.contains("offhook (pid")), "{ports:?}");
    assert_eq!(code, 1);
    assert_eq!(machine.json("phone list")["total"], 0);
    let said = machine.offhook("doctor --ready-file ready.json --without-phone").out;
    assert!(said.contains("  ✓ ") && said.contains("  ✗ ") && said.contains("\n    → "), "{said}");
    assert!(!said.contains("A phone's view"), "{said}");
    drop(running);
}

/// Ports that were free a moment ago.
fn free_ports() -> Vec<u16> {
    let held: Vec<TcpListener> =
        LISTENERS.iter().map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    held.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

#[test]
fn without_a_server_it_says_so() {
    let machine = quiet(Machine::empty());
    let (_, told) = doctor(&machine, "");
    assert!(
        chapter(&told, "Ports").iter().any(|(level, text)| level == "note" && text.contains("any free port"))
    );
    let listen =
        LISTENERS.iter().zip(free_ports()).map(|(name, port)| format!("{name} = \"127.0.0.1:{port}\"\n"));
    machine.put("offhook.toml", format!("[listen]\n{}", listen.collect::<String>()));
    let (code, told) = doctor(&machine, "");
    let ports = chapter(&told, "Ports");
    let silent =
        |(level, text): &(String, String)| level == "wrong" && text.contains("nobody listens on tftp");
    assert!(code == 1 && ports.iter().any(silent), "{ports:?}");
    let view = chapter(&told, "A phone's view");
    assert!(view.len() == 1 && view[0].1.contains("no server runs here"), "{view:?}");
    assert!(!machine.path("data").exists(), "a look changes nothing");
}

#[test]
fn who_holds_a_port_is_named() {
    let machine = Machine::empty();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let others = LISTENERS.iter().filter(|name| **name != "provisioning");
    let others: String = others.map(|name| format!("{name} = \"\"\n")).collect();
    machine.put("offhook.toml", format!("[listen]\nprovisioning = \"{address}\"\n{others}"));
    let (code, told) = doctor(&machine, "--without-phone");
    let ports = chapter(&told, "Ports");
    let named = format!("(pid {})", std::process::id());
    assert!(ports.iter().any(|(level, text)| level == "wrong" && text.contains(&named)), "{ports:?}");
    assert_eq!(code, 1);
}

#[test]
fn whoever_says_nothing_is_not_waited_for_long() {
    let machine = quiet(Machine::new());
    let silent: Vec<TcpListener> = (0..7).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let quiet = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut listeners = json!({ "tftp": [quiet.local_addr().unwrap()] });
    for (name, listener) in LISTENERS[1..].iter().zip(&silent) {
        listeners[name] = json!([listener.local_addr().unwrap()]);
    }
    machine.put("ready.json", json!({ "pid": 1, "version": "0", "listeners": listeners }).to_string());
    let began = Instant::now();
    let (code, told) = doctor(&machine, "--ready-file ready.json");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    let view = chapter(&told, "A phone's view");
    assert!(code == 1 && !view.is_empty() && view.iter().all(|(level, _)| level == "wrong"), "{view:?}");
}

#[test]
fn wrong_settings_and_damaged_things_are_told() {
    let machine = quiet(Machine::new());
    machine.put("data/certificates/tftp.crt.pem", "no certificate");
    machine.put("data/offhook.db", "no database");
    let (code, told) = doctor(&machine, "--without-phone");
    assert_eq!(code, 1);
    for subject in ["Certificates", "Database"] {
        let found = chapter(&told, subject);
        assert!(found.iter().any(|(level, _)| level == "wrong"), "{subject}: {found:?}");
    }
    machine.put("offhook.toml", "[listen]\ntftpp = \"x\"\n");
    let (code, told) = doctor(&machine, "");
    let settings = chapter(&told, "Settings");
    assert!(
        code == 1 && settings.iter().any(|(level, text)| level == "wrong" && text.contains("tftpp")),
        "{settings:?}"
    );
    machine.fails(1, "doctor --ready-file nowhere.json");
    fs::write(machine.path("odd.json"), "{}").unwrap();
    machine.fails(2, "doctor --ready-file odd.json");
}
