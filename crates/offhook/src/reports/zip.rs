//! Reading a zip archive that somebody else made: what its directory lists, member by member, never more memory than that
//! directory. Phones pack with tar; what people and other programs send instead of them may be this.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::read::DeflateDecoder;

use super::tar::Kind;

/// The end of the directory, and the longest remark behind it.
const END: usize = 22;
const LONGEST_REMARK: usize = u16::MAX as usize;
/// A line of the directory, and what stands in front of a member, both without names.
const LINE: usize = 46;
const FRONT: usize = 30;
/// A longer directory has names that nobody gives.
const MOST_DIRECTORY: u64 = 4 << 20;

/// How a member is packed.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// An archive with its directory.
#[derive(Debug)]
pub(super) struct Zip {
    file: BufReader<File>,
    pub(super) entries: Vec<Entry>,
}

/// What the directory says of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name, as it stands there.
    pub(super) name: String,
    /// What it is; or why it cannot be read.
    pub(super) kind: Result<Kind, &'static str>,
    method: u16,
    packed: u64,
    at: u64,
}

impl Zip {
    /// Whether a file that begins so may be one.
    pub(super) fn begins(start: &[u8]) -> bool {
        start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06")
    }

    /// Reads the directory, which stands at the end.
    pub(super) fn open(file: BufReader<File>) -> io::Result<Self> {
        let mut file = file;
        let length = file.get_ref().metadata()?.len();
        let tail = length.min((END + LONGEST_REMARK) as u64);
        file.seek(SeekFrom::Start(length - tail))?;
        let mut end = Vec::new();
        file.by_ref().take(tail).read_to_end(&mut end)?;
        let at = (0..=end.len().saturating_sub(END)).rev().find(|at| end[*at..].starts_with(b"PK\x05\x06"));
        let end = at
            .and_then(|at| end.get(at..at + END))
            .ok_or_else(|| io::Error::other("its directory is missing"))?;
        let (size, begin) = (u64::from(four(end, 12)), u64::from(four(end, 16)));
        if size > MOST_DIRECTORY {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if begin + size > length {
            return Err(io::Error::other("its directory lies beyond its end"));
        }
        file.seek(SeekFrom::Start(begin))?;
        let mut directory = Vec::new();
        file.by_ref().take(size).read_to_end(&mut directory)?;
        let entries = entries(&directory)?;
        // Members that share their bytes make a small file as large as one likes, and take time even if nothing comes of it.
        if entries.iter().map(|entry| entry.packed).sum::<u64>() > length {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(Self { file, entries })
    }

    /// The content of a member.
    pub(super) fn content(&mut self, entry: &Entry) -> io::Result<Box<dyn Read + '_>> {
        self.file.seek(SeekFrom::Start(entry.at))?;
        let mut front = [0; FRONT];
        self.file.read_exact(&mut front)?;
        if !front.starts_with(b"PK\x03\x04") {
            return Err(io::Error::other("a member is not where its directory says"));
        }
        let names = i64::from(two(&front, 26)) + i64::from(two(&front, 28));
        self.file.seek_relative(names)?;
        let packed = self.file.by_ref().take(entry.packed);
        Ok(if entry.method == DEFLATED { Box::new(DeflateDecoder::new(packed)) } else { Box::new(packed) })
    }
}

fn entries(mut directory: &[u8]) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    while directory.starts_with(b"PK\x01\x02") {
        let broken = || io::Error::other("a line of its directory breaks off");
        let line = directory.get(..LINE).ok_or_else(broken)?;
        let [name, more, remark] = [28, 30, 32].map(|at| usize::from(two(line, at)));
        let text = directory.get(LINE..LINE + name).ok_or_else(broken)?;
        let text = String::from_utf8_lossy(text).into_owned();
        entries.push(Entry {
            kind: kind(line, &text),
            name: text,
            method: two(line, 10),
            packed: four(line, 20).into(),
            at: four(line, 42).into(),
        });
        directory = directory.get(LINE + name + more + remark..).ok_or_else(broken)?;
    }
    Ok(entries)
}

fn kind(line: &[u8], name: &str) -> Result<Kind, &'static str> {
    const ENCRYPTED: u16 = 1;
    const FROM_UNIX: u8 = 3;
    // What Unix calls a kind of file, where the archive is from there.
    let mode = if line[5] == FROM_UNIX { four(line, 38) >> 16 & 0o170_000 } else { 0 };
    match mode {
        _ if name.ends_with('/') => Ok(Kind::Folder),
        0o120_000 => Ok(Kind::Link),
        0 | 0o100_000 => match two(line, 10) {
            _ if two(line, 8) & ENCRYPTED != 0 => Err("it is encrypted"),
            STORED | DEFLATED => Ok(Kind::File),
            _ => Err("it is packed in a way that is not read here"),
        },
        _ => Ok(Kind::Other),
    }
}

fn two(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn four(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
