//! What the tests of every kind of file need: hex, the vectors, and reading a file and writing it again.

use std::{fs, path::Path};

use wire::{
    encrypted::{self, Encrypted},
    signature::{EncodeError, ParseError},
    signed::{self, Signed},
    trust_list::{self, TrustList},
};

/// Bytes from hex; blanks are for the reader.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// The bytes of `template` after one edit of its hex; the edit must be possible.
pub(crate) fn edited(template: &str, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(template.matches(from).count(), 1, "{from:?} must stand once in the template");
    hex(&template.replace(from, to))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Signed,
    Encrypted,
    TrustList,
}

pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) file: Vec<u8>,
}

/// Every signed file under `vectors/`.
pub(crate) fn vectors() -> Vec<Vector> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut vectors = Vec::new();
    for folder in ["enc", "sgn", "trust"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let kind = match name.as_str() {
                name if name.ends_with(".enc.sgn") => Kind::Encrypted,
                name if name.ends_with(".sgn") => Kind::Signed,
                name if name.ends_with(".tlv") => Kind::TrustList,
                _ => continue,
            };
            vectors.push(Vector { name, kind, file: fs::read(path).unwrap() });
        }
    }
    assert_eq!(vectors.len(), 15, "a vector went missing");
    vectors
}

/// A file under `vectors/`.
pub(crate) fn vector(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(path)).unwrap()
}

/// Reads a file and writes it again from nothing but the values read.
pub(crate) fn rewritten(kind: Kind, file: &[u8]) -> Result<Result<Vec<u8>, EncodeError>, ParseError> {
    Ok(match kind {
        Kind::Signed => {
            let read = Signed::parse(file)?;
            assert_complete(file, read.signed_parts(), read.signature);
            signed::build(read.name, read.payload, &read.signing())
                .and_then(|unsigned| unsigned.into_file(read.signature))
        }
        Kind::Encrypted => {
            let read = Encrypted::parse(file)?;
            assert_complete(file, read.signed_parts(), read.signature);
            encrypted::build(&read.sealed, &read.signing())
                .and_then(|unsigned| unsigned.into_file(read.signature))
        }
        Kind::TrustList => {
            let read = TrustList::parse(file)?;
            assert_complete(file, read.signed_parts(), read.signature);
            trust_list::build_unchecked(read.kind, read.signer_version, &read.records, &read.signing())
                .and_then(|unsigned| unsigned.into_file(read.signature))
        }
    })
}

/// Nothing of a file escapes its signature: what is signed and the signature element are all of it.
fn assert_complete(file: &[u8], [before, behind]: [&[u8]; 2], signature: &[u8]) {
    let len = u16::try_from(signature.len()).unwrap().to_be_bytes();
    assert_eq!([before, &[12], &len, signature, behind].concat(), file);
}

/// What a parser accepted must be what the encoder writes. Two things are read that are never written: the elements
/// of a signer and of a record in another order, and serial numbers with leading zeros.
pub(crate) fn assert_rewrites(kind: Kind, file: &[u8]) -> bool {
    let Ok(rewritten) = rewritten(kind, file) else { return false };
    let ours = match rewritten {
        Ok(ours) => ours,
        Err(EncodeError::LeadingZero { .. }) => return true,
        Err(error) => panic!("accepted, but cannot be written again: {error}"),
    };
    if ours != file {
        let sorted = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            bytes.sort_unstable();
            bytes
        };
        assert_eq!(sorted(&ours), sorted(file), "accepted, but other bytes come back");
        let again = self::rewritten(kind, &ours).unwrap().unwrap();
        assert_eq!(again, ours);
    }
    true
}
