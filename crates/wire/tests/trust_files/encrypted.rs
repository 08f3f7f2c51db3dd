//! Encrypted configurations: one small file both ways, one refusal for each fault that only they can have.

use wire::{
    encrypted::{Encrypted, Sealed, build, pad, unpad},
    signature::{
        Digest, Element, EncodeError,
        Fault::{self, *},
        ParseError, Signer, Signing, Tag, Version,
    },
};

use crate::common::{edited, hex};

/// A file with a header of 212 bytes; the elements in the middle start at 130.
const SMALL: &str = "
    01 0002 0200
    02 0002 00d4
    03 000e 04 0002 4100 06 0002 4200 05 0001 7f
    07 000f 08 0001 03 09 0008 0a 0001 00 0b 0001 00
    0c 0040
      aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    0e 0008 612e656e632e7300
    0f 0004 5f5e1000
    10 0033
      11 001c
        12 0001 00
        13 0010 000102030405060708090a0b0c0d0e0f
        14 0002 0008
      15 0011
        16 0001 00
        17 0002 0008
        18 0001 01
        19 0001 ee
    1a 0001 01
    1b 0014 cccccccccccccccccccccccccccccccccccccccc
    0d
    55555555555555555555555555555555";

fn sealed() -> Sealed<'static> {
    Sealed {
        name: "a.enc.s",
        iv: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        encrypted_key: &[0xee],
        plaintext_algorithm: Digest::Sha1,
        plaintext_digest: &[0xcc; 20],
        padding: 8,
        ciphertext: &[0x55; 16],
    }
}

fn signing() -> Signing {
    Signing {
        signer: Signer { subject: "A".to_owned(), issuer: "B".to_owned(), serial: vec![0x7f] },
        digest: Digest::Sha512,
        signature_len: 64,
        timestamp: 1_600_000_000,
    }
}

#[test]
fn a_small_file_both_ways() {
    let file = hex(SMALL);
    let read = Encrypted::parse(&file).unwrap();
    assert_eq!((read.sealed, read.signing(), read.signature), (sealed(), signing(), &[0xaa; 64][..]));

    let unsigned = build(&sealed(), &signing()).unwrap();
    assert_eq!(unsigned.parts(), read.signed_parts());
    assert_eq!(unsigned.into_file(&[0xaa; 64]).unwrap(), file);
}

#[test]
fn every_fault_is_refused_where_it_is() {
    let element = |tag: Tag| Element::Header(tag);
    #[rustfmt::skip]
    let table = [
        ("01 0002 0200", "01 0002 0100", 0, Tag::Version, Fault::Version { found: self::Version::new(1, 0) }),
        ("10 0033", "0d 0033",           130, Tag::EncryptionInfo, Misplaced { found: element(Tag::Padding) }),
        ("10 0033", "10 0032",           167, Tag::KeyInfo, Truncated { wanted: 17, left: 16 }),
        ("10 0033", "10 0037",           184, Tag::EncryptionInfo,
            Foreign { found: element(Tag::PlaintextDigestAlgorithm) }),
        ("11 001c", "11 001b",           162, Tag::PlaintextPadding, Truncated { wanted: 2, left: 1 }),
        ("12 0001 00", "12 0001 01",     136, Tag::IvReserved, Value { found: 1 }),
        ("13 0010", "13 000f",           143, Tag::Iv, Truncated { wanted: 16, left: 15 }),
        ("14 0002 0008", "14 0002 0000", 159, Tag::PlaintextPadding, Value { found: 0 }),
        ("14 0002 0008", "14 0002 0011", 159, Tag::PlaintextPadding, Value { found: 17 }),
        ("16 0001 00", "16 0001 02",     167, Tag::KeyReserved, Value { found: 2 }),
        ("17 0002 0008", "17 0002 0010", 171, Tag::KeySize, KeySize { bits: 16, found: 1 }),
        ("18 0001 01", "18 0001 02",     176, Tag::KeyAlgorithm, Value { found: 2 }),
        ("19 0001 ee", "19 0000",        180, Tag::EncryptedKey, Empty),
        ("1a 0001 01", "1a 0001 09",     184, Tag::PlaintextDigestAlgorithm, Value { found: 9 }),
        ("1a 0001 01", "1a 0001 02",     188, Tag::PlaintextDigest, DigestLength { expected: 32, found: 20 }),
        ("1a 0001 01", "1c 0002 0101",   184, Tag::PlaintextDigestAlgorithm,
            Misplaced { found: element(Tag::SignerVersion) }),
    ];
    for (from, to, offset, tag, fault) in table {
        let expected = ParseError { offset, element: Element::Header(tag), fault };
        assert_eq!(Encrypted::parse(&edited(SMALL, from, to)), Err(expected), "{from:?} -> {to:?}");
    }
}

#[test]
fn the_iv_info_and_the_key_info_hold_nothing_else() {
    for (last, at, len_at, container) in
        [("14 0002 0008", 164, 135, Tag::IvInfo), ("19 0001 ee", 184, 166, Tag::KeyInfo)]
    {
        let mut file = edited(SMALL, last, &format!("{last} 0e 0001 00"));
        // The length of the container, and of the one around it.
        file[len_at] += 4;
        file[132] += 4;
        let fault = Foreign { found: Element::Header(Tag::FileName) };
        assert_eq!(Encrypted::parse(&file), Err(ParseError { offset: at, element: container.into(), fault }));
    }
}

#[test]
fn a_ciphertext_is_whole_blocks() {
    let file = hex(SMALL);
    for len in [0, 1, 15, 17, 31] {
        let mut file = file[..212].to_vec();
        file.extend(vec![0x55; len]);
        let expected = ParseError { offset: 212, element: Element::Body, fault: Ciphertext { len } };
        assert_eq!(Encrypted::parse(&file), Err(expected));
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let built = |sealed: Sealed<'_>| build(&sealed, &signing()).map(|unsigned| unsigned.file_len());
    let long = vec![0; 8192];
    assert_eq!(built(Sealed { padding: 0, ..sealed() }), Err(EncodeError::PlaintextPadding { padding: 0 }));
    assert_eq!(built(Sealed { padding: 17, ..sealed() }), Err(EncodeError::PlaintextPadding { padding: 17 }));
    assert_eq!(built(Sealed { ciphertext: &[], ..sealed() }), Err(EncodeError::Ciphertext { len: 0 }));
    assert_eq!(built(Sealed { ciphertext: &[0; 15], ..sealed() }), Err(EncodeError::Ciphertext { len: 15 }));
    assert_eq!(built(Sealed { encrypted_key: &[], ..sealed() }), Err(EncodeError::EncryptedKey { len: 0 }));
    assert_eq!(
        built(Sealed { encrypted_key: &long, ..sealed() }),
        Err(EncodeError::EncryptedKey { len: 8192 })
    );
    assert_eq!(
        built(Sealed { plaintext_algorithm: Digest::Sha512, ..sealed() }),
        Err(EncodeError::PlaintextDigest { expected: 64, found: 20 })
    );
}

#[test]
fn padding_always_adds_and_comes_off_again() {
    for len in 0..40 {
        let xml = vec![b'x'; len];
        let (padded, padding) = pad(&xml);
        assert_eq!(padded.len() % 16, 0);
        assert_eq!(padded.len() - len, usize::from(padding));
        assert!((1..=16).contains(&padding));
        assert_eq!(unpad(&padded, padding), Some(xml.as_slice()));
        assert_eq!(unpad(&padded, 0), None);
        assert_eq!(unpad(&padded, padding + 1), None);
        assert_eq!(unpad(&padded[1..], padding), None);
    }
    assert_eq!(unpad(b"", 1), None);
    assert_eq!(unpad(&[0x0d; 32], 17), None);
    let (mut padded, padding) = pad(b"x");
    padded[5] = b'\n';
    assert_eq!(unpad(&padded, padding), None);
}
