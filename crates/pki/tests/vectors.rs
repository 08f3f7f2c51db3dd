//! Files that a working implementation made, made again byte for byte with its keys, and verified.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::PathBuf};

use proptest::prelude::*;

use pki::{Certificate, Identity, PrivateKey, VerifyError, seal, verify};
use wire::{
    encrypted::Encrypted,
    signature::{Digest, Signer},
    signed::Signed,
    trust_list::{self, TrustList},
};

/// Everybody who signed something here.
const SIGNERS: [&str; 5] = ["sast", "sast-2", "asterisk", "signer-1024", "signer-4096"];

fn vector(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)
}

fn identity(stem: &str) -> Identity {
    Identity::read(&path(&format!("keys/{stem}.crt.pem")), &path(&format!("keys/{stem}.pkcs8.der"))).unwrap()
}

fn signer(named: &Signer) -> Identity {
    SIGNERS.map(identity).into_iter().find(|identity| identity.certificate.signer() == *named).unwrap()
}

fn names(folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(path(folder)).unwrap();
    let names =
        entries.map(|entry| format!("{folder}/{}", entry.unwrap().file_name().into_string().unwrap()));
    let names: Vec<String> = names.filter(|name| name.ends_with(ending)).collect();
    assert!(!names.is_empty());
    names
}

/// Whether a change of any one byte that was signed is noticed, is seen at the ends and in the middle of both parts.
fn changes_are_noticed(parts: [&[u8]; 2], digest: Digest, signature: &[u8], by: &Certificate) {
    for (part, at) in
        [(0, 0), (0, parts[0].len() - 1), (1, 0), (1, parts[1].len() / 2), (1, parts[1].len() - 1)]
    {
        let mut changed = parts.map(<[u8]>::to_vec);
        changed[part][at] ^= 1;
        let changed = [changed[0].as_slice(), changed[1].as_slice()];
        assert_eq!(verify(changed, digest, signature, by), Err(VerifyError::Wrong));
    }
}

#[test]
fn trust_lists_come_out_the_same() {
    for name in names("trust", ".tlv") {
        let bytes = vector(&name);
        let list = TrustList::parse(&bytes).unwrap();
        let signer = signer(&list.signer);
        verify(list.signed_parts(), list.digest, list.signature, &signer.certificate).unwrap();
        changes_are_noticed(list.signed_parts(), list.digest, list.signature, &signer.certificate);

        // The records are made from the certificates alone.
        let records: Vec<_> = list
            .records
            .iter()
            .map(|record| {
                Certificate::from_der(record.certificate.as_ref().unwrap()).unwrap().record(record.role)
            })
            .collect();
        let signing = signer.signing(list.digest, list.timestamp);
        let unsigned = trust_list::build(list.kind, list.signer_version, &records, &signing).unwrap();
        assert_eq!(signer.sign(unsigned).unwrap(), bytes, "{name}");
    }
}

#[test]
fn signed_files_come_out_the_same() {
    for name in names("sgn", ".sgn").into_iter().chain(names("enc", "-stub.SEP58971ECC97C1.cnf.xml.sgn")) {
        let bytes = vector(&name);
        let file = Signed::parse(&bytes).unwrap();
        let signer = signer(&file.signer);
        verify(file.signed_parts(), file.digest, file.signature, &signer.certificate).unwrap();
        changes_are_noticed(file.signed_parts(), file.digest, file.signature, &signer.certificate);
        let again = signer.sign_file(file.name, file.payload, file.digest, file.timestamp).unwrap();
        assert_eq!(again, bytes, "{name}");
    }
}

#[test]
fn encrypted_configurations_open_with_the_phones_key_only() {
    let plain = vector("enc/enc-plain.SEP58971ECC97C1.cnf.xml");
    let phone = identity("phone-lsc");
    for name in names("enc", ".enc.sgn") {
        let bytes = vector(&name);
        let sealed = Encrypted::parse(&bytes).unwrap();
        let signer = signer(&sealed.signer);
        verify(sealed.signed_parts(), sealed.digest, sealed.signature, &signer.certificate).unwrap();
        assert_eq!(seal::decrypt(&sealed, &phone.key).unwrap(), plain);
        for other in ["asterisk", "signer-1024", "signer-4096"] {
            assert_eq!(
                seal::decrypt(&sealed, &identity(other).key),
                Err(seal::OpenError::OtherKey),
                "{other}"
            );
        }
        let ec = identity("provision-ec").key;
        assert!(matches!(seal::decrypt(&sealed, &ec), Err(seal::OpenError::NotRsa(_))));
    }
}

#[test]
fn what_we_encrypt_has_the_form_of_the_vectors() {
    let plain = vector("enc/enc-plain.SEP58971ECC97C1.cnf.xml");
    let (phone, signer) = (identity("phone-lsc"), identity("asterisk"));
    for name in names("enc", ".enc.sgn") {
        let bytes = vector(&name);
        let theirs = Encrypted::parse(&bytes).unwrap();
        let made = seal::encrypt(
            theirs.sealed.name,
            &plain,
            &phone.certificate,
            &signer,
            theirs.digest,
            theirs.timestamp,
        )
        .unwrap();
        assert_eq!(made.len(), bytes.len());
        let ours = Encrypted::parse(&made).unwrap();
        assert_eq!(ours.sealed.padding, theirs.sealed.padding);
        assert_eq!(ours.sealed.plaintext_digest, theirs.sealed.plaintext_digest);
        assert_ne!(ours.sealed.iv, theirs.sealed.iv);
        verify(ours.signed_parts(), ours.digest, ours.signature, &signer.certificate).unwrap();
        assert_eq!(seal::decrypt(&ours, &phone.key).unwrap(), plain);
        let ec = identity("provision-ec");
        let to_ec = seal::encrypt("x", &plain, &ec.certificate, &signer, Digest::Sha1, 0);
        assert!(matches!(to_ec, Err(seal::SealError::NotRsa(_))));
        let by_ec = seal::encrypt("x", &plain, &phone.certificate, &ec, Digest::Sha1, 0);
        assert!(matches!(by_ec, Err(seal::SealError::Sign(pki::SignError::NotRsa(_)))));
    }
}

#[test]
fn every_length_of_configuration_survives() {
    let (phone, signer) = (identity("signer-1024"), identity("asterisk"));
    for len in 0..48 {
        let xml = vec![b'x'; len];
        let made = seal::encrypt("a.enc.sgn", &xml, &phone.certificate, &signer, Digest::Sha512, 1).unwrap();
        assert_eq!(seal::decrypt(&Encrypted::parse(&made).unwrap(), &phone.key).unwrap(), xml);
    }
}

#[test]
fn the_wrong_signer_is_told_from_a_changed_file() {
    let bytes = vector("sgn/sgn-sha1-asterisk.DialTemplate.xml.sgn");
    let file = Signed::parse(&bytes).unwrap();
    let by =
        |stem: &str| verify(file.signed_parts(), file.digest, file.signature, &identity(stem).certificate);
    assert_eq!(by("asterisk"), Ok(()));
    assert_eq!(by("sast"), Err(VerifyError::Wrong));
    assert_eq!(by("signer-1024"), Err(VerifyError::Length { found: 256, expected: 128 }));
    assert!(matches!(by("provision-ec"), Err(VerifyError::NotRsa(_))));
}

#[test]
fn an_ec_identity_signs_nothing_and_says_why() {
    let ec = identity("provision-ec");
    let error = ec.sign_file("x.sgn", b"", Digest::Sha1, 0).unwrap_err();
    assert_eq!(error.to_string(), "files are signed with RSA keys only, and this is a p384 key");
}

#[test]
fn the_vectors_keys_are_read_in_every_form() {
    for stem in SIGNERS.into_iter().chain(["apps", "tvs", "capf", "phone-lsc", "provision-ec"]) {
        let identity = identity(stem);
        assert!(identity.certificate.is_self_signed(), "{stem}");
        assert_eq!(identity.certificate.serial().len(), 16);
        let again = PrivateKey::from_pem(&identity.key.to_pem().unwrap()).unwrap();
        assert!(again.matches(&identity.certificate));
        assert_eq!(Certificate::from_der(identity.certificate.der()).unwrap(), identity.certificate);
    }
}

proptest! {
    #[test]
    fn a_damaged_certificate_is_refused_or_is_what_it_says(at in 0..900_usize, to: u8, cut in 0..900_usize) {
        let certificate = identity("asterisk").certificate;
        let mut der = certificate.der().to_vec();
        let at = at % der.len();
        der[at] = to;
        if let Ok(read) = Certificate::from_der(&der) {
            prop_assert_eq!(read.der(), &der[..]);
            let _ = (read.names(), read.common_name(), read.is_self_signed(), read.to_pem());
        }
        let cut = cut % der.len();
        prop_assert!(Certificate::from_der(&der[..cut]).is_err());
    }

    #[test]
    fn noise_is_no_certificate_and_no_key(noise: Vec<u8>) {
        prop_assert!(Certificate::from_bytes(&noise).is_err());
        prop_assert!(PrivateKey::from_bytes(&noise).is_err());
    }
}
