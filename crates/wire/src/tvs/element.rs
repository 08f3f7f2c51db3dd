//! The elements of a body: in any order, each once; those nobody knows are passed over.

use super::device::DeviceName;
use super::error::{DecodeError, EncodeError, Fault, Field};
use crate::reader::Reader;

pub(super) const DEVICE_NAME: u8 = 1;
pub(super) const CERTIFICATE: u8 = 2;
pub(super) const SUBJECT: u8 = 3;
/// Issuer and serial number have two of these three.
pub(super) const ISSUER_OR_SERIAL: [u8; 3] = [4, 5, 6];
pub(super) const STATUS: u8 = 7;
pub(super) const ROLES: u8 = 8;
pub(super) const TTL: u8 = 9;
/// What stands before the text of a device name.
const DEVICE_NAME_MARK: u8 = 1;

fn field(tag: u8) -> Field {
    match tag {
        DEVICE_NAME => Field::DeviceName,
        CERTIFICATE => Field::Certificate,
        SUBJECT => Field::Subject,
        STATUS => Field::Status,
        ROLES => Field::Roles,
        TTL => Field::Ttl,
        tag if ISSUER_OR_SERIAL.contains(&tag) => Field::IssuerOrSerial(tag),
        tag => Field::Unknown(tag),
    }
}

/// One element as it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    pub(super) field: Field,
    /// Where its value begins.
    pub(super) offset: usize,
    pub(super) bytes: &'a [u8],
}

/// All known elements of a body, by tag.
#[derive(Debug)]
pub(super) struct Elements<'a> {
    found: [Option<Value<'a>>; 10],
    end: usize,
}

impl<'a> Elements<'a> {
    /// Reads a body to its end.
    pub(super) fn read(mut body: Reader<'a>) -> Result<Self, DecodeError> {
        let mut elements = Self { found: [None; 10], end: 0 };
        while !body.is_empty() {
            let at = body.offset();
            let Ok(tag) = body.u8() else { break };
            let field = field(tag);
            let len = body.u16().map_err(|short| short.of(field))?;
            let offset = body.offset();
            let bytes = body.take(usize::from(len)).map_err(|short| short.of(field))?;
            if matches!(field, Field::Unknown(_)) {
                continue;
            }
            let place = elements.found.get_mut(usize::from(tag)).expect("known tags are below ten");
            if place.replace(Value { field, offset, bytes }).is_some() {
                return Err(Fault::Repeated.at(at, field));
            }
        }
        elements.end = body.offset();
        Ok(elements)
    }

    /// Takes out an element that may be there.
    pub(super) fn take(&mut self, tag: u8) -> Option<Value<'a>> {
        self.found.get_mut(usize::from(tag)).and_then(Option::take)
    }

    /// Takes out an element that must be there.
    pub(super) fn need(&mut self, tag: u8) -> Result<Value<'a>, DecodeError> {
        self.take(tag).ok_or_else(|| self.missing(field(tag)))
    }

    pub(super) fn missing(&self, field: Field) -> DecodeError {
        Fault::Missing.at(self.end, field)
    }

    /// Nothing is left that has no place here.
    pub(super) fn finish(self) -> Result<(), DecodeError> {
        match self.found.into_iter().flatten().min_by_key(|value| value.offset) {
            Some(value) => Err(value.fault(Fault::Foreign)),
            None => Ok(()),
        }
    }
}

impl<'a> Value<'a> {
    pub(super) fn fault(&self, fault: Fault) -> DecodeError {
        fault.at(self.offset, self.field)
    }

    /// Bytes that mean nothing when there are none.
    pub(super) fn filled(self) -> Result<&'a [u8], DecodeError> {
        if self.bytes.is_empty() { Err(self.fault(Fault::Empty)) } else { Ok(self.bytes) }
    }

    /// Text that ends with a NUL.
    pub(super) fn text(self) -> Result<&'a str, DecodeError> {
        let (last, text) = self.bytes.split_last().ok_or_else(|| self.fault(Fault::Empty))?;
        if *last != 0 {
            return Err(self.fault(Fault::NoNul));
        }
        if text.contains(&0) {
            return Err(self.fault(Fault::InnerNul));
        }
        plain(text).ok_or_else(|| self.fault(Fault::NotText))
    }

    /// A distinguished name, if that is what it looks like: a text with `=` in it and a NUL behind.
    pub(super) fn name(self) -> Option<&'a str> {
        self.text().ok().filter(|text| text.contains('='))
    }

    pub(super) fn device_name(self) -> Result<DeviceName<'a>, DecodeError> {
        let (mark, text) = self.bytes.split_first().ok_or_else(|| self.fault(Fault::Empty))?;
        if *mark != DEVICE_NAME_MARK {
            return Err(self.fault(Fault::Mark { found: *mark }));
        }
        let name = plain(text).and_then(DeviceName::parse);
        name.ok_or_else(|| self.fault(Fault::NotADeviceName))
    }

    pub(super) fn u8(self) -> Result<u8, DecodeError> {
        self.array::<1>().map(u8::from_be_bytes)
    }

    pub(super) fn u32(self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    fn array<const N: usize>(self) -> Result<[u8; N], DecodeError> {
        let mut reader = Reader::new(self.bytes);
        let at = |error: DecodeError| DecodeError { offset: self.offset + error.offset, ..error };
        let array = reader.array().map_err(|short| at(short.of(self.field)))?;
        reader.finish().map_err(|extra| at(extra.of(self.field)))?;
        Ok(array)
    }
}

fn plain(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok().filter(|text| !text.chars().any(char::is_control))
}

/// Writes one element.
pub(super) fn put(body: &mut Vec<u8>, tag: u8, value: &[u8]) -> Result<(), EncodeError> {
    let field = field(tag);
    let len = u16::try_from(value.len()).map_err(|_| EncodeError::TooLong { field, len: value.len() })?;
    body.push(tag);
    body.extend(len.to_be_bytes());
    body.extend(value);
    Ok(())
}

/// Writes an element that means nothing when empty.
pub(super) fn put_filled(body: &mut Vec<u8>, tag: u8, value: &[u8]) -> Result<(), EncodeError> {
    if value.is_empty() { Err(EncodeError::Empty { field: field(tag) }) } else { put(body, tag, value) }
}

/// Writes a text with its NUL.
pub(super) fn put_text(body: &mut Vec<u8>, tag: u8, text: &str) -> Result<(), EncodeError> {
    if text.contains('\0') {
        return Err(EncodeError::InnerNul { field: field(tag) });
    }
    put(body, tag, &[text.as_bytes(), &[0]].concat())
}

/// Writes a device name with its mark.
pub(super) fn put_device_name(body: &mut Vec<u8>, name: &DeviceName<'_>) -> Result<(), EncodeError> {
    put(body, DEVICE_NAME, &[&[DEVICE_NAME_MARK], name.as_str().as_bytes()].concat())
}
