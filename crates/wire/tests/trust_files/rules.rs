//! The rules that phones enforce on a trust list: each with its own error, none in the way of a list that obeys.

use wire::{
    signature::{Digest, EncodeError, Signer, Signing, Version},
    trust_list::{
        Extra, Kind, MAX_LEN, PublicKey, Record, Role, RuleError, TrustList, build, build_unchecked,
    },
};

const V1_0: Version = Version::new(1, 0);
const V1_1: Version = Version::new(1, 1);

fn rsa(bits: usize) -> PublicKey {
    let modulus = [vec![0x00], vec![0xa5; bits / 8]].concat();
    let integers = [der(0x02, &modulus), der(0x02, &[0x01, 0x00, 0x01])].concat();
    let key = PublicKey::Rsa(der(0x30, &integers));
    assert_eq!(key.modulus_bits(), Some(bits));
    key
}

fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    let len = match u8::try_from(value.len()) {
        Ok(len @ ..=0x7f) => vec![len],
        Ok(len) => vec![0x81, len],
        Err(_) => [&[0x82][..], &u16::try_from(value.len()).unwrap().to_be_bytes()].concat(),
    };
    [&[tag][..], &len, value].concat()
}

fn ec() -> PublicKey {
    PublicKey::Ec([&[4][..], &[0x5a; 64]].concat())
}

/// A certificate is what its name makes it.
fn record(name: &str, role: Role, key: PublicKey) -> Record {
    Record {
        subject: format!("CN={name},O=Example,OU=Voice"),
        issuer: format!("CN={name},O=Example,OU=Voice"),
        serial: name.as_bytes().to_vec(),
        role,
        public_key: Some(key),
        signature: vec![1; 256],
        certificate: Some(format!("the certificate of {name}").into_bytes()),
        extra: Extra::default(),
    }
}

fn signing(by: &Record, signature_len: usize) -> Signing {
    let signer = Signer { subject: by.subject.clone(), issuer: by.issuer.clone(), serial: by.serial.clone() };
    Signing { signer, digest: Digest::Sha1, signature_len, timestamp: 1 }
}

fn sast() -> Record {
    record("sast-1", Role::Sast, rsa(2048))
}

fn check(version: Version, records: &[Record]) -> Result<(), RuleError> {
    let signing = signing(&records[0], 256);
    let built = build(Kind::Itl, version, records, &signing);
    if let Ok(unsigned) = build_unchecked(Kind::Itl, version, records, &signing) {
        // A list that was read is judged as one that is built.
        let file = unsigned.into_file(&[7; 256]).unwrap();
        if let Some(list) = TrustList::parse(&file).ok().filter(|list| list.records == records) {
            assert_eq!(list.check_rules().err(), built.as_ref().err().cloned());
        }
    }
    built.map(|_| ())
}

#[test]
fn lists_that_obey_are_built() {
    let subject = |name: &str, role| record(name, role, rsa(1024));
    let everything = [
        sast(),
        record("sast-2", Role::Sast, rsa(2048)),
        subject("call-manager", Role::Ccm),
        subject("call-manager", Role::Tftp),
        subject("sast-1", Role::Tftp),
        record("provisioning", Role::Tftp, ec()),
        subject("tvs", Role::Tvs),
        subject("capf", Role::Capf),
        subject("something", Role::Other(9)),
    ];
    assert_eq!(check(V1_1, &everything), Ok(()));
    assert_eq!(check(V1_0, &everything[..5]), Ok(()));
    assert_eq!(check(V1_0, &everything[..1]), Ok(()));
}

#[test]
fn a_small_signer_will_do() {
    let small = record("sast-1", Role::Sast, rsa(1024));
    assert!(build(Kind::Ctl, V1_0, std::slice::from_ref(&small), &signing(&small, 128)).is_ok());
}

#[test]
fn the_signer_version_is_one_of_two() {
    for wrong in [Version::new(0, 9), Version::new(1, 2), Version::new(2, 0)] {
        assert_eq!(check(wrong, &[sast()]), Err(RuleError::SignerVersion(wrong)));
    }
}

#[test]
fn the_signer_is_in_the_list_as_sast_with_its_certificate() {
    let subject = sast().subject;
    let absent = build(Kind::Itl, V1_0, &[record("sast-2", Role::Sast, rsa(2048))], &signing(&sast(), 256));
    assert_eq!(absent.unwrap_err(), RuleError::SignerAbsent { subject: subject.clone() });
    // Another subject, issuer or serial number is another certificate.
    for other in [
        Record { subject: "CN=other".to_owned(), ..sast() },
        Record { issuer: "CN=other".to_owned(), ..sast() },
        Record { serial: vec![9], ..sast() },
    ] {
        let absent = build(Kind::Itl, V1_0, &[other], &signing(&sast(), 256));
        assert_eq!(absent.unwrap_err(), RuleError::SignerAbsent { subject: subject.clone() });
    }

    let other_role = [Record { role: Role::Tftp, ..sast() }, record("sast-2", Role::Sast, rsa(2048))];
    assert_eq!(check(V1_0, &other_role), Err(RuleError::SignerNotSast { subject: subject.clone() }));

    for lacking in [Record { certificate: None, ..sast() }, Record { public_key: None, ..sast() }] {
        assert_eq!(
            check(V1_0, &[lacking]),
            Err(RuleError::SignerWithoutCertificate { subject: subject.clone() })
        );
    }
}

#[test]
fn the_signer_has_an_rsa_key_that_phones_take() {
    let subject = sast().subject;
    let with = |key| check(V1_1, &[record("sast-1", Role::Sast, key)]);
    assert_eq!(with(ec()), Err(RuleError::SignerNotRsa { subject: subject.clone() }));
    assert_eq!(with(rsa(4096)), Err(RuleError::SignerKeyTooBig { subject: subject.clone(), bits: 4096 }));
    assert_eq!(with(rsa(3072)), Err(RuleError::SignerKeyTooBig { subject: subject.clone(), bits: 3072 }));
    assert_eq!(
        with(rsa(1024)),
        Err(RuleError::SignerKeySize { subject: subject.clone(), key: 128, signature: 256 })
    );
    assert_eq!(with(PublicKey::Rsa(vec![0x30])), Err(RuleError::MalformedKey { subject }));
}

#[test]
fn other_keys_are_such_as_phones_take() {
    let with = |version, key| check(version, &[sast(), record("tftp", Role::Tftp, key)]);
    let subject = "CN=tftp,O=Example,OU=Voice".to_owned();
    assert_eq!(
        with(V1_0, ec()),
        Err(RuleError::EcNeedsNewerSigner { subject: subject.clone(), version: V1_0 })
    );
    assert_eq!(with(V1_1, ec()), Ok(()));
    assert_eq!(with(V1_1, rsa(4096)), Err(RuleError::KeyTooBig { subject: subject.clone(), bits: 4096 }));
    let malformed = Err(RuleError::MalformedKey { subject });
    assert_eq!(with(V1_1, PublicKey::Ec(vec![4; 64])), malformed);
    assert_eq!(with(V1_1, PublicKey::Rsa(vec![4; 65])), malformed);
}

#[test]
fn two_sasts_and_no_more() {
    let mut records = vec![sast(), record("sast-2", Role::Sast, rsa(2048))];
    assert_eq!(check(V1_0, &records), Ok(()));
    records.push(record("sast-3", Role::Sast, rsa(2048)));
    assert_eq!(check(V1_0, &records), Err(RuleError::TooManySasts { count: 3 }));
    // A role kept as its number is still that role.
    records[2].role = Role::Other(0);
    assert_eq!(check(V1_0, &records), Err(RuleError::TooManySasts { count: 3 }));
}

#[test]
fn a_certificate_stands_once_in_a_role() {
    let records = [sast(), record("tvs", Role::Tvs, rsa(2048)), record("tvs", Role::Tvs, rsa(2048))];
    let subject = records[1].subject.clone();
    assert_eq!(check(V1_0, &records), Err(RuleError::Repeated { subject, role: Role::Tvs }));
    let other_role = [sast(), record("tvs", Role::Tvs, rsa(2048)), record("tvs", Role::Ccm, rsa(2048))];
    assert_eq!(check(V1_0, &other_role), Ok(()));
}

#[test]
fn thirty_nine_certificates_and_no_more() {
    let mut records = vec![sast()];
    records.extend((1..39).map(|number| record(&format!("ccm-{number}"), Role::Ccm, rsa(1024))));
    // The second role of a certificate does not count again.
    records.push(record("ccm-1", Role::Tftp, rsa(1024)));
    assert_eq!(check(V1_0, &records), Ok(()));
    records.push(record("ccm-39", Role::Ccm, rsa(1024)));
    assert_eq!(check(V1_0, &records), Err(RuleError::TooManyCertificates { count: 40 }));
}

#[test]
fn a_list_stays_below_sixty_four_kilobytes() {
    let list = |len: usize| {
        let big = record("tvs", Role::Tvs, rsa(1024));
        let bigger = Record { certificate: Some(vec![9; len]), ..record("capf", Role::Capf, rsa(1024)) };
        [sast(), Record { certificate: Some(vec![8; 30_000]), ..big }, bigger]
    };
    let signing = signing(&sast(), 256);
    let fixed = build(Kind::Itl, V1_0, &list(1), &signing).unwrap().file_len() - 1;
    let fits = MAX_LEN - fixed;
    assert_eq!(build(Kind::Itl, V1_0, &list(fits), &signing).unwrap().file_len(), 65_535);
    assert_eq!(check(V1_0, &list(fits)), Ok(()));
    assert_eq!(check(V1_0, &list(fits + 1)), Err(RuleError::TooLong { len: 65_536 }));
}

#[test]
fn what_cannot_be_written_is_told_as_that() {
    let signing = Signing { signature_len: 192, ..signing(&sast(), 256) };
    let odd = record("sast-1", Role::Sast, rsa(1536));
    let error = build(Kind::Itl, V1_0, &[odd], &signing).unwrap_err();
    assert_eq!(error, RuleError::Encode(EncodeError::SignatureLength { len: 192 }));
}
