//! Problem reports that phones uploaded: where their files are, what is in them, and what the phone complained about.
//!
//! A report comes from a phone, so nothing in it is trusted: not its names ([`archive`]), not its size, not what it claims to
//! be. [`look`] and [`unpack`] read files and take their time; ask them where that delays nobody.

use std::io;
use std::path::{Path, PathBuf};

use store::Report;

pub mod archive;
mod content;
mod looked;
mod tar;
mod unpacked;
mod zip;

pub use archive::{LeftOut, Member};
pub use content::content;
pub use looked::{Looked, look};
pub use unpacked::{Unpacked, unpack};

/// Why a report cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// The file is kept by another server, or somebody took it away.
    #[error("the file of report {id}, {}, is not here: another server of this database keeps it, or somebody took it away", path.display())]
    Gone {
        /// Which report.
        id: i64,
        /// Where it should be.
        path: PathBuf,
    },
    /// The name of a file is none that offhook gives.
    #[error("{0:?} is no name of a report's file")]
    Name(String),
    /// Neither an archive nor a log.
    #[error("{} is neither an archive (tar, tar.gz, zip) nor a log: `offhook report get` gives it as it came", .0.display())]
    Kind(PathBuf),
    /// An archive that ends half-way, or is no archive from some place on.
    #[error("{} is damaged: {problem}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// More than anybody wants on a disk.
    #[error("{} holds more than {} MiB, more than any phone has to say; nothing more was unpacked", path.display(), most >> 20)]
    TooMuch {
        /// Which file.
        path: PathBuf,
        /// How much is taken.
        most: u64,
    },
}

/// Where the files of reports are.
#[must_use]
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("reports")
}

/// The file of a report, if it is here.
///
/// # Errors
/// When it is not, or its name is none of ours.
pub fn file(data_dir: &Path, report: &Report) -> Result<PathBuf, ReportError> {
    let path = folder(data_dir).join(own_name(&report.file)?);
    match std::fs::symlink_metadata(&path) {
        Ok(found) if found.is_file() => Ok(path),
        Ok(_) => Err(ReportError::Gone { id: report.id, path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ReportError::Gone { id: report.id, path })
        }
        Err(source) => Err(ReportError::Io { path, source }),
    }
}

/// Deletes the file of a report and what lies beside it. One that is gone already is no error.
///
/// # Errors
/// When the disk refuses.
pub fn delete(data_dir: &Path, report: &Report) -> Result<(), ReportError> {
    let path = folder(data_dir).join(own_name(&report.file)?);
    for path in [beside(&path), path] {
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(ReportError::Io { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// The note that is kept beside the file.
fn beside(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.json", path.display().to_string().trim_end_matches(".tar.gz")))
}

/// A row may come from a backup that somebody wrote by hand.
fn own_name(name: &str) -> Result<&str, ReportError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let is_ours = name.starts_with("SEP") && name.chars().all(fits) && name.len() <= 100;
    if is_ours { Ok(name) } else { Err(ReportError::Name(name.to_owned())) }
}
