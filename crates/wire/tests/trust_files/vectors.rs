//! Every vector parses to what it holds, comes out byte for byte when it is written again, and is refused when damaged.

use wire::{
    encrypted::Encrypted,
    signature::{Digest, Signer, Version},
    signed::Signed,
    trust_list::{Kind as ListKind, PublicKey, Role, TrustList},
};

use crate::common::{Kind, Vector, assert_rewrites, rewritten, vector, vectors};

fn signer(common_name: &str, serial: &[u8]) -> Signer {
    let name = format!("CN={common_name},O=Example,OU=Voice");
    Signer { subject: name.clone(), issuer: name, serial: serial.to_vec() }
}

#[test]
fn every_vector_is_rebuilt_byte_for_byte() {
    for Vector { name, kind, file } in vectors() {
        let again = rewritten(kind, &file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(again.unwrap() == file, "{name}: other bytes came back");
    }
}

#[test]
fn every_list_obeys_the_rules() {
    for Vector { name, file, .. } in vectors().into_iter().filter(|vector| vector.kind == Kind::TrustList) {
        let list = TrustList::parse(&file).unwrap();
        assert_eq!(list.check_rules(), Ok(()), "{name}");
        let unsigned =
            wire::trust_list::build(list.kind, list.signer_version, &list.records, &list.signing()).unwrap();
        assert_eq!(unsigned.parts(), list.signed_parts(), "{name}");
    }
}

#[test]
fn a_signed_file_holds_its_plain_file() {
    let file = vector("sgn/sgn-sha512-asterisk.DialTemplate.xml.sgn");
    let signed = Signed::parse(&file).unwrap();
    assert_eq!(
        signed.signer,
        signer("Asterisk", b"\xc5\x56\x9a\xb5\xd8\xa3\x21\xaf\x5d\x64\x9d\x72\x0f\xa6\x9e\xce")
    );
    assert_eq!(
        (signed.name, signed.digest, signed.timestamp),
        ("DialTemplate.xml.sgn", Digest::Sha512, 0x6b03_804f)
    );
    assert_eq!(signed.payload, vector("sgn/sgn-plain.DialTemplate.xml"));
    assert_eq!(signed.signature.len(), 256);

    let file = vector("sgn/sgn-sha1-nested.mk-sip.jar.sgn");
    let signed = Signed::parse(&file).unwrap();
    assert_eq!((signed.name, signed.digest), ("New_Zealand/mk-sip.jar.sgn", Digest::Sha1));
    assert_eq!(signed.payload, vector("sgn/sgn-nested-plain.mk-sip.jar"));

    for (size, len) in [(1024, 128), (4096, 512)] {
        let file = vector(&format!("sgn/sgn-sha1-signer-{size}.DialTemplate.xml.sgn"));
        assert_eq!(Signed::parse(&file).unwrap().signature.len(), len);
    }
}

#[test]
fn an_encrypted_configuration_tells_how() {
    for (digest, name, padding) in [(Digest::Sha1, "sha1", 8), (Digest::Sha512, "sha512", 8)] {
        let file = vector(&format!("enc/enc-{name}.SEP58971ECC97C1.cnf.xml.enc.sgn"));
        let encrypted = Encrypted::parse(&file).unwrap();
        let sealed = encrypted.sealed;
        assert_eq!((encrypted.digest, sealed.plaintext_algorithm), (digest, digest));
        assert_eq!(sealed.plaintext_digest.len(), digest.len());
        assert_eq!((sealed.name, sealed.padding), ("SEP58971ECC97C1.cnf.xml.enc.sgn", padding));
        assert_eq!(sealed.encrypted_key.len(), 256);
        let plain = vector("enc/enc-plain.SEP58971ECC97C1.cnf.xml");
        assert_eq!(sealed.ciphertext.len(), plain.len() + usize::from(padding));
    }
}

#[test]
fn a_trust_list_holds_its_records() {
    let file = vector("trust/itl-1.1-sha512.ITLFile.tlv");
    let list = TrustList::parse(&file).unwrap();
    assert_eq!(
        (list.kind, list.signer_version, list.digest),
        (ListKind::Itl, Version::new(1, 1), Digest::Sha512)
    );
    assert_eq!(
        list.signer,
        signer("SAST", b"\x2d\x15\x5c\xc0\xfa\x5f\x27\x72\x82\xfa\xe9\x4f\xc7\xb6\xd2\x7e")
    );
    let held: Vec<_> = list.records.iter().map(|record| (record.subject.as_str(), record.role)).collect();
    assert_eq!(
        held,
        [
            ("CN=SAST,O=Example,OU=Voice", Role::Sast),
            ("CN=SAST-2,O=Example,OU=Voice", Role::Sast),
            ("CN=Asterisk,O=Example,OU=Voice", Role::Ccm),
            ("CN=Provision-EC,O=Example,OU=Voice", Role::Tftp),
            ("CN=Asterisk,O=Example,OU=Voice", Role::Tftp),
            ("CN=Apps,O=Example,OU=Voice", Role::AppServer),
            ("CN=TVS,O=Example,OU=Voice", Role::Tvs),
            ("CN=CAPF,O=Example,OU=Voice", Role::Capf),
        ]
    );
    let [first, .., last] = list.records.as_slice() else { panic!("two records at least") };
    assert_eq!(first.public_key.as_ref().and_then(PublicKey::modulus_bits), Some(2048));
    assert!(matches!(&list.records[3].public_key, Some(PublicKey::Ec(point)) if point.len() == 97));
    assert_eq!(last.certificate.as_ref().map(Vec::len), Some(876));

    let file = vector("trust/ctl-device-1.0-sha1.CTLSEP58971ECC97C1.tlv");
    assert_eq!(TrustList::parse(&file).unwrap().kind, ListKind::Ctl);
    let file = vector("trust/itl-device-1.1-sha1.ITLSEP58971ECC97C1.tlv");
    assert_eq!(TrustList::parse(&file).unwrap().kind, ListKind::Itl);
}

/// Within the header every cut is an error. Behind it, only the signature can tell a shorter file from the whole one,
/// unless the cut is within a record or a block; the shorter file is then never mistaken for the whole.
#[test]
fn a_cut_at_every_byte_is_an_error_or_another_file() {
    for Vector { name, kind, file } in vectors() {
        let header_len = usize::from(u16::from_be_bytes([file[8], file[9]]));
        for len in 0..file.len() {
            let cut = &file[..len];
            let accepted = assert_rewrites(kind, cut);
            let allowed = match kind {
                Kind::Signed => len >= header_len,
                Kind::Encrypted => len > header_len && (len - header_len).is_multiple_of(16),
                Kind::TrustList => len > header_len && record_ends(&file, header_len).contains(&len),
            };
            assert_eq!(accepted, allowed, "{name}: cut to {len} bytes");
        }
    }
}

fn record_ends(file: &[u8], header_len: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut end = header_len;
    while end < file.len() {
        end += usize::from(u16::from_be_bytes([file[end + 3], file[end + 4]]));
        ends.push(end);
    }
    ends
}

/// Whatever one byte is changed to, the file is refused, or what was read comes out as the changed bytes: no byte is
/// ignored, so none escapes the signature.
#[test]
fn no_byte_is_ignored() {
    for Vector { name, kind, mut file } in vectors() {
        for at in 0..file.len() {
            // Signatures, keys, certificates and payloads are opaque; a few of their bytes stand for all.
            let opaque = at > 420 && kind != Kind::TrustList || at % 1500 > 420;
            let original = file[at];
            let changes: &[u8] =
                if !opaque { &[0, 1, 13, original ^ 1, original ^ 0x80] } else { &[original ^ 1] };
            for changed in changes.iter().filter(|_| !opaque || at.is_multiple_of(13)) {
                file[at] = *changed;
                assert_rewrites(kind, &file);
            }
            file[at] = original;
        }
        assert!(assert_rewrites(kind, &file), "{name}");
    }
}
