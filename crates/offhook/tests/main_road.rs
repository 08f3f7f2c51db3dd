//! The first five minutes of a new user: a server, three commands, and a virtual phone that comes up with just that.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, io};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use provision::tree::Element;
use serde_json::{Value, json};

mod machine;

use machine::{Machine, Ran};

/// Only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// `offhook serve` on a machine.
struct Server<'m> {
    machine: &'m Machine,
    child: Child,
    ready: Value,
}

impl<'m> Server<'m> {
    fn start(machine: &'m Machine) -> Self {
        let one = "\"127.0.0.1:0\"";
        let names = [
            "tftp",
            "provisioning",
            "secure_provisioning",
            "services",
            "secure_services",
            "tvs",
            "capf",
            "admin",
        ];
        let listen: String = names.iter().map(|name| format!("{name} = {one}\n")).collect();
        machine.put("offhook.toml", format!("[listen]\n{listen}"));
        let socket = UnixDatagram::bind(machine.path("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
        command.args(["serve", "--ready-file", "ready.json"]).current_dir(machine.path("."));
        command
            .env("NOTIFY_SOCKET", machine.path("notify"))
            .stdout(fs::File::create(machine.path("said")).unwrap());
        let child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut told = [0; 4096];
        while !socket.recv(&mut told).is_ok_and(|length| told[..length].starts_with(b"READY=1")) {}
        Self { machine, child, ready: serde_json::from_slice(&machine.get("ready.json")).unwrap() }
    }

    fn port(&self, listener: &str) -> String {
        self.ready["listeners"][listener][0].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
    }

    /// A virtual phone of that model boots.
    fn boot(&self, model: &str, more: &[&str]) -> Ran {
        let [http, https, tftp] = ["provisioning", "secure_provisioning", "tftp"].map(|name| self.port(name));
        let words = ["simulate", "boot", "--model", model, "--mac", "001122334455", "--http-port", &http];
        let ports = ["--https-port", &https, "--tftp-port", &tftp];
        self.machine.given(&[&words[..], &ports, more].concat(), "")
    }

    fn keys(&self, model: &str) -> Vec<Value> {
        let ran = self.boot(model, &["--json"]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let lines = report["settings"]["lines"].as_array().unwrap().iter();
        lines.map(|key| json!([key["button"], key["does"], key["number"], key["label"]])).collect()
    }
}

impl Server<'_> {
    /// Ends it as an administrator does, so that what it remembers is kept.
    fn stop(mut self) {
        let id = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
        nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let _: io::Result<_> = self.child.kill().and_then(|()| self.child.wait());
    }
}

#[test]
fn three_commands_bring_a_phone_up() {
    let machine = Machine::new();
    let server = Server::start(&machine);
    let said = fs::read_to_string(machine.path("said")).unwrap();
    assert!(
        said.contains("offhook phone add SEP001122334455 --model 8845 --line 1001 --line 1002"),
        "{said}"
    );
    machine.ok("phone add SEP001122334455 --model 8845 --line 1001::Ann --line 1002");
    machine.ok("key set SEP001122334455 3 blf 1003 --label Bob --pickup");
    machine.ok("key set SEP001122334455 4 speed_dial 0800123456 --label Taxi");
    let expected = [
        json!(["1", "line", "1001", "Ann"]),
        json!(["2", "line", "1002", "1002"]),
        json!(["3", "busy lamp", "1003", "Bob"]),
        json!(["4", "speed dial", "0800123456", "Taxi"]),
    ];
    assert_eq!(server.keys("8845"), expected);
    let ran = server.boot("8845", &[]);
    for line in [
        "  1  line        1001",
        "  3  busy lamp   1003        Bob    and picks up",
        "signs in as     1001, with a password",
        "SEP001122334455 comes up",
    ] {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
    // The next boot sees the next change, and so does whoever looks.
    machine.ok("key clear SEP001122334455 3");
    machine.ok("line set 1002 label=Hotline");
    assert_eq!(server.keys("8845")[1..], [json!(["2", "line", "1002", "Hotline"]), expected[3].clone()]);
    server.stop();
    let fetched = &machine.json("phone show SEP001122334455")["fetched"];
    assert_eq!((&fetched["current"], &fetched["source"]), (&json!(true), &json!("127.0.0.1")), "{fetched}");
}

#[test]
fn a_phone_that_is_retired_or_removed_gets_nothing_of_its_own() {
    let machine = Machine::new();
    let server = Server::start(&machine);
    machine.ok("phone add SEP001122334455 --model 7942 --line 1001");
    assert_eq!(server.keys("7942").len(), 1);
    machine.ok("phone set SEP001122334455 state=retired");
    assert_eq!(server.boot("7942", &[]).code, 1);
    machine.ok("phone set SEP001122334455 state=active");
    assert_eq!(server.keys("7942").len(), 1);
}

/// Texts that people type into a field, and worse.
fn texts() -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        Just("<b>&amp;\"'</b>"),
        Just("]]>"),
        Just("<!--"),
        Just("Äöü ß"),
        Just("Ждать"),
        Just("日本語"),
        Just("😀"),
        Just("--label"),
        Just("@x"),
        Just("a=b"),
        Just("%s"),
        Just("\u{202e}x"),
        Just("\u{fffe}"),
        Just("  two  "),
    ];
    prop_oneof![odd.prop_map(str::to_owned), "\\PC{0,30}", "[ -~]{0,30}"]
}

#[test]
fn any_text_survives_add_show_render_and_reading() {
    let machine = Machine::empty();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&(texts(), texts()), |(description, label)| {
            // A case that failed left its phone behind, and a smaller one is tried next.
            machine.offhook("phone remove SEP001122334455 --with-lines");
            let option = format!("--description={description}");
            let line = format!("--line=1001:pw:{label}");
            let ran =
                machine.given(&["phone", "add", "SEP001122334455", "--model", "8845", &option, &line], "");
            prop_assert_eq!(ran.code, 0, "{}", ran.err);
            let shown: Value =
                serde_json::from_str(&machine.exactly(&["phone", "show", "SEP001122334455", "--json"]))
                    .unwrap();
            prop_assert_eq!(&shown["description"], &json!(description));
            let row = &machine.json("phone list")["phones"][0];
            prop_assert_eq!(&row["description"], &json!(description));
            let document = machine.exactly(&["phone", "render", "SEP001122334455"]);
            let root = Element::parse(document.as_bytes()).unwrap();
            let key = root.find("sipProfile/sipLines/line").unwrap();
            // Without a label the number stands there; what XML cannot say at all is left out.
            let expected = if label.is_empty() {
                "1001".to_owned()
            } else {
                label.replace(['\u{fffe}', '\u{ffff}'], "")
            };
            // Blanks around a text mean nothing to phones.
            prop_assert_eq!(key.child("featureLabel").unwrap().value(), expected.trim());
            Ok(())
        })
        .unwrap();
}

/// Commands that do not end with 0 on a machine where nothing serves.
const ANSWERS_NO: [&str; 2] = ["offhook simulate boot", "offhook phone diff"];

#[test]
fn every_example_of_the_page_works_in_its_order() {
    let page = include_str!("../../../docs/phones.md");
    let machine = Machine::empty();
    machine.put("custom.xml", "<custom>1</custom>");
    let examples = page.split("```").filter_map(|block| block.strip_prefix("sh\n")).flat_map(str::lines);
    let mut tried = 0;
    for example in examples {
        let ran = machine.in_a_shell(example, "typed\n");
        let expected = i32::from(ANSWERS_NO.iter().any(|command| example.starts_with(command)));
        assert_eq!(ran.code, expected, "{example}\n{}{}", ran.out, ran.err);
        tried += 1;
    }
    assert!(tried > 40, "{tried} examples");
}
