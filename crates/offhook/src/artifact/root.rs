//! The document root: the administrator's own files, found by exact name first and whatever the case next.
//!
//! What is opened is checked after it is open (its real path through `/proc/self/fd`), so that no link swapped
//! in between can lead out of the root.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use nix::errno::Errno;

use super::directory::Directories;
use super::refusal::Reason;
use crate::config::Links;
use crate::inventory::fingerprint::Fingerprint;
use crate::stamp::{Stamp, Witness};

/// Nothing that a phone takes comes near this; firmware packages are around 100 MB.
const LARGEST_FILE: u64 = 1 << 30;
/// How often a file that changes while being read is read again.
const READS: usize = 4;

/// The folder whose files win over everything that offhook makes.
#[derive(Debug)]
pub(super) struct Root {
    directories: Directories,
}

/// A file of the root: one version of it.
pub(super) struct Content {
    /// Its name inside the root, in the case it has there.
    pub(super) name: String,
    /// All of its bytes.
    pub(super) bytes: Bytes,
    /// When it was last modified; `None`: when its bytes last changed, as far as anybody remembers.
    pub(super) modified: Option<SystemTime>,
    /// What stands in it, when it is the configuration of a phone.
    pub(super) fingerprint: Option<Arc<Fingerprint>>,
}

impl Root {
    /// A root of which nothing is known yet.
    pub(super) fn new() -> Self {
        Self { directories: Directories::default() }
    }

    /// The file `name` under `root`, or `None` when there is none; `witness` learns what the answer rests on.
    pub(super) fn read(
        &self,
        root: &Path,
        links: Links,
        name: &str,
        witness: &mut Witness,
    ) -> Result<Option<Content>, Reason> {
        for _ in 0..READS {
            let mut seen = Witness::default();
            let Some(path) = self.locate(root, name, &mut seen) else {
                witness.absorb(seen);
                return Ok(None);
            };
            let whole = match read_whole(root, links, name, &path) {
                Ok(whole) => whole,
                Err(reason) => {
                    seen.look(&path);
                    witness.absorb(seen);
                    return Err(reason);
                }
            };
            match whole {
                Whole::Read(bytes, stamp, seen_at, modified) => {
                    seen.note(path.clone(), Some(stamp), seen_at);
                    witness.absorb(seen);
                    let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                    return Ok(Some(Content { name, bytes, modified: Some(modified), fingerprint: None }));
                }
                Whole::Nothing => {
                    seen.look(&path);
                    witness.absorb(seen);
                    return Ok(None);
                }
                Whole::Gone | Whole::Changed => {}
            }
        }
        Err(Reason::Changing(name.to_owned()))
    }

    /// Where `name` is: its exact path, else one that differs by case alone, folder by folder.
    fn locate(&self, root: &Path, name: &str, witness: &mut Witness) -> Option<PathBuf> {
        let exact = root.join(name);
        if fs::metadata(&exact).is_ok() {
            return Some(exact);
        }
        let mut path = root.to_owned();
        for part in name.split('/') {
            let here = path.join(part);
            // A dangling link has an entry and no metadata: it is absent, as a file that is not there.
            if fs::metadata(&here).is_ok() {
                witness.look(&here);
                path = here;
            } else {
                let real = self.directories.find(&path, part, witness)?;
                path.push(&*real);
            }
        }
        Some(path)
    }
}

/// What reading a located path gave.
enum Whole {
    Read(Bytes, Stamp, SystemTime, SystemTime),
    /// A folder, or a link to nothing.
    Nothing,
    Gone,
    Changed,
}

/// Reads all of `path` and makes sure that it did not change meanwhile.
fn read_whole(root: &Path, links: Links, name: &str, path: &Path) -> Result<Whole, Reason> {
    let unreadable = |kind| Reason::Unreadable { name: name.to_owned(), kind };
    let seen_at = SystemTime::now();
    // Without NONBLOCK, opening a pipe would wait for its writer.
    let nonblock = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let mut file = match OpenOptions::new().read(true).custom_flags(nonblock).open(path) {
        Ok(file) => file,
        // A link that leads nowhere has an entry in its folder, and yet there is nothing.
        Err(error) if leads_nowhere(&error) && is_link(path) => return Ok(Whole::Nothing),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Whole::Gone),
        Err(error) => return Err(unreadable(error.kind())),
    };
    let before = file.metadata().map_err(|error| unreadable(error.kind()))?;
    if before.is_dir() {
        return Ok(Whole::Nothing);
    }
    check(root, links, name, path, &file, &before)?;
    let mut bytes = Vec::with_capacity(before.len() as usize);
    (&mut file).take(before.len() + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.kind()))?;
    let after = file.metadata().map_err(|error| unreadable(error.kind()))?;
    let stamp = Stamp::of(&after);
    if bytes.len() as u64 != before.len() || stamp != Stamp::of(&before) {
        return Ok(Whole::Changed);
    }
    let modified = after.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Ok(Whole::Read(bytes.into(), stamp, seen_at, modified))
}

/// Refuses what is open but must not be served.
fn check(
    root: &Path,
    links: Links,
    name: &str,
    path: &Path,
    file: &fs::File,
    meta: &Metadata,
) -> Result<(), Reason> {
    if !meta.is_file() {
        return Err(Reason::NotAFile(name.to_owned()));
    }
    if meta.len() > LARGEST_FILE {
        return Err(Reason::TooLarge(name.to_owned()));
    }
    if links == Links::Inside {
        let real =
            fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).or_else(|_| fs::canonicalize(path));
        let home = fs::canonicalize(root);
        let inside = matches!((real, home), (Ok(real), Ok(home)) if real.starts_with(&home));
        if !inside {
            return Err(Reason::Outside(name.to_owned()));
        }
    }
    Ok(())
}

fn leads_nowhere(error: &io::Error) -> bool {
    error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(Errno::ELOOP as i32)
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}
