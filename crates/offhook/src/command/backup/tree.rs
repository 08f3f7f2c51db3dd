//! The files of an installation: which belong to it, when they changed, and what is in them.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::archive::Place;
use crate::config::{Links, Resolved};

/// Folders in folders; deeper ones are links that lead in circles.
const DEEPEST: usize = 32;
/// Certificates, keys and lists of users take a few megabytes for a large fleet; who has more keeps something else there.
const MOST_STATE: u64 = 1 << 30;
/// Where problem reports are, in the data directory.
const REPORTS: &str = "reports";
/// What a restore keeps of the time before it, and what it works in.
pub(in crate::command) const REPLACED: &str = "replaced-";
/// Where a restore lays files out; begins with a dot, as everything that is not to be kept.
pub(in crate::command) const STAGE: &str = ".restore-";

/// When a file was changed last, as far as the system tells.
type Stamp = (i64, i64, u64, u64);

/// Where the files are.
#[derive(Debug)]
pub(in crate::command) struct Tree {
    data_dir: PathBuf,
    document_root: PathBuf,
    links: Links,
    /// The database and what it lays beside itself.
    database: Option<PathBuf>,
}

/// One file or folder.
#[derive(Debug)]
pub(in crate::command) struct Entry {
    pub(super) place: Place,
    /// Below its place.
    pub(super) path: String,
    pub(super) mode: u32,
    /// Nothing for a folder.
    pub(super) bytes: Option<Vec<u8>>,
}

/// A file that is read when its turn comes.
#[derive(Debug)]
pub(in crate::command) struct Distant {
    pub(super) place: Place,
    pub(super) path: String,
    pub(in crate::command) real: PathBuf,
}

/// The files that make this installation what it is.
#[derive(Debug)]
pub(in crate::command) struct State {
    pub(in crate::command) entries: Vec<Entry>,
    /// What cannot be kept.
    pub(super) left_out: Vec<String>,
}

impl Entry {
    /// The file of the configuration.
    pub(super) fn configuration(file: &Path) -> anyhow::Result<Self> {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Self {
            place: Place::Configuration,
            path: "offhook.toml".to_owned(),
            mode: 0o600,
            bytes: Some(bytes),
        })
    }
}

impl Tree {
    /// Those of an installation.
    pub(in crate::command) fn of(resolved: &Resolved) -> Self {
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Self {
            data_dir: resolved.data_dir.clone(),
            document_root: real(&resolved.document_root),
            links: resolved.links,
            database: resolved.database.file().map(real),
        }
    }

    pub(super) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Each file of the state with its stamp.
    pub(in crate::command) fn stamps(&self) -> anyhow::Result<BTreeMap<PathBuf, Stamp>> {
        let mut found = BTreeMap::new();
        if !self.data_dir.exists() {
            return Ok(found);
        }
        let wanted = |path: &Path, metadata: &Metadata| {
            self.is_state(path) && !(path == self.data_dir.join(REPORTS) && metadata.is_dir())
        };
        walk(&self.data_dir, &wanted, &mut |path, metadata| {
            let stamp = (metadata.ctime(), metadata.ctime_nsec(), metadata.size(), metadata.ino());
            found.insert(path.to_owned(), if metadata.is_dir() { (0, 0, 0, metadata.ino()) } else { stamp });
        })
        .with_context(|| format!("cannot read {}", self.data_dir.display()))?;
        Ok(found)
    }

    /// What is in those files.
    pub(super) fn read(&self, stamps: &BTreeMap<PathBuf, Stamp>) -> anyhow::Result<State> {
        let (mut state, mut total) = (State { entries: Vec::new(), left_out: Vec::new() }, 0);
        for real in stamps.keys() {
            let shown = || format!("cannot read {}", real.display());
            let metadata = match fs::metadata(real) {
                // Whoever took it away will be noticed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other.with_context(shown)?,
            };
            let Some(path) = below(&self.data_dir, real) else {
                state.left_out.push(format!("{}: its name is no text", real.display()));
                continue;
            };
            let bytes = if metadata.is_dir() { None } else { Some(fs::read(real).with_context(shown)?) };
            total += bytes.as_ref().map_or(0, Vec::len) as u64;
            ensure!(
                total <= MOST_STATE,
                "{} holds more than {} MiB beside the database, the document root and reports: move away what is not of offhook",
                self.data_dir.display(),
                MOST_STATE >> 20
            );
            if bytes.as_ref().is_some_and(|bytes| bytes.starts_with(pki::vault::MAGIC)) {
                state.left_out.push(format!("{}: it is a backup itself", real.display()));
                continue;
            }
            state.entries.push(Entry { place: Place::Data, path, mode: metadata.mode() & 0o7777, bytes });
        }
        Ok(state)
    }

    /// What phones sent as problem reports.
    pub(super) fn reports(&self) -> anyhow::Result<Vec<Distant>> {
        self.distant(Place::Reports, &self.data_dir.join(REPORTS))
    }

    /// The administrator's files.
    pub(super) fn document_root(&self) -> anyhow::Result<Vec<Distant>> {
        self.distant(Place::DocumentRoot, &self.document_root)
    }

    fn distant(&self, place: Place, root: &Path) -> anyhow::Result<Vec<Distant>> {
        let mut found: Vec<(PathBuf, Option<String>)> = Vec::new();
        if !root.exists() {
            return Ok(Vec::new());
        }
        let inside = |path: &Path| {
            self.links == Links::Anywhere || fs::canonicalize(path).is_ok_and(|real| real.starts_with(root))
        };
        let wanted =
            |path: &Path, _: &Metadata| !is_passing(path) && (place == Place::Reports || inside(path));
        walk(root, &wanted, &mut |path, metadata| {
            if !metadata.is_dir() {
                found.push((path.to_owned(), below(root, path)));
            }
        })
        .with_context(|| format!("cannot read {}", root.display()))?;
        found.sort();
        let named = |(real, path): (PathBuf, Option<String>)| {
            let path =
                path.with_context(|| format!("the name of {} is no text: rename it", real.display()))?;
            Ok(Distant { place, path, real })
        };
        found.into_iter().map(named).collect()
    }

    /// Not the database, the document root, what is about to go, or what an earlier restore replaced.
    fn is_state(&self, path: &Path) -> bool {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let of_database = self.database.as_ref().is_some_and(|database| {
            real.as_os_str()
                .as_encoded_bytes()
                .strip_prefix(database.as_os_str().as_encoded_bytes())
                .is_some_and(|rest| matches!(rest, b"" | b"-wal" | b"-shm" | b"-journal"))
        });
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let replaced = name.starts_with(REPLACED) && path.parent() == Some(&self.data_dir);
        !of_database && real != self.document_root && !replaced && !is_passing(path)
    }
}

/// Names of files that are being written, locks, and marks.
fn is_passing(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.')
        || name.ends_with(".partial")
        || name.ends_with(".lock")
        || name == super::super::restore::MARK
}

/// The path below `root`, if it is text.
fn below(root: &Path, path: &Path) -> Option<String> {
    path.strip_prefix(root).ok()?.to_str().map(str::to_owned)
}

/// Every file and folder below `root` that is wanted; what is in an unwanted folder is not looked at. Links count as what
/// they lead to; sockets and such do not count.
fn walk(
    root: &Path,
    wanted: &dyn Fn(&Path, &Metadata) -> bool,
    found: &mut dyn FnMut(&Path, &Metadata),
) -> io::Result<()> {
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            // Whatever goes away meanwhile, or leads nowhere, is not there.
            let Ok(metadata) = fs::metadata(&path) else { continue };
            if !(metadata.is_dir() || metadata.is_file()) || !wanted(&path, &metadata) {
                continue;
            }
            found(&path, &metadata);
            if metadata.is_dir() && depth < DEEPEST {
                folders.push((path, depth + 1));
            }
        }
    }
    Ok(())
}

impl Distant {
    /// Opens it: its length and rights, and its bytes, exactly as many.
    pub(super) fn open(&self) -> io::Result<(u64, u32, impl Read)> {
        let file = File::open(&self.real)?;
        let metadata = file.metadata()?;
        Ok((metadata.len(), metadata.mode() & 0o7777, file.take(metadata.len())))
    }
}
