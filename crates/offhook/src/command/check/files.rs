//! The directories, the document root and the disk.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{fmt, io};

use nix::unistd::{self, AccessFlags, Gid, Uid};
use rustix::fs::statvfs;

use super::Finding;
use crate::config::{Links, Resolved};
use crate::privileges;
use crate::trust;

const DATA_DIR: &str = "data_dir";
const DOCUMENT_ROOT: &str = "document root";
const DISK: &str = "disk";
/// So many files are looked at, and no more: a document root may be a network file system.
const MOST_FILES: usize = 100_000;
/// So many findings of one kind are told; the rest is counted.
const MOST_TOLD: usize = 5;
/// Less than a firmware image and the inventory of a large site need.
const LEAST_FREE: u64 = 100 << 20;

/// Whoever will read the files: the user offhook becomes, or whoever runs this.
#[derive(Debug)]
pub(super) struct Reader {
    name: String,
    /// The user and all its groups, when it is not whoever runs this.
    other: Option<(Uid, Vec<Gid>)>,
}

impl Reader {
    /// Who that is by these settings.
    pub(super) fn of(resolved: &Resolved) -> Self {
        match privileges::target(resolved) {
            Ok(Some(user)) => {
                let name = std::ffi::CString::new(user.name.as_str()).unwrap_or_default();
                let groups = unistd::getgrouplist(&name, user.gid).unwrap_or_else(|_| vec![user.gid]);
                Self { name: user.name, other: Some((user.uid, groups)) }
            }
            _ => {
                let me = unistd::User::from_uid(Uid::effective()).ok().flatten();
                Self { name: me.map_or_else(|| Uid::effective().to_string(), |me| me.name), other: None }
            }
        }
    }

    /// Whether the file can be read; for a directory, also entered.
    pub(super) fn can_read(&self, path: &Path) -> bool {
        let Ok(metadata) = fs::metadata(path) else { return false };
        self.may(path, &metadata, if metadata.is_dir() { 0o5 } else { 0o4 })
    }

    /// Whether the file is root's now and becomes the user's at the start.
    pub(super) fn takes_over(&self, path: &Path) -> bool {
        self.other.is_some() && fs::metadata(path).is_ok_and(|metadata| metadata.uid() == 0)
    }

    fn can_write(&self, directory: &Path) -> bool {
        fs::metadata(directory).is_ok_and(|metadata| self.may(directory, &metadata, 0o3))
    }

    /// Judges by the bits of the file, as the kernel does for whom has no lists and no capabilities.
    fn may(&self, path: &Path, metadata: &Metadata, wanted: u32) -> bool {
        let Some((uid, groups)) = &self.other else {
            let flag = |bit, flag| if wanted & bit != 0 { flag } else { AccessFlags::empty() };
            let flags =
                flag(0o4, AccessFlags::R_OK) | flag(0o2, AccessFlags::W_OK) | flag(0o1, AccessFlags::X_OK);
            return unistd::access(path, flags).is_ok();
        };
        let shift = if metadata.uid() == uid.as_raw() {
            6
        } else if groups.iter().any(|group| group.as_raw() == metadata.gid()) {
            3
        } else {
            0
        };
        metadata.mode() >> shift & wanted == wanted
    }
}

/// Whether anybody but the owner can use the file.
pub(super) fn is_open_to_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o077 != 0)
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Whether the directory for keys and state can be used.
pub(super) fn data_dir(resolved: &Resolved, reader: &Reader) -> Finding {
    let path = &resolved.data_dir;
    let shown = path.display();
    match fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Finding::note(
            DATA_DIR,
            format!("{shown} is not there yet"),
            "the first start makes it, and so does `offhook init`",
        ),
        Err(error) => Finding::problem(
            DATA_DIR,
            format!("{shown}: {error}"),
            "correct `data_dir`, or the rights of its parents",
        ),
        Ok(metadata) if !metadata.is_dir() => {
            Finding::problem(DATA_DIR, format!("{shown} is no directory"), "correct `data_dir`")
        }
        // What root owns there is handed over at the start.
        Ok(metadata) if metadata.uid() != 0 && !reader.can_write(path) => Finding::problem(
            DATA_DIR,
            format!("{shown} cannot be written by {reader}"),
            format!("chown -R {reader} {shown}"),
        ),
        Ok(_) => Finding::ok(DATA_DIR, shown.to_string()),
    }
}

/// Whether there is room.
pub(super) fn disk(resolved: &Resolved) -> Option<Finding> {
    let there =
        resolved.data_dir.ancestors().find(|path| path.exists()).filter(|path| !path.as_os_str().is_empty());
    let there = there.unwrap_or(Path::new("."));
    let stat = statvfs(there).ok()?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let text = format!("{} MiB free at {}", free >> 20, there.display());
    let full = free < LEAST_FREE || (stat.f_files > 0 && stat.f_favail == 0);
    Some(if full {
        Finding::problem(DISK, text, "make room, or move `data_dir`")
    } else {
        Finding::ok(DISK, text)
    })
}

/// Whether the administrator's files can be read, all of them.
pub(super) fn document_root(resolved: &Resolved, reader: &Reader) -> Vec<Finding> {
    let root = &resolved.document_root;
    let shown = root.display();
    if trust::keys_in_reach(&resolved.data_dir, root) {
        let text = format!("{shown} would give everybody the keys in {}", resolved.data_dir.display());
        let advice = "let `document_root` be a folder of its own";
        return vec![Finding::problem(DOCUMENT_ROOT, text, advice)];
    }
    if fs::metadata(root).is_err_and(|e| e.kind() == io::ErrorKind::NotFound) {
        let advice = "the first start makes it; your own files go there";
        return vec![Finding::note(DOCUMENT_ROOT, format!("{shown} is not there yet"), advice)];
    }
    let walked = fs::canonicalize(root).and_then(|real| Walk::start(&real, resolved.links, reader));
    let walk = match walked {
        Ok(walk) => walk,
        Err(error) => {
            let advice = format!("let {reader} read it, or correct `document_root`");
            return vec![Finding::problem(DOCUMENT_ROOT, format!("{shown} cannot be read: {error}"), advice)];
        }
    };
    let unreadable = format!("chmod or chown, so that {reader} can read them");
    let mut findings = told(&walk.unreadable, "cannot be read", &unreadable);
    findings.extend(told(&walk.dangling, "links to nothing", "correct or remove the link"));
    findings.extend(told(
        &walk.leaving,
        "links out of the document root, and is not followed",
        "copy the file, or set links = \"anywhere\"",
    ));
    if findings.is_empty() {
        let more = if walk.is_cut { ", and more that were not looked at" } else { "" };
        findings.push(Finding::ok(DOCUMENT_ROOT, format!("{shown}: {} files{more}", walk.files)));
    }
    findings
}

fn told(paths: &[PathBuf], what: &str, advice: &str) -> Vec<Finding> {
    let told = paths
        .iter()
        .take(MOST_TOLD)
        .map(|path| Finding::problem(DOCUMENT_ROOT, format!("{} {what}", path.display()), advice));
    let rest = paths.len().saturating_sub(MOST_TOLD);
    let rest = (rest > 0).then(|| Finding::problem(DOCUMENT_ROOT, format!("{rest} more: {what}"), advice));
    told.chain(rest).collect()
}

/// A look at every file below the document root.
#[derive(Default)]
struct Walk {
    files: usize,
    is_cut: bool,
    unreadable: Vec<PathBuf>,
    dangling: Vec<PathBuf>,
    leaving: Vec<PathBuf>,
}

impl Walk {
    fn start(root: &Path, links: Links, reader: &Reader) -> io::Result<Self> {
        let mut walk = Self::default();
        if !reader.can_read(root) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                if walk.files >= MOST_FILES {
                    walk.is_cut = true;
                    return Ok(walk);
                }
                walk.entry(&entry?.path(), root, links, reader, &mut folders);
            }
        }
        Ok(walk)
    }

    fn entry(&mut self, path: &Path, root: &Path, links: Links, reader: &Reader, folders: &mut Vec<PathBuf>) {
        let Ok(metadata) = fs::symlink_metadata(path) else { return };
        if metadata.is_symlink() {
            match fs::canonicalize(path) {
                Err(_) => self.dangling.push(path.to_owned()),
                Ok(real) if links == Links::Inside && !real.starts_with(root) => {
                    self.leaving.push(path.to_owned())
                }
                Ok(_) if !reader.can_read(path) => self.unreadable.push(path.to_owned()),
                Ok(_) => self.files += 1,
            }
        } else if !reader.can_read(path) {
            self.unreadable.push(path.to_owned());
        } else if metadata.is_dir() {
            folders.push(path.to_owned());
        } else {
            self.files += 1;
        }
    }
}
