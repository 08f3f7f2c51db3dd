//! The file of those who may push: `push.toml` in the data directory.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use provision::mac::Mac;
use serde::{Deserialize, Serialize};

const HEADING: &str = "\
# Who may push to phones. `offhook push` writes this file; the server sees a change at once.

";

/// All users, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Users {
    /// Who, and with what.
    #[serde(default)]
    pub users: BTreeMap<String, User>,
}

/// One user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The password, hashed.
    pub hash: String,
    /// Phones this user may push to; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
    /// When this user is none any more, in seconds since 1970: those of one push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// Why the file cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What happened.
        source: std::io::Error,
    },
    /// Not what `offhook push` writes.
    #[error("{} cannot be understood: {source}", path.display())]
    Toml {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] pki::files::FileError),
}

/// Where the file is.
#[must_use]
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("push.toml")
}

impl Users {
    /// Reads the file; without one nobody may push.
    pub fn read(path: &Path) -> Result<Self, UsersError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(UsersError::Io { path: path.to_owned(), source }),
        };
        toml::from_str(&text)
            .map_err(|source| UsersError::Toml { path: path.to_owned(), source: Box::new(source) })
    }

    /// Changes the file: nobody else's change in between is lost, and a reader sees the old one or the new one.
    pub fn change<T>(path: &Path, change: impl FnOnce(&mut Self) -> T) -> Result<T, UsersError> {
        let io = |source| UsersError::Io { path: path.to_owned(), source };
        let lock = std::fs::File::create(path.with_extension("toml.lock")).map_err(io)?;
        let _alone = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| io(error.into()))?;
        let mut users = Self::read(path)?;
        let told = change(&mut users);
        let text = toml::to_string(&users).expect("users have nothing that TOML cannot say");
        pki::files::write_private(path, format!("{HEADING}{text}").as_bytes())?;
        Ok(told)
    }
}

impl User {
    /// Whether this user is one at that time, in seconds since 1970.
    #[must_use]
    pub fn is_at(&self, now: i64) -> bool {
        self.until.is_none_or(|until| until > now)
    }

    /// Whether this user may push to that phone; a phone that does not say its name counts as none of those listed.
    #[must_use]
    pub fn may(&self, device: Option<Mac>) -> bool {
        let is = |name: &String| device.is_some() && name.parse::<Mac>().ok() == device;
        self.phones.is_empty() || self.phones.iter().any(is)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn users_are_kept_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path());
        assert_eq!(Users::read(&path).unwrap(), Users::default());
        let phones = vec!["SEP001122334455".to_owned()];
        let user = User { hash: "scrypt$x".to_owned(), phones, until: None };
        Users::change(&path, |users| users.users.insert("anna".to_owned(), user.clone())).unwrap();
        assert_eq!(Users::read(&path).unwrap().users["anna"], user);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(
            user.may("001122334455".parse().ok())
                && !user.may("001122334456".parse().ok())
                && !user.may(None)
        );
        std::fs::write(&path, "[users]\nanna = 7\n").unwrap();
        assert!(Users::read(&path).unwrap_err().to_string().contains("push.toml"));
    }
}
