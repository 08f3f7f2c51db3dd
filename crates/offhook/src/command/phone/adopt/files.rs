//! The files of a document root: which are configurations of phones, which could be documents.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use provision::mac::Mac;
use wire::signed::Signed;

use crate::command::WrongUse;

/// No phone reads more than 4 MiB; one byte more is enough to see that.
const MOST_BYTES: u64 = (4 << 20) + 1;

/// A file that was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// Its name, as it stands there.
    pub(super) name: String,
    /// Every file of the phone that would be given in its place: the signed one, the other spelling.
    pub(super) files: Vec<String>,
    /// What is in it, without a signature.
    pub(super) bytes: Vec<u8>,
}

impl Found {
    pub(super) fn without_bytes(self) -> Self {
        Self { bytes: Vec::new(), ..self }
    }
}

/// What is in a folder.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) phones: BTreeMap<Mac, Found>,
    pub(super) documents: Vec<Found>,
    /// Files that are not looked at, and why.
    pub(super) left: Vec<(String, String)>,
}

/// Reads a folder; folders in it are none of ours.
pub(super) fn read(folder: &Path) -> anyhow::Result<Folder> {
    let refused = |error| WrongUse(format!("{} cannot be read: {error}", folder.display()));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        if entry.path().is_file() {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    // The plain file of a phone before its signed one, and the usual spelling before others.
    names.sort_by_key(|name| (name.to_ascii_lowercase().ends_with(".sgn"), name.clone()));
    let mut found = Folder::default();
    for name in names {
        sort(folder, name, &mut found)?;
    }
    found.left.sort();
    Ok(found)
}

fn sort(folder: &Path, name: String, found: &mut Folder) -> anyhow::Result<()> {
    let small = name.to_ascii_lowercase();
    if small.ends_with(".enc.sgn") || small.ends_with(".enc") {
        found.left.push((name, "it is encrypted to a phone".to_owned()));
        return Ok(());
    }
    let plain = small.strip_suffix(".sgn").unwrap_or(&small);
    let mac = plain.strip_suffix(".cnf.xml").and_then(|stem| Mac::from_digits(stem.strip_prefix("sep")?));
    let Some(mac) = mac else {
        if small.ends_with(".xml") {
            let bytes = bytes(&folder.join(&name))?;
            found.documents.push(Found { files: vec![name.clone()], name, bytes });
        } else if small.starts_with("sep") && small.contains(".cnf") {
            found.left.push((name, "its name is not that of a phone's configuration".to_owned()));
        }
        return Ok(());
    };
    if let Some(first) = found.phones.get_mut(&mac) {
        let why = format!("{} was read instead", first.name);
        first.files.push(name.clone());
        found.left.push((name, why));
        return Ok(());
    }
    let bytes = bytes(&folder.join(&name))?;
    found.phones.insert(mac, Found { files: vec![name.clone()], name, bytes });
    Ok(())
}

/// What is in a file; of a signed one, what is inside its signature.
fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|open| open.take(MOST_BYTES).read_to_end(&mut bytes));
    read.map_err(|error| anyhow::anyhow!("{} cannot be read: {error}", path.display()))?;
    let payload = Signed::parse(&bytes).map(|signed| signed.payload.to_vec());
    Ok(payload.unwrap_or(bytes))
}
