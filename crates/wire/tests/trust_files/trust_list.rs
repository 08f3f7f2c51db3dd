//! Trust lists: one small list both ways, and one refusal for each fault that only lists and records can have.

use wire::{
    signature::{
        Digest, Element, EncodeError,
        Fault::{self, *},
        Field, ParseError, Signer, Signing, Tag, Version,
    },
    trust_list::{Extra, Kind, PublicKey, Record, Role, RuleError, TrustList, build_unchecked},
};

use crate::common::{edited, hex};

/// A list whose records start at 140 and 189.
const SMALL: &str = "
    01 0002 0102
    02 0002 008c
    1c 0002 0101
    03 000e 04 0002 4100 06 0002 4200 05 0001 7f
    07 000f 08 0001 01 09 0008 0a 0001 00 0b 0001 00
    0c 0040
      aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    0e 000c 49544c46696c652e746c7600
    0f 0004 5f5e1000
    0d

    01 0002 0031
    03 0002 4100
    05 0002 4200
    06 0001 7f
    04 0002 0000
    07 0009 3007 02020301 020103
    08 0003 515151
    09 0004 c1c1c1c1

    01 0002 002b
    02 0002 6400
    03 0002 4300
    05 0002 4400
    06 0000
    04 0002 0009
    0a 0004 7f000001
    0b 0001 77
    0c 0001 01";

const FIRST: usize = 140;
const SECOND: usize = 189;

fn records() -> Vec<Record> {
    let owned = |text: &str| text.to_owned();
    vec![
        Record {
            subject: owned("A"),
            issuer: owned("B"),
            serial: vec![0x7f],
            role: Role::Sast,
            public_key: Some(PublicKey::Rsa(hex("3007 02020301 020103"))),
            signature: vec![0x51; 3],
            certificate: Some(vec![0xc1; 4]),
            extra: Extra::default(),
        },
        Record {
            subject: owned("C"),
            issuer: owned("D"),
            serial: vec![],
            role: Role::Other(9),
            public_key: None,
            signature: vec![],
            certificate: None,
            extra: Extra {
                dns_name: Some(owned("d")),
                ip_address: Some(vec![127, 0, 0, 1]),
                hash: Some(vec![0x77]),
                hash_algorithm: Some(vec![1]),
            },
        },
    ]
}

fn signing() -> Signing {
    Signing {
        signer: Signer { subject: "A".to_owned(), issuer: "B".to_owned(), serial: vec![0x7f] },
        digest: Digest::Sha1,
        signature_len: 64,
        timestamp: 1_600_000_000,
    }
}

#[test]
fn a_small_list_both_ways() {
    let file = hex(SMALL);
    let read = TrustList::parse(&file).unwrap();
    assert_eq!((read.kind, read.signer_version), (Kind::Itl, Version::new(1, 1)));
    assert_eq!((read.signing(), read.signature), (signing(), &[0xaa; 64][..]));
    assert_eq!(read.records, records());

    let unsigned = build_unchecked(Kind::Itl, Version::new(1, 1), &records(), &signing()).unwrap();
    assert_eq!(unsigned.parts(), read.signed_parts());
    assert_eq!(unsigned.into_file(&[0xaa; 64]).unwrap(), file);
    // It is well written, but no list a phone would take.
    assert!(matches!(read.check_rules(), Err(RuleError::SignerKeySize { .. })));
}

#[test]
fn a_record_is_read_in_the_order_of_call_managers() {
    let ours = "03 0002 4100\n    05 0002 4200\n    06 0001 7f\n    04 0002 0000";
    let file = edited(SMALL, ours, "03 0002 4100 04 0002 0000 05 0002 4200 06 0001 7f");
    assert_eq!(TrustList::parse(&file).unwrap().records, records());
}

#[test]
fn every_fault_is_refused_where_it_is() {
    let (itl, name) = ("49544c46696c652e746c7600", "53544c46696c652e746c7600");
    let header = |offset, tag: Tag, fault| ParseError { offset, element: tag.into(), fault };
    let record = |offset, field: Field, fault| ParseError { offset, element: field.into(), fault };
    let whole = |offset, fault| ParseError { offset, element: Element::WholeRecord, fault };
    let too_short = |announced| Fault::RecordTooShort { announced };
    #[rustfmt::skip]
    let table = [
        // The header.
        ("01 0002 0102", "01 0002 0100", header(0, Tag::Version, Fault::Version { found: self::Version::new(1, 0) })),
        ("1c 0002 0101", "0d0d0d0d0d",   header(10, Tag::SignerVersion, Misplaced { found: Tag::Padding.into() })),
        ("1c 0002 0101", "1c 0001 01 00",header(13, Tag::SignerVersion, Truncated { wanted: 2, left: 1 })),
        (itl, name,                      header(117, Tag::FileName, NotATrustList)),
        ("02 0002 008c", "02 0002 00c2", header(139, Tag::Padding, Padding)),
        // The length of a record.
        ("01 0002 0031", "01 0002 0000", record(FIRST, Field::Length, too_short(0))),
        ("01 0002 0031", "01 0002 0004", record(FIRST, Field::Length, too_short(4))),
        ("01 0002 0031", "01 0002 0005", record(FIRST + 5, Field::SubjectName, Missing)),
        ("01 0002 0031", "01 0002 0030", record(FIRST + 45, Field::Certificate, Truncated { wanted: 4, left: 3 })),
        ("01 0002 0031", "01 0002 0032", record(SECOND, Field::Length, Repeated)),
        ("01 0002 0031", "01 0002 0036", record(SECOND, Field::Length, Repeated)),
        ("01 0002 0031", "01 0001 36 00", record(FIRST + 3, Field::Length, Truncated { wanted: 2, left: 1 })),
        ("01 0002 002b", "01 0002 002c", whole(SECOND + 5, Truncated { wanted: 39, left: 38 })),
        ("01 0002 002b", "01 0002 ffff", whole(SECOND + 5, Truncated { wanted: 65_530, left: 38 })),
        ("01 0002 002b", "02 0002 002c", record(SECOND, Field::Length, Misplaced { found: Field::DnsName.into() })),
        ("01 0002 002b", "0d 0002 002c", whole(SECOND, UnknownTag { tag: 13 })),
        ("0c 0001 01", "0c 0001 01 0d",  whole(SECOND + 43, UnknownTag { tag: 13 })),
        ("0c 0001 01", "0c 0001 01 01",  record(SECOND + 44, Field::Length, Truncated { wanted: 2, left: 0 })),
        // What is in it.
        ("03 0002 4100\n    05", "0d 0002 4100 05", whole(FIRST + 5, UnknownTag { tag: 13 })),
        ("03 0002 4100\n    05", "00 0002 4100 05", whole(FIRST + 5, UnknownTag { tag: 0 })),
        ("03 0002 4100\n    05", "03 0002 4141 05", record(FIRST + 5, Field::SubjectName, NoNul)),
        ("03 0002 4100\n    05", "03 0002 0000 05", record(FIRST + 5, Field::SubjectName, InnerNul)),
        ("03 0002 4100\n    05", "05 0002 4100 05", record(FIRST + 10, Field::IssuerName, Repeated)),
        ("04 0002 0000", "04 0001 00 00", record(FIRST + 22, Field::Role, Truncated { wanted: 2, left: 1 })),
        ("3007 02020301", "3007 02028301", record(FIRST + 24, Field::PublicKey, PublicKey)),
        ("07 0009 30", "07 0009 04",     record(FIRST + 24, Field::PublicKey, PublicKey)),
        ("08 0003 515151", "08 0000 0a 0000", record(FIRST + 36, Field::Signature, Empty)),
        ("09 0004 c1c1c1c1", "09 0000 0a 0001 00", record(FIRST + 42, Field::Certificate, Empty)),
    ];
    for (from, to, expected) in table {
        assert_eq!(TrustList::parse(&edited(SMALL, from, to)), Err(expected), "{from:?} -> {to:?}");
    }
}

#[test]
fn a_record_lacks_nothing_it_needs() {
    for (lacking, field) in [
        ("03 0002 4300", Field::SubjectName),
        ("05 0002 4400", Field::IssuerName),
        ("06 0000", Field::SerialNumber),
        ("04 0002 0009", Field::Role),
    ] {
        let mut file = edited(SMALL, lacking, "");
        file[SECOND + 4] -= u8::try_from(hex(lacking).len()).unwrap();
        let expected = ParseError { offset: file.len(), element: field.into(), fault: Missing };
        assert_eq!(TrustList::parse(&file), Err(expected));
    }
}

#[test]
fn a_list_of_nothing_is_no_list() {
    let expected = ParseError { offset: FIRST, element: Element::Body, fault: Empty };
    assert_eq!(TrustList::parse(&hex(SMALL)[..FIRST]), Err(expected));
    assert_eq!(expected.to_string(), "byte 140: what follows the header is empty");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let with = |change: fn(&mut Record)| {
        let mut records = records();
        change(&mut records[0]);
        build_unchecked(Kind::Ctl, Version::new(1, 0), &records, &signing())
            .map(|unsigned| unsigned.file_len())
    };
    let element = |field: Field| Element::Record(field);
    assert_eq!(
        with(|record| record.serial = vec![0]),
        Err(EncodeError::LeadingZero { element: element(Field::SerialNumber) })
    );
    assert_eq!(
        with(|record| record.subject = "\0".to_owned()),
        Err(EncodeError::InnerNul { element: element(Field::SubjectName) })
    );
    assert_eq!(
        with(|record| record.certificate = Some(vec![0; 65_536])),
        Err(EncodeError::TooLong { element: element(Field::Certificate), len: 65_536 })
    );
    assert_eq!(
        with(|record| record.certificate = Some(vec![0; 65_535])),
        Err(EncodeError::TooLong { element: Element::WholeRecord, len: 65_580 })
    );
}
