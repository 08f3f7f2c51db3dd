//! Why a handshake failed, told so that a person knows which side to look at.

use std::{fmt, io};

use openssl::{error::ErrorStack, ssl};

use crate::reason;

/// OpenSSL gives a peer's alert as this plus the alert's number.
const ALERT_REASONS: i32 = 1000;

/// A failed handshake, or a TLS setting that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No version in common.
    #[error("the other side speaks no TLS version allowed here (7900-series phones need legacy_tls = true)")]
    Version,
    /// No cipher in common.
    #[error("the other side knows no cipher allowed here with the keys held here")]
    Cipher,
    /// Not TLS.
    #[error("the other side does not speak TLS")]
    NotTls,
    /// The peer sent an alert.
    #[error("the other side refused: {0}")]
    Refused(Alert),
    /// The client's own decision.
    #[error("the server's certificate is not trusted")]
    Untrusted,
    /// The peer went away.
    #[error("the other side hung up during the handshake")]
    Gone,
    /// The network.
    #[error("the connection broke during the handshake: {0}")]
    Io(io::Error),
    /// Something rare.
    #[error("the handshake failed: {0}")]
    Other(String),
    /// A server or client that cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// The number of an alert, from RFC 8446.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Alert(pub u8);

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.0 {
            0 => "it closed the connection",
            20 | 21 => "a record did not decrypt",
            40 => "handshake failure, mostly no version or cipher in common",
            42 => "bad certificate",
            43 => "it cannot use this kind of certificate",
            44 => "certificate revoked",
            45 => "certificate expired, or its clock is wrong",
            46 => "certificate unknown: it does not trust this certificate",
            47 => "illegal parameter",
            48 => "unknown authority: it does not trust this certificate",
            49 => "access denied: it does not trust this certificate",
            50 => "a message did not decode",
            51 => "a signature did not verify",
            70 => "protocol version: it does not take this TLS version",
            71 => "insufficient security: it does not take this cipher",
            80 => "internal error",
            86 => "inappropriate fallback",
            90 => "cancelled",
            112 => "unrecognised name",
            116 => "it wants a certificate",
            _ => "for a reason of its own",
        };
        write!(f, "{words} (alert {})", self.0)
    }
}

impl TlsError {
    pub(super) fn setup(errors: ErrorStack) -> Self {
        Self::Setup(reason(&errors))
    }
}

impl From<ssl::Error> for TlsError {
    fn from(error: ssl::Error) -> Self {
        if let Some(errors) = error.ssl_error() {
            return Self::from_reasons(errors);
        }
        match error.into_io_error() {
            Ok(error) if hung_up(&error) => Self::Gone,
            Ok(error) => Self::Io(error),
            // OpenSSL's way to say that the stream ended.
            Err(error) if error.code() == ssl::ErrorCode::SYSCALL => Self::Gone,
            Err(error) if error.code() == ssl::ErrorCode::ZERO_RETURN => Self::Gone,
            Err(error) => Self::Other(error.to_string()),
        }
    }
}

impl TlsError {
    fn from_reasons(errors: &ErrorStack) -> Self {
        for error in errors.errors() {
            if let Ok(alert) = u8::try_from(error.reason_code() - ALERT_REASONS) {
                return Self::Refused(Alert(alert));
            }
            match error.reason() {
                Some("unsupported protocol" | "version too low" | "no protocols available") => {
                    return Self::Version;
                }
                Some("no shared cipher" | "no suitable signature algorithm" | "no suitable key share") => {
                    return Self::Cipher;
                }
                Some(
                    "wrong version number"
                    | "http request"
                    | "https proxy request"
                    | "unknown protocol"
                    | "packet length too long"
                    | "record layer failure"
                    | "bad record type",
                ) => return Self::NotTls,
                Some("unexpected eof while reading") => return Self::Gone,
                Some("certificate verify failed") => return Self::Untrusted,
                _ => {}
            }
        }
        Self::Other(reason(errors))
    }
}

fn hung_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}
