//! Signed files and the header they share with everything else: one small file both ways, one refusal for each fault.

use wire::{
    signature::{
        Digest, Element, EncodeError,
        Fault::{self, *},
        ParseError, Signer, Signing, Tag, Unsigned, Version,
    },
    signed::{Signed, build},
};

use crate::common::{edited, hex};

/// A file of 134 bytes; the comments count from its start.
const SMALL: &str = "
    01 0002 0100
    02 0002 0084
    03 000e
      04 0002 4100
      06 0002 4200
      05 0001 7f
    07 000f
      08 0001 01
      09 0008
        0a 0001 00
        0b 0001 00
    0c 0040
      aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    0e 0007 61622e73676e00
    0f 0004 5f5e1000
    0d0d0d
    6869";

fn signing() -> Signing {
    Signing {
        signer: Signer { subject: "A".to_owned(), issuer: "B".to_owned(), serial: vec![0x7f] },
        digest: Digest::Sha1,
        signature_len: 64,
        timestamp: 1_600_000_000,
    }
}

#[test]
fn a_small_file_both_ways() {
    let file = hex(SMALL);
    let read = Signed::parse(&file).unwrap();
    assert_eq!((&read.signer, read.digest, read.timestamp), (&signing().signer, Digest::Sha1, 1_600_000_000));
    assert_eq!((read.name, read.payload, read.signature), ("ab.sgn", &b"hi"[..], &[0xaa; 64][..]));
    assert_eq!(read.signing(), signing());

    let unsigned = build("ab.sgn", b"hi", &signing()).unwrap();
    assert_eq!((unsigned.digest(), unsigned.signature_len(), unsigned.file_len()), (Digest::Sha1, 64, 134));
    assert_eq!(unsigned.parts(), read.signed_parts());
    assert_eq!(unsigned.into_file(&[0xaa; 64]).unwrap(), file);
}

#[test]
fn what_is_signed_is_all_but_the_signature_element() {
    let file = hex(SMALL);
    let [before, behind] = Signed::parse(&file).unwrap().signed_parts();
    assert_eq!((before, behind), (&file[..45], &file[112..]));
}

#[test]
fn an_empty_payload_and_a_header_without_padding() {
    let unsigned = build("abc", b"", &signing()).unwrap();
    assert_eq!(unsigned.file_len(), 128);
    let file = unsigned.into_file(&[1; 64]).unwrap();
    assert_eq!(Signed::parse(&file).unwrap().payload, b"");
}

#[test]
fn the_other_order_of_serial_number_and_issuer_is_read() {
    let file = edited(SMALL, "06 0002 4200\n      05 0001 7f", "05 0001 7f 06 0002 4200");
    assert_eq!(Signed::parse(&file).unwrap().signer, signing().signer);
}

#[test]
fn every_fault_is_refused_where_it_is() {
    let element = |tag: Tag| Element::Header(tag);
    let version = |major, minor| Fault::Version { found: self::Version::new(major, minor) };
    #[rustfmt::skip]
    let table = [
        // The first two elements.
        ("01 0002 0100", "",                0, Tag::Version, Misplaced { found: element(Tag::HeaderLength) }),
        ("01 0002 0100", "01 0001 01 00",   3, Tag::Version, Truncated { wanted: 2, left: 1 }),
        ("01 0002 0100", "01 0003 0100 00", 5, Tag::Version, Trailing { len: 1 }),
        ("01 0002 0100", "01 0002 0102",    0, Tag::Version, version(1, 2)),
        ("01 0002 0100", "01 0002 0200",    0, Tag::Version, version(2, 0)),
        ("02 0002 0084", "02 0002 0009",    5, Tag::HeaderLength, HeaderTooShort { announced: 9 }),
        ("02 0002 0084", "02 0002 0087",    5, Tag::HeaderLength, HeaderPastEnd { announced: 135, file: 134 }),
        ("02 0002 0084", "02 0001 84",      8, Tag::HeaderLength, Truncated { wanted: 2, left: 1 }),
        ("02 0002 0084", "01 0002 0100",    5, Tag::Version, Repeated),
        // The signer.
        ("03 000e", "03 000d",              26, Tag::SerialNumber, Truncated { wanted: 1, left: 0 }),
        ("03 000e", "03 0010",              28, Tag::SignatureInfo, Truncated { wanted: 2, left: 1 }),
        ("03 000e", "03 ffff",              13, Tag::SignerInfo, Truncated { wanted: 65535, left: 119 }),
        ("04 0002 4100", "04 0002 4141",    13, Tag::SignerName, NoNul),
        ("04 0002 4100", "04 0002 0000",    13, Tag::SignerName, InnerNul),
        ("04 0002 4100", "04 0002 ff00",    13, Tag::SignerName, NotUtf8),
        ("04 0002 4100", "06 0002 4100",    18, Tag::IssuerName, Repeated),
        ("06 0002 4200", "08 0002 4200",    18, Tag::SignerInfo, Foreign { found: element(Tag::DigestAlgorithm) }),
        ("05 0001 7f", "0d 0d0d0d",         23, Tag::SignerInfo, Foreign { found: element(Tag::Padding) }),
        // The kind of signature.
        ("07 000f", "07 000e",              37, Tag::SignatureAlgorithmInfo, Truncated { wanted: 8, left: 7 }),
        ("08 0001 01", "08 0001 00",        30, Tag::DigestAlgorithm, Value { found: 0 }),
        ("08 0001 01", "08 0001 04",        30, Tag::DigestAlgorithm, Value { found: 4 }),
        ("0a 0001 00", "0a 0001 01",        37, Tag::SignatureAlgorithm, Value { found: 1 }),
        ("0b 0001 00", "0b 0001 04",        41, Tag::SignatureModulus, Value { found: 4 }),
        ("0b 0001 00", "0b 0001 01",        45, Tag::Signature, SignatureLength { modulus: 128, found: 64 }),
        ("0b 0001 00", "0a 0001 00",        41, Tag::SignatureAlgorithm, Repeated),
        // The signature, the name, the time.
        ("0c 0040", "0c 003f aa",           45, Tag::Signature, SignatureLength { modulus: 64, found: 63 }),
        ("0c 0040", "0c ffff",              48, Tag::Signature, Truncated { wanted: 65535, left: 84 }),
        ("0e 0007 61622e73676e00", "0c 0007 61622e73676e00", 112, Tag::Signature, Repeated),
        ("0e 0007 61622e73676e00", "0e 0007 61622e73676e6e", 112, Tag::FileName, NoNul),
        ("0e 0007 61622e73676e00", "0e 0007 61002e73676e00", 112, Tag::FileName, InnerNul),
        ("0e 0007 61622e73676e00", "0e 0000 0d0d0d0d0d0d0d", 112, Tag::FileName, NoNul),
        ("0e 0007 61622e73676e00", "0e 0001 00 0d0d0d0d0d0d", 112, Tag::FileName, Empty),
        ("0e 0007 61622e73676e00", "0f 0007 61622e73676e00", 112, Tag::FileName, Misplaced { found: element(Tag::Timestamp) }),
        ("0f 0004 5f5e1000", "0f 0003 5f5e10", 125, Tag::Timestamp, Truncated { wanted: 4, left: 3 }),
        ("0f 0004 5f5e1000", "0f 0005 5f5e1000 00", 129, Tag::Timestamp, Trailing { len: 1 }),
        ("0f 0004 5f5e1000", "0d0d0d0d0d0d0d", 122, Tag::Timestamp, Misplaced { found: element(Tag::Padding) }),
        // The padding.
        ("0d0d0d", "0d0d0d0d",              129, Tag::Padding, Padding),
        ("0d0d0d", "0d0d00",                129, Tag::Padding, Padding),
        ("02 0002 0084", "02 0002 0083",    129, Tag::Padding, Padding),
        ("02 0002 0084", "02 0002 0086",    129, Tag::Padding, Padding),
        ("02 0002 0084", "02 0002 0081",    129, Tag::Padding, Padding),
        ("02 0002 0084", "02 0002 007f",    125, Tag::Timestamp, Truncated { wanted: 4, left: 2 }),
    ];
    for (from, to, offset, tag, fault) in table {
        let mut file = edited(SMALL, from, to);
        if from == "0d0d0d" {
            // Keep the announced length true to what was inserted.
            file[9] = u8::try_from(file.len() - 2).unwrap();
        }
        let expected = ParseError { offset, element: Element::Header(tag), fault };
        assert_eq!(Signed::parse(&file), Err(expected), "{from:?} -> {to:?}");
    }
}

/// The two containers of the signature info have one length each: 15 and 8.
#[test]
fn the_signature_info_holds_nothing_else() {
    let info = "07 000f\n      08 0001 01\n      09 0008\n        0a 0001 00\n        0b 0001 00";
    let foreign = |offset, container: Tag, found: Tag| {
        let fault = Foreign { found: Element::Header(found) };
        Err(ParseError { offset, element: container.into(), fault })
    };
    let inner = edited(SMALL, info, "07 0013 08 0001 01 09 000c 0a 0001 00 0b 0001 00 0e 0001 00");
    assert_eq!(Signed::parse(&inner), foreign(45, Tag::SignatureAlgorithmInfo, Tag::FileName));
    let outer = edited(SMALL, info, "07 0013 08 0001 01 09 0008 0a 0001 00 0b 0001 00 0e 0001 00");
    assert_eq!(Signed::parse(&outer), foreign(45, Tag::SignatureInfo, Tag::FileName));
}

#[test]
fn an_element_behind_the_last_is_refused() {
    let whole = |found: Fault| ParseError { offset: 129, element: Element::WholeHeader, fault: found };
    for (element, error) in [
        ("1c 0000", whole(Foreign { found: Element::Header(Tag::SignerVersion) })),
        ("1d 0000", whole(UnknownTag { tag: 29 })),
        ("00 0000", whole(UnknownTag { tag: 0 })),
        ("ff 0000", whole(UnknownTag { tag: 255 })),
        ("0c 0000", ParseError { offset: 129, element: Element::Header(Tag::Signature), fault: Repeated }),
    ] {
        assert_eq!(Signed::parse(&edited(SMALL, "0d0d0d", element)), Err(error), "{element}");
    }
}

#[test]
fn a_signer_lacks_nothing() {
    for (lacking, tag) in [
        ("04 0002 4100", Tag::SignerName),
        ("06 0002 4200", Tag::IssuerName),
        ("05 0001 7f", Tag::SerialNumber),
    ] {
        let mut file = edited(SMALL, lacking, "");
        let cut = u8::try_from(hex(lacking).len()).unwrap();
        file[9] -= cut;
        file[12] -= cut;
        let offset = 27 - usize::from(cut);
        assert_eq!(
            Signed::parse(&file),
            Err(ParseError { offset, element: tag.into(), fault: Missing }),
            "{lacking}"
        );
    }
}

#[test]
fn nothing_is_not_a_file() {
    let missing = ParseError { offset: 0, element: Tag::Version.into(), fault: Missing };
    assert_eq!(Signed::parse(b""), Err(missing));
    assert_eq!(missing.to_string(), "byte 0: header element 1 (version) is missing");
    let xml = Signed::parse(b"<?xml version=\"1.0\"?>").unwrap_err();
    assert_eq!(xml.to_string(), "byte 0: the header holds an element with the unknown tag 60");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let with = |change: fn(&mut Signing)| {
        let mut signing = signing();
        change(&mut signing);
        build("ab.sgn", b"", &signing).map(|unsigned: Unsigned| unsigned.file_len())
    };
    let element = |tag: Tag| Element::Header(tag);
    assert_eq!(with(|signing| signing.signature_len = 384), Err(EncodeError::SignatureLength { len: 384 }));
    assert_eq!(
        with(|signing| signing.signer.serial = vec![0, 0x80]),
        Err(EncodeError::LeadingZero { element: element(Tag::SerialNumber) })
    );
    assert_eq!(
        with(|signing| signing.signer.issuer = "a\0b".to_owned()),
        Err(EncodeError::InnerNul { element: element(Tag::IssuerName) })
    );
    assert_eq!(
        with(|signing| signing.signer.subject = "a".repeat(65_535)),
        Err(EncodeError::TooLong { element: element(Tag::SignerName), len: 65_536 })
    );
    assert_eq!(
        with(|signing| signing.signer.subject = "a".repeat(65_500)),
        Err(EncodeError::HeaderTooLong { len: 65_628 })
    );
    assert_eq!(
        build("", b"", &signing()).unwrap_err(),
        EncodeError::Empty { element: element(Tag::FileName) }
    );
    assert_eq!(
        build("ab.sgn", b"", &signing()).unwrap().into_file(&[0; 63]),
        Err(EncodeError::OtherSignature { expected: 64, found: 63 })
    );
}
