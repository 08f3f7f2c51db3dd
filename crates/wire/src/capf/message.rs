//! CAPF messages: `85, command u8, session u32, length u16`, then elements.

use std::fmt;

use super::element::{CertificateType, Curve, Element, KeyType, Password, Reason, Sudi, Tag};
use crate::reader::{Reader, Short};

/// What every message begins with.
pub(super) const PROTOCOL: u8 = 85;
/// Bytes before the elements.
pub(super) const HEADER: usize = 8;
/// The longest body taken: an authentication with two certificates of 4 KB and four signatures by RSA keys of 4,096
/// bits has 10 KB.
pub const MAX_BODY: usize = 16 << 10;
/// The most elements taken: eighteen kinds are known and none is repeated; the rest is for what nobody documented.
const MAX_ELEMENTS: usize = 32;

/// What a message asks or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Command {
    AuthRequest,
    AuthResponse,
    KeyGenerateRequest,
    KeyGenerateResponse,
    EncryptRequest,
    EncryptResponse,
    DecryptRequest,
    DecryptResponse,
    StoreRequest,
    StoreResponse,
    FetchRequest,
    FetchResponse,
    DeleteRequest,
    DeleteResponse,
    EndSession,
    RetryLater,
    InProgress,
    StatusRequest,
    StatusResponse,
    AbortRequest,
    AbortResponse,
    SignRequest,
    SignResponse,
    /// A number nobody documented.
    Other(u8),
}

/// In the order of their numbers, which begin with 1.
const COMMANDS: [(Command, &str); 23] = [
    (Command::AuthRequest, "auth request"),
    (Command::AuthResponse, "auth response"),
    (Command::KeyGenerateRequest, "key generate request"),
    (Command::KeyGenerateResponse, "key generate response"),
    (Command::EncryptRequest, "encrypt request"),
    (Command::EncryptResponse, "encrypt response"),
    (Command::DecryptRequest, "decrypt request"),
    (Command::DecryptResponse, "decrypt response"),
    (Command::StoreRequest, "store certificate request"),
    (Command::StoreResponse, "store certificate response"),
    (Command::FetchRequest, "fetch certificate request"),
    (Command::FetchResponse, "fetch certificate response"),
    (Command::DeleteRequest, "delete certificate request"),
    (Command::DeleteResponse, "delete certificate response"),
    (Command::EndSession, "end session"),
    (Command::RetryLater, "retry later"),
    (Command::InProgress, "request in progress"),
    (Command::StatusRequest, "status request"),
    (Command::StatusResponse, "status response"),
    (Command::AbortRequest, "abort request"),
    (Command::AbortResponse, "abort response"),
    (Command::SignRequest, "sign certificate request"),
    (Command::SignResponse, "sign certificate response"),
];

impl From<u8> for Command {
    fn from(number: u8) -> Self {
        let known = number.checked_sub(1).and_then(|index| COMMANDS.get(usize::from(index)));
        known.map_or(Self::Other(number), |(command, _)| *command)
    }
}

impl From<Command> for u8 {
    fn from(command: Command) -> Self {
        match command {
            Command::Other(number) => number,
            known => (1..).zip(&COMMANDS).find(|(_, (of, _))| *of == known).map_or(0, |(number, _)| number),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match COMMANDS.iter().find(|(command, _)| command == self) {
            Some((_, name)) => f.pad(name),
            None => write!(f, "command {}", u8::from(*self)),
        }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// What it asks or answers.
    pub command: Command,
    /// Chosen by the server, repeated by the phone.
    pub session: u32,
    /// Its elements in their order; no kind twice.
    pub elements: Vec<Element<'a>>,
}

/// Why bytes are no CAPF message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not even a header.
    #[error("{0} bytes are no CAPF header, which has {HEADER}")]
    NoHeader(usize),
    /// Another protocol.
    #[error("a CAPF message begins with {PROTOCOL}, and this with {0}")]
    NotCapf(u8),
    /// More than anybody needs.
    #[error("a body of {0} bytes is longer than {MAX_BODY}")]
    BodyTooLong(usize),
    /// Fewer or more bytes than the header says.
    #[error("the header announces a body of {announced} bytes, and {found} are there")]
    Length {
        /// What the header says.
        announced: usize,
        /// What is there.
        found: usize,
    },
    /// More elements than there are kinds of them.
    #[error("the message has more than {MAX_ELEMENTS} elements")]
    TooManyElements,
    /// An element without its tag or length.
    #[error("the element at offset {offset} has no tag and length")]
    ElementHead {
        /// Where it begins.
        offset: usize,
    },
    /// An element that goes past the end.
    #[error("the {tag} at offset {offset} announces {len} bytes, and {left} are left")]
    Cut {
        /// Which element.
        tag: Tag,
        /// Where it begins.
        offset: usize,
        /// What it announces.
        len: usize,
        /// What is there.
        left: usize,
    },
    /// An element of a length its kind cannot have.
    #[error("the {tag} at offset {offset} has {len} bytes, which is not its length")]
    Size {
        /// Which element.
        tag: Tag,
        /// Where it begins.
        offset: usize,
        /// What it announces.
        len: usize,
    },
    /// A text without its NUL, with one inside, or a name with characters no name has.
    #[error("the {tag} at offset {offset} is not a text that ends with NUL")]
    Text {
        /// Which element.
        tag: Tag,
        /// Where it begins.
        offset: usize,
    },
    /// A certificate's head or a SUDI block that is not what it should be.
    #[error("the {tag} at offset {offset} does not have the form it should have")]
    Form {
        /// Which element.
        tag: Tag,
        /// Where it begins.
        offset: usize,
    },
    /// The same element again: which of the two counts would be anybody's guess.
    #[error("there is a second {tag} at offset {offset}")]
    Repeated {
        /// Which element.
        tag: Tag,
        /// Where it begins.
        offset: usize,
    },
}

/// Why a message cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// An element longer than its length can say.
    #[error("a {tag} of {len} bytes does not fit into an element")]
    ElementTooLong {
        /// Which element.
        tag: Tag,
        /// Its length.
        len: usize,
    },
    /// A message the other side would not take.
    #[error("a body of {0} bytes is longer than {MAX_BODY}")]
    BodyTooLong(usize),
    /// A text that would end early.
    #[error("the {tag} contains a NUL")]
    InnerNul {
        /// Which element.
        tag: Tag,
    },
}

impl<'a> Message<'a> {
    /// A message with these elements.
    #[must_use]
    pub fn new(command: Command, session: u32, elements: impl Into<Vec<Element<'a>>>) -> Self {
        Self { command, session, elements: elements.into() }
    }

    /// Reads one message, all of it.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let no_header = |_: Short| DecodeError::NoHeader(bytes.len());
        let mut reader = Reader::new(bytes);
        let protocol = reader.u8().map_err(no_header)?;
        if protocol != PROTOCOL {
            return Err(DecodeError::NotCapf(protocol));
        }
        let command = reader.u8().map_err(no_header)?.into();
        let session = reader.u32().map_err(no_header)?;
        let announced = usize::from(reader.u16().map_err(no_header)?);
        if announced > MAX_BODY {
            return Err(DecodeError::BodyTooLong(announced));
        }
        let found = bytes.len() - HEADER;
        if found != announced {
            return Err(DecodeError::Length { announced, found });
        }
        Ok(Self { command, session, elements: elements(&mut reader)? })
    }

    /// The message as it goes out, in one piece: phones stall when header and body arrive apart.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = vec![PROTOCOL, self.command.into()];
        out.extend_from_slice(&self.session.to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        for element in &self.elements {
            element.encode(&mut out)?;
        }
        let len = out.len() - HEADER;
        let announced = u16::try_from(len).ok().filter(|_| len <= MAX_BODY);
        let announced = announced.ok_or(EncodeError::BodyTooLong(len))?;
        out[HEADER - 2..HEADER].copy_from_slice(&announced.to_be_bytes());
        Ok(out)
    }

    fn find<T>(&self, pick: impl Fn(&Element<'a>) -> Option<T>) -> Option<T> {
        self.elements.iter().find_map(pick)
    }

    /// Its reason.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.find(|element| if let Element::Reason(reason) = element { Some(*reason) } else { None })
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> Option<u8> {
        self.find(|element| if let Element::Version(version) = element { Some(*version) } else { None })
    }

    /// Its device name.
    #[must_use]
    pub fn device_name(&self) -> Option<&'a str> {
        self.find(|element| if let Element::DeviceName(name) = element { Some(*name) } else { None })
    }

    /// Its password; an empty one is none.
    #[must_use]
    pub fn password(&self) -> Option<Password<'a>> {
        self.find(|element| match element {
            Element::Password(password) if !password.0.is_empty() => Some(*password),
            _ => None,
        })
    }

    /// Its certificate, DER.
    #[must_use]
    pub fn certificate(&self) -> Option<&'a [u8]> {
        self.find(|element| if let Element::Certificate(der) = element { Some(*der) } else { None })
    }

    /// Which certificate it is about.
    #[must_use]
    pub fn certificate_type(&self) -> Option<CertificateType> {
        self.find(|element| if let Element::CertificateType(kind) = element { Some(*kind) } else { None })
    }

    /// Its public key, DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn public_key(&self) -> Option<&'a [u8]> {
        self.find(|element| if let Element::PublicKey(der) = element { Some(*der) } else { None })
    }

    /// Its signature over the SHA-1 digest.
    #[must_use]
    pub fn signed_data(&self) -> Option<&'a [u8]> {
        self.find(|element| if let Element::SignedData(data) = element { Some(*data) } else { None })
    }

    /// Its signature over a SHA-2 digest: which digest, and the signature.
    #[must_use]
    pub fn sha2_signed_data(&self) -> Option<(u8, &'a [u8])> {
        self.find(|element| match element {
            Element::Sha2SignedData { digest, signature } => Some((*digest, *signature)),
            _ => None,
        })
    }

    /// Its proof by SUDI.
    #[must_use]
    pub fn sudi(&self) -> Option<Sudi<'a>> {
        self.find(|element| if let Element::Sudi(sudi) = element { Some(*sudi) } else { None })
    }

    /// The key it asks for, when it asks for one that makes sense.
    #[must_use]
    pub fn key_spec(&self) -> Option<KeySpec> {
        let kind = self.find(|element| if let Element::KeyType(kind) = element { Some(*kind) } else { None });
        match kind? {
            KeyType::Rsa => self.find(|element| match element {
                Element::KeySize(bits) => Some(KeySpec::Rsa(*bits)),
                _ => None,
            }),
            KeyType::Ec => self.find(|element| match element {
                Element::Curve(curve) => Some(KeySpec::Ec(*curve)),
                _ => None,
            }),
            KeyType::Other(_) => None,
        }
    }
}

fn elements<'a>(reader: &mut Reader<'a>) -> Result<Vec<Element<'a>>, DecodeError> {
    let mut elements: Vec<Element<'a>> = Vec::new();
    while !reader.is_empty() {
        let offset = reader.offset();
        if elements.len() == MAX_ELEMENTS {
            return Err(DecodeError::TooManyElements);
        }
        let element = Element::decode(reader)?;
        let tag = element.tag();
        if elements.iter().any(|earlier| earlier.tag() == tag) {
            return Err(DecodeError::Repeated { tag, offset });
        }
        elements.push(element);
    }
    Ok(elements)
}

/// The key a phone is to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeySpec {
    /// RSA of so many bits.
    Rsa(u16),
    /// EC on this curve.
    Ec(Curve),
}

impl KeySpec {
    /// The elements that ask for it, in the order of their tags.
    #[must_use]
    pub fn elements(self) -> [Element<'static>; 2] {
        match self {
            Self::Rsa(bits) => [Element::KeySize(bits), Element::KeyType(KeyType::Rsa)],
            Self::Ec(curve) => [Element::KeyType(KeyType::Ec), Element::Curve(curve)],
        }
    }
}

impl fmt::Display for KeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Ec(curve) => curve.fmt(f),
        }
    }
}
