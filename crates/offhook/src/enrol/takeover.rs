//! Records of earlier versions, which kept a file for each phone: taken over once, so that an upgrade loses nothing.
//!
//! A record that stands in the database already is newer and stays. The folder is renamed once everything is on record, and
//! left for whoever wants to look into it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use pki::Certificate;
use provision::mac::Mac;
use serde::Deserialize;

use super::record::{Held, Issued, Last, Origin, Record, Revoked, read_scheduled};
use super::{Enrolments, Error};

const FOLDER: &str = "enrolments";
/// What the folder is called afterwards.
const TAKEN: &str = "enrolments.taken-over";

/// Takes over what an earlier version left in the data directory; tells how many phones that was, and where the files are
/// now.
///
/// # Errors
/// A file that makes no sense is named, and nothing is renamed: a phone whose configuration is to be encrypted must not get
/// it in the clear because its record was lost.
pub async fn take_over(data_dir: &Path, enrolments: &Enrolments) -> Result<Option<(usize, PathBuf)>, Error> {
    let folder = data_dir.join(FOLDER);
    let Some(records) = records(&folder)? else { return Ok(None) };
    for issuer in issuers(&folder.join("issuers"))? {
        enrolments.keep_issuer(&issuer).await?;
    }
    let phones: Vec<Mac> = records.iter().map(|(mac, _)| *mac).collect();
    let mut left = records.into_iter();
    // Both are in the order of addresses.
    let put = |mac: Mac, record: &mut Record| {
        let found = left.by_ref().find(|(phone, _)| *phone == mac);
        if let Some((_, old)) = found.filter(|_| *record == Record::default()) {
            *record = old;
        }
    };
    enrolments.change_all(&phones, put).await?;
    let taken = free(data_dir);
    match fs::rename(&folder, &taken) {
        // Another process was faster, with the same result.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { path: folder, action: "renamed", source }),
        Ok(()) => Ok(Some((phones.len(), taken))),
    }
}

/// Whether there is something to take over.
#[must_use]
pub fn is_due(data_dir: &Path) -> bool {
    data_dir.join(FOLDER).is_dir()
}

/// A name that nothing has.
fn free(data_dir: &Path) -> PathBuf {
    let numbered = (2..).map(|number| data_dir.join(format!("{TAKEN}-{number}")));
    let mut names = std::iter::once(data_dir.join(TAKEN)).chain(numbered);
    names.find(|path| !path.exists()).expect("numbers do not end")
}

/// All records by address; nothing without a folder.
fn records(folder: &Path) -> Result<Option<Vec<(Mac, Record)>>, Error> {
    let Some(paths) = files(folder)? else { return Ok(None) };
    let mut records = Vec::new();
    for path in paths {
        let name =
            path.file_name().and_then(|name| name.to_str()?.strip_prefix("SEP")?.strip_suffix(".toml"));
        let Some(mac) = name.and_then(Mac::from_digits) else { continue };
        let text = fs::read_to_string(&path).map_err(|source| failed(&path, source))?;
        let broken = |problem| Error::Broken { path: path.clone(), problem };
        let written: Written = toml::from_str(&text).map_err(|error| broken(error.to_string()))?;
        records.push((mac, written.record().map_err(broken)?));
    }
    records.sort_by_key(|(mac, _)| *mac);
    Ok(Some(records))
}

fn issuers(folder: &Path) -> Result<Vec<Certificate>, Error> {
    let paths = files(folder)?.unwrap_or_default();
    let certificates = paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "pem"));
    let read = |path: &PathBuf| {
        Certificate::read(path)
            .map_err(|error| Error::Broken { path: path.clone(), problem: error.to_string() })
    };
    certificates.map(read).collect()
}

/// What is in a folder, but what begins with a dot; nothing without a folder.
fn files(folder: &Path) -> Result<Option<Vec<PathBuf>>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(folder, source)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| failed(folder, source))?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    Ok(Some(paths))
}

fn failed(path: &Path, source: std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), action: "read", source }
}

/// The file as it was written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    encrypt: bool,
    scheduled: Option<store::Scheduled>,
    issued: Option<WrittenCertificate>,
    held: Option<WrittenCertificate>,
    last: Option<Last>,
    #[serde(default)]
    revoked: Vec<Revoked>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCertificate {
    origin: Option<String>,
    at: i64,
    certificate: String,
}

impl Written {
    fn record(self) -> Result<Record, String> {
        let issued =
            self.issued.map(|issued| Ok::<_, String>(Issued { certificate: issued.read()?, at: issued.at }));
        let held = self.held.map(|held| {
            let origin = held.origin.as_deref().ok_or("the certificate it holds has no origin")?;
            Ok::<_, String>(Held { certificate: held.read()?, origin: Origin::read(origin)?, at: held.at })
        });
        Ok(Record {
            scheduled: self.scheduled.map(read_scheduled).transpose()?,
            issued: issued.transpose()?,
            held: held.transpose()?,
            revoked: self.revoked,
            last: self.last,
            encrypt: self.encrypt,
            session: None,
        })
    }
}

impl WrittenCertificate {
    fn read(&self) -> Result<Certificate, String> {
        Certificate::from_pem(self.certificate.as_bytes()).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use pki::{Identity, KeyKind, Request, Subject};
    use provision::enrol::{Key, Operation, Password, Required};
    use store::{EnrolmentQuery, Store};

    use super::*;

    const PHONE: Mac = Mac::new([0x58, 0x97, 0x1E, 0xCC, 0x97, 0xC1]);
    const OTHER: Mac = Mac::new([0x58, 0x97, 0x1E, 0xCC, 0x97, 0xC2]);

    async fn enrolments(folder: &Path) -> Enrolments {
        let url = format!("sqlite://{}", folder.join("offhook.db").display());
        Enrolments::new(Store::open_or_create(&url).await.unwrap())
    }

    fn certificate() -> Certificate {
        let subject = Subject { cn: PHONE.device_name(), o: "o".into(), ou: "u".into() };
        let request = Request { subject, names: Vec::new(), key: KeyKind::Rsa(1024), days: 30 };
        Identity::self_signed(&request, 1_790_000_000).unwrap().certificate
    }

    #[tokio::test]
    async fn what_an_earlier_version_kept_is_taken_over_once() {
        let folder = tempfile::tempdir().unwrap();
        let enrolments = enrolments(folder.path()).await;
        assert!(!is_due(folder.path()) && take_over(folder.path(), &enrolments).await.unwrap().is_none());
        let old = folder.path().join("enrolments");
        fs::create_dir_all(old.join("issuers")).unwrap();
        let (certificate, pem) = (certificate(), String::from_utf8(certificate().to_pem()).unwrap());
        let held = String::from_utf8(certificate.to_pem()).unwrap();
        fs::write(
            old.join("SEP58971ECC97C1.toml"),
            format!(
                "encrypt = true\n[scheduled]\noperation = \"install\"\nkey = \"secp384r1\"\nproof = \"password\"\n\
                 password = \"123456\"\nfailures = 2\nuntil = 1800000000\nat = 5\n\
                 [issued]\nat = 6\ncertificate = \"\"\"\n{pem}\"\"\"\n\
                 [held]\norigin = \"lsc\"\nat = 7\ncertificate = \"\"\"\n{held}\"\"\"\n\
                 [last]\nat = 8\npeer = \"192.0.2.1\"\nresult = \"installed\"\n\
                 [[revoked]]\nserial = \"0a\"\nissuer = \"CN=x\"\nat = 9\n"
            ),
        )
        .unwrap();
        let other = "[scheduled]\noperation = \"fetch\"\nproof = \"none\"\nat = 1\n";
        fs::write(old.join("SEP58971ECC97C2.toml"), other).unwrap();
        fs::write(old.join(".lock-01"), "").unwrap();
        fs::write(old.join("issuers/ab.crt.pem"), certificate.to_pem()).unwrap();
        // One of them was scheduled anew meanwhile.
        enrolments.change(OTHER, |record| record.encrypt = true).await.unwrap();
        assert!(is_due(folder.path()));
        let (phones, taken) = take_over(folder.path(), &enrolments).await.unwrap().unwrap();
        assert_eq!((phones, taken.join("SEP58971ECC97C1.toml").exists()), (2, true));
        assert!(!is_due(folder.path()));
        let record = enrolments.read(PHONE).await.unwrap().unwrap();
        let schedule = record.scheduled.unwrap().schedule;
        assert_eq!((schedule.operation, schedule.failures), (Operation::Install(Key::P384), 2));
        assert_eq!(schedule.required, Required::Password(Password::new("123456").unwrap()));
        assert_eq!(record.held.map(|held| (held.certificate, held.at)), Some((certificate.clone(), 7)));
        assert_eq!((record.encrypt, record.revoked.len(), record.last.unwrap().at), (true, 1, 8));
        let other = enrolments.read(OTHER).await.unwrap().unwrap();
        assert!(other.encrypt && other.scheduled.is_none(), "what is on record is newer");
        assert_eq!(enrolments.issuers().await.unwrap(), [certificate]);
        // A folder that comes again, from a backup perhaps, finds another name.
        fs::create_dir(&old).unwrap();
        let (_, again) = take_over(folder.path(), &enrolments).await.unwrap().unwrap();
        assert_ne!(again, taken);
    }

    #[tokio::test]
    async fn a_broken_file_is_named_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let enrolments = enrolments(folder.path()).await;
        let old = folder.path().join("enrolments");
        fs::create_dir_all(&old).unwrap();
        for (text, problem) in [
            ("nonsense", "expected"),
            ("colour = 1", "unknown field"),
            ("[scheduled]\noperation = \"paint\"\nproof = \"none\"\nat = 1", "\"paint\" is no operation"),
            ("[held]\nat = 1\norigin = \"lsc\"\ncertificate = \"x\"", "not a certificate"),
            ("[held]\nat = 1\ncertificate = \"x\"", "no origin"),
        ] {
            fs::write(old.join("SEP58971ECC97C1.toml"), text).unwrap();
            let error = take_over(folder.path(), &enrolments).await.unwrap_err().to_string();
            assert!(error.contains("SEP58971ECC97C1.toml") && error.contains(problem), "{error}");
            assert!(is_due(folder.path()));
            assert!(enrolments.list(&EnrolmentQuery::default()).await.unwrap().is_empty());
        }
    }
}
