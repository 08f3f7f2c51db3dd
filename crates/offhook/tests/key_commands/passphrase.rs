//! Keys behind a passphrase.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::machine::Machine;
use crate::{PASSPHRASE, findings, in_files, places, secret, set};

#[test]
fn keys_go_behind_a_passphrase_and_come_back() {
    let machine = Machine::new();
    let keys = in_files(&machine, "file");
    assert!(keys >= 7 && machine.fails(1, "cert protect").contains("no passphrase is set"));
    let before = machine.get("data/certificates/tftp.key.pem");
    set(&machine, PASSPHRASE);
    assert!(machine.fails(1, "cert protect").contains("passphrase cannot be read"));
    secret(&machine, "passphrase", "open sesame\n");
    assert!(findings(&machine.offhook("check --json"), "keys")[0].contains("lie in the clear"));
    assert_eq!(machine.json("cert protect")["changed"].as_array().unwrap().len(), keys);
    assert_eq!(machine.json("cert protect")["changed"].as_array().unwrap().len(), 0);
    assert_eq!(in_files(&machine, "encrypted file"), keys);
    assert!(machine.ok("cert show tftp").contains("key in    an encrypted file"));
    let file = machine.get("data/certificates/tftp.key.pem");
    assert!(String::from_utf8_lossy(&file).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    let mode = fs::metadata(machine.path("data/certificates/tftp.key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // OpenSSL reads it, and it is the same key.
    machine.put("before.pem", &before);
    let theirs = "pkey -in data/certificates/tftp.key.pem -passin file:passphrase -pubout";
    assert_eq!(machine.openssl(theirs).out, machine.openssl("pkey -in before.pem -pubout").out);
    // Everything that signs goes on, and new keys are protected from the first moment on.
    machine.put("x.xml", "<x/>");
    machine.ok("file sign x.xml");
    machine.ok("file verify x.xml.sgn");
    machine.ok("cert make capf --replace");
    assert_eq!(in_files(&machine, "encrypted file"), keys);
    assert!(findings(&machine.offhook("check --json"), "keys")[0].contains("behind a passphrase"));
    // Another passphrase.
    secret(&machine, "old", "open sesame");
    secret(&machine, "passphrase", "another one\n");
    let said = machine.fails(1, "cert list");
    assert!(said.contains("protected by another one") && said.contains(".key.pem"), "{said}");
    assert_eq!(machine.json("cert protect --from old")["changed"].as_array().unwrap().len(), keys);
    assert_eq!(in_files(&machine, "encrypted file"), keys);
    assert_eq!(machine.json("cert unprotect")["changed"].as_array().unwrap().len(), keys);
    assert_eq!(in_files(&machine, "file"), keys);
    assert_eq!(machine.get("data/certificates/tftp.key.pem"), before);
}

#[test]
fn a_start_with_a_wrong_passphrase_or_none_says_so() {
    let machine = Machine::new();
    let plain = machine.get("offhook.toml");
    set(&machine, PASSPHRASE);
    secret(&machine, "passphrase", "open sesame\n");
    machine.ok("cert protect");
    let start = |words: &str| {
        let said = machine.fails(1, "serve");
        assert!(said.contains(words) && said.contains(".key.pem"), "{said}");
        let check = findings(&machine.offhook("check --json"), "keys").join(" ");
        assert!(check.contains(words), "{check}");
    };
    secret(&machine, "passphrase", "open sesam\n");
    start("the passphrase does not open this key");
    machine.put("offhook.toml", plain);
    start("set keys.passphrase_file");
    // What systemd passes counts where nothing is set.
    secret(&machine, "credentials/keys-passphrase", "open sesame");
    let ran = machine.in_a_shell("CREDENTIALS_DIRECTORY=$PWD/credentials offhook cert list", "");
    assert!(ran.code == 0 && ran.out.contains("encrypted file"), "{}", ran.err);
    let ran = machine
        .in_a_shell("OFFHOOK__KEYS__PASSPHRASE_FILE=credentials/keys-passphrase offhook cert list", "");
    assert!(ran.code == 0 && ran.out.contains("encrypted file"), "{}", ran.err);
}

#[test]
fn a_first_start_with_a_passphrase_leaves_no_key_in_the_clear() {
    let machine = Machine::empty();
    set(&machine, PASSPHRASE);
    secret(&machine, "passphrase", "open sesame\n");
    machine.ok("trust enable --yes");
    assert_eq!(in_files(&machine, "file"), 0);
    for file in fs::read_dir(machine.path("data/certificates")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("BEGIN PRIVATE KEY"));
    }
}

#[test]
fn a_protected_key_is_brought_along() {
    let machine = Machine::new();
    machine.openssl(
        "req -x509 -newkey rsa:2048 -keyout k.pem -out c.pem -days 9 -subj /CN=x/O=o/OU=u -passout pass:abc",
    );
    assert!(machine.fails(1, "cert import web c.pem --key k.pem").contains("protected by a passphrase"));
    secret(&machine, "abc", "abc\n");
    machine.ok("cert import web c.pem --key k.pem --passphrase-file abc");
    assert!(places(&machine).contains(&("web".into(), "file".into())));
}
