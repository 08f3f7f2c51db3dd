//! For any values: what is written reads back as it was. For any bytes: a parser answers, and never accepts what it
//! could not write itself.

use proptest::{collection::vec, option, prelude::*, sample};
use wire::{
    encrypted::{self, Encrypted, Sealed},
    package,
    signature::{Digest, MODULUS_SIZES, Signer, Signing, Version},
    signed::{self, Signed},
    trust_list::{Extra, Kind as ListKind, PublicKey, Record, Role, TrustList, build_unchecked},
};

use crate::common::{Kind, assert_rewrites, vectors};

fn text() -> impl Strategy<Value = String> {
    "[^\0]{0,40}"
}

fn serial() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..21).prop_map(|mut serial| {
        let zeros = serial.iter().take_while(|byte| **byte == 0).count();
        serial.split_off(zeros)
    })
}

fn digest() -> impl Strategy<Value = Digest> {
    sample::select(vec![Digest::Sha1, Digest::Sha256, Digest::Sha512])
}

fn signing() -> impl Strategy<Value = Signing> {
    (text(), text(), serial(), digest(), sample::select(MODULUS_SIZES.to_vec()), any::<u32>()).prop_map(
        |(subject, issuer, serial, digest, signature_len, timestamp)| Signing {
            signer: Signer { subject, issuer, serial },
            digest,
            signature_len,
            timestamp,
        },
    )
}

fn public_key() -> impl Strategy<Value = PublicKey> {
    let rsa = (1..0x80_u8, vec(any::<u8>(), 0..40), 1..0x80_u8).prop_map(|(first, modulus, exponent)| {
        let len = u8::try_from(modulus.len()).unwrap() + 1;
        let mut der = vec![0x30, len + 5, 0x02, len, first];
        der.extend(modulus);
        der.extend([0x02, 0x01, exponent]);
        PublicKey::Rsa(der)
    });
    let ec = (sample::select(vec![65, 97, 133]), any::<u8>()).prop_map(|(len, fill)| {
        let mut point = vec![fill; len];
        point[0] = 4;
        PublicKey::Ec(point)
    });
    prop_oneof![rsa, ec]
}

fn extra() -> impl Strategy<Value = Extra> {
    let bytes = || option::of(vec(any::<u8>(), 0..30));
    (option::of(text()), bytes(), bytes(), bytes()).prop_map(
        |(dns_name, ip_address, hash, hash_algorithm)| Extra { dns_name, ip_address, hash, hash_algorithm },
    )
}

fn record() -> impl Strategy<Value = Record> {
    let certificate = option::of(vec(any::<u8>(), 1..100));
    let role = any::<u16>().prop_map(|code| Role::from_code(code % 30));
    let key = (option::of(public_key()), vec(any::<u8>(), 0..80), certificate);
    (text(), text(), serial(), role, key, extra()).prop_map(
        |(subject, issuer, serial, role, (public_key, signature, certificate), extra)| Record {
            subject,
            issuer,
            serial,
            role,
            public_key,
            signature,
            certificate,
            extra,
        },
    )
}

/// Bytes as if somebody had been at a real file: some overwritten, some cut out, some put in.
fn mutated() -> impl Strategy<Value = (Kind, Vec<u8>)> {
    let edit = (any::<sample::Index>(), 0..3_usize, vec(any::<u8>(), 0..4));
    (
        sample::select(vectors().into_iter().map(|vector| (vector.kind, vector.file)).collect::<Vec<_>>()),
        vec(edit, 1..4),
    )
        .prop_map(|((kind, mut file), edits)| {
            for (at, cut, insert) in edits {
                let at = at.index(file.len());
                // Faults near the front get further than those in a signature.
                let at = if at.is_multiple_of(2) { at % 420 } else { at };
                let end = file.len().min(at + cut);
                file.splice(at.min(end)..end, insert);
            }
            (kind, file)
        })
}

proptest! {
    #[test]
    fn a_signed_file_reads_back(name in "[^\0]{1,60}", payload in vec(any::<u8>(), 0..200), signing in signing(), fill: u8) {
        let signature = vec![fill; signing.signature_len];
        let unsigned = signed::build(&name, &payload, &signing).unwrap();
        let parts = unsigned.parts().map(<[u8]>::to_vec);
        let file = unsigned.into_file(&signature).unwrap();
        let read = Signed::parse(&file).unwrap();
        prop_assert_eq!((read.name, read.payload, read.signature), (name.as_str(), payload.as_slice(), signature.as_slice()));
        prop_assert_eq!(read.signing(), signing);
        prop_assert_eq!(read.signed_parts(), parts.each_ref().map(Vec::as_slice));
        prop_assert_eq!(package::payload_offset(&file), Ok(file.len() - payload.len()));
    }

    #[test]
    fn an_encrypted_configuration_reads_back(
        name in "[^\0]{1,60}", xml in vec(any::<u8>(), 0..200), key in vec(any::<u8>(), 1..300), iv: [u8; 16],
        plaintext_algorithm in digest(), signing in signing(),
    ) {
        let (padded, padding) = encrypted::pad(&xml);
        let plaintext_digest = vec![0x5a; plaintext_algorithm.len()];
        let sealed = Sealed {
            name: &name, iv, encrypted_key: &key, plaintext_algorithm, plaintext_digest: &plaintext_digest, padding,
            ciphertext: &padded,
        };
        let signature = vec![1; signing.signature_len];
        let file = encrypted::build(&sealed, &signing).unwrap().into_file(&signature).unwrap();
        let read = Encrypted::parse(&file).unwrap();
        prop_assert_eq!(read.sealed, sealed);
        prop_assert_eq!(read.signing(), signing);
        prop_assert_eq!(encrypted::unpad(read.sealed.ciphertext, read.sealed.padding), Some(xml.as_slice()));
    }

    #[test]
    fn a_trust_list_reads_back(
        records in vec(record(), 1..8), signing in signing(), major: u8, minor: u8,
        kind in sample::select(vec![ListKind::Itl, ListKind::Ctl]),
    ) {
        let version = Version { major, minor };
        let signature = vec![1; signing.signature_len];
        let unsigned = build_unchecked(kind, version, &records, &signing).unwrap();
        let file = unsigned.into_file(&signature).unwrap();
        let read = TrustList::parse(&file).unwrap();
        prop_assert_eq!((read.kind, read.signer_version), (kind, version));
        prop_assert_eq!(read.signing(), signing);
        prop_assert_eq!(read.records, records);
    }

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..600)) {
        for kind in [Kind::Signed, Kind::Encrypted, Kind::TrustList] {
            assert_rewrites(kind, &bytes);
        }
        if let Ok(offset) = package::payload_offset(&bytes) {
            prop_assert!(offset <= bytes.len());
        }
    }

    #[test]
    fn any_damage_is_answered((kind, file) in mutated()) {
        assert_rewrites(kind, &file);
        if let Ok(offset) = package::payload_offset(&file) {
            prop_assert!(offset <= file.len());
        }
    }
}
