//! The Trust Verification Service: bytes and values both ways, one refusal for each way to be wrong, whatever bytes.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bytes;
mod properties;
mod refusals;
mod stream;
mod transcripts;

use wire::tvs::DeviceName;

/// Bytes from hex; blanks are for the reader.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// A body behind its header.
pub(crate) fn message(command: u8, session: u32, body: &[u8]) -> Vec<u8> {
    let mut message = vec![0x57, 1, command, 0];
    message.extend(session.to_be_bytes());
    message.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    message.extend(body);
    message
}

pub(crate) const PHONE: &str = "CP-8845-SEP58971ECC97C1";

pub(crate) fn phone() -> DeviceName<'static> {
    DeviceName::parse(PHONE).unwrap()
}

/// The element of a device name.
pub(crate) fn named(name: &str) -> Vec<u8> {
    element(1, &[b"\x01", name.as_bytes()].concat())
}

pub(crate) fn element(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    element.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
    element.extend(value);
    element
}
