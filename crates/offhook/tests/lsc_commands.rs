//! `offhook lsc` and `offhook cert manufacturer`, run as people run them.
#![expect(clippy::unwrap_used, reason = "tests")]

mod machine;

use std::os::unix::fs::PermissionsExt;

use machine::Machine;

const PHONE: &str = "SEP58971ECC97C1";
const OTHER: &str = "SEP58971ECC97C2";

#[test]
fn schedule_tells_passwords_once_and_nothing_else_does() {
    let machine = Machine::new();
    let told = machine.json(&format!("lsc schedule {PHONE} 58:97:1e:cc:97:c2"));
    let passwords: Vec<&str> = [0, 1].map(|at| told[at]["password"].as_str().unwrap()).to_vec();
    assert!(passwords.iter().all(|password| password.len() == 6 && password.parse::<u32>().is_ok()));
    assert_eq!((told[0]["phone"].as_str(), told[1]["phone"].as_str()), (Some(PHONE), Some(OTHER)));
    assert_eq!(told[0]["operation"], "install rsa2048");
    for words in
        ["lsc list", "lsc list --json", &format!("lsc show {PHONE}"), &format!("lsc show {PHONE} --json")]
    {
        let printed = machine.ok(words);
        assert!(printed.contains(PHONE) && !printed.contains(passwords[0]), "{words}: {printed}");
    }
    let file = machine.path("data/offhook.db");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn schedule_takes_every_proof_key_and_operation() {
    let machine = Machine::new();
    for (words, operation, proof) in [
        ("--password 1234", "install rsa2048", "password"),
        ("--certificate --key-size 4096", "install rsa4096", "certificate"),
        ("--lsc --curve secp384r1", "install secp384r1", "lsc"),
        ("--mic --curve SECP521R1 --within 10", "install secp521r1", "mic"),
        ("--no-password --fetch", "fetch", "none"),
        ("--lsc --delete", "delete", "lsc"),
    ] {
        let told = machine.json(&format!("lsc schedule {PHONE} {words}"));
        assert_eq!(
            (told[0]["operation"].as_str(), told[0]["proof"].as_str()),
            (Some(operation), Some(proof))
        );
        let shown = machine.json(&format!("lsc show {PHONE}"));
        assert_eq!(shown["scheduled"]["operation"], operation);
        assert_eq!(shown["scheduled"]["until"].is_string(), words.contains("--within"));
    }
    for (words, complaint) in [
        ("--password 123", "4 to 15 digits"),
        ("--password abcd", "4 to 15 digits"),
        ("--key-size 512", "1024, 2048, 3072 or 4096"),
        ("--curve rsa2048", "no curve of phones"),
        ("--curve prime256v1", "no curve of phones"),
        ("--curve secp256r1 --key-size 2048", "cannot be used with"),
        ("--password 1234 --certificate", "cannot be used with"),
        ("--fetch --delete", "cannot be used with"),
    ] {
        let said = machine.fails(2, &format!("lsc schedule {OTHER} {words}"));
        assert!(said.contains(complaint), "{words}: {said}");
    }
    assert!(machine.fails(1, &format!("lsc show {OTHER}")).contains("nothing is known"));
    assert!(machine.fails(2, "lsc schedule").contains("which phones?"));
}

#[test]
fn phones_are_found_in_the_inventory() {
    let machine = Machine::new();
    machine.ok("profile add office");
    machine.ok(&format!("phone add {PHONE} --model 8845 --profile office"));
    machine.ok(&format!("phone add {OTHER} --model 8861 --profile office"));
    machine.ok("phone add SEP58971ECC97C3 --model 8861");
    assert_eq!(machine.json("lsc schedule --profile office --no-password").as_array().unwrap().len(), 2);
    assert_eq!(machine.json("lsc schedule --model 8861 --no-password").as_array().unwrap().len(), 2);
    assert_eq!(machine.json("lsc list --scheduled").as_array().unwrap().len(), 3);
    assert!(machine.fails(1, "lsc cancel --site nowhere").contains("no such phone"));
    assert_eq!(machine.json("lsc list --profile office --model 8861").as_array().unwrap().len(), 1);
    assert_eq!(machine.json("lsc list --search 97C3").as_array().unwrap().len(), 1);
    assert_eq!(machine.json("lsc show --profile office").as_array().unwrap().len(), 2);
    assert!(machine.ok("lsc show --profile office").contains(OTHER));
    assert!(machine.fails(1, "lsc revoke --profile office").contains("no certificate is on record"));
    machine.ok("lsc cancel --profile office");
    assert_eq!(machine.json("lsc list --scheduled").as_array().unwrap().len(), 1);
}

#[test]
fn what_is_not_there_is_said_to_be_absent() {
    let machine = Machine::new();
    assert_eq!(machine.ok("lsc list").trim(), "no phone enrols; `offhook lsc schedule` begins");
    assert!(machine.ok(&format!("lsc cancel {PHONE}")).contains("nothing was scheduled"));
    assert_eq!(machine.json("lsc list").as_array().unwrap().len(), 0);
    machine.ok(&format!("lsc schedule {PHONE} --no-password"));
    assert!(machine.fails(1, &format!("lsc export {PHONE}")).contains("no certificate"));
    assert!(machine.fails(1, &format!("lsc revoke {PHONE}")).contains("no certificate is on record"));
    assert!(machine.fails(2, "lsc export").contains("--output"));
    machine.ok(&format!("lsc encrypt {PHONE}"));
    assert_eq!(machine.json(&format!("lsc show {PHONE}"))["encrypt"], true);
    machine.ok(&format!("lsc encrypt {PHONE} --off"));
    assert_eq!(machine.json(&format!("lsc show {PHONE}"))["encrypt"], false);
}

#[test]
fn certificates_on_record_are_exported_and_revoked() {
    let machine = Machine::new();
    let pem = String::from_utf8(machine::vector("keys/phone-lsc.crt.pem")).unwrap();
    let record = format!("[held]\norigin = \"lsc\"\nat = 1\ncertificate = \"\"\"\n{pem}\"\"\"\n");
    machine.put(&format!("data/enrolments/{PHONE}.toml"), record);
    assert_eq!(machine.ok(&format!("lsc export {PHONE}")).trim(), pem.trim());
    machine.ok("lsc export --output out");
    assert_eq!(machine.get(&format!("out/{PHONE}.crt.pem")), pem.as_bytes());
    let serial = machine.json(&format!("lsc show {PHONE}"))["held"]["serial"].as_str().unwrap().to_owned();
    assert!(machine.ok(&format!("lsc revoke {PHONE}")).contains(&serial));
    let shown = machine.json(&format!("lsc show {PHONE}"));
    assert_eq!(
        (shown["held"]["revoked"].as_bool(), shown["revoked"][0].as_str()),
        (Some(true), Some(&*serial))
    );
    assert!(machine.ok("lsc list").contains("revoked"));
    assert_eq!(machine.json("lsc list --ends-within 9999").as_array().unwrap().len(), 1);
}

#[test]
fn check_tells_whose_certificate_ends_and_who_is_locked_out() {
    let machine = Machine::new();
    let said = |machine: &Machine| {
        let ran = machine.offhook("check --json");
        let check: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let findings = check["findings"].as_array().unwrap();
        let ours = findings.iter().filter(|finding| finding["subject"] == "enrolment");
        ours.map(|finding| finding["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(said(&machine), [""; 0]);
    let pem = String::from_utf8(machine::vector("keys/phone-lsc.crt.pem")).unwrap();
    let held = format!("[held]\norigin = \"lsc\"\nat = 1\ncertificate = \"\"\"\n{pem}\"\"\"\n");
    machine.put(&format!("data/enrolments/{PHONE}.toml"), &held);
    machine.ok("lsc list");
    assert_eq!(said(&machine), ["1 phone holds a certificate, all in time"]);
    machine.ok(&format!("lsc schedule {OTHER} --password 1234"));
    let locked = "[scheduled]\noperation = \"install\"\nproof = \"password\"\npassword = \"1234\"\nfailures = 3\nat = 1\n";
    machine.ok(&format!("lsc cancel {OTHER}"));
    machine.put(&format!("data/enrolments/{OTHER}.toml"), locked);
    assert!(said(&machine).last().unwrap().contains("an earlier version kept its records in files"));
    machine.ok("lsc list");
    assert!(machine.path("data/enrolments.taken-over-2").exists());
    assert_eq!(said(&machine), [format!("{OTHER} tried too many wrong passwords")]);
    machine.ok("lsc encrypt SEP58971ECC97C3");
    assert!(said(&machine)[1].contains("SEP58971ECC97C3 are to get an encrypted configuration"));
    machine.ok("cert make capf --replace --key p256");
    assert!(said(&machine)[0].contains("EC key"));
    // What cannot be taken over is named, and nothing goes on without it.
    machine.put(&format!("data/enrolments/{OTHER}.toml"), "nonsense");
    assert!(machine.fails(1, "lsc list").contains(OTHER));
}

#[test]
fn manufacturers_come_and_go() {
    let machine = Machine::new();
    let file = machine.vector("keys/capf.crt.pem");
    assert!(machine.ok("cert manufacturer list").contains("no manufacturer is here"));
    machine.ok(&format!("cert manufacturer add maker {file}"));
    assert_eq!(machine.json("cert manufacturer list")[0]["allow_expired"], false);
    machine.ok(&format!("cert manufacturer add maker {file} --allow-expired"));
    let list = machine.json("cert manufacturer list");
    assert_eq!((list.as_array().unwrap().len(), list[0]["allow_expired"].as_bool()), (1, Some(true)));
    assert!(machine.fails(2, &format!("cert manufacturer add ../x {file}")).contains("no name"));
    machine.put("junk", "hello");
    assert!(machine.fails(1, "cert manufacturer add x junk").contains("junk"));
    machine.ok("cert manufacturer remove maker");
    assert!(machine.fails(1, "cert manufacturer remove maker").contains("no manufacturer maker"));
}
