//! What the disk looked like when it was read: so cheap to ask that every request can.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long after a change another one may go unseen: the tick of the kernel's file clock, doubled.
const TICK: Duration = Duration::from_millis(20);
/// The same where times are kept in (even) seconds.
const COARSE_TICK: Duration = Duration::from_secs(2);

/// Identity and times of some files; equal stamps mean that nothing changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    files: Vec<(PathBuf, Option<Seen>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// Looks at these files.
    pub(super) fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let look = |path: PathBuf| {
            let seen = Seen::of(&path);
            (path, seen)
        };
        Self { files: paths.into_iter().map(look).collect() }
    }

    /// Whether all of them still look the same.
    pub(super) fn holds(&self) -> bool {
        self.files.iter().all(|(path, seen)| Seen::of(path) == *seen)
    }

    /// Whether a change after `looked_at` is sure to show: right after a change, the next may get the same times.
    pub(super) fn is_settled(&self, looked_at: SystemTime) -> bool {
        let looked_at = looked_at.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.files.iter().filter_map(|(_, seen)| *seen).all(|seen| {
            let (seconds, nanoseconds) = seen.changed;
            let tick = if nanoseconds == 0 { COARSE_TICK } else { TICK };
            let changed = Duration::from_secs(seconds.max(0).unsigned_abs())
                + Duration::from_nanos(nanoseconds.max(0).unsigned_abs());
            looked_at.abs_diff(changed) > tick
        })
    }

    /// When any of them changed last, in Unix seconds. The change time counts: nobody can set it back.
    pub(super) fn last_change(&self) -> i64 {
        self.files.iter().filter_map(|(_, seen)| seen.map(|seen| seen.changed.0)).max().unwrap_or_default()
    }
}

impl Seen {
    fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|metadata| Self::from(&metadata))
    }
}

impl From<&Metadata> for Seen {
    fn from(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}
