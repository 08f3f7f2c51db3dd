//! What a virtual phone keeps between two boots, in a folder: its trust lists, its firmware's name, and whether its
//! configuration was encrypted.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use wire::trust_list::Kind;

use crate::{
    boot::Flash,
    trust::{Distrust, List, Trust},
};

const LOAD: &str = "load.txt";
const ENCRYPTED: &str = "encrypted.txt";

/// Why a kept state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DrawerError {
    /// The disk.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// A list no phone would hold.
    #[error("{} is no trust list a phone can hold: {source}", path.display())]
    List {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<Distrust>,
    },
}

/// Reads what a phone kept in its folder; a folder that is not there is a new phone.
pub fn open(folder: &Path) -> Result<Flash, DrawerError> {
    let list = |kind: Kind| -> Result<Option<Arc<List>>, DrawerError> {
        let path = folder.join(kind.file_name());
        read(&path)?.map(|bytes| held(&path, &bytes, kind)).transpose()
    };
    let text = |name: &str| -> Result<Option<String>, DrawerError> {
        Ok(read(&folder.join(name))?.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()))
    };
    Ok(Flash {
        trust: Trust { ctl: list(Kind::Ctl)?, itl: list(Kind::Itl)?, ..Trust::default() },
        load: text(LOAD)?,
        encrypted: text(ENCRYPTED)?.is_some(),
    })
}

/// Reads one list, whichever of the two it is, for a phone to hold.
pub fn open_list(path: &Path) -> Result<Trust, DrawerError> {
    let missing = || io::Error::new(io::ErrorKind::NotFound, "there is no such file");
    let bytes = read(path)?.ok_or_else(|| DrawerError::File { path: path.to_owned(), source: missing() })?;
    match held(path, &bytes, Kind::Itl) {
        Ok(itl) => Ok(Trust { itl: Some(itl), ..Trust::default() }),
        Err(error) => match held(path, &bytes, Kind::Ctl) {
            Ok(ctl) => Ok(Trust { ctl: Some(ctl), ..Trust::default() }),
            Err(_) => Err(error),
        },
    }
}

/// Puts away what a phone keeps.
pub fn close(folder: &Path, flash: &Flash) -> Result<(), DrawerError> {
    fs::create_dir_all(folder).map_err(|source| DrawerError::File { path: folder.to_owned(), source })?;
    for list in [&flash.trust.ctl, &flash.trust.itl].into_iter().flatten() {
        write(&folder.join(list.kind.file_name()), Some(&list.bytes))?;
    }
    write(&folder.join(LOAD), flash.load.as_ref().map(String::as_bytes))?;
    write(&folder.join(ENCRYPTED), flash.encrypted.then_some(b"yes\n"))
}

fn held(path: &Path, bytes: &[u8], kind: Kind) -> Result<Arc<List>, DrawerError> {
    let list = List::read(bytes, kind);
    list.map(Arc::new).map_err(|source| DrawerError::List { path: path.to_owned(), source: Box::new(source) })
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, DrawerError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DrawerError::File { path: path.to_owned(), source }),
    }
}

/// Writes a file, or sees that there is none.
fn write(path: &Path, bytes: Option<&[u8]>) -> Result<(), DrawerError> {
    let written = match bytes {
        Some(bytes) => fs::write(path, bytes),
        None => match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        },
    };
    written.map_err(|source| DrawerError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::testing::*;

    #[test]
    fn a_phone_finds_again_what_it_kept() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("SEP001122334455");
        let new = open(&folder).unwrap();
        assert!(new.trust.is_empty() && new.load.is_none() && !new.encrypted);
        let itl = Arc::new(List::read(&usual_list(V1_1), Kind::Itl).unwrap());
        let kept = Flash {
            trust: Trust { itl: Some(itl), ..Trust::default() },
            load: Some("sip88xx.14-2".to_owned()),
            encrypted: true,
        };
        close(&folder, &kept).unwrap();
        let found = open(&folder).unwrap();
        assert_eq!(found.trust.itl.unwrap().bytes, usual_list(V1_1));
        assert_eq!((found.load.as_deref(), found.encrypted), (Some("sip88xx.14-2"), true));
        close(&folder, &Flash::default()).unwrap();
        let forgotten = open(&folder).unwrap();
        assert!(forgotten.load.is_none() && !forgotten.encrypted);
    }

    #[test]
    fn a_list_that_is_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ITLFile.tlv");
        assert!(open_list(&path).unwrap_err().to_string().contains("no such file"));
        fs::write(&path, "hello").unwrap();
        let refusal = open(folder.path()).unwrap_err().to_string();
        assert!(refusal.contains("ITLFile.tlv is no trust list"), "{refusal}");
        fs::write(&path, usual_list(V1_0)).unwrap();
        assert!(open_list(&path).unwrap().itl.is_some());
        let ctl = list(Kind::Ctl, V1_0, &[(wire::trust_list::Role::Sast, &KEYS.sast)]);
        fs::write(&path, ctl).unwrap();
        assert!(open_list(&path).unwrap().ctl.is_some());
    }
}
