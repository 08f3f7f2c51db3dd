//! A file that waits for its signature: the bytes to be signed are a type of their own.

use std::fmt;

use super::{Digest, EncodeError};

/// A whole file but for its signature, whose place is kept free.
pub struct Unsigned {
    file: Vec<u8>,
    /// Where the signature element's three-byte head starts.
    element_at: usize,
    signature_len: usize,
    digest: Digest,
}

/// Tag and length of the signature element; they are cut out of what is signed, together with its value.
const HEAD: usize = 3;

impl Unsigned {
    /// `file` holds the signature element at `element_at`, its head in place and its value still of zeros.
    pub(crate) fn new(file: Vec<u8>, element_at: usize, signature_len: usize, digest: Digest) -> Self {
        Self { file, element_at, signature_len, digest }
    }

    /// What is to be signed, in two pieces: what stands before the signature, and what stands behind it.
    #[must_use]
    pub fn parts(&self) -> [&[u8]; 2] {
        let (before, rest) = self.file.split_at(self.element_at);
        let (_, behind) = rest.split_at(HEAD + self.signature_len);
        [before, behind]
    }

    /// The digest to sign over.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How long the signature must be.
    #[must_use]
    pub fn signature_len(&self) -> usize {
        self.signature_len
    }

    /// How long the file will be.
    #[must_use]
    pub fn file_len(&self) -> usize {
        self.file.len()
    }

    /// The finished file.
    pub fn into_file(mut self, signature: &[u8]) -> Result<Vec<u8>, EncodeError> {
        if signature.len() != self.signature_len {
            return Err(EncodeError::OtherSignature { expected: self.signature_len, found: signature.len() });
        }
        let (_, gap) = self.file.split_at_mut(self.element_at + HEAD);
        let (gap, _) = gap.split_at_mut(self.signature_len);
        gap.copy_from_slice(signature);
        Ok(self.file)
    }
}

impl fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsigned")
            .field("file_len", &self.file.len())
            .field("element_at", &self.element_at)
            .field("signature_len", &self.signature_len)
            .field("digest", &self.digest)
            .finish()
    }
}
