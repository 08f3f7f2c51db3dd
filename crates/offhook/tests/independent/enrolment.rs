//! Enrolment.

use std::fs;

use serde_json::{Value, json};

use crate::{NAME, OTHER, Office};

#[test]
fn a_phone_enrols_by_its_password_as_described() {
    let office = Office::open();
    office.ends(NAME, "", 0);
    office.ends("SEP0000000000EE", "", 9);

    office.schedule(NAME, "--password 13579");
    office.ends(NAME, "--password 24680", 7);
    office.ends(NAME, "--password 13579 --version 4", 7);
    assert_eq!(office.show(NAME)["scheduled"]["wrong_passwords"], 1);
    assert_eq!(office.show(NAME)["held"], Value::Null);
    office.installs(NAME, "first", "--password 13579 --version 2", "rsa 2048");
    office.ends(NAME, "--password 13579", 0);

    office.schedule(NAME, "--no-password --key-size 3072");
    office.installs(NAME, "second", "", "rsa 3072");

    office.schedule(OTHER, "--password 13579");
    for wrong in ["1", "135790", "97531"] {
        office.ends(OTHER, &format!("--password {wrong}"), 7);
    }
    office.ends(OTHER, "--password 13579", 7);
    assert_eq!(office.show(OTHER)["scheduled"]["locked"], true);
    office.schedule(OTHER, "--password 13579");
    office.installs(OTHER, "other", "--password 13579", "rsa 2048");
}

#[test]
fn a_phone_enrols_by_the_certificate_it_has_as_described() {
    let office = Office::open();
    office.schedule(NAME, "--no-password");
    office.installs(NAME, "first", "", "rsa 2048");
    office.schedule(NAME, "--certificate --key-size 1024");
    office.ends(NAME, "", 7);
    office.ends(NAME, "--holds first --spoil sha1", 7);
    office.ends(NAME, "--holds first --spoil sha512", 7);
    office.ends(NAME, &format!("--holds first --signed-name {OTHER}"), 7);
    office.installs(NAME, "second", "--holds first", "rsa 1024");
    office.schedule(NAME, "--lsc --curve secp384r1");
    office.installs(NAME, "third", "--holds second --sudi", "ec secp384r1");
    office.schedule(NAME, "--certificate");
    office.installs(NAME, "fourth", "--holds third", "rsa 2048");

    office.schedule(OTHER, "--certificate");
    office.ends(OTHER, "--holds fourth", 7);
    office.ends(OTHER, &format!("--holds fourth --signed-name {NAME}"), 7);

    office.schedule(NAME, "--no-password --fetch");
    let told = office.enrol(NAME, "nothing", "--has first");
    assert_eq!((&told["steps"], &told["reason"]), (&json!([[1, [7, 8]], [11, []], [15, [1]]]), &json!(0)));
    assert_eq!(office.show(NAME)["held"]["sha256"], office.digest("first/certificate.der"));
    office.schedule(NAME, "--no-password --delete");
    let told = office.enrol(NAME, "nothing", "");
    assert_eq!((&told["steps"], &told["reason"]), (&json!([[1, [7, 8]], [13, []], [15, [1]]]), &json!(1)));
    assert_eq!(office.show(NAME)["held"], Value::Null);
}

#[test]
fn a_phone_enrols_by_the_certificate_of_its_maker_as_described() {
    let office = Office::open();
    office.openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout maker.key -out maker.pem -days 9 -subj /O=Maker/CN=Maker",
    );
    for (folder, name) in [("mic", format!("CP-8845-{NAME}")), ("wrong", format!("CP-8845-{OTHER}"))] {
        fs::create_dir(office.machine.path(folder)).unwrap();
        let request = format!("req -newkey rsa:2048 -nodes -keyout {folder}/key.pem -out {folder}/request");
        office.openssl(&format!("{request} -subj /O=Maker/CN={name}"));
        let signed =
            format!("x509 -req -in {folder}/request -CA maker.pem -CAkey maker.key -CAcreateserial -days 9");
        office.openssl(&format!("{signed} -outform DER -out {folder}/certificate.der"));
    }
    office.schedule(NAME, "--mic");
    office.ends(NAME, "--holds mic --sudi", 7);
    office.offhook("cert manufacturer add maker maker.pem");
    office.ends(NAME, "--holds wrong --sudi", 7);
    office.ends(NAME, "--holds mic --sudi --spoil sudi", 7);
    office.installs(NAME, "first", "--holds mic --sudi", "rsa 2048");
    office.schedule(NAME, "--lsc");
    office.ends(NAME, "--holds mic --sudi", 7);
}
