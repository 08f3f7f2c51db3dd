//! The ten bytes before every body.

use super::error::{DecodeError, EncodeError, Fault, Field};
use super::{MAX_BODY, PROTOCOL, VERSION};
use crate::reader::Reader;

/// How long a header is.
pub const HEADER_LEN: usize = 10;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From a phone.
    Request,
    /// To a phone.
    Response,
}

/// What stands before a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version announced.
    pub version: u8,
    /// 1 and 2 verify, 3 and 4 query; the odd ones ask.
    pub command: u8,
    /// What a response repeats of its request.
    pub session: u32,
    /// How many bytes follow.
    pub body_len: usize,
}

/// Commands.
pub(super) const VERIFY: u8 = 1;
pub(super) const VERIFIED: u8 = 2;
pub(super) const QUERY: u8 = 3;
pub(super) const FOUND: u8 = 4;

impl Header {
    /// Reads a header of a message that goes this way; whatever cannot be answered is refused before its body is read.
    pub fn decode(bytes: &[u8; HEADER_LEN], direction: Direction) -> Result<Self, DecodeError> {
        Self::read(&mut Reader::new(bytes), direction)
    }

    pub(super) fn read(reader: &mut Reader<'_>, direction: Direction) -> Result<Self, DecodeError> {
        let of = |field| move |short: crate::reader::Short| short.of(field);
        let protocol = reader.u8().map_err(of(Field::Protocol))?;
        if protocol != PROTOCOL {
            return Err(Fault::Value { found: protocol }.at(0, Field::Protocol));
        }
        let version = reader.u8().map_err(of(Field::Version))?;
        if version > VERSION {
            return Err(Fault::TooNew { found: version }.at(1, Field::Version));
        }
        let command = reader.u8().map_err(of(Field::Command))?;
        let known = match direction {
            Direction::Request => [VERIFY, QUERY],
            Direction::Response => [VERIFIED, FOUND],
        };
        if !known.contains(&command) {
            return Err(Fault::Value { found: command }.at(2, Field::Command));
        }
        reader.u8().map_err(of(Field::Header))?;
        let session = reader.u32().map_err(of(Field::Header))?;
        let body_len = usize::from(reader.u16().map_err(of(Field::BodyLength))?);
        if body_len > MAX_BODY {
            return Err(Fault::TooLong { announced: body_len }.at(8, Field::BodyLength));
        }
        Ok(Self { version, command, session, body_len })
    }
}

/// A whole message: `body` behind its header.
pub(super) fn message(command: u8, session: u32, body: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let too_long = EncodeError::TooLong { field: Field::BodyLength, len: body.len() };
    let len = u16::try_from(body.len()).ok().filter(|len| usize::from(*len) <= MAX_BODY).ok_or(too_long)?;
    let mut message = Vec::with_capacity(HEADER_LEN + body.len());
    message.extend([PROTOCOL, VERSION, command, 0]);
    message.extend(session.to_be_bytes());
    message.extend(len.to_be_bytes());
    message.extend(body);
    Ok(message)
}

/// The header of a whole message, and a reader over exactly its body.
pub(super) fn open(message: &[u8], direction: Direction) -> Result<(Header, Reader<'_>), DecodeError> {
    let mut reader = Reader::new(message);
    let header = Header::read(&mut reader, direction)?;
    let body = reader.sub(header.body_len).map_err(|short| short.of(Field::BodyLength))?;
    reader.finish().map_err(|extra| extra.of(Field::BodyLength))?;
    Ok((header, body))
}
