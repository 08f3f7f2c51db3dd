//! Names of one folder by their folded letters: phones, administrators and locale packages disagree about case.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::stamp::{Stamp, Witness};

/// Folders remembered at most; the document root of a site has a few dozen.
const MOST_FOLDERS: usize = 512;

/// The names in one folder.
#[derive(Debug)]
struct Names {
    stamp: Stamp,
    read_at: SystemTime,
    /// Lower-case name to the real one; of several that differ by case alone, the first in byte order.
    folded: HashMap<Box<str>, Box<str>>,
}

/// The folders read so far.
#[derive(Debug, Default)]
pub(super) struct Directories {
    read: Mutex<HashMap<PathBuf, Arc<Names>>>,
}

impl Directories {
    /// The name in `folder` that equals `wanted` but for case, and notes on what that answer rests.
    pub(super) fn find(&self, folder: &Path, wanted: &str, witness: &mut Witness) -> Option<Box<str>> {
        let names = self.names(folder);
        match &names {
            Some(names) => witness.note(folder.to_owned(), Some(names.stamp), names.read_at),
            None => {
                witness.look(folder);
                // It is there and could not be read, for lack of descriptors perhaps: ask again next time.
                if folder.is_dir() {
                    witness.doubt();
                }
            }
        }
        names?.folded.get(wanted.to_lowercase().as_str()).cloned()
    }

    /// The names of `folder`, read anew when it changed.
    fn names(&self, folder: &Path) -> Option<Arc<Names>> {
        let stamp = Stamp::of(&std::fs::metadata(folder).ok()?);
        let known = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(folder).cloned();
        if let Some(known) = known {
            let mut witness = Witness::default();
            witness.note(folder.to_owned(), Some(known.stamp), known.read_at);
            if known.stamp == stamp && witness.holds() {
                return Some(known);
            }
        }
        let names = Arc::new(read(folder)?);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= MOST_FOLDERS {
            read.clear();
        }
        read.insert(folder.to_owned(), names.clone());
        Some(names)
    }
}

/// Reads `folder`; the stamp is taken first, so a change while reading shows.
fn read(folder: &Path) -> Option<Names> {
    let read_at = SystemTime::now();
    let stamp = Stamp::of(&std::fs::metadata(folder).ok()?);
    let mut folded: HashMap<Box<str>, Box<str>> = HashMap::new();
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let real = folded.entry(name.to_lowercase().into()).or_insert_with(|| name.as_str().into());
        if name.as_str() < &**real {
            *real = name.into();
        }
    }
    Some(Names { stamp, read_at, folded })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::fs;

    #[test]
    fn finds_a_name_whatever_its_case_and_sees_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let directories = Directories::default();
        let find = |name: &str| directories.find(folder.path(), name, &mut Witness::default());
        assert_eq!(find("List.xml"), None);
        fs::write(folder.path().join("LIST.xml"), "").unwrap();
        assert_eq!(find("List.xml").as_deref(), Some("LIST.xml"));
        fs::write(folder.path().join("LIST.XML"), "").unwrap();
        assert_eq!(find("List.xml").as_deref(), Some("LIST.XML"), "ties go to the first in byte order");
        assert_eq!(find("other"), None);
    }

    #[test]
    fn a_missing_folder_has_no_names() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        assert_eq!(Directories::default().find(&gone, "a", &mut Witness::default()), None);
    }
}
