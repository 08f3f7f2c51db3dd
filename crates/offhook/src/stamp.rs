//! What a path looked like when it was read, so that a later request can tell with one `stat` whether it still does.
//!
//! A file may change twice within one tick of the file system's clock and keep its stamp. So a stamp taken
//! right after a change is not *settled*: it never vouches for cached bytes, and the file is read again until it is.
//!
//! Where the system tells of changes by itself, an eye (`stamp/eye.rs`) stands in for the `stat`s as long as nothing stirs.
//! For files that change all the time it does so from the first look on, settled or not.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use eye::{Eye, Eyes};

mod eye;

/// For the process: they belong to the kernel's queue, as the files belong to the disk.
static EYES: LazyLock<Option<Eyes>> = LazyLock::new(Eyes::open);

/// An epoch that no eye has: nobody has asked yet.
const UNWATCHED: u64 = 0;
/// Another: not all of it can be watched, so every path is looked at every time.
const UNWATCHABLE: u64 = u64::MAX;

/// Longest tick of the kernel's file clock (100 Hz), doubled.
const FINE_TICK: Duration = Duration::from_millis(20);
/// Tick of file systems that keep whole seconds (FAT keeps even ones).
const COARSE_TICK: Duration = Duration::from_secs(2);

/// Identity and times of one file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of what `metadata` describes.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether a change made after `seen_at` is sure to give another stamp.
    ///
    /// The change time counts, not the modification time: nobody can set it back.
    fn settled(&self, seen_at: SystemTime) -> bool {
        let tick = if self.changed.1 == 0 { COARSE_TICK } else { FINE_TICK };
        let changed =
            Duration::new(self.changed.0.max(0).unsigned_abs(), self.changed.1.clamp(0, 999_999_999) as u32);
        let seen = seen_at.duration_since(UNIX_EPOCH).unwrap_or_default();
        // Either side: a change time in the future (another machine's clock) is as good as one in the past.
        seen.abs_diff(changed) > tick
    }
}

/// What the eyes say at one moment: one short system call, however many witnesses are asked by it.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The epoch of files that rest.
    calm: Option<u64>,
    /// The epoch of files that change all the time.
    restless: Option<u64>,
}

impl Look {
    /// Looks now. What is written before this is seen by it; it must not be kept longer than one request lasts.
    #[must_use]
    pub fn now() -> Self {
        let epochs = EYES.as_ref().map(Eyes::epochs);
        Self { calm: epochs.map(|(calm, _)| calm), restless: epochs.map(|(_, restless)| restless) }
    }
}

/// All that an answer was built from: as long as this holds, the answer is still right.
#[derive(Debug, Default)]
pub struct Witness {
    seen: Vec<(PathBuf, Option<Stamp>)>,
    unsettled: bool,
    /// What it saw changes all the time.
    restless: bool,
    /// The epoch of the eye at which everything looked as it did; 0 while there is none to rely on.
    quiet_since: AtomicU64,
}

impl Witness {
    /// Notes how `path` looked at `seen_at` (`None`: it was absent).
    pub fn note(&mut self, path: PathBuf, stamp: Option<Stamp>, seen_at: SystemTime) {
        self.unsettled |= stamp.is_some_and(|stamp| !stamp.settled(seen_at));
        *self.quiet_since.get_mut() = UNWATCHED;
        self.seen.push((path, stamp));
    }

    /// Looks at `path` now and notes it.
    pub fn look(&mut self, path: &Path) {
        let seen_at = SystemTime::now();
        self.note(path.to_owned(), stamp_of(path), seen_at);
    }

    /// What all of `paths` look like now.
    #[must_use]
    pub fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut witness = Self::default();
        paths.into_iter().for_each(|path| witness.look(&path));
        witness
    }

    /// The same, of files that change all the time, and just did: their stamps may not tell the next change from the last.
    /// Where they can be watched that does not matter: from the look on nothing happens unseen.
    #[must_use]
    pub fn of_restless(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let (look, paths) = (Look::now(), paths.into_iter().collect::<Vec<_>>());
        let is_watched = |eyes: &Eyes| paths.iter().all(|path| eyes.restless.watch(path));
        let epoch = look.restless.filter(|_| EYES.as_ref().is_some_and(is_watched)).unwrap_or(UNWATCHED);
        Self { restless: true, quiet_since: epoch.into(), ..Self::of(paths) }
    }

    /// When anything in it changed last, in Unix seconds. The change time counts: nobody can set it back.
    #[must_use]
    pub fn last_change(&self) -> i64 {
        self.seen.iter().filter_map(|(_, stamp)| stamp.map(|stamp| stamp.changed.0)).max().unwrap_or_default()
    }

    /// Lets it vouch for nothing: something could not be seen for a passing reason.
    pub fn doubt(&mut self) {
        self.unsettled = true;
        *self.quiet_since.get_mut() = UNWATCHED;
    }

    /// Takes over what `other` saw.
    pub fn absorb(&mut self, other: Self) {
        self.unsettled |= other.unsettled;
        *self.quiet_since.get_mut() = UNWATCHED;
        self.seen.extend(other.seen);
    }

    /// Whether everything still looks as it did.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.holds_at(Look::now())
    }

    /// Whether everything looked as it did at the time of that look, or looks so now.
    #[must_use]
    pub fn holds_at(&self, look: Look) -> bool {
        let epoch = if self.restless { look.restless } else { look.calm };
        let quiet_since = self.quiet_since.load(Ordering::Relaxed);
        if epoch == Some(quiet_since) {
            return true;
        }
        if self.unsettled {
            return false;
        }
        // Watched before it is looked at: what changes in between moves the epoch.
        let eye = EYES.as_ref().map(|eyes| if self.restless { &eyes.restless } else { &eyes.calm });
        let relied_on = |eye: &Eye| self.seen.iter().all(|(path, _)| eye.watch(path));
        let watched = quiet_since != UNWATCHABLE && eye.is_some_and(relied_on);
        let holds = self.seen.iter().all(|(path, stamp)| stamp_of(path) == *stamp);
        let next = if watched { epoch.unwrap_or(UNWATCHABLE) } else { UNWATCHABLE };
        self.quiet_since.store(if holds { next } else { UNWATCHED }, Ordering::Relaxed);
        holds
    }

    /// Bytes this witness holds in memory, for the cache's budget.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.seen.iter().map(|(path, _)| 96 + path.as_os_str().len() as u64).sum()
    }
}

/// The stamp of what `path` leads to now, links followed; `None` when nothing can be had there.
fn stamp_of(path: &Path) -> Option<Stamp> {
    std::fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::fs;

    fn long_after(path: &Path) -> SystemTime {
        fs::metadata(path).unwrap().modified().unwrap() + Duration::from_secs(60)
    }

    #[test]
    fn a_witness_fails_once_anything_it_saw_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (file, absent) = (folder.path().join("file"), folder.path().join("absent"));
        fs::write(&file, "one").unwrap();
        let stamp = Some(Stamp::of(&fs::metadata(&file).unwrap()));
        let witness = || {
            let mut witness = Witness::default();
            witness.note(file.clone(), stamp, long_after(&file));
            witness.note(absent.clone(), None, SystemTime::now());
            witness
        };
        assert!(witness().holds());
        fs::write(&absent, "now it is here").unwrap();
        assert!(!witness().holds());
        fs::remove_file(&absent).unwrap();
        assert!(witness().holds());
        fs::write(&file, "three").unwrap();
        assert!(!witness().holds());
    }

    #[test]
    fn a_witness_that_was_asked_before_still_sees_every_change() {
        let folder = tempfile::tempdir().unwrap();
        let (above, aside) = (folder.path().join("above"), folder.path().join("aside"));
        let file = above.join("file");
        let witness = || {
            fs::create_dir_all(&above).unwrap();
            fs::write(&file, "one").unwrap();
            let mut witness = Witness::default();
            witness.note(file.clone(), stamp_of(&file), long_after(&file));
            assert!(witness.holds() && witness.holds());
            witness
        };
        let changed = witness();
        fs::write(&file, "two!").unwrap();
        assert!(!changed.holds());
        let replaced = witness();
        fs::write(&aside, "one").unwrap();
        fs::rename(&aside, &file).unwrap();
        assert!(!replaced.holds());
        let moved = witness();
        fs::rename(&above, &aside).unwrap();
        assert!(!moved.holds());
        let exchanged = witness();
        fs::rename(&above, folder.path().join("gone")).unwrap();
        fs::rename(&aside, &above).unwrap();
        assert!(!exchanged.holds());
    }

    #[test]
    fn a_look_tells_of_all_that_happened_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let (calm, restless) = (folder.path().join("calm"), folder.path().join("restless"));
        for path in [&calm, &restless] {
            fs::create_dir(path).unwrap();
        }
        let resting = Witness::of([calm.join("file")]);
        let database = Witness::of_restless([restless.join("file")]);
        for _ in 0..3 {
            let look = Look::now();
            assert!(resting.holds_at(look) && database.holds_at(look));
        }
        fs::write(restless.join("file"), "").unwrap();
        let look = Look::now();
        assert!(resting.holds_at(look) && !database.holds_at(look));
        fs::write(calm.join("file"), "").unwrap();
        assert!(!resting.holds_at(Look::now()));
    }

    #[test]
    fn of_restless_files_every_change_is_seen_however_fast_they_come() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        // The folder is known to the eye, and whatever its first watch stirred has passed.
        let _ = Witness::of_restless([file.clone()]).holds();
        for round in 0..200 {
            fs::write(&file, format!("{round:03}")).unwrap();
            let fresh = Witness::of_restless([file.clone()]);
            assert!(fresh.holds(), "nothing happened since");
            // Of the same length, and within the same tick.
            fs::write(&file, format!("{:03}", round + 1)).unwrap();
            assert!(!fresh.holds());
        }
    }

    #[test]
    fn a_stamp_taken_right_after_a_change_vouches_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "one").unwrap();
        let metadata = fs::metadata(&file).unwrap();
        let mut witness = Witness::default();
        witness.note(file, Some(Stamp::of(&metadata)), metadata.modified().unwrap());
        assert!(!witness.holds());
    }

    #[test]
    fn whole_second_clocks_are_given_two_seconds() {
        let at = |changed: (i64, i64)| Stamp { device: 1, inode: 1, size: 1, modified: changed, changed };
        let now = UNIX_EPOCH + Duration::from_secs(1_000);
        assert!(!at((999, 0)).settled(now));
        assert!(at((997, 0)).settled(now));
        assert!(at((999, 5)).settled(now));
        assert!(!at((999, 999_000_000)).settled(now));
        assert!(at((5_000, 0)).settled(now), "a clock that runs ahead does not switch the cache off");
    }
}
