//! All that is kept of enrolments: a folder with a file for each phone, changed by one at a time.
//!
//! Whoever moves this into a database keeps these few methods; nobody else knows that there are files.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use pki::{Certificate, files};
use provision::mac::Mac;

use super::record::{Record, Written};

const ENDING: &str = ".toml";
/// Certificates of those who issued here; phones that hold one of theirs still count after the issuer was replaced.
const ISSUERS: &str = "issuers";
/// Locks for all phones: enough that a storm hardly waits, and no file left behind for each phone.
const LOCKS: u8 = 64;

/// What is kept, in `enrolments` below the data directory. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Enrolments {
    folder: PathBuf,
}

/// Why a record cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk.
    #[error("{} could not be {action}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Read, locked.
        action: &'static str,
        /// How.
        source: std::io::Error,
    },
    /// Not what we wrote.
    #[error("{}: {problem}", path.display())]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Writing.
    #[error(transparent)]
    Write(#[from] files::FileError),
}

impl Enrolments {
    /// Those of the installation with this data directory; nothing is read before somebody asks.
    #[must_use]
    pub fn open(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("enrolments") }
    }

    /// What is known of a phone.
    pub fn read(&self, device: Mac) -> Result<Option<Record>, Error> {
        let path = self.path(device);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Io { path, action: "read", source }),
        };
        let broken = |problem| Error::Broken { path: path.clone(), problem };
        let written: Written = toml::from_str(&text).map_err(|error| broken(error.to_string()))?;
        written.record().map(Some).map_err(broken)
    }

    /// Changes what is known of a phone, alone. A phone nobody has heard of begins with an empty record; if it stays empty
    /// none is made.
    pub fn change<T>(&self, device: Mac, change: impl FnOnce(&mut Record) -> T) -> Result<T, Error> {
        let _alone = self.lock(device)?;
        let before = self.read(device)?;
        let mut record = before.clone().unwrap_or_default();
        let told = change(&mut record);
        if record != before.unwrap_or_default() {
            let text = toml::to_string(&Written::of(&record))
                .map_err(|error| Error::Broken { path: self.path(device), problem: error.to_string() })?;
            // Nobody else may read it: there are passwords in it.
            files::write_private(&self.path(device), text.as_bytes())?;
        }
        Ok(told)
    }

    /// All phones with a record, in their order.
    pub fn phones(&self) -> Result<Vec<Mac>, Error> {
        let failed = |source| Error::Io { path: self.folder.clone(), action: "read", source };
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut phones = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            let digits = name.to_str().and_then(|name| name.strip_prefix("SEP")?.strip_suffix(ENDING));
            phones.extend(digits.and_then(Mac::from_digits));
        }
        phones.sort_unstable();
        Ok(phones)
    }

    /// Where a phone's record is, for those who look whether it changed.
    #[must_use]
    pub fn path(&self, device: Mac) -> PathBuf {
        self.folder.join(device.device_name() + ENDING)
    }

    /// Keeps an issuer's certificate, so that what it issued can be recognised later.
    pub fn keep_issuer(&self, issuer: &Certificate) -> Result<(), Error> {
        let folder = self.issuers_folder();
        let path = folder.join(format!("{}.crt.pem", issuer.sha256_hex()));
        if path.exists() {
            return Ok(());
        }
        make(&folder)?;
        Ok(files::write_public(&path, &issuer.to_pem())?)
    }

    /// The folder with all who ever issued here.
    #[must_use]
    pub fn issuers_folder(&self) -> PathBuf {
        self.folder.join(ISSUERS)
    }

    /// Waits until nobody else changes this phone, on this machine.
    fn lock(&self, device: Mac) -> Result<Flock<File>, Error> {
        make(&self.folder)?;
        let number = device.bytes()[5] % LOCKS;
        let path = self.folder.join(format!(".lock-{number:02}"));
        let failed = |source| Error::Io { path: path.clone(), action: "locked", source };
        let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
        like_parent(&path);
        Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| failed(errno.into()))
    }
}

fn make(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| Error::Io { path: folder.to_owned(), action: "made", source })?;
    like_parent(folder);
    Ok(())
}

/// What root makes belongs to whom the folder around it belongs: a server that gave up root must still get in. Nobody
/// else can give files away, and then nothing happens.
fn like_parent(path: &Path) {
    let parent = path.parent().and_then(|parent| fs::metadata(parent).ok());
    if let (Some(parent), Ok(own)) = (parent, fs::metadata(path))
        && (parent.uid(), parent.gid()) != (own.uid(), own.gid())
    {
        let _ = chown(path, Some(parent.uid()), Some(parent.gid()));
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::PermissionsExt;

    use pki::{Identity, KeyKind, Request, Subject};
    use provision::enrol::{Key, Operation, Password, Required, Schedule};

    use super::super::record::{Held, Issued, Last, Origin, Scheduled};
    use super::*;

    const PHONE: Mac = Mac::new([0x58, 0x97, 0x1E, 0xCC, 0x97, 0xC1]);

    fn identity() -> Identity {
        let subject = Subject { cn: PHONE.device_name(), o: "o".into(), ou: "u".into() };
        let key = KeyKind::Rsa(1024);
        Identity::self_signed(&Request { subject, names: Vec::new(), key, days: 30 }, 1_790_000_000).unwrap()
    }

    fn full() -> Record {
        let certificate = identity().certificate;
        let required = Required::Password(Password::new("123456").unwrap());
        let mut schedule = Schedule::new(Operation::Install(Key::P384), required);
        (schedule.failures, schedule.until) = (2, Some(1_800_000_000));
        let mut record = Record {
            scheduled: Some(Scheduled { schedule, at: 1_790_000_001 }),
            issued: Some(Issued { certificate: certificate.clone(), at: 1_790_000_002 }),
            held: Some(Held { certificate: certificate.clone(), origin: Origin::Lsc, at: 1_790_000_003 }),
            revoked: Vec::new(),
            last: Some(Last { at: 5, peer: "192.0.2.1".into(), result: "installed".into() }),
            encrypt: true,
        };
        record.revoke(&identity().certificate, 9);
        record
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_by_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let enrolments = Enrolments::open(folder.path());
        assert_eq!((enrolments.read(PHONE).unwrap(), enrolments.phones().unwrap()), (None, vec![]));
        let told = enrolments.change(PHONE, |record| {
            *record = full();
            full().revoked.len()
        });
        assert_eq!(told.unwrap(), 1);
        let read = enrolments.read(PHONE).unwrap().unwrap();
        // The revoked one is drawn anew each time.
        assert_eq!(Record { revoked: Vec::new(), ..read.clone() }.scheduled, full().scheduled);
        assert_eq!((read.encrypt, read.revoked.len(), read.last.clone()), (true, 1, full().last));
        assert_eq!(enrolments.phones().unwrap(), [PHONE]);
        let mode = fs::metadata(enrolments.path(PHONE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        enrolments.change(PHONE, |record| record.scheduled = None).unwrap();
        assert_eq!(enrolments.read(PHONE).unwrap().unwrap(), Record { scheduled: None, ..read });
    }

    #[test]
    fn a_phone_nobody_did_anything_for_gets_no_record() {
        let folder = tempfile::tempdir().unwrap();
        let enrolments = Enrolments::open(folder.path());
        enrolments.change(PHONE, |_| ()).unwrap();
        assert_eq!(enrolments.read(PHONE).unwrap(), None);
    }

    #[test]
    fn a_broken_record_is_named_and_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let enrolments = Enrolments::open(folder.path());
        make(&enrolments.folder).unwrap();
        for (text, problem) in [
            ("nonsense", "expected"),
            ("colour = 1", "unknown field"),
            ("[scheduled]\noperation = \"paint\"\nproof = \"none\"\nat = 1", "\"paint\" is no operation"),
            ("[scheduled]\noperation = \"fetch\"\nproof = \"smile\"\nat = 1", "\"smile\" is no proof"),
            ("[scheduled]\noperation = \"fetch\"\nproof = \"password\"\nat = 1", "needs a password"),
            ("[scheduled]\noperation = \"install\"\nkey = \"rsa512\"\nproof = \"none\"\nat = 1", "rsa512"),
            ("[held]\nat = 1\norigin = \"lsc\"\ncertificate = \"x\"", "not a certificate"),
            ("[held]\nat = 1\ncertificate = \"x\"", "no origin"),
        ] {
            fs::write(enrolments.path(PHONE), text).unwrap();
            let error = enrolments.change(PHONE, |record| record.encrypt = true).unwrap_err().to_string();
            assert!(error.contains("SEP58971ECC97C1.toml") && error.contains(problem), "{error}");
            assert_eq!(fs::read_to_string(enrolments.path(PHONE)).unwrap(), text);
        }
    }

    #[test]
    fn changes_at_the_same_time_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let enrolments = Enrolments::open(folder.path());
        let required = Required::Password(Password::new("1234").unwrap());
        let schedule = Schedule::new(Operation::Fetch, required);
        enrolments.change(PHONE, |record| record.scheduled = Some(Scheduled { schedule, at: 1 })).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        let count = |record: &mut Record| {
                            record.scheduled.as_mut().unwrap().schedule.failures += 1;
                        };
                        enrolments.change(PHONE, count).unwrap();
                    }
                });
            }
        });
        let record = enrolments.read(PHONE).unwrap().unwrap();
        assert_eq!(record.scheduled.unwrap().schedule.failures, 40);
    }

    #[test]
    fn issuers_are_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        let enrolments = Enrolments::open(folder.path());
        let issuer = identity().certificate;
        enrolments.keep_issuer(&issuer).unwrap();
        enrolments.keep_issuer(&issuer).unwrap();
        assert_eq!(fs::read_dir(enrolments.issuers_folder()).unwrap().count(), 1);
    }
}
