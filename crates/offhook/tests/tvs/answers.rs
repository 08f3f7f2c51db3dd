//! What is answered, byte for byte, and what is written about it.

use std::fs;
use std::path::Path;
use std::process::Command;

use pki::Certificate;
use tokio::io::AsyncWriteExt;
use wire::trust_list::Role;
use wire::tvs::{Answer, Ask, Response, Vouched};

use crate::{PHONE, Service, answer, certificate, hex, query, verify};

/// The request and the response of a transcript.
fn transcript(name: &str) -> (Vec<u8>, Vec<u8>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/vectors/tvs").join(name);
    let (mut asked, mut answered) = (Vec::new(), Vec::new());
    for line in fs::read_to_string(path).unwrap().lines() {
        match line.split_at(2) {
            ("> ", said) => asked.extend(hex(said)),
            (_, said) => answered.extend(hex(said)),
        }
    }
    (asked, answered)
}

#[tokio::test]
async fn transcripts_are_answered_byte_for_byte() {
    let service = Service::new();
    let mut kept = service.connect().await;
    for name in ["tvs-apps.txt", "tvs-asterisk.txt", "tvs-capf.txt"] {
        let (asked, answered) = transcript(name);
        assert_eq!(service.ask(&asked).await, answered, "{name}, on a connection of its own");
        kept.write_all(&asked).await.unwrap();
        assert_eq!(answer(&mut kept).await.unwrap(), answered, "{name}, one of several on a connection");
    }
}

#[tokio::test]
async fn each_question_leaves_a_line_and_is_counted() {
    let service = Service::new();
    service.ask(&transcript("tvs-asterisk.txt").0).await;
    service.ask(&transcript("tvs-capf.txt").0).await;
    let unknown = certificate("capf");
    service.ask(&query(2, unknown.issuer(), unknown.serial())).await;
    service.logged("ask=\"query\"").await;
    let log = service.log();
    for words in [
        "INFO offhook::request: vouched for phone=\"SEP58971ECC97C1\" model=\"8845\" peer=127.0.0.1",
        "transport=\"tvs\" ask=\"verify\" outcome=\"valid\" certificate=\"ccm-asterisk\" roles=CCM TFTP ttl=3600",
        "WARN offhook::request: not vouched for phone=\"SEP58971ECC97C1\"",
        "outcome=\"invalid\" certificate=CN=CAPF,O=Example,OU=Voice sha256 ",
        "reason=no such certificate is known here; `offhook cert import` makes it known",
        "certificate=issuer CN=CAPF,O=Example,OU=Voice serial 03d31d36a04c59aa7afb34d5cc747026",
    ] {
        assert!(log.contains(words), "{words} in\n{log}");
    }
    let metrics = service.app.metrics.encode();
    for line in [
        "offhook_tvs_answers_total{ask=\"verify\",answer=\"valid\"} 1",
        "offhook_tvs_answers_total{ask=\"verify\",answer=\"invalid\"} 1",
        "offhook_tvs_answers_total{ask=\"query\",answer=\"invalid\"} 1",
        "offhook_tvs_answer_seconds_count 3",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
}

#[tokio::test]
async fn several_requests_in_one_write_are_answered_in_their_order() {
    let service = Service::new();
    let mut stream = service.connect().await;
    let (apps, capf) = (certificate("apps"), certificate("capf"));
    let requests =
        [verify(7, PHONE, apps.der()), verify(8, PHONE, capf.der()), query(9, apps.issuer(), apps.serial())];
    stream.write_all(&requests.concat()).await.unwrap();
    for session in 7..=9 {
        let answer = answer(&mut stream).await.unwrap();
        assert_eq!(Response::decode(&answer).unwrap().session, session);
    }
}

#[tokio::test]
async fn a_query_is_answered_with_the_certificate_whatever_the_order_of_the_name() {
    let service = Service::new();
    let asterisk = certificate("asterisk");
    let vouched = Vouched { roles: &[1, 3], ttl: 3600 };
    let expected = Response { session: 5, answer: Answer::Found { certificate: asterisk.der(), vouched } };
    let zeros = [&[0, 0], asterisk.serial()].concat();
    for issuer in [
        "CN=Asterisk,O=Example,OU=Voice",
        "OU=Voice;O=Example;CN=Asterisk",
        "/OU=Voice/CN=Asterisk/O=Example",
        "ou=VOICE; o=example ; cn=ASTERISK",
    ] {
        for serial in [asterisk.serial(), &zeros] {
            assert_eq!(service.ask(&query(5, issuer, serial)).await, expected.encode().unwrap(), "{issuer}");
        }
    }
    let invalid = Response { session: 5, answer: Answer::Invalid(Ask::Query) }.encode().unwrap();
    let apps = certificate("apps");
    for (issuer, serial) in
        [("CN=Asterisk,O=Example", asterisk.serial()), ("CN=Asterisk,O=Example,OU=Voice", apps.serial())]
    {
        assert_eq!(service.ask(&query(5, issuer, serial)).await, invalid);
    }
}

#[tokio::test]
async fn the_next_question_sees_a_change_of_roles_and_the_setting_says_how_long_they_hold() {
    let service = Service::with(|site| site.config.trust.tvs_ttl = 77);
    let apps = certificate("apps");
    let mut stream = service.connect().await;
    let mut ask = async |roles: &[u8], ttl| {
        stream.write_all(&verify(1, PHONE, apps.der())).await.unwrap();
        let answer = answer(&mut stream).await.unwrap();
        assert_eq!(Response::decode(&answer).unwrap().answer, Answer::Verified(Vouched { roles, ttl }));
    };
    ask(&[7], 77).await;
    service.change(|state| {
        state.tvs_only.insert("application".to_owned(), vec![Role::Tvs, Role::Sast, Role::Other(300)]);
        state.ttl.insert("application".to_owned(), 60);
    });
    ask(&[0, 7, 21], 60).await;
    service.change(|state| drop(state.roles.insert("application".to_owned(), vec![])));
    ask(&[0, 21], 60).await;
}

/// Certificates no one should make, and some do.
#[tokio::test]
async fn odd_certificates_are_vouched_for_like_any_other() {
    let service = Service::new();
    let folder = service.folder();
    let huge = format!("0x{}", "a5".repeat(60));
    for (name, words) in [
        ("negative", "-set_serial -129 -subj /CN=n/O=x -newkey rsa:2048"),
        ("huge", &format!("-set_serial {huge} -subj /CN=h/O=x -newkey rsa:2048")),
        ("zero", "-set_serial 0 -subj /CN=z/O=x -newkey rsa:2048"),
        ("md5", "-md5 -subj /CN=m/O=x -newkey rsa:2048"),
        ("ec", "-subj /CN=e/O=x -newkey ec -pkeyopt ec_paramgen_curve:P-384"),
        (
            "odd",
            "-utf8 -subj /C=NZ/O=Zürich,\\+\"Söhne\"/OU=a/OU=b;c/DC=example/CN=a=b/emailAddress=a@b.c -newkey rsa:2048",
        ),
        ("nobody", "-subj / -newkey rsa:2048"),
    ] {
        let words = words.to_owned();
        let arguments = ["req", "-x509", "-nodes", "-days", "1", "-keyout", "/dev/null", "-out"];
        let path = folder.join(format!("{name}.crt.pem"));
        let mut openssl = Command::new("openssl");
        openssl.args(arguments).arg(&path).args(words.split(' '));
        let made = openssl.output().unwrap();
        assert!(made.status.success(), "{name}: {}", String::from_utf8_lossy(&made.stderr));
        service.change(|state| drop(state.tvs_only.insert(name.to_owned(), vec![Role::AppServer])));
        let certificate = Certificate::read(&path).unwrap();
        let der = certificate.der();
        let vouched = Vouched { roles: &[7], ttl: 86_400 };
        let answer = service.ask(&verify(1, PHONE, der)).await;
        assert_eq!(Response::decode(&answer).unwrap().answer, Answer::Verified(vouched), "{name}");
        if name == "nobody" {
            continue;
        }
        for serial in [certificate.serial().to_vec(), certificate.serial_in_der()] {
            let answer = service.ask(&query(1, certificate.issuer(), &serial)).await;
            let found = Answer::Found { certificate: der, vouched };
            assert_eq!(Response::decode(&answer).unwrap().answer, found, "{name}");
        }
    }
}

#[tokio::test]
async fn what_is_no_certificate_is_not_vouched_for() {
    let service = Service::new();
    let apps = certificate("apps");
    let mut touched = apps.der().to_vec();
    *touched.last_mut().unwrap() ^= 1;
    for noise in [b"noise".to_vec(), vec![0x30; 20_000], touched, [apps.der(), &[0]].concat()] {
        let answer = service.ask(&verify(1, PHONE, &noise)).await;
        assert_eq!(Response::decode(&answer).unwrap().answer, Answer::Invalid(Ask::Verify));
    }
    service.logged("20000 bytes that are no certificate").await;
}
