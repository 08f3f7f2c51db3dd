//! An eye on folders: whether anything at all happened in them, for one short system call however many they are.
//!
//! The kernel puts its events into the queue before the change returns to whoever made it, so whoever asks afterwards is
//! told. What the queue cannot tell (other machines' changes on network file systems, other names of the same
//! file, links) is never relied on: those paths are looked at one by one, as without an eye.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf, absolute};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::statfs::{self, FsType, statfs};

/// File systems whose every change passes through this kernel.
const LOCAL: [FsType; 5] = [
    statfs::EXT4_SUPER_MAGIC,
    statfs::XFS_SUPER_MAGIC,
    statfs::BTRFS_SUPER_MAGIC,
    statfs::TMPFS_MAGIC,
    statfs::OVERLAYFS_SUPER_MAGIC,
];
/// More folders than a document root has; the kernel's own limit is at least eight times that.
const MOST_FOLDERS: usize = 1024;

/// Two eyes, and one short call that says whether either of them saw something.
#[derive(Debug)]
pub(super) struct Eyes {
    /// Of files that rest.
    pub(super) calm: Eye,
    /// Of files that change all the time, such as a database's: they must not stir those that rest.
    pub(super) restless: Eye,
    both: Epoll,
}

impl Eyes {
    /// Eyes that watch nothing yet; `None` where the system has none to give.
    pub(super) fn open() -> Option<Self> {
        let (calm, restless) = (Eye::open()?, Eye::open()?);
        let both = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).ok()?;
        for eye in [&calm, &restless] {
            both.add(&eye.epoll.0, EpollEvent::new(EpollFlags::EPOLLIN, 0)).ok()?;
        }
        Some(Self { calm, restless, both })
    }

    /// The epochs of both.
    pub(super) fn epochs(&self) -> (u64, u64) {
        if stirred(&self.both) {
            return (self.calm.epoch(), self.restless.epoch());
        }
        (self.calm.epoch.load(Ordering::SeqCst), self.restless.epoch.load(Ordering::SeqCst))
    }
}

/// Watches folders. Dropping it ends all watches.
#[derive(Debug)]
pub(super) struct Eye {
    epoll: Epoll,
    /// Moves on whenever something happened.
    epoch: AtomicU64,
    watched: Mutex<Watched>,
}

#[derive(Debug)]
struct Watched {
    inotify: Inotify,
    /// Something mounted over a folder hides it without an event.
    _mounts: File,
    folders: HashMap<PathBuf, Care>,
}

/// What matters about a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Care {
    /// Which names are in it: it lies on the way.
    Names,
    /// What is in its files, too.
    Contents,
}

impl Eye {
    /// An eye that watches nothing yet; `None` where the system has none to give.
    pub(super) fn open() -> Option<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).ok()?;
        let inotify = queue(&epoll)?;
        let mounts = File::open("/proc/self/mountinfo").ok()?;
        epoll.add(&mounts, EpollEvent::new(EpollFlags::EPOLLPRI, 1)).ok()?;
        let watched = Mutex::new(Watched { inotify, _mounts: mounts, folders: HashMap::new() });
        Some(Self { epoll, epoch: AtomicU64::new(1), watched })
    }

    /// A number that stays the same as long as nothing happened in any watched folder. Never 0.
    pub(super) fn epoch(&self) -> u64 {
        if stirred(&self.epoll) {
            let mut watched = self.lock();
            // Before the queue is emptied, for those who find it empty; after, for those who asked in between.
            self.epoch.fetch_add(1, Ordering::SeqCst);
            if watched.read() {
                watched.start_afresh(&self.epoll);
            }
            self.epoch.fetch_add(1, Ordering::SeqCst);
        }
        self.epoch.load(Ordering::SeqCst)
    }

    /// Watches everything that decides what `path` leads to. `false`: not all of it can be watched.
    pub(super) fn watch(&self, path: &Path) -> bool {
        let Ok(path) = absolute(path) else { return false };
        let Some(folder) = folder_of(&path) else { return false };
        let mut watched = self.lock();
        // A folder on the way that comes, goes or moves empties the table.
        if watched.folders.get(folder) == Some(&Care::Contents) {
            return true;
        }
        is_itself(folder)
            && folder.ancestors().skip(1).all(|way| watched.add(way, Care::Names))
            && watched.add(folder, Care::Contents)
            // What came before it was watched told nobody.
            && folder_of(&path) == Some(folder)
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stirred(epoll: &Epoll) -> bool {
    let mut events = [EpollEvent::empty(); 2];
    // An eye that cannot see never says that all is as it was.
    !matches!(epoll.wait(&mut events, EpollTimeout::ZERO), Ok(0))
}

impl Watched {
    /// Watches one folder, with as much care as somebody asked for.
    fn add(&mut self, folder: &Path, care: Care) -> bool {
        if self.folders.get(folder).is_some_and(|known| *known >= care) {
            return true;
        }
        if self.folders.len() >= MOST_FOLDERS || self.inotify.add_watch(folder, care.mask()).is_err() {
            return false;
        }
        self.folders.insert(folder.to_owned(), care);
        true
    }

    /// Empties the queue; `true` when folders came, went or moved, so that watches may sit on the wrong ones.
    fn read(&self) -> bool {
        let folders = AddWatchFlags::IN_ISDIR
            | AddWatchFlags::IN_DELETE_SELF
            | AddWatchFlags::IN_MOVE_SELF
            | AddWatchFlags::IN_UNMOUNT
            | AddWatchFlags::IN_IGNORED
            | AddWatchFlags::IN_Q_OVERFLOW;
        match self.inotify.read_events() {
            Ok(events) => events.iter().any(|event| event.mask.intersects(folders)),
            // Nothing in the queue: it was the mounts.
            Err(_) => true,
        }
    }

    /// Forgets every watch; whoever relies on one asks for it again.
    fn start_afresh(&mut self, epoll: &Epoll) {
        self.folders.clear();
        // Without a new queue the old one does: what is watched in vain only makes noise.
        let Some(inotify) = queue(epoll) else { return };
        let _ = epoll.delete(&self.inotify);
        self.inotify = inotify;
    }
}

impl Care {
    fn mask(self) -> AddWatchFlags {
        let names = AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_MOVE
            | AddWatchFlags::IN_DELETE_SELF
            | AddWatchFlags::IN_MOVE_SELF
            | AddWatchFlags::IN_ONLYDIR;
        match self {
            Self::Names => names,
            Self::Contents => {
                names | AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_ATTRIB | AddWatchFlags::IN_CLOSE_WRITE
            }
        }
    }
}

/// A queue whose events `epoll` tells of.
fn queue(epoll: &Epoll) -> Option<Inotify> {
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK).ok()?;
    epoll.add(&inotify, EpollEvent::new(EpollFlags::EPOLLIN, 0)).ok()?;
    Some(inotify)
}

/// The folder whose events tell of `path`, if that has just one name and is no link; of what lies in folders that are not
/// there, the nearest that is.
fn folder_of(path: &Path) -> Option<&Path> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Some(path),
        Ok(metadata) if !metadata.is_file() || metadata.nlink() > 1 => None,
        Ok(_) => path.parent(),
        Err(_) => {
            let there = |above: &&Path| fs::symlink_metadata(above).is_ok();
            path.ancestors().skip(1).find(there).filter(|above| !above.is_symlink() && above.is_dir())
        }
    }
}

/// No link leads to `folder`, and nobody changes it behind this kernel's back.
fn is_itself(folder: &Path) -> bool {
    fs::canonicalize(folder).is_ok_and(|real| real == folder)
        && statfs(folder).is_ok_and(|statfs| LOCAL.contains(&statfs.filesystem_type()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// Whether `change` moves the epoch of an eye on `path`. Others may move it too, so this only ever proves a yes.
    fn notices(path: &Path, change: impl FnOnce()) -> bool {
        let eye = Eye::open().unwrap();
        let before = eye.epoch();
        assert!(eye.watch(path), "{} cannot be watched", path.display());
        let watched = eye.epoch();
        assert!(before <= watched);
        change();
        eye.epoch() != watched
    }

    #[test]
    fn every_way_to_change_a_file_is_noticed_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap().join("a/b");
        fs::create_dir_all(&folder).unwrap();
        let (file, other) = (folder.join("file"), folder.join("other"));
        fs::write(&file, "one").unwrap();
        fs::write(&other, "another").unwrap();
        assert!(notices(&file, || fs::write(&file, "two").unwrap()));
        assert!(notices(&file, || File::options().write(true).open(&file).unwrap().set_len(1).unwrap()));
        assert!(notices(&file, || fs::rename(&other, &file).unwrap()));
        assert!(notices(&file, || fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap()));
        assert!(notices(&file, || fs::hard_link(&file, &other).unwrap()));
        fs::remove_file(&other).unwrap();
        assert!(notices(&file, || fs::remove_file(&file).unwrap()));
        assert!(notices(&file, || fs::write(&file, "it is back").unwrap()));
        let (above, aside) =
            (folder.parent().unwrap().to_owned(), folder.parent().unwrap().with_extension("old"));
        assert!(notices(&file, || fs::rename(&above, &aside).unwrap()), "a folder above it is gone");
    }

    #[test]
    fn a_folder_put_in_the_place_of_another_is_watched_instead() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (place, aside) = (root.join("place"), root.join("aside"));
        fs::create_dir(&place).unwrap();
        let eye = Eye::open().unwrap();
        assert!(eye.watch(&place.join("file")));
        let first = eye.epoch();
        fs::rename(&place, &aside).unwrap();
        fs::create_dir(&place).unwrap();
        assert_ne!(eye.epoch(), first);
        assert!(eye.watch(&place.join("file")));
        let second = eye.epoch();
        fs::write(place.join("file"), "").unwrap();
        assert_ne!(eye.epoch(), second);
    }

    #[test]
    fn a_file_of_a_folder_that_is_yet_to_come_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let file = root.join("a/b/file");
        assert!(notices(&file, || fs::create_dir(root.join("a")).unwrap()));
        assert!(notices(&file, || fs::create_dir(root.join("a/b")).unwrap()));
        assert!(notices(&file, || fs::write(&file, "").unwrap()));
    }

    #[test]
    fn what_has_other_names_is_not_relied_on() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let eye = Eye::open().unwrap();
        let (file, twin, link) = (root.join("file"), root.join("twin"), root.join("link"));
        fs::write(&file, "").unwrap();
        assert!(eye.watch(&file));
        fs::hard_link(&file, &twin).unwrap();
        assert!(!eye.watch(&file));
        symlink(&file, &link).unwrap();
        assert!(!eye.watch(&link));
        symlink(&root, root.join("round")).unwrap();
        assert!(!eye.watch(&root.join("round/new")));
        symlink(root.join("later"), root.join("dangling")).unwrap();
        assert!(!eye.watch(&root.join("dangling/file")));
        assert!(!eye.watch(&file.join("below")));
        assert!(!eye.watch(Path::new("/proc/self/status")));
    }
}
