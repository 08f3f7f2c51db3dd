//! The commands about publishing, run as people run them.

use std::fs;
use std::process::{Command, Stdio};

use pki::{Curve, Identity, KeyKind, Request, Subject};
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::site::{Site, phones};

#[test]
fn enabling_publishes_the_first_list_and_nothing_after_it_by_itself() {
    let machine = Machine::new();
    assert!(machine.ok("trust history").contains("No trust list was published yet"));
    machine.ok("trust enable --yes");
    let history = machine.json("trust history");
    let first = &history["lists"][0];
    assert_eq!(
        (&first["number"], &first["for"], &first["signer"]),
        (&json!(1), &json!("first"), &json!("sast-1"))
    );
    assert_eq!(first["certificates"].as_array().unwrap().len(), 7);
    // Again, or for fewer: it is the same list.
    machine.ok("trust disable --yes");
    machine.ok("trust enable --phone SEP001122AABBCC --yes");
    assert_eq!(machine.json("trust history")["lists"].as_array().unwrap().len(), 1);
    assert!(machine.ok("trust publish").contains("Nothing to do"));
    assert!(machine.ok("trust plan").contains("none: phones have it"));
    // What changes is told, and waits.
    machine.ok("trust roles capf --none");
    let plan = machine.json("trust plan");
    assert_eq!(plan["difference"]["removed"][0]["name"], "capf");
    assert_eq!((&plan["is_published"], &plan["published"]["number"]), (&json!(false), &json!(1)));
    let text = machine.ok("trust plan");
    assert!(text.contains("- CAPF       capf (") && text.contains("6 of 39 certificates"), "{text}");
    let ran = machine.offhook("trust enable --phone SEP001122AABBCD --yes");
    assert!(ran.err.contains("Phones get list 1") && ran.err.contains("trust plan"), "{}", ran.err);
    machine.ok("trust publish --note without-enrolment");
    let list = machine.json("trust history 2");
    assert_eq!(
        (&list["published"]["for"], &list["published"]["note"]),
        (&json!("change"), &json!("without-enrolment"))
    );
    assert_eq!(list["list"]["records"].as_array().unwrap().len(), 6);
    assert!(machine.fails(1, "trust history 9").contains("there is no list 9"));
}

#[test]
fn lists_come_back_from_the_history_signed_anew() {
    let machine = Machine::new();
    machine.ok("trust enable --yes");
    machine.ok("trust history 1 --out one.tlv");
    machine.ok("trust roles capf --none");
    machine.ok("trust publish");
    machine.ok("trust history 2 --out two.tlv");
    assert!(machine.fails(1, "trust restore 2").contains("is the one that phones get"));
    assert!(machine.fails(1, "trust restore 7").contains("there is no list 7"));
    machine.ok("trust restore 1");
    machine.ok("trust history 3 --out three.tlv");
    // Phones take it after the second, and it is what the first was.
    machine.ok("trust verify three.tlv --against two.tlv");
    let records = |number: i64| machine.json(&format!("trust history {number}"))["list"]["records"].clone();
    assert_eq!(records(1), records(3));
    assert_eq!(machine.json("trust history 3")["published"]["note"], "list 1 once more");
    // What is on disk has not changed: the next would be the second again.
    assert_eq!(machine.json("trust plan")["difference"]["removed"][0]["name"], "capf");
    // Without any of its keys nobody can sign it.
    fs::remove_file(machine.path("data/certificates/sast-1.key.pem")).unwrap();
    fs::remove_file(machine.path("data/certificates/sast-2.key.pem")).unwrap();
    let refused = machine.fails(1, "trust restore 2");
    assert!(refused.contains("no SAST of that list has its key on this machine"), "{refused}");
}

#[test]
fn a_list_that_is_too_large_is_refused_before_it_is_signed() {
    let machine = Machine::new();
    machine.ok("trust enable --yes");
    for count in 0..33 {
        let subject = Subject { cn: format!("ccm {count}"), o: "Example".into(), ou: "Voice".into() };
        let request = Request { subject, names: vec![], key: KeyKind::Ec(Curve::P256), days: 1 };
        let identity = Identity::self_signed(&request, 1_790_000_000).unwrap();
        identity.write(&machine.path("data/certificates"), &format!("ccm-{count:02}")).unwrap();
    }
    let refused = machine.fails(1, "trust plan");
    assert!(refused.contains("40 certificates") && refused.contains("up to 39"), "{refused}");
    assert!(machine.fails(1, "trust publish").contains("40 certificates"));
    assert_eq!(machine.json("trust history")["lists"].as_array().unwrap().len(), 1);
    fs::remove_file(machine.path("data/certificates/ccm-00.crt.pem")).unwrap();
    machine.ok("trust publish");
}

#[test]
fn another_digest_or_version_is_another_list() {
    let machine = Machine::new();
    machine.ok("trust enable --yes");
    let settings = String::from_utf8(machine.get("offhook.toml")).unwrap();
    for (setting, number) in [("digest = \"sha512\"", 2), ("version = \"1.0\"", 3)] {
        machine.put("offhook.toml", format!("{settings}[trust]\n{setting}\n"));
        assert_eq!(machine.json("trust plan")["is_published"], false, "{setting}");
        machine.ok("trust publish");
        assert_eq!(machine.json("trust plan")["published"]["number"], number);
        assert_eq!(machine.json("trust plan")["is_published"], true);
    }
}

#[test]
fn a_phone_with_a_list_of_its_own_is_not_counted() {
    let machine = Machine::new();
    machine.ok("trust enable --yes");
    machine.ok("trust history 1 --out own.tlv");
    for phone in ["SEP001122AABBCC", "SEP001122AABBCD"] {
        machine.ok(&format!("phone add {phone} --model 8845"));
    }
    machine.put("data/tftpboot/ITLSEP001122AABBCC.tlv", machine.get("own.tlv"));
    let plan = machine.json("trust plan");
    assert_eq!(plan["own_lists"], json!(["SEP001122AABBCC"]));
    let phones: Vec<_> = plan["phones"].as_array().unwrap().iter().map(|row| &row["phone"]).collect();
    assert_eq!(phones, ["SEP001122AABBCD"]);
}

#[test]
fn two_who_publish_at_once_come_one_after_the_other() {
    let machine = Machine::new();
    machine.ok("trust enable --yes");
    let start = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
        command.args(words).current_dir(machine.path("")).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let all: Vec<_> = (0..6).map(|_| start(&["trust", "publish", "--again"])).collect();
    for one in all {
        let done = one.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let lists = machine.json("trust history")["lists"].clone();
    let numbers: Vec<i64> =
        lists.as_array().unwrap().iter().map(|list| list["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [7, 6, 5, 4, 3, 2, 1]);
    // Of two roll-overs one begins, and the other one makes nothing.
    let all: Vec<_> = (0..3).map(|_| start(&["trust", "rollover", "start"])).collect();
    let done: Vec<_> = all.into_iter().map(|one| one.wait_with_output().unwrap()).collect();
    assert_eq!(done.iter().filter(|one| one.status.success()).count(), 1, "{done:?}");
    assert_eq!(machine.json("trust history")["lists"].as_array().unwrap().len(), 8);
    assert!(!machine.path("data/certificates/sast-4.crt.pem").exists());
    assert_eq!(machine.json("trust rollover status").get("rollover").unwrap()["new"], "sast-3");
}

#[test]
fn an_interrupted_beginning_goes_on_where_it_was() {
    let machine = Machine::new();
    machine.ok("trust enable --yes");
    machine.ok("trust rollover start");
    machine.ok("trust rollover abort");
    // As if it had been interrupted when the state was written and the list was not published.
    let state = String::from_utf8(machine.get("data/trust.toml")).unwrap();
    let begun = state.replace("sasts = [\"sast-1\", \"sast-2\"]", "sasts = [\"sast-1\", \"sast-3\"]")
        + "\n[rollover]\nold = \"sast-1\"\nnew = \"sast-3\"\nbefore = [\"sast-1\", \"sast-2\"]\nsince = \"x\"\nby = \"y\"\n";
    assert_ne!(begun, state);
    machine.put("data/trust.toml", begun);
    let ran = machine.offhook("trust rollover status");
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("not published yet") && ran.out.contains("rollover start"), "{}", ran.out);
    assert!(machine.fails(1, "trust rollover finish").contains("no phone knows sast-3 yet"));
    machine.ok("trust rollover start");
    assert_eq!(machine.json("trust history")["lists"][0]["for"], "rollover-start");
    machine.ok("trust rollover finish");
    assert_eq!(machine.json("trust history")["lists"][0]["signer"], "sast-3");
    // Nonsense in the state is refused with its place.
    let state = String::from_utf8(machine.get("data/trust.toml")).unwrap();
    machine.put(
        "data/trust.toml",
        state + "[rollover]\nold = \"a\"\nnew = \"b\"\nbefore = []\nsince = \"x\"\nby = \"y\"\n",
    );
    assert!(machine.fails(1, "trust plan").contains("it needs sasts = "));
}

#[test]
fn a_roll_over_needs_somebody_who_can_sign() {
    let machine = Machine::new();
    assert!(machine.fails(1, "trust rollover start").contains("no list was published yet"));
    machine.ok("trust enable --yes");
    assert!(machine.fails(1, "trust rollover finish").contains("no roll-over is under way"));
    assert!(machine.fails(1, "trust rollover abort").contains("no roll-over is under way"));
    for (name, words) in [
        ("nobody", "there is no certificate nobody"),
        ("sast-1", "signs trust lists already"),
        ("tftp", "has other roles already"),
    ] {
        let refused = machine.fails(1, &format!("trust rollover start --to {name}"));
        assert!(refused.contains(words), "{refused}");
    }
    machine.ok("cert make curved --key p256");
    assert!(machine.fails(1, "trust rollover start --to curved").contains("RSA keys of up to 2048 bits"));
    machine.ok("cert make large --key rsa3072");
    assert!(machine.fails(1, "trust rollover start --to large").contains("RSA keys of up to 2048 bits"));
    // Nothing of all that was left behind.
    assert_eq!(machine.json("trust rollover status"), json!({ "rollover": null, "signer": "sast-1" }));
    machine.ok("trust rollover start --to sast-2");
    machine.ok("trust rollover finish");
    assert_eq!(machine.json("trust rollover status")["signer"], "sast-2");
}

#[test]
fn an_installation_of_before_goes_on_with_the_list_that_it_gave() {
    // Trust was enabled by a version that wrote nothing down.
    let machine = Machine::new();
    machine.put("data/trust.toml", "trust = \"everyone\"\n");
    let site = Site::on(machine, "tvs = \"\"\n", false);
    let history = site.machine.json("trust history");
    assert_eq!(
        (&history["lists"][0]["for"], &history["lists"][0]["by"]),
        (&json!("adopted"), &json!("offhook serve"))
    );
    assert!(site.log().contains("put the trust list that phones are given on record"));
    // A phone that was not seen since may hold a list of then: it counts when the signer changes, and not before.
    let plan = site.machine.json("trust plan");
    assert_eq!(plan["totals"], json!({"accepts": 0, "refuses": 0, "unknown": 6, "lost": 0}));
    site.ok("trust rollover start");
    let mut all = phones();
    site.boot_all(&mut all[..5]);
    site.until_they_hold(&all[..5], 2);
    let refused = site.machine.fails(1, "trust rollover finish");
    assert!(refused.contains(&all[5].mac.device_name()), "{refused}");
    site.ok("trust rollover finish --accept-loss 1");
}

#[test]
fn a_phone_that_is_retired_or_gone_keeps_nobody_waiting() {
    let site = Site::new("tvs = \"\"\n");
    let mut all = phones();
    site.boot_all(&mut all);
    site.until_they_hold(&all, 1);
    site.ok("trust rollover start");
    site.boot_all(&mut all[2..]);
    site.until_they_hold(&all[2..], 2);
    // One is taken out of the building, the other one is retired.
    let (gone, retired) = (all[0].mac.device_name(), all[1].mac.device_name());
    for phone in [&gone, &retired] {
        fs::remove_file(site.machine.path(&format!("data/tftpboot/{phone}.cnf.xml"))).unwrap();
    }
    site.ok(&format!("phone add {retired} --model 7841"));
    site.ok(&format!("phone set {retired} state=retired"));
    let plan = site.machine.json("trust plan");
    assert_eq!(plan["gone"], json!([gone, retired]));
    site.ok(&format!("trust forget {gone} {retired}"));
    assert_eq!(site.machine.json("trust plan")["gone"], json!([]));
    assert!(site.ok(&format!("trust forget {gone}")).out.contains("Nothing was known"));
    site.ok("trust rollover finish");
}

#[test]
fn the_ledger_and_the_history_are_in_backups() {
    let machine = Machine::new();
    machine.ok("trust enable --yes");
    machine.ok("trust publish --again --note second");
    let before = machine.json("trust history");
    machine.ok("db backup kept.backup");
    let other = Machine::new();
    other.put("kept.backup", machine.get("kept.backup"));
    other.ok("db restore kept.backup");
    assert_eq!(other.json("trust history"), before);
    let shown: Value = other.json("db show");
    assert!(shown.to_string().contains("trust_lists"), "{shown}");
}
