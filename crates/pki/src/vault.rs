//! A file behind a passphrase or a key: encrypted and authenticated from its first byte to its last, in pieces, so that it may
//! be of any size.
//!
//! ```text
//! "offhook-vault\n"  14 bytes
//! version             1
//! cost                1  the logarithm of scrypt's N; r = 8, p = 1
//! salt               16
//! check              16  of the secret, so that a wrong one is told apart from a damaged file
//! pieces                 64 KiB each, the last may be shorter: AES-256-GCM with its tag of 16 bytes behind it
//! ```
//!
//! The nonce of a piece is its number and whether it is the last; what precedes the pieces is authenticated with each of them.
//! So no piece can be left out, moved, repeated or cut off. A new salt, and with it a new key, is drawn for each file.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};

use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};

/// What every such file begins with.
pub const MAGIC: &[u8; 14] = b"offhook-vault\n";
const VERSION: u8 = 1;
/// Cost of one try: 128 MiB of memory and some hundred milliseconds.
const COST: u8 = 17;
/// What a file may ask for: a gigabyte. Nobody writes more, and whoever opens a stranger's file must not run out of memory.
const MOST_COST: u8 = 20;
const SALT: usize = 16;
const CHECK: usize = 16;
const HEADER: usize = MAGIC.len() + 2 + SALT + CHECK;
const PIECE: usize = 64 << 10;
const TAG: usize = 16;

/// Why a file does not open.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Something else.
    #[error("it is no file that offhook encrypted")]
    Foreign,
    /// Of a later version.
    #[error("a later version encrypted it (format {0}): upgrade offhook")]
    Newer(u8),
    /// The header asks for what nobody writes.
    #[error("it is damaged: its header asks for more memory than any file needs")]
    Cost,
    /// Another secret.
    #[error("that is not its passphrase or key")]
    Secret,
    /// The disk.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The key of one file.
struct Key {
    key: [u8; 32],
    check: [u8; CHECK],
}

impl Key {
    fn derive(secret: &[u8], salt: &[u8], cost: u8) -> Self {
        // Hashed first: scrypt takes no notice of zero bytes at the end.
        let secret = openssl::sha::sha256(secret);
        let mut out = [0; 64];
        let memory = (128 << u64::from(cost)) * 8 + (1 << 20);
        openssl::pkcs5::scrypt(&secret, salt, 1 << cost, 8, 1, memory, &mut out)
            .expect("scrypt takes any secret and salt at a cost that was looked at");
        let (key, rest) = out.split_at(32);
        Self {
            key: key.try_into().expect("32 bytes"),
            check: rest[..CHECK].try_into().expect("more than that is there"),
        }
    }
}

fn nonce(number: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}

/// Encrypts what is written to it. Nothing is whole before [`Writer::finish`].
pub struct Writer<W> {
    inner: W,
    header: [u8; HEADER],
    key: [u8; 32],
    piece: Vec<u8>,
    number: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a file; whoever knows `secret` can read it.
    pub fn new(inner: W, secret: &[u8]) -> io::Result<Self> {
        Self::with_cost(inner, secret, COST)
    }

    fn with_cost(mut inner: W, secret: &[u8], cost: u8) -> io::Result<Self> {
        let mut salt = [0; SALT];
        openssl::rand::rand_bytes(&mut salt)?;
        let key = Key::derive(secret, &salt, cost);
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&[VERSION, cost]);
        header.extend_from_slice(&salt);
        header.extend_from_slice(&key.check);
        let header: [u8; HEADER] = header.try_into().expect("the parts of a header have its length");
        inner.write_all(&header)?;
        Ok(Self { inner, header, key: key.key, piece: Vec::with_capacity(PIECE), number: 0 })
    }

    /// Ends the file, and gives back what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let (nonce, mut tag) = (nonce(self.number, last), [0; TAG]);
        let sealed = encrypt_aead(
            Cipher::aes_256_gcm(),
            &self.key,
            Some(&nonce),
            &self.header,
            &self.piece,
            &mut tag,
        )?;
        self.inner.write_all(&sealed)?;
        self.inner.write_all(&tag)?;
        self.piece.clear();
        self.number += 1;
        Ok(())
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The last piece is only known when more comes, or the end.
        if self.piece.len() == PIECE {
            self.seal(false)?;
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("pieces", &self.number).finish_non_exhaustive()
    }
}

/// Decrypts what is read from it. Gives only bytes that were authenticated, and the end only where it was written.
pub struct Reader<R> {
    inner: R,
    header: [u8; HEADER],
    key: [u8; 32],
    /// Encrypted bytes that were read ahead: whether a piece is the last is seen by what follows.
    ahead: Vec<u8>,
    plain: Vec<u8>,
    given: usize,
    number: u64,
    ended: bool,
}

impl<R: Read> Reader<R> {
    /// Opens a file with its secret.
    pub fn new(mut inner: R, secret: &[u8]) -> Result<Self, VaultError> {
        let mut read = Vec::with_capacity(HEADER);
        inner.by_ref().take(HEADER as u64).read_to_end(&mut read)?;
        if !read.starts_with(MAGIC) {
            return Err(VaultError::Foreign);
        }
        let short = || io::Error::new(ErrorKind::UnexpectedEof, NOT_WHOLE);
        let version = *read.get(MAGIC.len()).ok_or_else(short)?;
        if version != VERSION {
            return Err(VaultError::Newer(version));
        }
        let header: [u8; HEADER] = read.try_into().map_err(|_| short())?;
        let cost = header[MAGIC.len() + 1];
        if !(1..=MOST_COST).contains(&cost) {
            return Err(VaultError::Cost);
        }
        let (salt, check) = header[MAGIC.len() + 2..].split_at(SALT);
        let key = Key::derive(secret, salt, cost);
        if !openssl::memcmp::eq(&key.check, check) {
            return Err(VaultError::Secret);
        }
        let (ahead, plain) = (Vec::with_capacity(PIECE + TAG + 1), Vec::new());
        Ok(Self { inner, header, key: key.key, ahead, plain, given: 0, number: 0, ended: false })
    }

    fn next_piece(&mut self) -> io::Result<()> {
        let wanted = PIECE + TAG + 1 - self.ahead.len();
        self.inner.by_ref().take(wanted as u64).read_to_end(&mut self.ahead)?;
        let last = self.ahead.len() <= PIECE + TAG;
        let len = self.ahead.len().min(PIECE + TAG);
        let Some(text) = len.checked_sub(TAG) else {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, NOT_WHOLE));
        };
        let open = |last| {
            let (sealed, tag) = self.ahead[..len].split_at(text);
            let nonce = nonce(self.number, last);
            decrypt_aead(Cipher::aes_256_gcm(), &self.key, Some(&nonce), &self.header, sealed, tag)
        };
        match open(last) {
            Ok(plain) => self.plain = plain,
            // A piece that is good where more should follow.
            Err(_) if last && open(false).is_ok() => {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, NOT_WHOLE));
            }
            Err(_) => {
                let at = HEADER as u64 + self.number * (PIECE + TAG) as u64;
                let text = format!("it was cut off, changed or damaged, at byte {at} or after it");
                return Err(io::Error::new(ErrorKind::InvalidData, text));
            }
        }
        self.ahead.drain(..len);
        (self.given, self.ended) = (0, last);
        self.number += 1;
        Ok(())
    }
}

const NOT_WHOLE: &str = "it ends in the middle: it is not whole";

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.plain.len() && !self.ended {
            self.next_piece()?;
        }
        let len = into.len().min(self.plain.len() - self.given);
        into[..len].copy_from_slice(&self.plain[self.given..self.given + len]);
        self.given += len;
        Ok(len)
    }
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("pieces", &self.number).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    /// Cheap, so that many files can be tried.
    fn sealed(secret: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut writer = Writer::with_cost(Vec::new(), secret, 4).unwrap();
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    }

    fn opened(secret: &[u8], file: &[u8]) -> Result<Vec<u8>, String> {
        let mut plain = Vec::new();
        let mut reader = Reader::new(file, secret).map_err(|error| error.to_string())?;
        reader.read_to_end(&mut plain).map_err(|error| error.to_string())?;
        Ok(plain)
    }

    #[test]
    fn what_goes_in_comes_out_whatever_its_length() {
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 17] {
            let plain: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
            let file = sealed(b"secret", &plain);
            assert_eq!(opened(b"secret", &file).unwrap(), plain, "{len}");
            let pieces = len.div_ceil(PIECE).max(1);
            assert_eq!(file.len(), HEADER + len + pieces * TAG);
            assert!(
                !file.windows(16).any(|some| len > 16 && some == &plain[..16]),
                "nothing is in the clear"
            );
        }
    }

    #[test]
    fn the_cost_of_real_files_is_paid() {
        let mut writer = Writer::new(Vec::new(), b"secret").unwrap();
        writer.write_all(b"keys").unwrap();
        let file = writer.finish().unwrap();
        assert_eq!(file[MAGIC.len() + 1], COST);
        assert_eq!(opened(b"secret", &file).unwrap(), b"keys");
        assert_ne!(file, sealed(b"secret", b"keys"), "each file has a salt of its own");
    }

    #[test]
    fn only_the_secret_opens() {
        let file = sealed(b"secret", b"keys");
        for wrong in [&b"Secret"[..], b"", b"secret\0", b"secret "] {
            assert_eq!(opened(wrong, &file).unwrap_err(), VaultError::Secret.to_string());
        }
    }

    #[test]
    fn wherever_it_is_cut_it_is_not_whole() {
        let file = sealed(b"secret", &vec![7; 2 * PIECE]);
        let boundary = HEADER + PIECE + TAG;
        for len in
            [14, 15, 30, HEADER - 1, HEADER, HEADER + 5, boundary - 1, boundary, boundary + 1, file.len() - 1]
        {
            let said = opened(b"secret", &file[..len]).unwrap_err();
            assert!(said.contains("not whole") || said.contains("cut off"), "{len}: {said}");
        }
        assert!(opened(b"secret", &file[..13]).unwrap_err().contains("no file that offhook encrypted"));
    }

    #[test]
    fn nothing_is_taken_behind_the_end_or_in_another_order() {
        let file = sealed(b"secret", &vec![7; 2 * PIECE + 5]);
        let longer = [&file[..], b"x"].concat();
        assert!(opened(b"secret", &longer).is_err());
        let (first, second) =
            (HEADER..HEADER + PIECE + TAG, HEADER + PIECE + TAG..HEADER + 2 * (PIECE + TAG));
        let swapped =
            [&file[..HEADER], &file[second.clone()], &file[first.clone()], &file[second.end..]].concat();
        assert!(opened(b"secret", &swapped).is_err());
        let without = [&file[..HEADER], &file[second.start..]].concat();
        assert!(opened(b"secret", &without).is_err());
        let twice = [&file[..first.end], &file[first.start..]].concat();
        assert!(opened(b"secret", &twice).is_err());
    }

    #[test]
    fn headers_ask_for_nothing_unheard_of() {
        let mut file = sealed(b"secret", b"keys");
        file[MAGIC.len()] = 2;
        assert!(opened(b"secret", &file).unwrap_err().contains("upgrade"));
        file[MAGIC.len()] = 1;
        for cost in [0, 21, 63, 255] {
            file[MAGIC.len() + 1] = cost;
            assert_eq!(opened(b"secret", &file).unwrap_err(), VaultError::Cost.to_string());
        }
    }

    proptest! {
        #[test]
        fn no_byte_can_be_changed(at in 0_usize..HEADER + 100 + TAG, by in 1_u8..) {
            let mut file = sealed(b"secret", &[7; 100]);
            // A higher cost is looked at above; here it would only take long.
            prop_assume!(at != MAGIC.len() + 1);
            file[at] ^= by;
            prop_assert!(opened(b"secret", &file).is_err());
        }

        #[test]
        fn no_bytes_break_it(bytes: Vec<u8>) {
            let mut file = MAGIC.to_vec();
            file.extend([1, 4]);
            file.extend(bytes);
            let _ = opened(b"secret", &file);
        }
    }
}
