//! TFTP packets: bytes to values and back.

use super::{MAX_BLKSIZE, Options};
use crate::reader::{Reader, Short};

const READ: u16 = 1;
const WRITE: u16 = 2;
const DATA: u16 = 3;
const ACK: u16 = 4;
const ERROR: u16 = 5;
const OPTION_ACK: u16 = 6;

/// One datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// RRQ: send me this file.
    Read(Request<'a>),
    /// WRQ: take this file.
    Write(Request<'a>),
    /// DATA: one block of the file.
    Data {
        /// Its number; the first is 1, and 0 follows 65,535.
        block: u16,
        /// Fewer bytes than the block size end the file.
        data: &'a [u8],
    },
    /// ACK: everything up to this block is here.
    Ack {
        /// The last block that arrived in order.
        block: u16,
    },
    /// ERROR: the transfer is over.
    Error {
        /// The kind of error.
        code: ErrorCode,
        /// The reason, for people.
        message: &'a [u8],
    },
    /// OACK: the options the server goes by.
    OptionAck(Options),
}

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The file's name as sent.
    pub name: &'a [u8],
    /// How the bytes travel.
    pub mode: Mode,
    /// What else the client would like.
    pub options: Options,
}

/// How the bytes of a file travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// As they are.
    #[default]
    Octet,
    /// As text whose lines end in CR LF.
    Netascii,
}

/// The kinds of error a peer can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// 0: see the message.
    NotDefined,
    /// 1: file not found.
    FileNotFound,
    /// 2: access violation.
    AccessViolation,
    /// 3: disk full.
    DiskFull,
    /// 4: illegal TFTP operation.
    IllegalOperation,
    /// 5: unknown transfer.
    UnknownTransfer,
    /// 6: file already exists.
    FileExists,
    /// 7: no such user.
    NoSuchUser,
    /// 8: the options are not acceptable (RFC 2347).
    OptionsRefused,
    /// A code no RFC knows.
    Other(u16),
}

/// Why a datagram is no TFTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not even an opcode.
    #[error("the datagram is too short for an opcode")]
    NoOpcode,
    /// An opcode no RFC knows.
    #[error("opcode {0} is unknown")]
    UnknownOpcode(u16),
    /// A request whose file name does not end.
    #[error("the file name has no end")]
    NameWithoutEnd,
    /// A request whose mode does not end, or is missing.
    #[error("the mode is missing or has no end")]
    ModeWithoutEnd,
    /// A request for a mode that is not octet or netascii.
    #[error("the mode is neither octet nor netascii")]
    UnknownMode,
    /// A DATA or ACK packet without a block number.
    #[error("the block number is missing")]
    NoBlock,
    /// A DATA packet with more than a block can hold.
    #[error("the block is longer than {MAX_BLKSIZE} bytes")]
    BlockTooLong,
    /// An ERROR packet without a code.
    #[error("the error code is missing")]
    NoErrorCode,
}

impl DecodeError {
    /// Whether the datagram was at least meant as a request, so that its sender deserves an answer.
    #[must_use]
    pub fn in_request(self) -> bool {
        matches!(self, Self::NameWithoutEnd | Self::ModeWithoutEnd | Self::UnknownMode)
    }
}

/// Why a value cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A NUL inside the name would end it early.
    #[error("the file name contains a NUL")]
    NulInName,
    /// A NUL inside the message would end it early.
    #[error("the error message contains a NUL")]
    NulInMessage,
    /// More bytes than a block can hold.
    #[error("a block of {0} bytes is longer than {MAX_BLKSIZE}")]
    BlockTooLong(usize),
}

impl<'a> Packet<'a> {
    /// Reads a datagram.
    ///
    /// What real clients get wrong without harm is let through: bytes behind an ACK, an error message without its
    /// NUL, and the second NUL that a 7940 sends behind the mode.
    pub fn decode(datagram: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(datagram);
        let opcode = reader.u16().map_err(|Short { .. }| DecodeError::NoOpcode)?;
        Ok(match opcode {
            READ => Self::Read(Request::decode(reader.rest())?),
            WRITE => Self::Write(Request::decode(reader.rest())?),
            DATA => {
                let block = reader.u16().map_err(|Short { .. }| DecodeError::NoBlock)?;
                let data = reader.rest();
                if data.len() > usize::from(MAX_BLKSIZE) {
                    return Err(DecodeError::BlockTooLong);
                }
                Self::Data { block, data }
            }
            ACK => Self::Ack { block: reader.u16().map_err(|Short { .. }| DecodeError::NoBlock)? },
            ERROR => {
                let code = reader.u16().map_err(|Short { .. }| DecodeError::NoErrorCode)?;
                let message = reader.rest().split(|byte| *byte == 0).next().unwrap_or_default();
                Self::Error { code: code.into(), message }
            }
            OPTION_ACK => Self::OptionAck(Options::decode(strings(reader.rest()))),
            unknown => return Err(DecodeError::UnknownOpcode(unknown)),
        })
    }

    /// Appends the datagram to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Read(request) => request.encode(READ, out)?,
            Self::Write(request) => request.encode(WRITE, out)?,
            Self::Data { block, data } => {
                if data.len() > usize::from(MAX_BLKSIZE) {
                    return Err(EncodeError::BlockTooLong(data.len()));
                }
                out.extend_from_slice(&data_header(*block));
                out.extend_from_slice(data);
            }
            Self::Ack { block } => {
                out.extend_from_slice(&ACK.to_be_bytes());
                out.extend_from_slice(&block.to_be_bytes());
            }
            Self::Error { code, message } => {
                if message.contains(&0) {
                    return Err(EncodeError::NulInMessage);
                }
                out.extend_from_slice(&ERROR.to_be_bytes());
                out.extend_from_slice(&u16::from(*code).to_be_bytes());
                out.extend_from_slice(message);
                out.push(0);
            }
            Self::OptionAck(options) => {
                out.extend_from_slice(&OPTION_ACK.to_be_bytes());
                options.encode(out);
            }
        }
        Ok(())
    }
}

/// What stands before the bytes of a block.
pub(super) fn data_header(block: u16) -> [u8; 4] {
    let [high, low] = block.to_be_bytes();
    let [op_high, op_low] = DATA.to_be_bytes();
    [op_high, op_low, high, low]
}

/// A peer's message, fit for a log: cut, and without control characters.
pub(super) fn readable(message: &[u8]) -> String {
    /// No server or client we know says more; a log line should stay one.
    const CAP: usize = 256;
    let message = message.get(..CAP).unwrap_or(message);
    String::from_utf8_lossy(message).replace(char::is_control, " ")
}

/// The NUL-terminated strings of `bytes`; what follows the last NUL is none.
fn strings(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = bytes.iter().filter(|byte| **byte == 0).count();
    bytes.split(|byte| *byte == 0).take(ends)
}

impl<'a> Request<'a> {
    fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut strings = strings(bytes);
        let name = strings.next().ok_or(DecodeError::NameWithoutEnd)?;
        let mode = strings.next().ok_or(DecodeError::ModeWithoutEnd)?;
        let mode = Mode::decode(mode).ok_or(DecodeError::UnknownMode)?;
        Ok(Self { name, mode, options: Options::decode(strings) })
    }

    fn encode(&self, opcode: u16, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if self.name.contains(&0) {
            return Err(EncodeError::NulInName);
        }
        out.extend_from_slice(&opcode.to_be_bytes());
        out.extend_from_slice(self.name);
        out.push(0);
        out.extend_from_slice(self.mode.as_str().as_bytes());
        out.push(0);
        self.options.encode(out);
        Ok(())
    }
}

impl Mode {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Octet => "octet",
            Self::Netascii => "netascii",
        }
    }

    fn decode(word: &[u8]) -> Option<Self> {
        [Self::Octet, Self::Netascii]
            .into_iter()
            .find(|mode| word.eq_ignore_ascii_case(mode.as_str().as_bytes()))
    }
}

impl From<u16> for ErrorCode {
    fn from(code: u16) -> Self {
        match code {
            0 => Self::NotDefined,
            1 => Self::FileNotFound,
            2 => Self::AccessViolation,
            3 => Self::DiskFull,
            4 => Self::IllegalOperation,
            5 => Self::UnknownTransfer,
            6 => Self::FileExists,
            7 => Self::NoSuchUser,
            8 => Self::OptionsRefused,
            other => Self::Other(other),
        }
    }
}

impl From<ErrorCode> for u16 {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::NotDefined => 0,
            ErrorCode::FileNotFound => 1,
            ErrorCode::AccessViolation => 2,
            ErrorCode::DiskFull => 3,
            ErrorCode::IllegalOperation => 4,
            ErrorCode::UnknownTransfer => 5,
            ErrorCode::FileExists => 6,
            ErrorCode::NoSuchUser => 7,
            ErrorCode::OptionsRefused => 8,
            ErrorCode::Other(other) => other,
        }
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotDefined => "error",
            Self::FileNotFound => "file not found",
            Self::AccessViolation => "access violation",
            Self::DiskFull => "disk full",
            Self::IllegalOperation => "illegal operation",
            Self::UnknownTransfer => "unknown transfer",
            Self::FileExists => "file exists",
            Self::NoSuchUser => "no such user",
            Self::OptionsRefused => "options refused",
            Self::Other(code) => return write!(f, "error {code}"),
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn read(name: &[u8], mode: Mode, options: Options) -> Packet<'_> {
        Packet::Read(Request { name, mode, options })
    }

    #[test]
    fn packets_mean_these_bytes_both_ways() {
        let plain = Options::default();
        let some = Options { blksize: Some(1428), timeout: Some(3), tsize: Some(0), windowsize: Some(16) };
        let table: [(&[u8], Packet<'_>); 9] = [
            (b"\0\x01CTLSEP2834A2823B58.tlv\0octet\0", read(b"CTLSEP2834A2823B58.tlv", Mode::Octet, plain)),
            (b"\0\x01a b\0netascii\0", read(b"a b", Mode::Netascii, plain)),
            (
                b"\0\x01x\0octet\0blksize\x001428\0timeout\x003\0tsize\x000\0windowsize\x0016\0",
                read(b"x", Mode::Octet, some),
            ),
            (b"\0\x02x\0octet\0", Packet::Write(Request { name: b"x", mode: Mode::Octet, options: plain })),
            (b"\0\x03\xff\xffbytes", Packet::Data { block: 65535, data: b"bytes" }),
            (b"\0\x03\0\x01", Packet::Data { block: 1, data: b"" }),
            (b"\0\x04\x01\0", Packet::Ack { block: 256 }),
            (b"\0\x05\0\x01no\0", Packet::Error { code: ErrorCode::FileNotFound, message: b"no" }),
            (b"\0\x06tsize\x0018446744073709551615\0", {
                Packet::OptionAck(Options { tsize: Some(u64::MAX), ..plain })
            }),
        ];
        for (bytes, packet) in table {
            assert_eq!(Packet::decode(bytes), Ok(packet), "{bytes:?}");
            let mut encoded = Vec::new();
            packet.encode(&mut encoded).unwrap();
            assert_eq!(encoded, bytes, "{packet:?}");
        }
        // The longest a phone sends: 31 and 32 bytes.
        assert_eq!(table[0].0.len(), 31);
    }

    #[test]
    fn what_clients_get_wrong_without_harm_is_let_through() {
        let plain = Options::default();
        let some = Options { blksize: Some(1024), ..plain };
        let table: [(&[u8], Packet<'_>); 9] = [
            // A 7940: one NUL too many.
            (b"\0\x01OS79XX.TXT\0octet\0\0", read(b"OS79XX.TXT", Mode::Octet, plain)),
            (b"\0\x01x\0octet\0\0blksize\x001024\0", read(b"x", Mode::Octet, some)),
            (b"\0\x01x\0OCTET\0BlkSize\x001024\0", read(b"x", Mode::Octet, some)),
            (b"\0\x01x\0octet\0multicast\0\0blksize\x001024\0", read(b"x", Mode::Octet, some)),
            // An option without a value, and one without an end.
            (b"\0\x01x\0octet\0blksize\0", read(b"x", Mode::Octet, plain)),
            (b"\0\x01x\0octet\0blksize\x001024", read(b"x", Mode::Octet, plain)),
            (b"\0\x01\0octet\0", read(b"", Mode::Octet, plain)),
            (b"\0\x04\0\x01padding", Packet::Ack { block: 1 }),
            (b"\0\x05\0\x63no end", Packet::Error { code: ErrorCode::Other(0x63), message: b"no end" }),
        ];
        for (bytes, packet) in table {
            assert_eq!(Packet::decode(bytes), Ok(packet), "{bytes:?}");
        }
    }

    #[test]
    fn each_refusal_names_its_field() {
        let mut long = vec![0, 3, 0, 1];
        long.resize(4 + 65_465, 0);
        let table: [(&[u8], DecodeError); 12] = [
            (b"", DecodeError::NoOpcode),
            (b"\0", DecodeError::NoOpcode),
            (b"\0\0", DecodeError::UnknownOpcode(0)),
            (b"GET / HTTP/1.1\r\n", DecodeError::UnknownOpcode(0x4745)),
            (b"\0\x01", DecodeError::NameWithoutEnd),
            (b"\0\x01file", DecodeError::NameWithoutEnd),
            (b"\0\x01file\0", DecodeError::ModeWithoutEnd),
            (b"\0\x02file\0octet", DecodeError::ModeWithoutEnd),
            (b"\0\x01file\0mail\0", DecodeError::UnknownMode),
            (b"\0\x03\0", DecodeError::NoBlock),
            (b"\0\x05\0", DecodeError::NoErrorCode),
            (&long, DecodeError::BlockTooLong),
        ];
        for (bytes, error) in table {
            assert_eq!(Packet::decode(bytes), Err(error), "{bytes:?}");
        }
        assert!(DecodeError::UnknownMode.in_request() && !DecodeError::NoBlock.in_request());
    }

    #[test]
    fn nothing_is_cut_off_to_make_it_fit() {
        let mut out = Vec::new();
        let name = read(b"a\0b", Mode::Octet, Options::default());
        assert_eq!(name.encode(&mut out), Err(EncodeError::NulInName));
        let message = Packet::Error { code: ErrorCode::NotDefined, message: b"a\0" };
        assert_eq!(message.encode(&mut out), Err(EncodeError::NulInMessage));
        let block = Packet::Data { block: 1, data: &[0; 65_465] };
        assert_eq!(block.encode(&mut out), Err(EncodeError::BlockTooLong(65_465)));
        assert!(out.is_empty());
    }

    #[test]
    fn error_codes_survive_both_ways() {
        for code in 0..12 {
            assert_eq!(u16::from(ErrorCode::from(code)), code);
        }
        assert_eq!(ErrorCode::from(9).to_string(), "error 9");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(bytes in proptest::collection::vec(0..=255u8, 0..64), opcode in 0..8u8) {
            let mut datagram = vec![0, opcode];
            datagram.extend_from_slice(&bytes);
            if let Ok(packet) = Packet::decode(&datagram) {
                let mut again = Vec::new();
                packet.encode(&mut again).unwrap();
                assert_eq!(Packet::decode(&again), Ok(packet));
            }
        }
    }
}
