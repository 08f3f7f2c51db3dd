//! Places in the document root: nothing leads out of it, and nothing hidden is named.

use std::fs;
use std::path::{Path, PathBuf};

use provision::name::{FileName, From};

use crate::admin::page::answer::{Refused, sentence};
use crate::config::{Links, Resolved};

/// A folder in the document root, looked up so that nothing leads out of it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) root: PathBuf,
    pub(super) folder: PathBuf,
}

impl Place {
    pub(super) fn of(resolved: &Resolved, at: &str) -> Result<Self, Refused> {
        let root = fs::canonicalize(&resolved.document_root)
            .map_err(|error| Refused::Broken(format!("{}: {error}", resolved.document_root.display())))?;
        if at.is_empty() {
            return Ok(Self { folder: root.clone(), root });
        }
        let name = clean(at)?;
        let folder = fs::canonicalize(root.join(name)).map_err(|_| Refused::NothingThere)?;
        let inside = resolved.links == Links::Anywhere || folder.starts_with(&root);
        if inside && folder.is_dir() { Ok(Self { root, folder }) } else { Err(Refused::NothingThere) }
    }
}

/// A name as phones could ask for it, and nothing that is hidden.
pub(super) fn clean(name: &str) -> Result<&str, Refused> {
    let parsed = FileName::parse(name.as_bytes(), From::Plain)
        .map_err(|error| Refused::Wrong(sentence(&error.to_string())))?;
    if parsed.as_str() != name {
        return Err(Refused::Wrong(format!("Phones would ask for {:?}.", parsed.as_str())));
    }
    if name.split('/').any(|part| part.starts_with('.')) {
        return Err(Refused::Wrong("Names that begin with a dot are for offhook itself.".to_owned()));
    }
    Ok(name)
}

/// What stands in a folder, by its whole name.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A file that nobody sees before it is whole.
pub(super) fn passing(folder: &Path) -> PathBuf {
    folder.join(format!(".upload-{}", pki::digest::hex(&pki::password::random_key()[..8])))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn only_names_that_phones_could_ask_for_are_taken() {
        for good in ["a.xml", "Desktops/800x480x24/List.xml", "ü.rwb"] {
            assert_eq!(clean(good).unwrap(), good);
        }
        for bad in ["", "../x", "/x", "a//b", "a/../b", ".hidden", "a/.b", "a\nb", "a\\b", "a/"] {
            assert!(clean(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn links_that_lead_out_are_not_followed() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        fs::create_dir_all(root.join("within")).unwrap();
        fs::create_dir_all(outer.path().join("secret")).unwrap();
        std::os::unix::fs::symlink(outer.path().join("secret"), root.join("out")).unwrap();
        let mut resolved = Resolved { document_root: root, ..Resolved::default() };
        assert!(Place::of(&resolved, "within").is_ok());
        assert!(Place::of(&resolved, "out").is_err() && Place::of(&resolved, "nowhere").is_err());
        resolved.links = Links::Anywhere;
        assert!(Place::of(&resolved, "out").is_ok());
    }
}
