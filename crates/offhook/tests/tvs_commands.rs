//! Roles beside lists, and asking the service, run as people run it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod machine;

use machine::serving::{Serving, listen};
use machine::{Machine, vector};

/// A server that vouches, and nothing else.
fn serve(machine: &Machine) -> Serving {
    machine.put("offhook.toml", listen(&["tvs"]));
    Serving::on(machine)
}

fn roles(machine: &Machine, name: &str) -> (serde_json::Value, serde_json::Value) {
    let shown = machine.json(&format!("cert role show {name}"));
    (shown["roles"].clone(), shown["tvs_only"].clone())
}

#[test]
fn roles_come_and_go_in_lists_and_beside_them() {
    let machine = Machine::new();
    machine.put("web.pem", vector("keys/apps.crt.pem"));
    let told = machine.ok("cert import web web.pem --role APP-SERVER --role 99 --tvs-only --ttl 3600");
    assert!(told.contains("(TVS only: APP-SERVER 99)") && told.contains("for 3600 seconds"), "{told}");
    assert_eq!(roles(&machine, "web"), (serde_json::json!([]), serde_json::json!(["APP-SERVER", "99"])));
    let subject = "CN=Apps,O=Example,OU=Voice";
    assert!(!machine.ok("trust show").contains(subject), "lists stay as they are");
    machine.ok("cert role add web TFTP CCM TFTP");
    assert_eq!(roles(&machine, "web").0, serde_json::json!(["TFTP", "CCM"]));
    assert!(machine.ok("trust show").contains(subject));
    let shown = machine.ok("cert list");
    assert!(shown.contains("TFTP CCM (TVS only: APP-SERVER 99)"), "{shown}");
    assert_eq!(machine.json("cert show web")["ttl"], 3600);
    machine.ok("cert role remove web TFTP APP-SERVER");
    assert_eq!(roles(&machine, "web"), (serde_json::json!(["CCM"]), serde_json::json!(["99"])));
    assert!(machine.fails(1, "cert role remove web TFTP").contains("web does not have the role TFTP"));
    machine.ok("cert ttl web --usual");
    assert_eq!(machine.json("cert role show web")["ttl"], 86_400);
    machine.ok("cert role add web APP-SERVER --tvs-only");
    assert_eq!(roles(&machine, "web").1, serde_json::json!(["99", "APP-SERVER"]));
    let all = machine.ok("cert role show");
    assert!(all.contains("IN LISTS") && all.contains("sast-1") && all.contains("99 APP-SERVER"), "{all}");
}

#[test]
fn what_phones_would_refuse_is_not_written() {
    let machine = Machine::new();
    let before = machine.json("cert role show");
    for words in ["cert role remove sast-1 SAST", "cert role add tftp SAST", "cert role add tvs SAST"] {
        let told = machine.fails(1, words);
        assert!(told.contains("phones would refuse this trust list"), "{words}: {told}");
    }
    for (words, code) in [
        ("cert role add nobody TFTP", 2),
        ("cert role add tvs KING", 2),
        ("cert role add tvs", 2),
        ("cert ttl tvs 0", 2),
        ("cert ttl tvs 2592001", 2),
        ("cert ttl nobody 5", 2),
        ("cert export nobody", 2),
        ("cert remove nobody", 2),
        ("tvs query", 2),
        ("tvs query --issuer CN=x", 2),
        ("tvs query --issuer CN=x --serial kitchen", 2),
        ("tvs query nobody", 1),
        ("tvs query tvs --server 127.0.0.1:1", 1),
    ] {
        machine.fails(code, words);
    }
    assert_eq!(machine.json("cert role show"), before);
}

#[test]
fn check_knows_what_the_service_needs() {
    let machine = Machine::new();
    let found = || {
        let ran = machine.offhook("check");
        ran.out.lines().filter(|line| line.starts_with("PROBLEM") && line.contains("tvs")).count()
    };
    machine.put("offhook.toml", "[listen]\ntvs = \"127.0.0.1:0\"\n");
    assert_eq!(found(), 0);
    machine.ok("cert make tvs --replace --key p256");
    assert_eq!(found(), 1);
    machine.ok("cert remove tvs --yes");
    assert_eq!(found(), 1);
    machine.put("offhook.toml", "[listen]\ntvs = \"\"\n");
    assert_eq!(found(), 0);
}

#[test]
fn certificates_are_handed_out_and_removed() {
    let machine = Machine::new();
    assert!(machine.ok("cert export tvs").starts_with("-----BEGIN CERTIFICATE-----"));
    machine.ok("cert export tvs out.der --der");
    let sha256 = |words: &str| machine.json(words)["sha256"].clone();
    assert_eq!(sha256("cert show ./out.der"), sha256("cert show tvs"));
    assert!(!String::from_utf8(machine.get("out.der")).is_ok_and(|text| text.contains("KEY")));
    assert!(machine.fails(1, "cert remove tvs").contains("gone for ever"));
    let told = machine.offhook("cert remove tvs --yes");
    assert!(
        told.out.contains("tvs.crt.pem") && told.err.contains("makes a new tvs"),
        "{}{}",
        told.out,
        told.err
    );
    machine.fails(2, "cert role show tvs");
    machine.put("web.pem", vector("keys/apps.crt.pem"));
    machine.ok("cert import web web.pem --role TFTP --ttl 60");
    machine.ok("cert remove web");
    let state = String::from_utf8(machine.get("data/trust.toml")).unwrap();
    assert!(!state.contains("web"), "nothing is left of it: {state}");
    machine.ok("trust enable --yes");
    assert!(machine.fails(1, "cert remove sast-2").contains("must be visited"));
}

#[test]
fn the_service_is_asked_as_phones_ask() {
    let machine = Machine::new();
    machine.put("web.pem", vector("keys/apps.crt.pem"));
    let serving = serve(&machine);
    let server = format!("--server {}", serving.address("tvs"));
    let told = machine.fails(1, &format!("tvs query web.pem {server}"));
    assert!(told.contains("not valid"), "{told}");
    machine.ok("cert import web web.pem --role APP-SERVER --tvs-only --ttl 60");
    let told = machine.ok(&format!("tvs query web.pem {server}"));
    assert!(told.contains("valid: APP-SERVER, to be believed for 60 seconds"), "{told}");
    let told = machine.json(&format!("tvs query web {server} --by-name --model 9971 --mac 001122AABBCC"));
    assert_eq!((&told["valid"], &told["how"], &told["ttl"]), (&true.into(), &"query".into(), &60.into()));
    assert_eq!(
        (&told["phone"], &told["tls"]),
        (&"CP-9971-SEP001122AABBCC".into(), &"TLSv1 AES128-SHA".into())
    );
    assert_eq!(told["roles"], serde_json::json!(["APP-SERVER"]));
    let serial = machine.json("cert show web")["serial"].as_str().unwrap().to_owned();
    let by_hand = format!("tvs query --issuer OU=Voice;CN=Apps;O=Example --serial 00:{serial} {server}");
    let told = machine.ok(&format!("{by_hand} --save found.pem"));
    assert!(told.contains("found     CN=Apps,O=Example,OU=Voice"), "{told}");
    assert_eq!(machine.json("cert show ./found.pem")["serial"], serial);
    machine.fails(1, &by_hand.replace("CN=Apps", "CN=Other"));
}
