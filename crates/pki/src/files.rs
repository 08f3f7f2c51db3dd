//! Files that are there whole or not at all, and keys that nobody else can read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{} could not be {action}: {source}", path.display())]
pub struct FileError {
    /// Which one.
    pub path: PathBuf,
    action: &'static str,
    /// What the system said.
    pub source: io::Error,
}

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError { path: path.to_owned(), action: "read", source })
}

/// Replaces a file that only its owner may read: not for an instant can anyone else.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace(path, bytes, 0o600)
}

/// Replaces a file that everyone may read.
pub fn write_public(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace(path, bytes, 0o644)
}

/// Whether others than the owner may read the file.
#[must_use]
pub fn is_readable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

/// Writes beside the file and renames over it, so a reader sees the old one or the new one, and after a power cut one
/// of the two is there.
fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let failed = |source| FileError { path: path.to_owned(), action: "written", source };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let (mut file, beside) = create_beside(path, mode).map_err(failed)?;
    keep_owner(&file, path, folder);
    let written = file
        .set_permissions(fs::Permissions::from_mode(mode))
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, path));
    if let Err(source) = written {
        // The original error is the one to tell.
        let _ = fs::remove_file(&beside);
        return Err(failed(source));
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// When root replaces a file, or makes one in somebody's folder, that somebody keeps it: a server that gave up root must
/// still read its keys. Nobody else can give files away, and then nothing happens.
fn keep_owner(file: &File, path: &Path, folder: &Path) {
    let owner = fs::metadata(path).or_else(|_| fs::metadata(folder));
    if let (Ok(owner), Ok(now)) = (owner, file.metadata())
        && (owner.uid(), owner.gid()) != (now.uid(), now.gid())
    {
        let _ = fchown(file, Some(owner.uid()), Some(owner.gid()));
    }
}

/// A new file in the same folder, under a name nobody guesses or shares.
fn create_beside(path: &Path, mode: u32) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let mut random = [0; 8];
    openssl::rand::rand_bytes(&mut random)?;
    let beside = path.with_file_name(format!(".{name}.{}", crate::digest::hex(&random)));
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
    Ok((file, beside))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_private_file_is_private_even_over_a_public_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key.pem");
        write_public(&path, b"old").unwrap();
        assert!(is_readable_by_others(&path));
        write_private(&path, b"new").unwrap();
        assert_eq!(read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir_all(path.join("full")).unwrap();
        let error = write_public(&path, b"new").unwrap_err();
        assert!(error.to_string().contains("taken could not be written"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(read(&folder.path().join("none")).unwrap_err().to_string().contains("could not be read"));
    }
}
