//! The certificates on disk: `NAME.crt.pem` and `NAME.key.pem`, which an administrator may replace.
//!
//! Only the certificate makes an entry; its key may be elsewhere. That is how `sast-2` is meant to be kept, and how the
//! certificate of a PBX gets into trust lists without offhook ever holding its key.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use pki::{Certificate, Identity, IdentityError, KeyError, Keyring, Name};
use wire::trust_list::Role;

use super::Error;
use super::first::{self, Kind, SET};

const CERTIFICATE: &str = ".crt.pem";
const KEY: &str = ".key.pem";
/// Instead of a key, its place on a token.
const PLACE: &str = ".key.uri";
/// The name of the one who signs files.
pub(super) const FILE_SIGNER: &str = "tftp";
/// The name of the one that the Trust Verification Service shows.
const TVS: &str = "tvs";

/// All certificates of one folder, as read at one moment.
#[derive(Clone, Debug)]
pub struct Certificates {
    folder: PathBuf,
    stored: Vec<Stored>,
}

/// One certificate.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its name: the file's, without its ending.
    pub name: String,
    /// The certificate.
    pub certificate: Certificate,
    /// Its key.
    pub key: Key,
}

/// Where a certificate's key is.
#[derive(Clone, Debug)]
pub enum Key {
    /// Here.
    Here(Identity),
    /// Not on this machine.
    Elsewhere,
    /// Here, behind a passphrase that nobody asked for.
    Closed,
}

impl Certificates {
    /// Reads all certificates of `folder`, each with its key when that is there too, in the clear. Of protected ones only
    /// the certificate is read: for those who want no more.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Self::read(folder, None)
    }

    /// The same with all keys, which `keys` opens.
    pub fn open_with(folder: &Path, keys: &Keyring) -> Result<Self, Error> {
        Self::read(folder, Some(keys))
    }

    fn read(folder: &Path, keys: Option<&Keyring>) -> Result<Self, Error> {
        let names = names(folder)?;
        if names.is_empty() {
            return Err(Error::NotMade(folder.to_owned()));
        }
        // Several at a time: opening a protected key takes a while, on purpose.
        let stored = std::thread::scope(|scope| {
            let reading: Vec<_> =
                names.into_iter().map(|name| scope.spawn(|| Stored::read(folder, name, keys))).collect();
            let read = reading.into_iter().map(|one| one.join().expect("reading a key does not panic"));
            read.collect::<Result<_, _>>()
        })?;
        Ok(Self { folder: folder.to_owned(), stored })
    }

    /// Reads all certificates, after making those that are missing; tells which ones it made.
    ///
    /// A SAST is made only where there is none at all: phones follow nobody but the SASTs they know, so another one
    /// must never come about by accident.
    pub fn open_or_create(
        folder: &Path,
        server_names: &[Name],
        legacy_tls: bool,
        now: i64,
    ) -> Result<(Self, Vec<&'static str>), Error> {
        Self::open_or_create_with(folder, server_names, legacy_tls, now, &Keyring::default())
    }

    /// The same with keys that `keys` opens and protects.
    pub fn open_or_create_with(
        folder: &Path,
        server_names: &[Name],
        legacy_tls: bool,
        now: i64,
        keys: &Keyring,
    ) -> Result<(Self, Vec<&'static str>), Error> {
        let failed = |source| Error::Folder { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let present = names(folder)?;
        let has_sast = present.iter().any(|name| is_sast(name));
        let wanted =
            SET.iter().filter(|kind| kind.is_wanted(legacy_tls) && !(has_sast && is_sast(kind.name)));
        let wanted: Vec<&'static Kind> =
            wanted.filter(|kind| !present.iter().any(|name| name == kind.name)).collect();
        let key_files = |kind: &&Kind| [key_path(folder, kind.name), place_path(folder, kind.name)];
        if let Some(alone) = wanted.iter().flat_map(key_files).find(|path| path.exists()) {
            return Err(Error::KeyAlone(alone));
        }
        let made = first::make(&wanted, server_names, now)?;
        // The SASTs last: as long as none is there, an interrupted start begins again.
        for (name, identity) in made.iter().rev() {
            keys.write(identity, folder, name)?;
        }
        Ok((Self::open_with(folder, keys)?, made.into_iter().map(|(name, _)| name).collect()))
    }

    /// The folder they were read from.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All of them: the set in its order, then the others by name.
    pub fn iter(&self) -> impl Iterator<Item = &Stored> {
        self.stored.iter()
    }

    /// The one of this name, with or without its key.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Stored> {
        self.stored.iter().find(|stored| stored.name == name)
    }

    /// The one of this name, when its key is here.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Identity> {
        self.find(name).and_then(Stored::identity).cloned()
    }

    /// The one of this name with its key, or why it cannot be used to `act`.
    pub fn need(&self, name: &str, act: &'static str) -> Result<&Identity, Error> {
        let stored = self.find(name).ok_or_else(|| Error::Absent(name.to_owned()))?;
        stored.identity().ok_or_else(|| Error::KeyAbsent(name.to_owned(), act))
    }

    /// Who signs files.
    pub fn file_signer(&self) -> Result<&Identity, Error> {
        self.need(FILE_SIGNER, "sign files")
    }

    /// Who signs trust lists: `sast-1`, or `sast-2` once the key of `sast-1` is lost.
    pub fn list_signer(&self) -> Result<&Stored, Error> {
        let first_choice = self.find("sast-1").filter(|stored| stored.identity().is_some());
        let recovery = || self.find("sast-2").filter(|stored| stored.identity().is_some());
        first_choice
            .or_else(recovery)
            .ok_or_else(|| Error::KeyAbsent("sast-1".to_owned(), "sign trust lists"))
    }

    /// What the Trust Verification Service shows.
    pub fn tvs_identity(&self) -> Result<&Identity, Error> {
        self.need(TVS, "vouch for certificates")
    }

    /// What the HTTPS listener shows: `provisioning`, and an RSA one besides when old phones are to be served.
    pub fn server_identities(&self, legacy_tls: bool) -> Result<Vec<&Identity>, Error> {
        let first_choice = self.need("provisioning", "serve HTTPS")?;
        if !legacy_tls || first_choice.key.kind().is_rsa() {
            return Ok(vec![first_choice]);
        }
        Ok(vec![first_choice, self.need("provisioning-rsa", "serve HTTPS to old phones")?])
    }
}

impl Stored {
    fn read(folder: &Path, name: String, keys: Option<&Keyring>) -> Result<Self, Error> {
        let [certificate_path, key_path, place_path] = pair(folder, &name);
        let bare = |name, key| Ok(Self { certificate: Certificate::read(&certificate_path)?, name, key });
        let read = if key_path.exists() {
            keys.unwrap_or(&Keyring::default()).read(&certificate_path, &key_path)
        } else if place_path.exists() {
            keys.unwrap_or(&Keyring::default()).read_on_token(&certificate_path, &place_path)
        } else {
            return bare(name, Key::Elsewhere);
        };
        match read {
            Err(IdentityError::Key { source: KeyError::Passphrase, .. }) if keys.is_none() => {
                bare(name, Key::Closed)
            }
            read => {
                let identity = read?;
                Ok(Self { name, certificate: identity.certificate.clone(), key: Key::Here(identity) })
            }
        }
    }

    /// The certificate with its key, when that is here.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        match &self.key {
            Key::Here(identity) => Some(identity),
            Key::Elsewhere | Key::Closed => None,
        }
    }

    /// The roles it has when nobody said otherwise: its own in the set, or the call manager's by its name.
    #[must_use]
    pub fn usual_roles(&self) -> Vec<Role> {
        match Kind::named(&self.name) {
            Some(kind) => vec![kind.role],
            None if self.name.starts_with("ccm-") => vec![Role::Ccm],
            None => Vec::new(),
        }
    }
}

/// All files that belong to a store, there or not.
pub(super) fn paths(folder: &Path) -> Vec<PathBuf> {
    let names = names(folder).unwrap_or_default();
    names.iter().flat_map(|name| pair(folder, name)).collect()
}

/// The files of a pair: the certificate, its key, and the key's place on a token instead.
pub(super) fn pair(folder: &Path, name: &str) -> [PathBuf; 3] {
    [CERTIFICATE, KEY, PLACE].map(|ending| folder.join(format!("{name}{ending}")))
}

/// The certificate's file.
pub(super) fn certificate_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{CERTIFICATE}"))
}

/// The key's file.
pub(super) fn key_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{KEY}"))
}

/// The file that says where on a token the key is.
pub(super) fn place_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{PLACE}"))
}

fn is_sast(name: &str) -> bool {
    Kind::named(name).is_some_and(|kind| kind.role == Role::Sast)
}

/// The names of all certificates in a folder: the set in its order, then the others.
fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let failed = |source| Error::Folder { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::NotMade(folder.to_owned())),
        Err(error) => return Err(failed(error)),
    };
    let mut others = BTreeSet::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        // A leading dot is a file that is just being written.
        let name = name
            .to_str()
            .and_then(|name| name.strip_suffix(CERTIFICATE))
            .filter(|name| !name.starts_with('.'));
        others.extend(name.filter(|name| !name.is_empty()).map(str::to_owned));
    }
    let set = SET.iter().filter(|kind| others.remove(kind.name)).map(|kind| kind.name.to_owned());
    let mut names: Vec<String> = set.collect();
    names.extend(others);
    Ok(names)
}
