//! The vendor's packages: the payload is found whatever else the header holds.

use wire::{
    package::payload_offset,
    signature::{Element, Fault::*, ParseError, Tag},
};

use crate::common::{hex, vectors};

#[test]
fn every_signed_file_is_a_package() {
    for vector in vectors() {
        let announced = usize::from(u16::from_be_bytes([vector.file[8], vector.file[9]]));
        assert_eq!(payload_offset(&vector.file), Ok(announced), "{}", vector.name);
    }
}

#[test]
fn unknown_tags_and_versions_are_stepped_over() {
    for (package, offset) in [
        ("01 0002 0102  02 0002 000a", 10),
        ("01 0002 0103  02 0002 000c 0d0d 1f8b", 12),
        ("01 0001 03    02 0002 000a 0d", 10),
        ("01 0002 0102  63 0003 010203  0d0d  02 0002 0015  70 0000  6869", 21),
        ("01 0002 0102  02 0004 000c ffff  1f8b", 12),
    ] {
        assert_eq!(payload_offset(&hex(package)), Ok(offset), "{package}");
    }
}

#[test]
fn what_is_no_package_is_refused() {
    let error = |offset, tag: Tag, fault| Err(ParseError { offset, element: Element::Header(tag), fault });
    for (package, expected) in [
        ("", error(0, Tag::Version, Missing)),
        ("1f8b0800 00000000", error(3, Tag::Version, Truncated { wanted: 35_592, left: 5 })),
        ("02 0002 000a", error(0, Tag::Version, Missing)),
        ("0d 01 0002 0102 02 0002 000b", error(1, Tag::Version, Missing)),
        ("01 0002 0102", error(5, Tag::HeaderLength, Missing)),
        ("01 0002 0102 0d0d", error(7, Tag::HeaderLength, Missing)),
        ("01 0002 0102 02 00", error(6, Tag::HeaderLength, Truncated { wanted: 2, left: 1 })),
        ("01 0002 0102 02 0001 0a", error(8, Tag::HeaderLength, Truncated { wanted: 2, left: 1 })),
        ("01 0002 0102 02 0002 0009", error(5, Tag::HeaderLength, HeaderTooShort { announced: 9 })),
        ("01 0002 0102 02 0002 000b", error(5, Tag::HeaderLength, HeaderPastEnd { announced: 11, file: 10 })),
    ] {
        assert_eq!(payload_offset(&hex(package)), expected, "{package}");
    }
}
