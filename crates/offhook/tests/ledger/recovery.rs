//! The SAST that remains when a machine is lost.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::machine::Machine;
use crate::site::{Site, phones, signer};

const PASSPHRASE: &str = "correct horse battery staple";

fn with_passphrase(machine: &Machine) {
    machine.put("passphrase", format!("{PASSPHRASE}\n"));
}

#[test]
fn it_is_exported_once_and_said_so() {
    let machine = Machine::new();
    with_passphrase(&machine);
    let ran = machine.offhook("trust recovery export kept.p12 --passphrase-file passphrase");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.contains("holds sast-2 and its key, sealed") && ran.out.contains("recovery remove"),
        "{}",
        ran.out
    );
    let mode = fs::metadata(machine.path("kept.p12")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let refused = machine.fails(1, "trust recovery export again.p12 --passphrase-file passphrase");
    assert!(refused.contains("was exported") && refused.contains("--again"), "{refused}");
    assert!(!machine.path("again.p12").exists());
    machine.ok("trust recovery export again.p12 --passphrase-file passphrase --again");
    let refused = machine.fails(1, "trust recovery export kept.p12 --passphrase-file passphrase --again");
    assert!(refused.contains("is there already"), "{refused}");
    // Then its key goes, and nobody misses it.
    let ran = machine.offhook("trust recovery remove --yes");
    assert!(
        ran.out.contains("Removed ") && ran.err.contains("offhook has no other copy"),
        "{}{}",
        ran.out,
        ran.err
    );
    assert!(!machine.path("data/certificates/sast-2.key.pem").exists());
    assert!(machine.ok("trust recovery remove --yes").contains("Nothing to do"));
    let refused = machine.fails(1, "trust recovery export third.p12 --passphrase-file passphrase --again");
    assert!(refused.contains("the key of sast-2 is not on this machine any more"), "{refused}");
    machine.ok("trust enable --yes");
    // Brought back, it is as before.
    let ran = machine.offhook("trust recovery import kept.p12 --passphrase-file passphrase --json");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&ran.out).unwrap(),
        json!({"certificate": "sast-2", "signs": false})
    );
    assert!(machine.path("data/certificates/sast-2.key.pem").exists());
    assert_eq!(machine.json("trust plan")["next"]["signer"], "sast-1");
}

#[test]
fn a_key_that_was_never_exported_is_not_removed() {
    let machine = Machine::new();
    with_passphrase(&machine);
    assert!(machine.fails(1, "trust recovery remove --yes").contains("was never exported"));
    // Nor the last that can sign.
    fs::remove_file(machine.path("data/certificates/sast-1.key.pem")).unwrap();
    let refused = machine.fails(1, "trust recovery export kept.p12 --passphrase-file passphrase --remove");
    assert!(refused.contains("the key of sast-1 is not on this machine any more"), "{refused}");
    let keys =
        ["sast-1", "sast-2"].map(|name| machine.path(&format!("data/certificates/{name}.key.pem")).exists());
    assert_eq!(keys, [false, true]);
}

#[test]
fn passphrases_are_no_arguments_and_not_short() {
    let machine = Machine::new();
    assert!(machine.fails(2, "trust recovery export a.p12 --passphrase x").contains("unexpected argument"));
    assert!(machine.fails(2, "trust recovery export a.p12").contains("not a terminal"));
    machine.put("short", "eleven char\n");
    assert!(machine.fails(1, "trust recovery export a.p12 --passphrase-file short").contains("at least 12"));
    assert!(
        machine.fails(1, "trust recovery export a.p12 --passphrase-file none").contains("cannot read none")
    );
    assert!(!machine.path("a.p12").exists());
    // From the environment, and from standard input.
    let ran = machine.in_a_shell(
        "OFFHOOK_RECOVERY_PASSPHRASE='from the environment' offhook trust recovery export a.p12",
        "",
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = machine
        .given(&["trust", "recovery", "import", "a.p12", "--passphrase-file", "-"], "from the environment\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = machine
        .given(&["trust", "recovery", "import", "a.p12", "--passphrase-file", "-"], "something else\n");
    assert!(ran.code == 1 && ran.err.contains("the passphrase does not open it"), "{}", ran.err);
    machine.put("noise.p12", "noise");
    let ran = machine.given(&["trust", "recovery", "import", "noise.p12", "--passphrase-file", "-"], "x\n");
    assert!(ran.code == 1 && ran.err.contains("noise.p12") && ran.err.contains("no PKCS#12"), "{}", ran.err);
    assert!(!ran.err.contains("panicked"));
}

#[test]
fn other_programs_open_it() {
    let machine = Machine::new();
    with_passphrase(&machine);
    machine.ok("trust recovery export kept.p12 --passphrase-file passphrase");
    let ran = machine.in_a_shell("openssl pkcs12 -in kept.p12 -passin file:passphrase -nodes", "");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("BEGIN CERTIFICATE") && ran.out.contains("BEGIN PRIVATE KEY"), "{}", ran.out);
}

#[test]
fn phones_follow_it_to_a_new_machine_when_the_old_one_is_lost() {
    let site = Site::new("tvs = \"\"\n");
    with_passphrase(&site.machine);
    let mut all = phones();
    site.boot_all(&mut all);
    site.ok("trust recovery export kept.p12 --passphrase-file passphrase --remove");
    assert!(!site.machine.path("data/certificates/sast-2.key.pem").exists());
    let kept = site.machine.get("kept.p12");
    drop(site);

    // A machine that has nothing of the old one.
    let machine = Machine::new();
    for name in ["sast-1", "sast-2", "tftp", "provisioning", "application", "tvs", "capf"] {
        machine.ok(&format!(
            "cert make {name} --replace{}",
            if name.starts_with("sast") { " --yes" } else { "" }
        ));
    }
    with_passphrase(&machine);
    machine.put("kept.p12", kept);
    let text = machine.ok("trust recovery import kept.p12 --passphrase-file passphrase");
    assert!(text.contains("sast-3 is on this machine and signs trust lists from now on"), "{text}");
    assert!(text.contains("rollover start --to sast-1"), "{text}");
    let site = Site::on(machine, "tvs = \"\"\n", true);
    site.boot_all(&mut all);
    assert!(all.iter().all(|phone| signer(phone).starts_with("CN=SAST-2,")));
    site.until_they_hold(&all, 1);
    // And from there to a SAST whose key was made here.
    site.ok("trust rollover start --to sast-1");
    site.boot_all(&mut all);
    site.until_they_hold(&all, 2);
    site.ok("trust rollover finish");
    site.boot_all(&mut all);
    assert!(all.iter().all(|phone| signer(phone).starts_with("CN=SAST-1,")));
}
