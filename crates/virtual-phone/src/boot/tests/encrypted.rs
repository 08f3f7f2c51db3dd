//! Configurations encrypted to the phone: the stub, the key, and what happens without either.

use super::*;
use pki::seal;
use wire::signature::Digest;

const NAME: &str = "SEP001122334455.cnf.xml.enc.sgn";

fn server(hash: &str) -> Server {
    let stub = format!(
        "<device><fullConfig>false</fullConfig><capfAuthMode>2</capfAuthMode><capfList><capf/></capfList>\
         <certHash>{hash}</certHash><encrConfig>true</encrConfig></device>"
    );
    let mut server = signed_server(V1_0);
    let name = "SEP001122334455.cnf.xml.sgn";
    let keys = &*KEYS;
    let (certificate, xml) = (&keys.phone.certificate, CONFIGURATION.as_bytes());
    let sealed = seal::encrypt(NAME, xml, certificate, &keys.tftp, Digest::Sha1, NOW).unwrap();
    server.put(name, signed(name, stub.as_bytes())).put(NAME, sealed);
    server
}

fn phone_with_key() -> Phone {
    Phone { identity: Some(KEYS.phone.clone()), ..phone("8861") }
}

#[test]
fn the_phone_with_the_key_reads_it_and_asks_for_it_first_next_time() {
    let server = server(&KEYS.phone.certificate.md5_hex());
    let first = boot_with(phone_with_key(), Flash::default(), &server);
    assert!(first.report.verdict.comes_up, "{:?}", first.report);
    assert!(first.note(NAME).starts_with("decrypted"));
    let asked: Vec<&str> = files(&first).into_iter().filter(|name| name.starts_with("SEP")).collect();
    assert_eq!(asked, ["SEP001122334455.cnf.xml.sgn", NAME]);
    let second = boot_with(phone_with_key(), first.flash, &server);
    assert!(second.report.verdict.comes_up);
    assert_eq!(files(&second).into_iter().find(|name| name.starts_with("SEP")), Some(NAME));
}

#[test]
fn without_the_key_it_would_enrol() {
    let with_hash = server(&KEYS.phone.certificate.md5_hex());
    for (phone, server) in [(phone("8861"), &with_hash), (phone_with_key(), &server(""))] {
        let boots = boot_with(phone, Flash::default(), server);
        assert!(!boots.report.verdict.comes_up);
        assert!(boots.report.verdict.why.contains("enrol"), "{:?}", boots.report.verdict);
    }
}

#[test]
fn encryption_switched_off_is_found_out_by_the_missing_file() {
    let was_encrypted = Flash { encrypted: true, ..Flash::default() };
    let boots = boot_with(phone_with_key(), was_encrypted, &signed_server(V1_0));
    assert!(boots.report.verdict.comes_up, "{:?}", boots.report);
    assert!(!boots.flash.encrypted);
}

#[test]
fn a_stub_without_its_file_ends_the_boot() {
    let mut server = server(&KEYS.phone.certificate.md5_hex());
    server.files.remove(NAME);
    for encrypted in [false, true] {
        let flash = Flash { encrypted, ..Flash::default() };
        let boots = boot_with(phone_with_key(), flash, &server);
        assert!(!boots.report.verdict.comes_up);
        assert!(
            boots.report.verdict.why.contains("encrypted file is not there")
                || boots.report.verdict.why.contains("not the encrypted configuration")
        );
    }
}

#[test]
fn a_file_for_another_phone_is_not_decrypted() {
    let mut server = server(&KEYS.phone.certificate.md5_hex());
    let keys = &*KEYS;
    let other = seal::encrypt(NAME, b"<device/>", &keys.stranger.certificate, &keys.tftp, Digest::Sha1, NOW);
    server.put(NAME, other.unwrap());
    let boots = boot_with(phone_with_key(), Flash::default(), &server);
    assert!(boots.report.verdict.why.contains("cannot decrypt"), "{:?}", boots.report.verdict);
}
