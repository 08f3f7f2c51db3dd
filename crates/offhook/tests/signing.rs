//! Signing at request time and trust lists, read back with the codec and verified with the certificates on disk.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fs;
use std::path::Path;

use offhook::trust::Certificates;
use pki::{Certificate, verify};
use support::{Reply, Site};
use wire::signed::Signed;
use wire::trust_list::{Role, TrustList};

const CONFIG: &str = "SEP001122334455.cnf.xml";

/// A site with certificates, and trust for `reach` (the text of the state file).
fn site(state: &str) -> Site {
    let site = Site::new();
    let folder = offhook::trust::certificates_folder(&site.config.data_dir);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
    Certificates::open_or_create(&folder, &[], false, now).unwrap();
    if !state.is_empty() {
        fs::write(offhook::trust::state_file(&site.config.data_dir), state).unwrap();
    }
    site
}

fn certificate(site: &Site, name: &str) -> Certificate {
    let folder = offhook::trust::certificates_folder(&site.config.data_dir);
    Certificate::from_pem(&fs::read(Path::new(&folder).join(format!("{name}.crt.pem"))).unwrap()).unwrap()
}

/// Checks the signature of `reply` and gives the name in its header and its payload.
fn checked(site: &Site, reply: &Reply) -> (String, Vec<u8>) {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let signed = Signed::parse(&reply.body).unwrap();
    verify(signed.signed_parts(), signed.digest, signed.signature, &certificate(site, "tftp")).unwrap();
    (signed.name.to_owned(), signed.payload.to_vec())
}

#[tokio::test]
async fn any_file_is_signed_under_the_name_it_is_asked_by() {
    let site = site("");
    site.put(CONFIG, "<device/>");
    site.put("New_Zealand/g3-tones.xml", "<tones/>");
    let server = site.serve_http();
    for (asked, name, payload) in [
        ("/SEP001122334455.cnf.xml.sgn", "SEP001122334455.cnf.xml.sgn", Some("<device/>")),
        ("/New_Zealand/g3-tones.xml.sgn", "New_Zealand/g3-tones.xml.sgn", Some("<tones/>")),
        ("//New_Zealand/g3-tones.xml.sgn", "New_Zealand/g3-tones.xml.sgn", Some("<tones/>")),
        ("/new_zealand/G3-Tones.xml.sgn", "new_zealand/G3-Tones.xml.sgn", Some("<tones/>")),
        ("/DialTemplate.xml.sgn", "DialTemplate.xml.sgn", None),
        ("/Desktops/800x480x24/List.xml.sgn", "Desktops/800x480x24/List.xml.sgn", None),
    ] {
        let (header, bytes) = checked(&site, &server.get(asked).await);
        assert_eq!(header, name);
        match payload {
            Some(payload) => assert_eq!(bytes, payload.as_bytes()),
            None => assert_eq!(bytes, server.get(asked.strip_suffix(".sgn").unwrap()).await.body),
        }
    }
    assert_eq!(server.get("/nothing.xml.sgn").await.status, 404);
}

#[tokio::test]
async fn a_change_of_the_file_or_of_the_signer_is_signed_anew() {
    let site = site("");
    site.put(CONFIG, "<device>1</device>");
    let server = site.serve_http();
    let ask = async || server.get(&format!("/{CONFIG}.sgn")).await;
    let first = ask().await;
    assert_eq!(ask().await.body, first.body, "the same bytes until something changes");
    site.put(CONFIG, "<device>2</device>");
    assert_eq!(checked(&site, &ask().await).1, b"<device>2</device>");
    // The administrator brings another signer.
    let folder = offhook::trust::certificates_folder(&site.config.data_dir);
    for ending in ["crt.pem", "key.pem"] {
        fs::copy(folder.join(format!("sast-1.{ending}")), folder.join(format!("tftp.{ending}"))).unwrap();
    }
    assert_eq!(checked(&site, &ask().await).1, b"<device>2</device>");
}

#[tokio::test]
async fn a_file_that_is_there_only_signed_is_unwrapped_and_the_signed_one_is_left_alone() {
    let site = site("");
    let server = site.serve_http();
    site.put("a.xml", "payload");
    let signed = server.get("/a.xml.sgn").await.body;
    fs::remove_file(site.path("a.xml")).unwrap();
    site.put("b.xml.sgn", &signed);
    site.put("c.xml.sgn", "not signed at all");
    site.put("SIP6945.9-3-1-3.bin4.sgn", &signed);
    assert_eq!(server.get("/b.xml").await.text(), "payload");
    assert_eq!(server.get("/b.xml.sgn").await.body, signed);
    assert_eq!(server.get("/c.xml").await.status, 404);
    assert_eq!(
        server.get("/SIP6945.9-3-1-3.bin4").await.status,
        404,
        "firmware keeps the vendor's signature"
    );
}

#[tokio::test]
async fn lists_are_given_when_trust_is_on_and_to_whom_it_is_on_for() {
    let off = site("");
    off.put(CONFIG, "<device/>");
    let server = off.serve_http();
    for name in ["/ITLFile.tlv", "/ITLSEP001122334455.tlv", "/CTLSEP001122334455.tlv"] {
        assert_eq!(server.get(name).await.status, 404, "{name}");
    }
}

#[tokio::test]
async fn a_list_for_everyone_verifies_and_stays_the_same() {
    let site = site("trust = \"everyone\"\n");
    site.put(CONFIG, "<device/>");
    let server = site.serve_http();
    let common = server.get("/ITLFile.tlv").await;
    let list = TrustList::parse(&common.body).unwrap();
    verify(list.signed_parts(), list.digest, list.signature, &certificate(&site, "sast-1")).unwrap();
    let roles: Vec<_> = list.records.iter().map(|record| record.role).collect();
    for role in [Role::Sast, Role::Tftp, Role::AppServer, Role::Tvs, Role::Capf] {
        assert!(roles.contains(&role), "{role} is missing in {roles:?}");
    }
    assert_eq!(server.get("/ITLFile.tlv").await.body, common.body);
    assert_eq!(
        server.get("/ITLSEP001122334455.tlv").await.body,
        common.body,
        "its header says ITLFile.tlv too"
    );
    assert_eq!(server.get("/ITLSEPAABBCCDDEEFF.tlv").await.status, 404, "of a phone that is not known");
}

#[tokio::test]
async fn a_list_for_some_phones_is_given_to_them_alone_and_the_switch_needs_no_restart() {
    let site = site("trust = \"phones\"\nphones = [\"SEP001122334455\"]\n");
    site.put(CONFIG, "<device/>");
    site.put("SEPAABBCCDDEEFF.cnf.xml", "<device/>");
    let server = site.serve_http();
    assert_eq!(server.get("/ITLSEP001122334455.tlv").await.status, 200);
    assert_eq!(server.get("/ITLSEPAABBCCDDEEFF.tlv").await.status, 404);
    assert_eq!(server.get("/ITLFile.tlv").await.status, 404);
    fs::write(offhook::trust::state_file(&site.config.data_dir), "trust = \"off\"\n").unwrap();
    assert_eq!(server.get("/ITLSEP001122334455.tlv").await.status, 404);
}
