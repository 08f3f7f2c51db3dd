//! The Trust Verification Service.

use serde_json::{Value, json};

use crate::Office;

fn answer(question: &str, command: u8, told: Option<(&[u8], u32)>, certificate: Option<&str>) -> Value {
    let tags: &[u8] = match (told, certificate) {
        (None, _) => &[7],
        (Some(_), None) => &[7, 8, 9],
        (Some(_), Some(_)) => &[7, 2, 8, 9],
    };
    json!({
        "question": question, "protocol": 87, "version": 1, "command": command, "same_session": true, "tags": tags,
        "status": u8::from(told.is_none()), "certificate": certificate,
        "roles": told.map(|told| told.0), "ttl": told.map(|told| told.1),
    })
}

#[test]
fn a_certificate_is_vouched_for_as_described() {
    let office = Office::open();
    let make = |name: &str, subject: &str| {
        let request = format!("req -x509 -newkey rsa:2048 -nodes -keyout {name}.key -days 9 -subj {subject}");
        office.openssl(&format!("{request} -outform DER -out {name}.der"));
    };
    make("stranger", "/O=Example/CN=stranger");
    make("pbx", "/C=DE/ST=Hessen/L=Kassel/O=Example/OU=Voice/CN=pbx.example.net");
    office.offhook("cert import pbx pbx.der --role CCM --tvs-only --ttl 3600");
    let [tftp, pbx] = ["tftp", "pbx"].map(|name| office.exported(name));
    for name in ["application", "capf", "sast-1"] {
        office.exported(name);
    }
    let questions = [
        ("verify=application.der", 2, Some((&[7][..], 86_400)), None),
        ("verify=stranger.der", 2, None, None),
        ("verify=capf.der", 2, Some((&[4], 86_400)), None),
        ("verify=sast-1.der", 2, Some((&[0], 86_400)), None),
        ("query=tftp.der", 4, Some((&[3], 86_400)), Some(&*tftp)),
        ("query-other=tftp.der", 4, Some((&[3], 86_400)), Some(&*tftp)),
        ("query-wrong=tftp.der", 4, None, None),
        ("query=pbx.der", 4, Some((&[1], 3600)), Some(&*pbx)),
        ("query-other=pbx.der", 4, Some((&[1], 3600)), Some(&*pbx)),
        ("query=stranger.der", 4, None, None),
    ];
    let words: Vec<&str> = questions.iter().map(|question| question.0).collect();
    let expected = questions.map(|(question, command, told, whole)| answer(question, command, told, whole));
    assert_eq!(office.ask(&words.join(" ")), expected, "{}", office.log());
}

#[test]
fn a_question_that_is_none_ends_the_connection() {
    let office = Office::open();
    office.exported("tftp");
    let old = office.ask("--version 0 verify=tftp.der");
    assert_eq!((&old[0]["status"], &old[0]["roles"]), (&json!(0), &json!([3])), "old phones announce less");
    let closed = |question: &str| vec![json!({"question": question, "closed": true})];
    assert_eq!(office.ask("--version 2 verify=tftp.der"), closed("verify=tftp.der"));
    assert_eq!(office.ask("broken=tftp.der"), closed("broken=tftp.der"));
    let log = office.log();
    assert_eq!(log.matches("this is no request").count(), 2, "with a reason in the log: {log}");
}
