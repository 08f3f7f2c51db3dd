//! Phones' certificates: issued byte for byte as a working implementation does, and taken only from the phone they
//! name, signed by who may, with a proof that holds.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::PathBuf};

use openssl::{
    asn1::{Asn1Integer, Asn1Time},
    bn::BigNum,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
    x509::{X509Builder, X509NameBuilder},
};
use pki::{
    Certificate, Curve, Identity, IssueError, KeyKind, Lsc, PrivateKey, Request, Subject, SubjectKey,
    SubjectKeyError,
    chain::{self, Authorities, ChainError, Manufacturer, Origin},
    proof::{self, ProofError, Signatures},
};
use wire::capf::Message;

const PHONE: &str = "SEP58971ECC97C1";
/// 22 November 2026, 23:53:35: when the vector was issued.
const ISSUED: i64 = 1_795_391_615;
const DAY: i64 = 86_400;

fn vector(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)).unwrap()
}

fn authority() -> Identity {
    let path = |name| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/keys").join(name);
    Identity::read(&path("capf.crt.pem"), &path("capf.pkcs8.der")).unwrap()
}

fn vector_lsc() -> Certificate {
    Certificate::from_pem(&vector("capf/issued-rsa.crt.pem")).unwrap()
}

fn spki(certificate: &Certificate) -> Vec<u8> {
    let x509 = openssl::x509::X509::from_der(certificate.der()).unwrap();
    x509.public_key().unwrap().public_key_to_der().unwrap()
}

/// The authentication message of the transcript in which a phone proves itself with its certificate.
fn authentication() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../wire/vectors/capf/capf-install-cert-auth.txt");
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("> 5502")).unwrap();
    let digits = format!("5502{line}");
    (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).unwrap()).collect()
}

#[test]
fn a_certificate_comes_out_byte_for_byte() {
    let expected = vector_lsc();
    let key = SubjectKey::from_spki(&spki(&expected)).unwrap();
    assert_eq!(key.kind(), KeyKind::Rsa(2048));
    let serial = expected.serial().try_into().unwrap();
    let issued = authority().issue(&Lsc { device: PHONE, key: &key, serial, days: 365 }, ISSUED).unwrap();
    assert_eq!(issued.der(), expected.der());
    assert_eq!(issued.subject(), "CN=SEP58971ECC97C1,O=Example,OU=Voice");
}

#[test]
fn every_kind_of_key_gets_one_and_openssl_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority();
    fs::write(folder.path().join("ca.pem"), authority.certificate.to_pem()).unwrap();
    for kind in [KeyKind::Rsa(1024), KeyKind::Rsa(3072), KeyKind::Ec(Curve::P256), KeyKind::Ec(Curve::P521)] {
        let made = PrivateKey::generate(kind).unwrap();
        let key = SubjectKey::from_spki(&made.to_spki().unwrap()).unwrap();
        assert_eq!(key.kind(), kind);
        let serial = pki::random_serial().unwrap();
        let issued = authority.issue(&Lsc { device: PHONE, key: &key, serial, days: 30 }, ISSUED).unwrap();
        assert!(made.matches(&issued));
        assert_eq!((issued.not_before(), issued.not_after()), (ISSUED, ISSUED + 30 * DAY));
        let leading = serial.iter().take_while(|byte| **byte == 0).count();
        assert_eq!(issued.serial(), &serial[leading..]);
        fs::write(folder.path().join("lsc.pem"), issued.to_pem()).unwrap();
        let verified = std::process::Command::new("openssl")
            .args(["verify", "-attime", &ISSUED.to_string(), "-purpose", "sslclient", "-x509_strict"])
            .args(["-auth_level", "0", "-CAfile", "ca.pem", "lsc.pem"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        // The authority of the vectors has no key identifiers, which strict checking wants; nothing else may be missed.
        let said = String::from_utf8_lossy(&verified.stderr);
        let missed: Vec<&str> = said.lines().filter(|line| line.contains(" depth lookup: ")).collect();
        assert!(
            !missed.is_empty() && missed.iter().all(|line| line.contains("Key Identifier")),
            "{kind}: {said}"
        );
    }
}

#[test]
fn what_the_issuer_cannot_is_refused() {
    let key = SubjectKey::from_spki(&spki(&vector_lsc())).unwrap();
    let lsc = Lsc { device: PHONE, key: &key, serial: [7; 16], days: 365 };
    let authority = authority();
    let end = authority.certificate.not_after();
    assert!(matches!(authority.issue(&lsc, end + 1), Err(IssueError::IssuerNotValid(_))));
    assert!(matches!(authority.issue(&Lsc { days: 0, ..lsc }, ISSUED), Err(IssueError::Days(0))));
    let late = authority.issue(&lsc, end - DAY).unwrap();
    assert_eq!(late.not_after(), end, "nothing outlives its issuer");
    // A phone's own certificate may sign nothing.
    let phone_key = PrivateKey::generate(KeyKind::Rsa(1024)).unwrap();
    let subject = SubjectKey::from_spki(&phone_key.to_spki().unwrap()).unwrap();
    let certificate = authority.issue(&Lsc { key: &subject, ..lsc }, ISSUED).unwrap();
    let phone = Identity { certificate, chain: Vec::new(), key: phone_key };
    assert!(matches!(phone.issue(&lsc, ISSUED), Err(IssueError::NotAnIssuer(_))));
}

#[test]
fn the_issuers_name_is_taken_over() {
    let key = PrivateKey::generate(KeyKind::Rsa(1024)).unwrap();
    let attributes =
        [("C", "NZ"), ("ST", "Otago"), ("L", "Dunedin"), ("O", "A"), ("OU", "B"), ("OU", "C"), ("CN", "x")];
    let issuer = Made { subject: &attributes, ..Made::default() }.signed_by(None);
    let subject = SubjectKey::from_spki(&key.to_spki().unwrap()).unwrap();
    let lsc = Lsc { device: PHONE, key: &subject, serial: [7; 16], days: 1 };
    let issued = issuer.issue(&lsc, ISSUED).unwrap();
    assert_eq!(issued.subject(), "CN=SEP58971ECC97C1,O=A,OU=B,OU=C,L=Dunedin,ST=Otago,C=NZ");
}

fn refused(der: &[u8]) -> String {
    SubjectKey::from_spki(der).unwrap_err().to_string()
}

#[test]
fn odd_keys_are_refused_by_name() {
    let good = spki(&vector_lsc());
    assert_eq!(refused(&[good.clone(), vec![0]].concat()), "its encoding is not plain DER");
    assert!(refused(&good[..good.len() - 1]).contains("not a public key"));
    assert!(refused(b"").contains("not a public key") && refused(&[0x30; 3000]).contains("3000 bytes"));
    let tiny = Rsa::generate(512).unwrap().public_key_to_der().unwrap();
    assert!(refused(&tiny).ends_with("rsa512"));
    let rsa = |n: &openssl::bn::BigNumRef, e: u32| {
        let key = Rsa::from_public_components(n.to_owned().unwrap(), BigNum::from_u32(e).unwrap()).unwrap();
        PKey::from_rsa(key).unwrap().public_key_to_der().unwrap()
    };
    let honest = Rsa::generate(1024).unwrap();
    let n = honest.n();
    assert!(SubjectKey::from_spki(&rsa(n, 3)).is_ok());
    for exponent in [0, 1, 2, 4, 65_536] {
        assert_eq!(refused(&rsa(n, exponent)), "its RSA exponent makes it worthless", "{exponent}");
    }
    let mut even = n.to_owned().unwrap();
    even.sub_word(1).unwrap();
    assert!(refused(&rsa(&even, 65_537)).contains("modulus is even"));
    let mut short = BigNum::new().unwrap();
    short.rshift(n, 8).unwrap();
    short.set_bit(0).unwrap();
    assert!(refused(&rsa(&short, 65_537)).ends_with("rsa1016"));
    let curve = EcGroup::from_curve_name(Nid::SECP256K1).unwrap();
    let odd = PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap().public_key_to_der().unwrap();
    assert!(refused(&odd).ends_with("secp256k1"));
    let mut off = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap().to_spki().unwrap();
    *off.last_mut().unwrap() ^= 1;
    assert!(SubjectKey::from_spki(&off).is_err(), "a point beside its curve");
    let edwards = PKey::generate_ed25519().unwrap().public_key_to_der().unwrap();
    assert_eq!(SubjectKey::from_spki(&edwards).unwrap_err(), SubjectKeyError::Unsupported("ED25519".into()));
}

#[test]
fn the_transcripts_phone_proves_itself_and_nothing_else_does() {
    let bytes = authentication();
    let message = Message::decode(&bytes).unwrap();
    let certificate = Certificate::from_der(message.certificate().unwrap()).unwrap();
    let (sha1, sha512) = (message.signed_data().unwrap(), message.sha2_signed_data().unwrap().1);
    let signatures = Signatures { sha1, sha512 };
    assert_eq!(proof::device(&certificate, PHONE, signatures), Ok(()));
    let sudi = message.sudi().unwrap();
    let sudi_signatures = Signatures { sha1: sudi.sha1, sha512: sudi.sha512 };
    assert_eq!(proof::sudi(&certificate, message.session, sudi_signatures), Ok(()));

    let wrong = |which| Err(ProofError::Wrong(which));
    assert_eq!(proof::device(&certificate, "SEP58971ECC97C2", signatures), wrong("SHA-1"));
    assert_eq!(proof::sudi(&certificate, message.session + 1, sudi_signatures), wrong("SHA-1"));
    assert_eq!(proof::device(&certificate, PHONE, sudi_signatures), wrong("SHA-1"));
    let halves = Signatures { sha512: sudi.sha512, ..signatures };
    assert_eq!(proof::device(&certificate, PHONE, halves), wrong("SHA-512"), "both must be right");
    assert!(matches!(
        proof::device(&certificate, PHONE, Signatures { sha512: &[], ..signatures }),
        Err(ProofError::Length { digest: "SHA-512", found: 0, expected: 256 })
    ));
    for at in [0, 128, 255] {
        let mut changed = sha1.to_vec();
        changed[at] ^= 1;
        assert_eq!(
            proof::device(&certificate, PHONE, Signatures { sha1: &changed, ..signatures }),
            wrong("SHA-1")
        );
    }
}

#[test]
fn what_the_virtual_phone_signs_is_taken() {
    for kind in [KeyKind::Rsa(1024), KeyKind::Rsa(4096), KeyKind::Ec(Curve::P256), KeyKind::Ec(Curve::P521)] {
        let phone = self_signed(PHONE, kind);
        let [sha1, sha512] = phone.key.prove(&[PHONE.as_bytes(), &[0], phone.certificate.der()]).unwrap();
        let signatures = Signatures { sha1: &sha1, sha512: &sha512 };
        assert_eq!(proof::device(&phone.certificate, PHONE, signatures), Ok(()), "{kind}");
        let swapped = Signatures { sha1: &sha512, sha512: &sha1 };
        assert!(proof::device(&phone.certificate, PHONE, swapped).is_err(), "{kind}");
        let padded = [sha1.as_slice(), &[0]].concat();
        assert!(
            proof::device(&phone.certificate, PHONE, Signatures { sha1: &padded, ..signatures }).is_err()
        );
        if !kind.is_rsa() {
            assert_eq!(proof::sudi(&phone.certificate, 1, signatures), Err(ProofError::NotRsa(kind)));
        }
    }
}

fn self_signed(cn: &str, key: KeyKind) -> Identity {
    let subject = Subject { cn: cn.into(), o: "Example".into(), ou: "Voice".into() };
    Identity::self_signed(&Request { subject, names: Vec::new(), key, days: 3650 }, ISSUED).unwrap()
}

/// A certificate in forms our own maker never gives.
#[derive(Clone, Copy)]
struct Made<'a> {
    subject: &'a [(&'a str, &'a str)],
    digest: fn() -> MessageDigest,
    serial: i32,
    begins: i64,
    ends: i64,
}

impl Default for Made<'_> {
    fn default() -> Self {
        Self {
            subject: &[("O", "Maker"), ("CN", "CP-8845-SEP58971ECC97C1")],
            digest: MessageDigest::sha1,
            serial: 5,
            begins: ISSUED - DAY,
            ends: ISSUED + DAY,
        }
    }
}

impl Made<'_> {
    fn signed_by(self, issuer: Option<&Identity>) -> Identity {
        let rsa = Rsa::generate(1024).unwrap();
        let key: PKey<Private> = PKey::from_rsa(rsa).unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        for (field, value) in self.subject {
            name.append_entry_by_text(field, value).unwrap();
        }
        let name = name.build();
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        let mut serial = BigNum::from_u32(self.serial.unsigned_abs()).unwrap();
        serial.set_negative(self.serial < 0);
        builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_not_before(&Asn1Time::from_unix(self.begins).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(self.ends).unwrap()).unwrap();
        let ours = PrivateKey::from_der(&key.private_key_to_pkcs8().unwrap()).unwrap();
        match issuer {
            Some(issuer) => {
                let above = openssl::x509::X509::from_der(issuer.certificate.der()).unwrap();
                builder.set_issuer_name(above.subject_name()).unwrap();
                let key = PKey::private_key_from_der(&issuer.key.to_der().unwrap()).unwrap();
                builder.sign(&key, (self.digest)()).unwrap();
            }
            None => {
                builder.set_issuer_name(&name).unwrap();
                builder.sign(&key, (self.digest)()).unwrap();
            }
        }
        let certificate = Certificate::from_der(&builder.build().to_der().unwrap()).unwrap();
        Identity { certificate, chain: Vec::new(), key: ours }
    }
}

fn maker() -> (Identity, Authorities) {
    let maker = self_signed("Maker CA", KeyKind::Rsa(1024));
    let manufacturer = Manufacturer { certificate: maker.certificate.clone(), allow_expired: false };
    (maker, Authorities { lsc: vec![authority().certificate], manufacturers: vec![manufacturer] })
}

#[test]
fn certificates_of_both_origins_count_for_the_phone_they_name() {
    let (maker, authorities) = maker();
    let vouch =
        |certificate: &Certificate, device: &str| chain::vouch(certificate, device, &authorities, ISSUED);
    assert_eq!(vouch(&vector_lsc(), PHONE), Ok(Origin::Lsc));
    let mic = Made::default().signed_by(Some(&maker)).certificate;
    assert_eq!(vouch(&mic, PHONE), Ok(Origin::Manufacturer));
    for certificate in [&mic, &vector_lsc()] {
        assert!(matches!(vouch(certificate, "SEP58971ECC97C2"), Err(ChainError::OtherPhone(..))));
    }
    let huge_serial = Made { serial: i32::MAX, ..Made::default() }.signed_by(Some(&maker)).certificate;
    assert_eq!(vouch(&huge_serial, PHONE), Ok(Origin::Manufacturer));
}

#[test]
fn names_are_compared_whole() {
    for (cn, expected) in [
        ("SEP58971ECC97C1", true),
        ("CP-8845-SEP58971ECC97C1", true),
        ("CP-7942G-SEP58971ECC97C1", true),
        ("CP-8832-K9-SEP58971ECC97C1", true),
        ("CP-SEP58971ECC97C1", false),
        ("CP--SEP58971ECC97C1", false),
        ("CP-8845SEP58971ECC97C1", false),
        ("CP-8845 -SEP58971ECC97C1", false),
        ("xSEP58971ECC97C1", false),
        ("SEP58971ECC97C1x", false),
        ("SEP58971ECC97C", false),
        ("sep58971ecc97c1", false),
        ("*", false),
        ("SEP58971ECC97C1\0.example", false),
    ] {
        let certificate = Made { subject: &[("CN", cn)], ..Made::default() }.signed_by(None).certificate;
        assert_eq!(chain::names(&certificate, PHONE), expected, "{cn:?}");
    }
    let two =
        Made { subject: &[("CN", PHONE), ("CN", "SEP001122334455")], ..Made::default() }.signed_by(None);
    assert!(!chain::names(&two.certificate, PHONE), "two names are no name");
    let none = Made { subject: &[("O", PHONE)], ..Made::default() }.signed_by(None).certificate;
    assert!(!chain::names(&none, PHONE));
}

#[test]
fn forged_weak_and_foreign_certificates_do_not_count() {
    let (maker, authorities) = maker();
    let vouch = |certificate: &Certificate| chain::vouch(certificate, PHONE, &authorities, ISSUED);
    let foreign = Made::default().signed_by(Some(&self_signed("Other CA", KeyKind::Rsa(1024)))).certificate;
    assert!(matches!(vouch(&foreign), Err(ChainError::UnknownIssuer(_))));
    let same_name = self_signed("Maker CA", KeyKind::Rsa(1024));
    let forged = Made::default().signed_by(Some(&same_name)).certificate;
    assert!(matches!(vouch(&forged), Err(ChainError::NotSigned(_))));
    let md5 = Made { digest: MessageDigest::md5, ..Made::default() }.signed_by(Some(&maker)).certificate;
    assert!(matches!(vouch(&md5), Err(ChainError::WeakSignature(_, _))));
    let own = Made { subject: &[("CN", PHONE)], ..Made::default() }.signed_by(None).certificate;
    assert!(matches!(vouch(&own), Err(ChainError::UnknownIssuer(_))));
    let negative = Made { serial: -5, ..Made::default() }.signed_by(Some(&maker)).certificate;
    assert!(vouch(&negative).is_ok(), "the number is odd, the signature is the maker's");
}

#[test]
fn validity_counts_unless_the_administrator_said_otherwise() {
    let (maker, mut authorities) = maker();
    let expired = Made { ends: ISSUED - 1, ..Made::default() }.signed_by(Some(&maker)).certificate;
    let early = Made { begins: ISSUED + 1, ..Made::default() }.signed_by(Some(&maker)).certificate;
    for certificate in [&expired, &early] {
        let refusal = chain::vouch(certificate, PHONE, &authorities, ISSUED);
        assert!(matches!(refusal, Err(ChainError::NotValid(..))), "{refusal:?}");
    }
    let lsc = vector_lsc();
    let over = chain::vouch(&lsc, PHONE, &authorities, lsc.not_after() + 1);
    assert!(matches!(over, Err(ChainError::NotValid(..))));
    authorities.manufacturers[0].allow_expired = true;
    assert_eq!(chain::vouch(&expired, PHONE, &authorities, ISSUED), Ok(Origin::Manufacturer));
    let end = maker.certificate.not_after();
    assert_eq!(chain::vouch(&expired, PHONE, &authorities, end + DAY), Ok(Origin::Manufacturer));
    assert!(chain::vouch(&early, PHONE, &authorities, ISSUED).is_err(), "the future is not expired");
    assert!(chain::vouch(&lsc, PHONE, &authorities, lsc.not_after() + 1).is_err(), "LSCs are renewed");
    authorities.manufacturers[0].allow_expired = false;
    let long = Made { ends: end + 9 * DAY, ..Made::default() }.signed_by(Some(&maker)).certificate;
    let refusal = chain::vouch(&long, PHONE, &authorities, end + DAY);
    assert!(matches!(refusal, Err(ChainError::IssuerNotValid(_))), "{refusal:?}");
}
