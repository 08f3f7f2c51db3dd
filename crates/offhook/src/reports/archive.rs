//! What is in the file of a report: members that are named as they can be here, and as much of them as anybody wants.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::Serialize;

use super::ReportError;
use super::tar::{Kind, Tar};
use super::zip::Zip;

/// What an archive may become: phones have far less memory.
pub const MOST_BYTES: u64 = 1 << 30;
/// Members; those of phones have some hundred.
pub const MOST_MEMBERS: usize = 10_000;
const LONGEST_PART: usize = 255;
const DEEPEST: usize = 16;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Its name; it leads nowhere but down.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
}

/// Something in an archive that is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its name, as far as it can be shown.
    pub name: String,
    /// Why.
    pub why: String,
}

/// What is done with each file: its name, and its content.
pub(super) type Visit<'a> = dyn FnMut(&Path, &mut dyn Read) -> io::Result<Result<u64, String>> + 'a;

/// Everything an archive holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) members: Vec<Member>,
    pub(super) left_out: Vec<LeftOut>,
    /// Why reading stopped before the end.
    pub(super) ended: Option<Ended>,
}

/// Why an archive was not read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    TooMuch,
    Damaged(String),
}

/// Reads the file at `path`: `visit` is handed every file in it.
pub(super) fn read(path: &Path, most: u64, visit: &mut Visit<'_>) -> Result<Content, ReportError> {
    let failed = |source| ReportError::Io { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let start = file.fill_buf().map_err(failed)?;
    if start.starts_with(&[0x1f, 0x8b]) {
        return inside(path, Capped { from: MultiGzDecoder::new(file), left: most }, visit);
    }
    if Zip::begins(start) {
        return Ok(zipped(file, most, visit));
    }
    inside(path, Capped { from: file, left: most }, visit)
}

/// A tar archive, or one log.
fn inside<R: Read>(path: &Path, from: Capped<R>, visit: &mut Visit<'_>) -> Result<Content, ReportError> {
    let mut from = BufReader::with_capacity(64 << 10, from);
    let mut content = Content::default();
    // A decoder gives its first block as a whole.
    let start = match from.fill_buf() {
        Ok(start) => start,
        Err(error) => {
            content.ended = Some(ended(&error));
            return Ok(content);
        }
    };
    if start.len() >= 262 && &start[257..262] == b"ustar" {
        return Ok(members(from, visit));
    }
    if start.iter().take(512).any(|byte| *byte == 0) || start.is_empty() {
        return Err(ReportError::Kind(path.to_owned()));
    }
    let name = Path::new("log");
    match visit(name, &mut from) {
        Ok(Ok(bytes)) => content.members.push(Member { name: "log".to_owned(), bytes }),
        Ok(Err(why)) => content.left_out.push(LeftOut { name: "log".to_owned(), why }),
        Err(error) => content.ended = Some(ended(&error)),
    }
    Ok(content)
}

fn members<R: Read>(from: R, visit: &mut Visit<'_>) -> Content {
    let mut tar = Tar::new(from);
    let mut content = Content::default();
    loop {
        let entry = match tar.next() {
            Ok(Some(entry)) => entry,
            Ok(None) => return content,
            Err(error) => {
                content.ended = Some(ended(&error));
                return content;
            }
        };
        if !member(&mut content, (&entry.name, Ok(entry.kind)), &mut tar, visit) {
            return content;
        }
    }
}

/// The members that the directory of a zip archive lists.
fn zipped(file: BufReader<File>, most: u64, visit: &mut Visit<'_>) -> Content {
    let mut content = Content::default();
    let mut zip = match Zip::open(file) {
        Ok(zip) => zip,
        Err(error) => {
            content.ended = Some(ended(&error));
            return content;
        }
    };
    let mut left = most;
    for entry in std::mem::take(&mut zip.entries) {
        let from = match zip.content(&entry) {
            Ok(from) => from,
            Err(error) => {
                content.ended = Some(ended(&error));
                return content;
            }
        };
        let mut from = Capped { from, left };
        if !member(&mut content, (&entry.name, entry.kind), &mut from, visit) {
            return content;
        }
        left = from.left;
    }
    content
}

/// Hands a member on, if it is a file that has a name here; says whether to go on.
fn member(
    content: &mut Content,
    (name, kind): (&str, Result<Kind, &str>),
    from: &mut dyn Read,
    visit: &mut Visit<'_>,
) -> bool {
    if content.members.len() + content.left_out.len() >= MOST_MEMBERS {
        content.ended = Some(Ended::TooMuch);
        return false;
    }
    let why = match (safe(name), kind) {
        (None, _) => "its name leads outside, or is none".to_owned(),
        (_, Err(why)) => why.to_owned(),
        (_, Ok(Kind::Folder)) => return true,
        (_, Ok(Kind::Link)) => "it is a link".to_owned(),
        (_, Ok(Kind::Other)) => "it is no file".to_owned(),
        (Some(path), Ok(Kind::File)) => match visit(&path, from) {
            Ok(Ok(bytes)) => {
                content.members.push(Member { name: path.display().to_string(), bytes });
                return true;
            }
            Ok(Err(why)) => why,
            Err(error) => {
                content.ended = Some(ended(&error));
                return false;
            }
        },
    };
    content.left_out.push(LeftOut { name: printable(name), why });
    true
}

/// A name below any folder; none for one that could lead elsewhere, or that no disk takes.
fn safe(name: &str) -> Option<PathBuf> {
    if name.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
        return None;
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let fits = |part: &&str| *part != ".." && part.len() <= LONGEST_PART;
    (!parts.is_empty() && parts.len() <= DEEPEST && parts.iter().all(fits)).then(|| parts.iter().collect())
}

fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '?' } else { c }).take(LONGEST_PART).collect()
}

fn ended(error: &io::Error) -> Ended {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return Ended::TooMuch;
    }
    Ended::Damaged(error.to_string())
}

/// A stream that ends with an error where it becomes too much.
struct Capped<R> {
    from: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        if count as u64 > self.left {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}
