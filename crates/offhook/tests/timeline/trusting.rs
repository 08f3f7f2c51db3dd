//! What is wrong with trust, certificates and enrolment is said: each case is made on purpose.

use std::process::{Command, Stdio};

use pki::Identity;
use virtual_phone::boot::{Flash, Over, Phone};
use virtual_phone::enrol::{Enrolling, enrol};
use virtual_phone::models;
use virtual_phone::network::Caller;
use virtual_phone::report::Report;

use crate::machine::serving::boot;
use crate::site::{ONE, Site, now, runtime};

const ADD: &str = "phone add SEP020000000001 --model 8851 --line 1001";

fn said<'a>(why: &'a serde_json::Value, what: &str) -> &'a str {
    why[what].as_str().unwrap()
}

/// Lets the phone enrol with what somebody types on it; gives the certificate it got.
fn enrols(site: &Site, password: &str) -> Option<Identity> {
    let phone = Enrolling {
        mac: ONE,
        password: password.to_owned(),
        certificate: None,
        sudi: None,
        key: None,
        now: now().into(),
    };
    let caller = Caller { model: models::find("8851").unwrap(), from: None, trusted: None };
    let report = runtime().block_on(enrol(phone, &site.network(), site.port("capf"), caller));
    report.installed
}

fn boots_as(site: &Site, identity: Option<&Identity>, flash: Flash) -> (Report, Flash) {
    let phone = Phone::new(models::find("8851").unwrap(), ONE, now());
    boot(Phone { identity: identity.cloned(), ..phone }, flash, &site.network())
}

/// A real client shakes hands with a listener, from where the phone is.
fn shakes_hands(site: &Site, listener: &str, options: &[&str]) -> bool {
    let address = format!("127.0.0.1:{}", site.port(listener));
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &address]).args(options);
    command.stdin(Stdio::null()).output().unwrap().status.success()
}

#[test]
fn an_enrolment_that_fails() {
    let site = Site::new("", &[ADD, "lsc schedule SEP020000000001 --password 123456"]);
    assert!(site.boot("8851", ONE).verdict.comes_up);
    assert!(enrols(&site, "999999").is_none());
    let why = site.verdict(ONE, "enrolment-failed");
    assert!(said(&why, "sentence").contains("password"), "{why:#}");
    assert!(said(&why, "next").contains("offhook lsc schedule SEP020000000001"), "{why:#}");
    assert_eq!(why["evidence"][0]["via"], "capf");
    // Somebody types the right one.
    site.ok("lsc schedule SEP020000000001 --password 123456");
    assert!(enrols(&site, "123456").is_some());
    site.verdict(ONE, "configured");
}

#[test]
fn a_phone_that_cannot_decrypt() {
    let site = Site::new("", &["trust enable --yes", ADD, "lsc schedule SEP020000000001 --password 123456"]);
    let (_, flash) = site.boot_with("8851", ONE, Over::AsPhone, Flash::default());
    let lsc = enrols(&site, "123456").unwrap();
    site.ok("lsc encrypt SEP020000000001");
    let (report, flash) = boots_as(&site, Some(&lsc), flash);
    assert!(report.verdict.comes_up, "{report:#?}");
    site.verdict(ONE, "configured");
    // Somebody resets it: what it had is gone, and what it is given is for what it had.
    let (mut report, mut flash) = boots_as(&site, None, flash);
    for _ in 0..2 {
        assert!(!report.verdict.comes_up, "{report:#?}");
        (report, flash) = boots_as(&site, None, flash);
    }
    let why = site.verdict(ONE, "encrypted-unread");
    assert!(said(&why, "sentence").contains("another certificate than the one on record"), "{why:#}");
    assert!(said(&why, "next").contains("lsc schedule SEP020000000001"), "{why:#}");
    // What it says can be done, and helps.
    site.ok("lsc encrypt SEP020000000001 --off");
    let (report, _) = boots_as(&site, None, flash);
    assert!(report.verdict.comes_up, "{report:#?}");
    site.verdict(ONE, "configured");
}

#[test]
fn a_signer_that_the_service_does_not_vouch_for() {
    // What another call manager signed lies in the document root, as after a move.
    let other = Site::new("", &["trust enable --yes", ADD]);
    let signed = other.fetch("provisioning", "/SEP020000000001.cnf.xml.sgn");
    let site = Site::new("", &["trust enable --yes", ADD]);
    site.put("SEP020000000001.cnf.xml.sgn", &signed);
    let (report, _) =
        site.boot_with("8851", ONE, Over::Only(virtual_phone::ask::Transport::Http), Flash::default());
    assert!(!report.verdict.comes_up, "{report:#?}");
    let why = site.verdict(ONE, "tvs-refused");
    assert!(said(&why, "sentence").contains("was told no"), "{why:#}");
    assert_eq!(why["evidence"][0]["what"], "certificate");
    std::fs::remove_file(site.path("data/tftpboot/SEP020000000001.cnf.xml.sgn")).unwrap();
    site.boot("8851", ONE);
    site.verdict(ONE, "configured");
}

#[test]
fn a_phone_that_speaks_nothing_newer_than_tls_1_0() {
    const OLD: [&str; 3] = ["-tls1", "-cipher", "ALL:@SECLEVEL=0"];
    let add = "phone add SEP020000000001 --model 7942 --line 1001";
    let site = Site::new("", &[add]);
    assert!(site.boot("7942", ONE).verdict.comes_up);
    site.verdict(ONE, "configured");
    assert!(!shakes_hands(&site, "secure_services", &OLD));
    let why = site.verdict(ONE, "old-tls");
    assert!(said(&why, "sentence").contains("older TLS than services 6973"), "{why:#}");
    assert!(said(&why, "next").contains("legacy_tls"), "{why:#}");
    // With what it says, such a phone comes in.
    let site = Site::new("[provisioning]\nlegacy_tls = true", &[add]);
    assert!(site.boot("7942", ONE).verdict.comes_up);
    assert!(shakes_hands(&site, "secure_services", &OLD));
    site.verdict(ONE, "configured");
}

#[test]
fn a_certificate_that_the_phone_does_not_take() {
    let site = Site::new("", &[ADD]);
    // From its address, as of a phone that shows itself and breaks off the handshake.
    site.get("provisioning", "/CTLSEP020000000001.tlv", None);
    assert!(!shakes_hands(&site, "secure_provisioning", &["-tls1_2", "-verify_return_error"]));
    let why = site.verdict(ONE, "foreign-trust");
    assert!(said(&why, "sentence").contains("does not accept the certificate of HTTPS 6971"), "{why:#}");
    // It knows the certificate, and its clock is decades ahead.
    let (certificate, ahead) = (site.path("served.pem"), "4102444800");
    let address = format!("127.0.0.1:{}", site.port("secure_provisioning"));
    let shown =
        Command::new("openssl").args(["s_client", "-connect", &address]).stdin(Stdio::null()).output();
    std::fs::write(&certificate, shown.unwrap().stdout).unwrap();
    let trusted = ["-tls1_2", "-verify_return_error", "-CAfile", certificate.to_str().unwrap()];
    assert!(shakes_hands(&site, "secure_provisioning", &trusted));
    assert!(!shakes_hands(&site, "secure_provisioning", &[&trusted[..], &["-attime", ahead]].concat()));
    let why = site.verdict(ONE, "date-refused");
    assert!(said(&why, "next").contains("ntp_server"), "{why:#}");
}
