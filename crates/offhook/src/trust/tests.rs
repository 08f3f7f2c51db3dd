//! A store from its first start on: what is made, what may be taken away, and what lists come out.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::OnceLock;

use pki::{Curve, Identity, KeyKind, Request, Subject, verify};
use tempfile::TempDir;
use wire::signed::Signed;
use wire::trust_list::{Kind as ListKind, Role, RuleError, TrustList};

use super::*;
use crate::config::{Digest, Resolved, Version};

const NOW: i64 = 1_790_000_000;

/// A data directory after its first start; making keys takes a while, so it is copied.
fn data_dir() -> TempDir {
    static FIRST: OnceLock<TempDir> = OnceLock::new();
    let first = FIRST.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        Trust::first_start(&resolved(folder.path()), &["pbx.example.net".parse().unwrap()], NOW).unwrap();
        folder
    });
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(certificates_folder(copy.path())).unwrap();
    for entry in fs::read_dir(certificates_folder(first.path())).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), certificates_folder(copy.path()).join(entry.file_name())).unwrap();
    }
    copy
}

fn resolved(data_dir: &Path) -> Resolved {
    Resolved { data_dir: data_dir.to_owned(), ..Resolved::default() }
}

fn file(data_dir: &Path, name: &str) -> PathBuf {
    certificates_folder(data_dir).join(name)
}

fn identity(cn: &str, key: KeyKind) -> Identity {
    let subject = Subject { cn: cn.into(), o: "Example".into(), ou: "Voice".into() };
    Identity::self_signed(&Request { subject, names: Vec::new(), key, days: 100 }, NOW).unwrap()
}

/// Subjects' first attributes with roles, as read from the bytes; the signature is verified on the way.
fn records(list: &List) -> Vec<String> {
    let parsed = TrustList::parse(&list.bytes).unwrap();
    parsed.check_rules().unwrap();
    let signer = parsed.records[0].certificate.as_ref().unwrap();
    let signer = pki::Certificate::from_der(signer).unwrap();
    assert_eq!(signer.signer(), parsed.signer);
    verify(parsed.signed_parts(), parsed.digest, parsed.signature, &signer).unwrap();
    let tell = |record: &wire::trust_list::Record| format!("{} {}", record.subject, record.role);
    parsed
        .records
        .iter()
        .map(tell)
        .map(|told| told.replace(",O=offhook", "").replace(",O=Example,OU=Voice", ""))
        .collect()
}

const WHOLE_LIST: [&str; 7] = [
    "CN=SAST-1,OU=pbx.example.net SAST",
    "CN=SAST-2,OU=pbx.example.net SAST",
    "CN=TFTP,OU=pbx.example.net TFTP",
    "CN=pbx.example.net,OU=Provisioning TFTP",
    "CN=pbx.example.net,OU=Application APP-SERVER",
    "CN=pbx.example.net,OU=TVS TVS",
    "CN=pbx.example.net,OU=CAPF CAPF",
];

fn whole() -> Vec<String> {
    WHOLE_LIST.map(str::to_owned).to_vec()
}

#[test]
fn a_first_start_makes_the_set_and_a_second_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["pbx.example.net".parse().unwrap(), "192.0.2.1".parse().unwrap()];
    let (certificates, made) = Certificates::open_or_create(folder.path(), &names, false, NOW).unwrap();
    assert_eq!(made, ["sast-1", "sast-2", "tftp", "provisioning", "application", "tvs", "capf"]);
    for stored in certificates.iter() {
        let identity = stored.identity().unwrap();
        assert_eq!(identity.certificate.names(), names, "{}", stored.name);
        let key = folder.path().join(format!("{}.key.pem", stored.name));
        assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(certificates.get("provisioning").unwrap().key.kind(), KeyKind::Ec(Curve::P256));
    let years = |name: &str| (certificates.get(name).unwrap().certificate.not_after() - NOW) / 86_400 / 365;
    assert_eq!((years("sast-2"), years("tftp")), (20, 10));
    let (again, made) = Certificates::open_or_create(folder.path(), &names, false, NOW).unwrap();
    assert!(made.is_empty());
    assert_eq!(again.get("tftp").unwrap().certificate, certificates.get("tftp").unwrap().certificate);
}

#[test]
fn what_is_missing_is_made_again_but_never_a_sast() {
    let data = data_dir();
    let folder = certificates_folder(data.path());
    for name in ["tvs.crt.pem", "tvs.key.pem", "sast-2.crt.pem", "sast-2.key.pem"] {
        fs::remove_file(folder.join(name)).unwrap();
    }
    let (_, made) = Certificates::open_or_create(&folder, &[], false, NOW).unwrap();
    assert_eq!(made, ["tvs"]);
    fs::remove_file(folder.join("capf.crt.pem")).unwrap();
    let alone = Certificates::open_or_create(&folder, &[], false, NOW).unwrap_err().to_string();
    assert!(alone.contains("capf.key.pem is there without its certificate"), "{alone}");
}

#[test]
fn without_a_first_start_there_is_nothing_and_it_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = Trust::open(folder.path()).current().unwrap_err().to_string();
    assert!(error.contains("offhook init"), "{error}");
}

#[test]
fn a_list_holds_everything_and_stays_the_same() {
    let data = data_dir();
    let resolved = resolved(data.path());
    let current = Trust::open(data.path()).current().unwrap();
    let list = current.list(ListKind::Itl, &resolved).unwrap();
    assert_eq!(records(&list), whole());
    assert_eq!(Trust::open(data.path()).current().unwrap().list(ListKind::Itl, &resolved).unwrap(), list);
    let parsed = TrustList::parse(&list.bytes).unwrap();
    assert_eq!(
        (parsed.kind, parsed.digest, parsed.signer_version),
        (ListKind::Itl, Digest::Sha1, Version::new(1, 1))
    );
    assert_eq!(parsed.timestamp, list.timestamp);
    assert!(i64::from(list.timestamp).abs_diff(calendar::now()) < 600, "it is the time of the files");
}

#[test]
fn an_old_version_leaves_ec_out_and_settings_count() {
    let data = data_dir();
    let mut resolved = resolved(data.path());
    resolved.trust = crate::config::Trust {
        version: Version::new(1, 0),
        digest: Digest::Sha512,
        ..crate::config::Trust::default()
    };
    let current = Trust::open(data.path()).current().unwrap();
    let list = current.list(ListKind::Itl, &resolved).unwrap();
    let without_ec: Vec<_> = whole().into_iter().filter(|told| !told.contains("Provisioning")).collect();
    assert_eq!(records(&list), without_ec);
    assert_eq!(TrustList::parse(&list.bytes).unwrap().digest, Digest::Sha512);
    let plan = current.plan(Version::new(1, 0)).unwrap();
    assert_eq!(plan.left_out.iter().map(|stored| stored.name.as_str()).collect::<Vec<_>>(), ["provisioning"]);
}

#[test]
fn everything_works_without_the_recovery_key() {
    let data = data_dir();
    fs::remove_file(file(data.path(), "sast-2.key.pem")).unwrap();
    let (trust, made) = Trust::first_start(&resolved(data.path()), &[], NOW).unwrap();
    assert!(made.is_empty());
    let current = trust.current().unwrap();
    assert!(current.certificates.get("sast-2").is_none());
    assert!(current.certificates.find("sast-2").is_some());
    assert_eq!(records(&current.list(ListKind::Itl, &resolved(data.path())).unwrap()), whole());
    assert!(current.tls_server(false).is_ok());
}

#[test]
fn the_recovery_key_takes_over_when_the_first_is_lost() {
    let data = data_dir();
    fs::remove_file(file(data.path(), "sast-1.key.pem")).unwrap();
    let current = Trust::open(data.path()).current().unwrap();
    let told = records(&current.list(ListKind::Itl, &resolved(data.path())).unwrap());
    assert_eq!(
        told[..2],
        [WHOLE_LIST[1], WHOLE_LIST[0]],
        "the signer first, and the lost one stays for its phones"
    );
    fs::remove_file(file(data.path(), "sast-2.key.pem")).unwrap();
    let error =
        Trust::open(data.path()).current().unwrap().list(ListKind::Itl, &resolved(data.path())).unwrap_err();
    assert!(error.to_string().contains("sast-1.key.pem"), "{error}");
}

#[test]
fn a_pbx_certificate_without_key_gets_its_role_by_name_or_by_word() {
    let data = data_dir();
    let pbx = identity("Asterisk", KeyKind::Rsa(2048));
    fs::write(file(data.path(), "ccm-asterisk.crt.pem"), pbx.certificate.to_pem()).unwrap();
    let resolved = resolved(data.path());
    let list =
        || records(&Trust::open(data.path()).current().unwrap().list(ListKind::Itl, &resolved).unwrap());
    assert_eq!(list()[2], "CN=Asterisk CCM");
    let set = |roles: Vec<Role>| {
        TrustState::change(&state_file(data.path()), "x", NOW, |state| {
            state.roles.insert("ccm-asterisk".into(), roles)
        })
        .unwrap()
    };
    set(vec![Role::Tftp, Role::Ccm]);
    assert_eq!(list().iter().filter(|told| told.starts_with("CN=Asterisk")).count(), 2);
    set(Vec::new());
    assert_eq!(list(), whole());
    fs::remove_file(file(data.path(), "ccm-asterisk.crt.pem")).unwrap();
    let error = Trust::open(data.path()).current().unwrap().plan(Version::new(1, 1)).unwrap_err().to_string();
    assert!(error.contains("no certificate ccm-asterisk"), "{error}");
}

#[test]
fn a_replaced_pair_is_seen_and_half_of_one_is_waited_for() {
    let data = data_dir();
    let trust = Trust::open(data.path());
    let before = trust.current().unwrap();
    let own = identity("Own", KeyKind::Ec(Curve::P384));
    fs::write(file(data.path(), "provisioning.crt.pem"), own.certificate.to_pem()).unwrap();
    let between = trust.current().unwrap();
    assert_eq!(between.generation, before.generation, "the old pair stays in force");
    fs::write(file(data.path(), "provisioning.key.pem"), own.key.to_pem().unwrap()).unwrap();
    let after = trust.current().unwrap();
    assert_ne!(after.generation, before.generation);
    assert_eq!(after.certificates.get("provisioning").unwrap().certificate, own.certificate);
    assert!(after.tls_server(false).is_ok());
}

#[test]
fn what_the_command_line_changes_is_seen_at_once() {
    let data = data_dir();
    let trust = Trust::open(data.path());
    assert!(!trust.current().unwrap().state.serves(None));
    TrustState::change(&state_file(data.path()), "x", NOW, |state| state.reach = Reach::Everyone).unwrap();
    assert!(trust.current().unwrap().state.serves(None));
    fs::write(state_file(data.path()), "trust = \"maybe\"").unwrap();
    assert!(trust.current().unwrap().state.serves(None), "a broken state leaves the last one in force");
    let phones = Reach::Phones(BTreeSet::from(["SEP001122AABBCC".parse().unwrap()]));
    fs::write(state_file(data.path()), "trust = \"off\"").unwrap();
    TrustState::change(&state_file(data.path()), "x", NOW, |state| state.reach = phones).unwrap();
    assert!(!trust.current().unwrap().state.serves(None));
}

#[test]
fn nothing_is_read_again_while_nothing_changes() {
    let data = data_dir();
    let trust = Trust::open(data.path());
    // Right after files were written one cannot be sure; asking goes on until one can.
    let settled = (0..).map(|_| trust.current().unwrap()).find(|current| {
        let again = trust.current().unwrap();
        std::sync::Arc::ptr_eq(current, &again)
    });
    let settled = settled.unwrap();
    assert_eq!(trust.current().unwrap().generation, settled.generation);
    assert!(settled.paths().any(|path| path.ends_with("trust.toml")));
    assert!(trust.signer_paths().iter().all(|path| settled.paths().any(|known| known == path)));
}

#[test]
fn old_phones_get_an_rsa_certificate_of_its_own() {
    let data = data_dir();
    let mut resolved = resolved(data.path());
    let error = Trust::open(data.path()).current().unwrap().tls_server(true).unwrap_err().to_string();
    assert!(error.contains("provisioning-rsa"), "{error}");
    resolved.provisioning.legacy_tls = true;
    let (trust, made) = Trust::first_start(&resolved, &[], NOW).unwrap();
    assert_eq!(made, ["provisioning-rsa"]);
    let current = trust.current().unwrap();
    assert_eq!(current.tls_server(true).unwrap().policy(), pki::tls::Policy::LegacyPhone);
    assert_eq!(records(&current.list(ListKind::Itl, &resolved).unwrap()).len(), 8);
    let shown = current.certificates.server_identities(true).unwrap();
    let signer = current.certificates.file_signer().unwrap();
    assert!(shown.iter().all(|identity| identity.certificate != signer.certificate));
}

#[test]
fn a_pair_phones_would_refuse_is_refused_before_they_see_it() {
    let data = data_dir();
    identity("Big", KeyKind::Rsa(4096)).write(&certificates_folder(data.path()), "tvs").unwrap();
    let current = Trust::open(data.path()).current().unwrap();
    let error = current.list(ListKind::Itl, &resolved(data.path())).unwrap_err();
    assert!(matches!(&error, Error::List(RuleError::KeyTooBig { .. })), "{error}");
    identity("Curved", KeyKind::Ec(Curve::P256)).write(&certificates_folder(data.path()), "sast-1").unwrap();
    let current = Trust::open(data.path()).current().unwrap();
    let error = current.list(ListKind::Itl, &resolved(data.path())).unwrap_err().to_string();
    assert!(error.contains("signed with RSA keys only"), "{error}");
}

#[test]
fn files_are_signed_by_the_tftp_certificate() {
    let data = data_dir();
    let current = Trust::open(data.path()).current().unwrap();
    let bytes = current.sign_file("New_Zealand/g3-tones.xml.sgn", b"<tones/>", Digest::Sha1, 7).unwrap();
    let signed = Signed::parse(&bytes).unwrap();
    assert_eq!(
        (signed.name, signed.payload, signed.timestamp),
        ("New_Zealand/g3-tones.xml.sgn", &b"<tones/>"[..], 7)
    );
    let signer = current.certificates.get("tftp").unwrap();
    verify(signed.signed_parts(), signed.digest, signed.signature, &signer.certificate).unwrap();
    fs::remove_file(file(data.path(), "tftp.key.pem")).unwrap();
    let error =
        Trust::open(data.path()).current().unwrap().sign_file("x.sgn", b"", Digest::Sha1, 7).unwrap_err();
    assert!(error.to_string().contains("tftp.key.pem"), "{error}");
}

#[test]
fn a_document_root_must_not_hold_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(data.join("certificates")).unwrap();
    std::fs::create_dir(data.join("tftpboot")).unwrap();
    std::os::unix::fs::symlink(&data, folder.path().join("link")).unwrap();
    for (root, reached) in [
        (data.join("tftpboot"), false),
        (folder.path().join("elsewhere"), false),
        (data.clone(), true),
        (folder.path().join("link"), true),
        (folder.path().to_owned(), true),
        (data.join("certificates"), true),
    ] {
        assert_eq!(keys_in_reach(&data, &root), reached, "{}", root.display());
    }
}
