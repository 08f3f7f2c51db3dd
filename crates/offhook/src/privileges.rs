//! Giving up root once everything is bound, and what goes with it.

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::{fs, io};

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{self, Gid, Uid, User};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, fchown, fstat, openat, statat};

use crate::config::Resolved;

/// Where TFTP goes when its own port may not be bound.
const HIGH_TFTP: u16 = 6969;
/// The bit of `CAP_NET_BIND_SERVICE` in capability(7)'s sets.
const BIND_LOW_PORTS: u64 = 1 << 10;

/// Why root cannot be given up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `user` names nobody.
    #[error(
        "user = {0:?}: this machine has no such user; create it (`adduser --system --group {0}`) or correct `user`"
    )]
    NoSuchUser(String),
    /// `user` names root.
    #[error("user = {0:?} is root; name an ordinary user, or leave `user` out")]
    Root(String),
    /// The system said no.
    #[error("cannot become user {user:?}: {step}: {source}")]
    System {
        /// Whom to become.
        user: String,
        /// What failed.
        step: &'static str,
        /// How.
        source: Errno,
    },
    /// All steps were done, and root was still there.
    #[error("root could not be given up: it could be taken back; refusing to go on")]
    StillRoot,
    /// A file cannot be handed over.
    #[error("cannot give {} to the user of offhook: {source}", path.display())]
    HandOver {
        /// Which.
        path: PathBuf,
        /// How.
        source: io::Error,
    },
}

/// The user to become, if `user` is set and there is something to give up.
pub fn target(resolved: &Resolved) -> Result<Option<User>, Error> {
    let Some(name) = &resolved.user else { return Ok(None) };
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let user = find(name)?;
    if user.uid.is_root() { Err(Error::Root(name.clone())) } else { Ok(Some(user)) }
}

/// The user of this name.
pub fn find(name: &str) -> Result<User, Error> {
    let found = User::from_name(name);
    let found =
        found.map_err(|source| Error::System { user: name.to_owned(), step: "looking it up", source })?;
    found.ok_or_else(|| Error::NoSuchUser(name.to_owned()))
}

/// Becomes `user` for good, in all threads; fails if root could be taken back.
pub fn become_user(user: &User) -> Result<(), Error> {
    let failed = |step| move |source| Error::System { user: user.name.clone(), step, source };
    let name = CString::new(user.name.as_str()).map_err(|_| Error::NoSuchUser(user.name.clone()))?;
    // Groups first: afterwards there is no right to change them.
    unistd::setgid(user.gid).map_err(failed("setting the group"))?;
    unistd::initgroups(&name, user.gid).map_err(failed("setting the other groups"))?;
    unistd::setuid(user.uid).map_err(failed("setting the user"))?;
    let is_gone = Uid::effective() == user.uid
        && Uid::current() == user.uid
        && Gid::effective() == user.gid
        && unistd::seteuid(Uid::from_raw(0)).is_err()
        && unistd::setegid(Gid::from_raw(0)).is_err();
    if is_gone { Ok(()) } else { Err(Error::StillRoot) }
}

/// Gives what root made in `directory` to `user`, so that keys can be read once root is gone; the folder `except`
/// keeps its owners.
///
/// Only what root owns changes hands, symbolic links are not followed, and a file with a second name elsewhere is left
/// alone: the user may already write here, and must not get hold of other files by way of this.
pub fn hand_over(directory: &Path, except: Option<&Path>, user: &User) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source: rustix::io::Errno| Error::HandOver { path, source: source.into() }
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // The path to the directory itself may hold links: it is the administrator's.
    let top = openat(CWD, directory, flags - OFlags::NOFOLLOW, Mode::empty()).map_err(failed(directory))?;
    let mut open: Vec<(PathBuf, OwnedFd)> = vec![(directory.to_owned(), top)];
    while let Some((path, folder)) = open.pop() {
        for entry in Dir::read_from(&folder).map_err(failed(&path))? {
            let entry = entry.map_err(failed(&path))?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let below = path.join(name.to_string_lossy().as_ref());
            let kind =
                statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW).map(|s| FileType::from_raw_mode(s.st_mode));
            match kind.map_err(failed(&below))? {
                FileType::Directory if is_same(&below, except) => {}
                FileType::Directory => {
                    let inner = openat(&folder, name, flags, Mode::empty()).map_err(failed(&below))?;
                    open.push((below, inner));
                }
                FileType::RegularFile => {
                    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
                    let file = openat(&folder, name, flags, Mode::empty()).map_err(failed(&below))?;
                    give(&file, user).map_err(failed(&below))?;
                }
                _ => {}
            }
        }
        give(&folder, user).map_err(failed(&path))?;
    }
    Ok(())
}

fn is_same(path: &Path, other: Option<&Path>) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    other.is_some_and(|other| real(path).is_some_and(|path| Some(path) == real(other)))
}

fn give(file: impl AsFd, user: &User) -> rustix::io::Result<()> {
    let stat = fstat(&file)?;
    let has_one_name = FileType::from_raw_mode(stat.st_mode) == FileType::Directory || stat.st_nlink == 1;
    if stat.st_uid == 0 && has_one_name {
        let owner = rustix::process::Uid::from_raw(user.uid.as_raw());
        let group = rustix::process::Gid::from_raw(user.gid.as_raw());
        fchown(file, Some(owner), Some(group))?;
    }
    Ok(())
}

/// Lets the process have as many open files as it may: each phone takes one.
pub fn raise_descriptor_limit() -> io::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    }
    Ok(hard)
}

/// The lowest port this process may bind.
#[must_use]
pub fn lowest_port() -> u16 {
    // capabilities(7): the effective set, in hexadecimal. Without /proc only root is sure.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let effective = effective.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    if effective.map_or_else(|| Uid::effective().is_root(), |set| set & BIND_LOW_PORTS != 0) {
        return 0;
    }
    let start = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    start.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(1024)
}

/// Moves TFTP to a port that may be bound, and says what it did.
pub fn move_tftp(resolved: &mut Resolved, lowest: u16) -> Option<String> {
    let listener = resolved.listen.tftp.as_mut()?;
    let mut moved = Vec::new();
    for address in &mut listener.addresses {
        if address.port() != 0 && address.port() < lowest {
            moved.push(address.to_string());
            address.set_port(HIGH_TFTP);
        }
    }
    (!moved.is_empty()).then(|| {
        format!(
            "TFTP listens on port {HIGH_TFTP} instead of {}: ports below {lowest} need root or CAP_NET_BIND_SERVICE. \
             Phones ask port 69, and only there",
            moved.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

    use super::*;

    #[test]
    fn tftp_moves_only_when_it_must() {
        let mut resolved = Resolved::default();
        assert_eq!(move_tftp(&mut resolved, 0), None);
        assert_eq!(move_tftp(&mut resolved, 69), None);
        let told = move_tftp(&mut resolved, 1024).unwrap();
        assert!(told.contains("[::]:69") && told.contains("6969"), "{told}");
        assert_eq!(resolved.listen.tftp.as_ref().unwrap().addresses[0].port(), 6969);
        assert_eq!(move_tftp(&mut resolved, 1024), None);
        resolved.listen.tftp = None;
        assert_eq!(move_tftp(&mut resolved, 1024), None);
    }

    #[test]
    fn an_unknown_user_is_named_with_the_remedy() {
        let text = find("nobody-of-that-name").unwrap_err().to_string();
        assert!(text.contains("adduser"), "{text}");
        assert!(find("root").unwrap().uid.is_root());
    }

    #[test]
    fn files_change_hands_but_not_those_with_a_second_name() {
        use std::os::unix::fs::MetadataExt;
        if !Uid::effective().is_root() {
            eprintln!("skipped: only root can give files away");
            return;
        }
        let user = find("nobody").unwrap();
        let outer = tempfile::tempdir().unwrap();
        let data = outer.path().join("data");
        fs::create_dir_all(data.join("certificates")).unwrap();
        fs::write(data.join("certificates/tftp.key.pem"), "key").unwrap();
        fs::write(outer.path().join("foreign"), "foreign").unwrap();
        fs::hard_link(outer.path().join("foreign"), data.join("second-name")).unwrap();
        std::os::unix::fs::symlink(outer.path().join("foreign"), data.join("link")).unwrap();
        fs::create_dir(data.join("tftpboot")).unwrap();
        fs::write(data.join("tftpboot/SEP001122334455.cnf.xml"), "the administrator's").unwrap();
        hand_over(&data, Some(&data.join("tftpboot")), &user).unwrap();
        let owner = |name: &str| fs::metadata(outer.path().join(name)).unwrap().uid();
        assert_eq!(owner("data"), user.uid.as_raw());
        assert_eq!(owner("data/certificates"), user.uid.as_raw());
        assert_eq!(owner("data/certificates/tftp.key.pem"), user.uid.as_raw());
        assert_eq!(owner("foreign"), 0);
        assert_eq!(owner("data/tftpboot"), 0);
        assert_eq!(owner("data/tftpboot/SEP001122334455.cnf.xml"), 0);
    }
}
