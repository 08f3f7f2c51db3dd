//! What a file is, by its content.

use wire::encrypted::Encrypted;
use wire::package;
use wire::signed::Signed;
use wire::trust_list::TrustList;

/// A file, taken apart as far as it can be.
#[derive(Debug)]
pub(super) enum File<'a> {
    /// `NAME.sgn`.
    Signed(Signed<'a>),
    /// `SEP….cnf.xml.enc.sgn`.
    Encrypted(Encrypted<'a>),
    /// `ITLFile.tlv`, `CTLFile.tlv`.
    TrustList(TrustList<'a>),
    /// The vendor's signed package; what follows its header.
    Package(&'a [u8]),
    /// Anything else, with what is wrong with its header if it seems to have one.
    Plain(Option<String>),
}

/// The first bytes of every header: the version element.
const HEADER: [u8; 3] = [1, 0, 2];

impl<'a> File<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        if !bytes.starts_with(&HEADER) {
            return Self::Plain(None);
        }
        // The version tells which of the three a file means to be, so the others' complaints are of no interest.
        let problem = match bytes.get(HEADER.len()..HEADER.len() + 2) {
            Some([1, 0]) => match Signed::parse(bytes) {
                Ok(signed) => return Self::Signed(signed),
                Err(error) => error,
            },
            Some([2, 0]) => match Encrypted::parse(bytes) {
                Ok(encrypted) => return Self::Encrypted(encrypted),
                Err(error) => error,
            },
            _ => match TrustList::parse(bytes) {
                Ok(list) => return Self::TrustList(list),
                Err(error) => error,
            },
        };
        match package::payload_offset(bytes) {
            Ok(offset) => Self::Package(&bytes[offset..]),
            Err(_) => Self::Plain(Some(problem.to_string())),
        }
    }
}
