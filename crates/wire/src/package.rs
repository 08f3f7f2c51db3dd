//! The vendor's signed packages, `.cop.sgn`, `.cop.sha512` and `.loads`: where the payload starts.
//!
//! They carry the same header as signed files, in other versions and with more tags, and only the vendor's phones and
//! call managers can verify them. So this reads no more of the header than it needs to step over it.

use crate::{
    reader::{Reader, Short},
    signature::{Fault, ParseError, Tag},
};

/// Where the payload of a package starts: behind its header.
pub fn payload_offset(package: &[u8]) -> Result<usize, ParseError> {
    let mut reader = Reader::new(package);
    let first = element(&mut reader, Tag::Version)?;
    if first.offset != 0 || first.tag != Tag::Version as u8 {
        return Err(Fault::Missing.at(first.offset, Tag::Version));
    }
    let length = loop {
        let next = element(&mut reader, Tag::HeaderLength)?;
        if next.tag == Tag::HeaderLength as u8 {
            break next;
        }
    };

    let announced = header_len(length.value).map_err(|short| short.within(Tag::HeaderLength))?;
    let fault = |fault: Fault| Err(fault.at(length.offset, Tag::HeaderLength));
    if announced < reader.offset() {
        return fault(Fault::HeaderTooShort { announced });
    }
    if announced > package.len() {
        return fault(Fault::HeaderPastEnd { announced, file: package.len() });
    }
    Ok(announced)
}

struct AnyElement<'a> {
    offset: usize,
    tag: u8,
    value: Reader<'a>,
}

/// The next element, whatever its tag; padding may stand anywhere. `wanted` is what is looked for, for the error.
fn element<'a>(reader: &mut Reader<'a>, wanted: Tag) -> Result<AnyElement<'a>, ParseError> {
    while reader.peek() == Some(Tag::Padding as u8) {
        reader.u8().map_err(|short| short.within(wanted))?;
    }
    let offset = reader.offset();
    let Ok(tag) = reader.u8() else { return Err(Fault::Missing.at(offset, wanted)) };
    let value = reader.u16().and_then(|len| reader.sub(usize::from(len)));
    Ok(AnyElement { offset, tag, value: value.map_err(|short| short.within(wanted))? })
}

fn header_len(mut value: Reader<'_>) -> Result<usize, Short> {
    value.u16().map(usize::from)
}
