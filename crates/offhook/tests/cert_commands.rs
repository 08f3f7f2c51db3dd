//! `offhook cert`, run as people run it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod machine;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use machine::Machine;

#[test]
fn make_writes_a_pair_that_openssl_verifies() {
    let machine = Machine::empty();
    let made = machine.json("cert make own --dir . --cn Own --o Example --ou Voice --san own.example.net --san 192.0.2.9 --days 30");
    assert_eq!(made["certificate"]["subject"], "CN=Own,O=Example,OU=Voice");
    assert_eq!(made["certificate"]["key"], "rsa2048");
    assert_eq!(machine.openssl("verify -CAfile own.crt.pem own.crt.pem").out, "own.crt.pem: OK\n");
    let text = machine.openssl("x509 -in own.crt.pem -noout -text").out;
    assert!(
        text.contains("DNS:own.example.net, IP Address:192.0.2.9") && text.contains("IPSec End System"),
        "{text}"
    );
    machine.openssl("pkey -in own.key.pem -check -noout");
    let mode = fs::metadata(machine.path("own.key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn make_replaces_only_when_told_and_refuses_what_phones_would() {
    let machine = Machine::empty();
    machine.ok("cert make own --dir . --key p256");
    let before = machine.get("own.crt.pem");
    assert!(machine.fails(1, "cert make own --dir . --key p256").contains("--replace"));
    assert_eq!(machine.get("own.crt.pem"), before);
    machine.ok("cert make own --dir . --key p256 --replace");
    assert_ne!(machine.get("own.crt.pem"), before);
    assert!(machine.fails(2, "cert make ../own").contains("no name for a certificate"));
    assert!(machine.fails(2, "cert make x --key dsa").contains("not a kind of key"));
    assert!(machine.fails(2, "cert make x --san a_b..c").contains("neither a DNS name nor an IP address"));
    assert!(machine.fails(1, "cert make x --dir . --days 0").contains("0 days"));
    let long = "x".repeat(65);
    assert!(
        machine.fails(1, &format!("cert make x --dir . --cn {long}")).contains("more than 64 characters")
    );
    assert!(!machine.path("x.crt.pem").exists());
}

#[test]
fn list_tells_names_roles_and_where_keys_are() {
    let machine = Machine::new();
    fs::remove_file(machine.path("data/certificates/sast-2.key.pem")).unwrap();
    let key = machine.path("data/certificates/tvs.key.pem");
    fs::set_permissions(key, fs::Permissions::from_mode(0o644)).unwrap();
    let rows = machine.json("cert list");
    let told: Vec<(&str, &str, &str)> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let word = |field: &str| row[field].as_str().unwrap();
            (word("name"), word("kind"), word("key"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("sast-1", "rsa2048", "file"),
            ("sast-2", "rsa2048", "elsewhere"),
            ("tftp", "rsa2048", "file"),
            ("provisioning", "p256", "file"),
            ("application", "rsa2048", "file"),
            ("tvs", "rsa2048", "readable by others!"),
            ("capf", "rsa2048", "file"),
        ]
    );
    assert_eq!(rows[2]["roles"][0], "TFTP");
    let text = machine.ok("cert list");
    assert!(text.contains("recovery") && text.contains("APP-SERVER"), "{text}");
    assert!(Machine::empty().fails(1, "cert list").contains("offhook init"));
}

#[test]
fn hashes_are_what_openssl_computes() {
    let machine = Machine::new();
    let hex = |algorithm: &str| {
        let told = machine
            .openssl(&format!("x509 -in data/certificates/tftp.crt.pem -noout -fingerprint -{algorithm}"));
        told.out.trim().split('=').nth(1).unwrap().replace(':', "").to_lowercase()
    };
    for word in ["tftp", "data/certificates/tftp.crt.pem"] {
        let hashes = machine.json(&format!("cert hash {word}"));
        assert_eq!(hashes["md5"], hex("md5"));
        assert_eq!(hashes["sha256"], hex("sha256"));
        assert_eq!(machine.ok(&format!("cert hash {word} --only md5")).trim(), hex("md5"));
    }
    machine.openssl("x509 -in data/certificates/tftp.crt.pem -outform DER -out tftp.der");
    let sha1 = machine.openssl("dgst -sha1 -binary tftp.der").bytes;
    machine.put("sha1", sha1);
    let base64 = machine.openssl("base64 -in sha1").out;
    assert_eq!(machine.ok("cert hash tftp.der --only sha1"), base64);
}

#[test]
fn show_tells_names_in_the_form_of_phones() {
    let machine = Machine::new();
    let own = machine.vector("keys/sast.crt.pem");
    let shown = machine.json(&format!("cert show {own}"));
    assert_eq!(shown["subject"], "CN=SAST,O=Example,OU=Voice");
    assert_eq!(shown["serial"], "2d155cc0fa5f277282fae94fc7b6d27e");
    assert_eq!(shown["names"][0], "sast");
    assert!(machine.ok("cert show provisioning").contains("CN=pbx.example.net,O=offhook,OU=Provisioning"));
    assert!(machine.fails(1, "cert show nobody").contains("neither a file nor a certificate"));
    machine.put("noise.pem", "noise");
    assert!(machine.fails(1, "cert show noise.pem").contains("noise.pem: this is not a certificate"));
}

#[test]
fn import_takes_pairs_and_lone_certificates() {
    let machine = Machine::new();
    machine.openssl("req -x509 -newkey rsa:2048 -nodes -keyout a.key -out a.crt -subj /CN=Asterisk/O=Ours/OU=Voice -days 9");
    machine.openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout b.key -out b.crt -subj /CN=Other/O=Ours/OU=Voice -days 9",
    );
    machine.ok("cert import ccm-asterisk a.crt");
    let list = machine.ok("trust show");
    assert!(
        list.lines().any(|line| line.starts_with("CCM ") && line.contains("CN=Asterisk,O=Ours,OU=Voice")),
        "{list}"
    );
    assert!(!machine.path("data/certificates/ccm-asterisk.key.pem").exists());
    assert!(machine.fails(1, "cert import tvs b.crt").contains("--replace"));
    assert!(machine.fails(1, "cert import tvs b.crt --replace").contains("key of another certificate"));
    assert!(machine.fails(1, "cert import tvs b.crt --key a.key --replace").contains("is not the key of"));
    machine.ok("cert import tvs b.crt --key b.key --replace");
    assert!(machine.ok("cert show tvs").contains("CN=Other,O=Ours,OU=Voice"));
    machine.openssl("rsa -in a.key -aes128 -passout pass:x -out locked.key");
    assert!(machine.fails(1, "cert import x a.crt --key locked.key").contains("passphrase"));
}

#[test]
fn a_sast_is_not_replaced_by_accident_while_trust_is_on() {
    let machine = Machine::new();
    machine.ok("trust enable --phone SEP001122AABBCC --yes");
    assert!(machine.fails(1, "cert make sast-1 --replace").contains("must be visited"));
    machine.ok("cert make sast-1 --replace --yes");
    machine.ok("cert make tvs --replace");
}
