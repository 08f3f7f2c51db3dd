//! The administrator's own configuration of a phone, which wins over what offhook makes.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use provision::mac::Mac;
use wire::signed::Signed;

/// Names that phones ask for, the bare one first.
const ENDINGS: [&str; 3] = [".cnf.xml", ".cnf.xml.sgn", ".cnf.xml.enc.sgn"];

/// No phone reads more; one byte more is enough to see that.
pub(super) const MOST_BYTES: u64 = (4 << 20) + 1;

/// The file in the document root that phones get instead, whatever the case of its name.
pub(super) fn find(root: &Path, mac: Mac) -> Option<PathBuf> {
    let names = ENDINGS.map(|ending| format!("{}{ending}", mac.device_name()));
    let exact = names.iter().map(|name| root.join(name)).find(|path| path.is_file());
    exact.or_else(|| {
        let entries = fs::read_dir(root).ok()?.flatten();
        let is = |name: &str| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
        let mut found =
            entries.filter(|entry| entry.file_name().to_str().is_some_and(is)).map(|entry| entry.path());
        found.find(|path| path.is_file())
    })
}

/// What a file holds, without its signature.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes));
    read.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(payload(bytes))
}

/// What is inside a signature, or the bytes themselves.
pub(super) fn payload(bytes: Vec<u8>) -> Vec<u8> {
    match Signed::parse(&bytes) {
        Ok(signed) => signed.payload.to_vec(),
        Err(_) => bytes,
    }
}
