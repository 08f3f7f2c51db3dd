//! Who vouches for phones beside those who issued here: manufacturers whose certificates an administrator brought.
//!
//! A manufacturer's certificate is a file in `manufacturers` below the data directory: `NAME.crt.pem`, or
//! `NAME.allow-expired.crt.pem` when phones whose certificates have ended count as well.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use pki::Certificate;
use pki::chain::{Authorities, Manufacturer};

use super::enrolments::Error;
use crate::stamp::Witness;

const CERTIFICATE: &str = ".crt.pem";
const ALLOW_EXPIRED: &str = ".allow-expired";

/// A manufacturer as kept.
#[derive(Clone, Debug)]
pub struct Maker {
    /// Its name here.
    pub name: String,
    /// Its certificate, and whether expired ones of its phones count.
    pub manufacturer: Manufacturer,
}

/// The way to the manufacturers, read again when the disk has changed. Clones share what was read.
#[derive(Clone, Debug)]
pub struct Vouchers {
    manufacturers: PathBuf,
    newest: Arc<Mutex<Option<Read>>>,
}

/// What was read, and what the disk looked like then.
type Read = (Witness, Arc<Authorities>);

impl Vouchers {
    /// Those of the installation with this data directory.
    #[must_use]
    pub fn open(data_dir: &Path) -> Self {
        Self { manufacturers: data_dir.join("manufacturers"), newest: Arc::default() }
    }

    /// The manufacturers, with those who `issued` here.
    pub fn with(&self, issued: Vec<Certificate>) -> Result<Authorities, Error> {
        Ok(Authorities { lsc: issued, ..Authorities::clone(&*self.read()?) })
    }

    /// The manufacturers, by name.
    pub fn makers(&self) -> Result<Vec<Maker>, Error> {
        let mut makers = Vec::new();
        for path in files(&self.manufacturers)? {
            let name = path.file_name().and_then(|name| name.to_str()?.strip_suffix(CERTIFICATE));
            let name = name.unwrap_or_default();
            let allow_expired = name.ends_with(ALLOW_EXPIRED);
            let name = name.strip_suffix(ALLOW_EXPIRED).unwrap_or(name).to_owned();
            let manufacturer = Manufacturer { certificate: read(&path)?, allow_expired };
            makers.push(Maker { name, manufacturer });
        }
        Ok(makers)
    }

    /// Brings a manufacturer's certificate, instead of one of the same name.
    pub fn import(&self, name: &str, manufacturer: &Manufacturer) -> Result<PathBuf, Error> {
        let failed = |path: &Path, source| Error::Io { path: path.to_owned(), action: "written", source };
        fs::create_dir_all(&self.manufacturers).map_err(|error| failed(&self.manufacturers, error))?;
        let [plain, expired] =
            ["", ALLOW_EXPIRED].map(|mark| self.manufacturers.join(format!("{name}{mark}{CERTIFICATE}")));
        let (path, other) = if manufacturer.allow_expired { (expired, plain) } else { (plain, expired) };
        pki::files::write_public(&path, &manufacturer.certificate.to_pem())?;
        match fs::remove_file(&other) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(&other, error)),
            _ => Ok(path),
        }
    }

    /// Removes a manufacturer, if there is one of that name.
    pub fn remove(&self, name: &str) -> Result<bool, Error> {
        let mut found = false;
        for mark in ["", ALLOW_EXPIRED] {
            let path = self.manufacturers.join(format!("{name}{mark}{CERTIFICATE}"));
            match fs::remove_file(&path) {
                Ok(()) => found = true,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(source) => return Err(Error::Io { path, action: "removed", source }),
            }
        }
        Ok(found)
    }

    fn read(&self) -> Result<Arc<Authorities>, Error> {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, authorities)) = newest.as_ref().filter(|(witness, _)| witness.holds()) {
            return Ok(authorities.clone());
        }
        let mut paths = vec![self.manufacturers.clone()];
        paths.extend(files(&self.manufacturers)?);
        let witness = Witness::of(paths);
        let manufacturers = self.makers()?.into_iter().map(|maker| maker.manufacturer).collect();
        let authorities = Arc::new(Authorities { lsc: Vec::new(), manufacturers });
        *newest = Some((witness, authorities.clone()));
        Ok(authorities)
    }
}

/// The certificates of a folder, by name; no folder, no certificates.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Io { path: folder.to_owned(), action: "read", source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        // A leading dot is a file that is just being written.
        if name.to_str().is_some_and(|name| name.ends_with(CERTIFICATE) && !name.starts_with('.')) {
            paths.push(entry.path());
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

fn read(path: &Path) -> Result<Certificate, Error> {
    Certificate::read(path)
        .map_err(|error| Error::Broken { path: path.to_owned(), problem: error.to_string() })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use pki::{Identity, KeyKind, Request, Subject};

    use super::*;

    fn certificate(cn: &str) -> Certificate {
        let subject = Subject { cn: cn.into(), o: "o".into(), ou: "u".into() };
        let request = Request { subject, names: Vec::new(), key: KeyKind::Rsa(1024), days: 9 };
        Identity::self_signed(&request, 1_790_000_000).unwrap().certificate
    }

    #[test]
    fn what_is_brought_along_counts_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let vouchers = Vouchers::open(folder.path());
        assert!(vouchers.with(Vec::new()).unwrap().manufacturers.is_empty());
        let maker = Manufacturer { certificate: certificate("Maker CA"), allow_expired: false };
        let path = vouchers.import("maker", &maker).unwrap();
        assert!(path.ends_with("manufacturers/maker.crt.pem"));
        let issuer = certificate("CAPF");
        let all = vouchers.with(vec![issuer]).unwrap();
        assert_eq!((all.lsc.len(), all.manufacturers.len()), (1, 1));
        vouchers.import("maker", &Manufacturer { allow_expired: true, ..maker }).unwrap();
        let makers = vouchers.makers().unwrap();
        assert_eq!((makers.len(), makers[0].name.as_str()), (1, "maker"));
        assert!(
            makers[0].manufacturer.allow_expired
                && vouchers.with(Vec::new()).unwrap().manufacturers[0].allow_expired
        );
    }

    #[test]
    fn what_is_no_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let vouchers = Vouchers::open(folder.path());
        fs::create_dir_all(&vouchers.manufacturers).unwrap();
        fs::write(vouchers.manufacturers.join("x.crt.pem"), "hello").unwrap();
        fs::write(vouchers.manufacturers.join("README"), "hello").unwrap();
        assert!(vouchers.with(Vec::new()).unwrap_err().to_string().contains("x.crt.pem"));
    }
}
