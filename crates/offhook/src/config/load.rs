//! Finding the configuration and reading it whole.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fmt, fs, io};

use super::keys::{Felt, KEYS};
use super::kind::Value;
use super::resolve;
use super::resolved::Resolved;
use super::written::{Problem, Written};

/// Where a configuration is looked for, in this order, when `--config` names none.
pub(super) const PLACES: [&str; 2] = ["offhook.toml", "/etc/offhook/offhook.toml"];

/// Far more than all settings with all comments need.
const LARGEST_FILE: u64 = 1 << 20;

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file named by `--config` cannot be read, or one that was found cannot.
    #[error("the configuration {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It can be read, and says something wrong.
    #[error("the configuration cannot be used{}", Lines(.0))]
    Wrong(Vec<Problem>),
}

struct Lines<'a>(&'a [Problem]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// What is read: a file and an environment. Tests hand in their own.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file to read; if there is none, the places where one is looked for.
    pub file: Option<PathBuf>,
    /// The directory against which `file` and the first of the places are relative; empty for the working directory.
    pub directory: PathBuf,
    /// The environment.
    pub variables: Vec<(OsString, OsString)>,
}

/// A configuration that was found and is right.
#[derive(Clone, Debug)]
pub struct Found {
    /// The settings.
    pub resolved: Resolved,
    /// Settings that were written but that this version does not serve yet.
    pub not_yet: Vec<&'static str>,
}

/// Finds the configuration of this process, reads it, and checks it whole.
pub fn load(file: Option<&Path>) -> Result<Found, Error> {
    let file = file.map(Path::to_owned);
    load_from(&Source { file, directory: PathBuf::new(), variables: env::vars_os().collect() })
}

/// As [`load`], from what it is handed.
pub fn load_from(source: &Source) -> Result<Found, Error> {
    let mut problems = Vec::new();
    let mut written = Written::default();
    let file = read(source)?;
    if let Some((path, text)) = &file {
        written.file(path, text, &mut problems);
    }
    written.environment(source.variables.iter().cloned(), &mut problems);
    let mut resolved = resolve::resolve(&written, &mut problems);
    if !problems.is_empty() {
        return Err(Error::Wrong(problems));
    }
    resolved.source = file.map(|(path, _)| path);
    // A listener that is turned off is not missed.
    let wanted = |name| written.get(name).is_some_and(|value| *value != Value::Addresses(Vec::new()));
    let not_yet = KEYS.iter().filter(|key| key.felt == Felt::Later && wanted(key.name));
    Ok(Found { resolved, not_yet: not_yet.map(|key| key.name).collect() })
}

fn read(source: &Source) -> Result<Option<(PathBuf, String)>, Error> {
    let explicit = source.file.iter().cloned();
    let places = PLACES.iter().map(PathBuf::from).filter(|_| source.file.is_none());
    for path in explicit.chain(places) {
        match read_one(&source.directory.join(&path)) {
            Ok(text) => return Ok(Some((path, text))),
            Err(e) if e.kind() == io::ErrorKind::NotFound && source.file.is_none() => {}
            Err(error) => return Err(Error::Unreadable { path, source: error }),
        }
    }
    Ok(None)
}

fn read_one(path: &Path) -> io::Result<String> {
    let size = fs::metadata(path)?.len();
    if size > LARGEST_FILE {
        return Err(io::Error::other(format!("it is {size} bytes long, which no configuration is")));
    }
    fs::read_to_string(path)
}
