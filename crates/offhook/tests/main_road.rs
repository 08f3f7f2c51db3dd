//! The first five minutes of a new user: a server, three commands, and a virtual phone that comes up with just that.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use provision::tree::Element;
use serde_json::{Value, json};

mod machine;

use machine::serving::{ALL, Serving, listen};
use machine::{Machine, Ran};

/// `offhook serve` on a machine.
struct Server<'m> {
    machine: &'m Machine,
    serving: Serving,
}

impl<'m> Server<'m> {
    fn start(machine: &'m Machine) -> Self {
        machine.put("offhook.toml", listen(&ALL));
        Self { machine, serving: Serving::on(machine) }
    }

    /// A virtual phone of that model boots.
    fn boot(&self, model: &str, more: &[&str]) -> Ran {
        let ports = self.serving.ports();
        let words = ["simulate", "boot", "--model", model, "--mac", "001122334455"];
        let words = words.into_iter().chain(ports.iter().map(String::as_str)).chain(more.iter().copied());
        self.machine.given(&words.collect::<Vec<_>>(), "")
    }

    fn keys(&self, model: &str) -> Vec<Value> {
        let ran = self.boot(model, &["--json"]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let lines = report["settings"]["lines"].as_array().unwrap().iter();
        lines.map(|key| json!([key["button"], key["does"], key["number"], key["label"]])).collect()
    }
}

#[test]
fn three_commands_bring_a_phone_up() {
    let machine = Machine::new();
    let server = Server::start(&machine);
    let said = server.serving.said();
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
    server.serving.stop();
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
