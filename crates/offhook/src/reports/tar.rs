//! Reading a tar archive that somebody else made: members one by one, never more memory than a block.

use std::io::{self, Read};

/// What stands in front of each member.
const BLOCK: usize = 512;
/// A longer name is no name of a file.
const LONGEST_NAME: u64 = 4096;

/// An archive that is read from front to back.
#[derive(Debug)]
pub(super) struct Tar<R> {
    from: R,
    /// What is left of the member, and what fills its last block.
    left: u64,
    filling: u64,
}

/// What one member says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name, as it stands there.
    pub(super) name: String,
    /// How long it says it is.
    pub(super) size: u64,
    /// What it is.
    pub(super) kind: Kind,
}

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    /// A device, or something nobody needs.
    Other,
}

impl<R: Read> Tar<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, left: 0, filling: 0 }
    }

    /// The next member; its content is what is read until the next one is asked for.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry>> {
        let (mut long, mut said_size) = (None, None);
        loop {
            self.skip()?;
            let Some(header) = self.header()? else { return Ok(None) };
            let size = number(&header[124..136])?;
            let letter = header[156];
            let size =
                if matches!(letter, b'L' | b'K' | b'x' | b'g') { size } else { said_size.unwrap_or(size) };
            self.left = size;
            self.filling = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
            match letter {
                b'L' => long = Some(text(&self.said()?)),
                b'x' => {
                    let said = self.said()?;
                    long = extended(&said, "path").or(long);
                    said_size = extended(&said, "size").and_then(|size| size.parse().ok()).or(said_size);
                }
                // Long names of links, and what holds for all members.
                b'K' | b'g' => {}
                letter => {
                    let kind = match letter {
                        b'0' | 0 | b'7' => Kind::File,
                        b'5' => Kind::Folder,
                        b'1' | b'2' => Kind::Link,
                        _ => Kind::Other,
                    };
                    let name = long.unwrap_or_else(|| name_in(&header));
                    return Ok(Some(Entry { name, size, kind }));
                }
            }
        }
    }

    /// A header, or none where the archive ends.
    fn header(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut header = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.from.read(&mut header[filled..])? {
                // Some leave the empty blocks at the end out.
                0 if filled == 0 => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => filled += count,
            }
        }
        if header.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum = |signed: bool| {
            let bytes = header
                .iter()
                .enumerate()
                .map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
            bytes
                .map(|byte| if signed { i64::from(byte.cast_signed()) } else { i64::from(byte) })
                .sum::<i64>()
        };
        let told = number(&header[148..156])?.cast_signed();
        if told != sum(false) && told != sum(true) {
            return Err(io::Error::other("a member begins where none can"));
        }
        Ok(Some(header))
    }

    /// The whole content of a member that says something about the next one.
    fn said(&mut self) -> io::Result<Vec<u8>> {
        if self.left > LONGEST_NAME * 16 {
            return Err(io::Error::other("a name without end"));
        }
        let mut said = Vec::new();
        self.by_ref().take(LONGEST_NAME * 16).read_to_end(&mut said)?;
        Ok(said)
    }

    fn skip(&mut self) -> io::Result<()> {
        let rest =
            self.left.checked_add(self.filling).ok_or_else(|| io::Error::other("a size beyond all"))?;
        let passed = io::copy(&mut self.from.by_ref().take(rest), &mut io::sink())?;
        (self.left, self.filling) = (0, 0);
        if passed < rest { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

impl<R: Read> Read for Tar<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.by_ref().take(self.left).read(buffer)?;
        if count == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// Octal digits, or a large number as it is.
fn number(field: &[u8]) -> io::Result<u64> {
    let wrong = || io::Error::other("a member with a size that is no number");
    if field[0] & 0x80 != 0 {
        let bytes: [u8; 8] = field[field.len() - 8..].try_into().map_err(|_| wrong())?;
        return Ok(u64::from_be_bytes(bytes));
    }
    let digits = text(field);
    let digits = digits.trim();
    if digits.is_empty() { Ok(0) } else { u64::from_str_radix(digits, 8).map_err(|_| wrong()) }
}

fn name_in(header: &[u8; BLOCK]) -> String {
    let name = text(&header[..100]);
    let prefix = if &header[257..262] == b"ustar" && header[262] == 0 {
        text(&header[345..500])
    } else {
        String::new()
    };
    if prefix.is_empty() { name } else { format!("{prefix}/{name}") }
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

/// `30 path=a/long/name\n`: the value of that key.
fn extended(said: &[u8], key: &str) -> Option<String> {
    let said = String::from_utf8_lossy(said);
    said.lines().find_map(|line| {
        let (known, value) = line.split_once(' ')?.1.split_once('=')?;
        (known == key).then(|| value.to_owned())
    })
}
