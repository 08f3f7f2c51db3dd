//! What the targets share: how a file that was read is held against the file that is written from it, and how the
//! fuzzer's bytes tell a story of packets and times.

use wire::{
    signature::EncodeError,
    tftp::{Mode, Options},
};

/// A parser accepted `file` and the values it read were written again as `ours`: the same bytes, but for what is read
/// and never written (the elements of a signer and of a record in another order; serial numbers with leading zeros).
pub fn assert_rewritten(
    file: &[u8],
    [before, behind]: [&[u8]; 2],
    signature: &[u8],
    ours: Result<Vec<u8>, EncodeError>,
) {
    let covered = before.len() + 3 + signature.len() + behind.len();
    assert_eq!(covered, file.len(), "bytes escape the signature");
    match ours {
        Err(EncodeError::LeadingZero { .. }) => {}
        Err(error) => panic!("accepted, but cannot be written again: {error}"),
        Ok(ours) if ours == file => {}
        Ok(ours) => assert_eq!(sorted(&ours), sorted(file), "accepted, but other bytes come back"),
    }
}

fn sorted(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.sort_unstable();
    bytes
}

/// The fuzzer's bytes, read as a script; past their end everything is zero.
pub struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    /// A script from its beginning.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Nothing is left of it.
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub fn u8(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// The next two bytes.
    pub fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.u8(), self.u8()])
    }

    /// The next bytes, as many as the first of them says.
    pub fn datagram(&mut self) -> &'a [u8] {
        let len = usize::from(self.u8()).min(self.0.len());
        let (datagram, rest) = self.0.split_at(len);
        self.0 = rest;
        datagram
    }

    /// How a file is to travel.
    pub fn mode(&mut self) -> Mode {
        if self.u8() & 1 == 0 { Mode::Octet } else { Mode::Netascii }
    }

    /// What a client asks for.
    pub fn options(&mut self) -> Options {
        let which = self.u8();
        let option = |bit: u8, value: u64| (which & bit != 0).then_some(value);
        Options {
            blksize: option(1, u64::from(self.u16())),
            timeout: option(2, u64::from(self.u8())),
            tsize: option(4, 0),
            windowsize: option(8, u64::from(self.u16())),
        }
    }
}
