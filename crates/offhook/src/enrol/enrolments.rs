//! All that is kept of enrolments: records in the inventory's database, changed by one at a time, whatever server asks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pki::{Certificate, files};
use provision::mac::Mac;
use store::{Enrolment, EnrolmentQuery, Issuer, Page, Store};
use tokio::sync::oneshot;

use super::record::Record;
use super::together::Together;

/// A phone waits for half a minute at most; a database that takes longer than this is as good as away.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many are asked for at a time.
const PORTION: u32 = 1000;

/// What is kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Enrolments {
    store: Store,
    /// The issuer that is known to be kept: it issues phone after phone.
    kept: Arc<Mutex<Option<Certificate>>>,
    together: Arc<Together>,
}

/// Why a record cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk.
    #[error("{} could not be {action}: {source}", path.display())]
    Io {
        /// Which file.
        path: std::path::PathBuf,
        /// Read, locked.
        action: &'static str,
        /// How.
        source: std::io::Error,
    },
    /// A file that makes no sense.
    #[error("{}: {problem}", path.display())]
    Broken {
        /// Which file.
        path: std::path::PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A record that makes no sense.
    #[error("what is kept of the certificates of {phone} cannot be used: {problem}")]
    Record {
        /// Which phone.
        phone: String,
        /// What is wrong.
        problem: String,
    },
    /// An issuer that makes no sense.
    #[error("an issuer that is kept cannot be read: {0}")]
    Issuer(#[from] pki::CertificateError),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The database, for all whose changes were written as one.
    #[error(transparent)]
    Together(Arc<store::Error>),
    /// The database says nothing.
    #[error("the database does not answer within {} seconds", PATIENCE.as_secs())]
    Silent,
    /// Writing.
    #[error(transparent)]
    Write(#[from] files::FileError),
}

impl Enrolments {
    /// Those in this database.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, kept: Arc::default(), together: Arc::default() }
    }

    /// What is known of a phone.
    pub async fn read(&self, device: Mac) -> Result<Option<Record>, Error> {
        let kept = in_time(self.store.enrolment(device)).await?;
        kept.map(|kept| record(&kept)).transpose()
    }

    /// Changes what is known of a phone, alone. A phone nobody has heard of begins with an empty record; if it stays empty
    /// none is made. A record that makes no sense is left as it is.
    pub async fn change<T: Send + 'static>(
        &self,
        device: Mac,
        change: impl FnOnce(&mut Record) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (tell, mut told) = oneshot::channel();
        let change = Box::new(move |kept: &mut Enrolment| {
            let _ = tell.send(changed(kept, change));
        });
        let written = tokio::time::timeout(PATIENCE, self.together.change(&self.store, device, change)).await;
        written.ok().flatten().ok_or(Error::Silent)?.map_err(Error::Together)?;
        told.try_recv().map_err(|_| Error::Silent)?
    }

    /// The same for many phones; what each change told, in the order of their addresses.
    pub async fn change_all<T>(
        &self,
        devices: &[Mac],
        mut change: impl FnMut(Mac, &mut Record) -> T,
    ) -> Result<Vec<T>, Error> {
        let told = self.store.change_enrolments(devices, |kept| {
            let mac = kept.mac;
            changed(kept, |record| change(mac, record))
        });
        told.await?.into_iter().collect()
    }

    /// All phones with a record that the query lets through, in their order.
    pub async fn list(&self, query: &EnrolmentQuery) -> Result<Vec<(Mac, Record)>, Error> {
        let mut found: Vec<(Mac, Record)> = Vec::new();
        loop {
            let page = Page { after: found.last().map(|(mac, _)| *mac), ..Page::first(PORTION) };
            let rows = self.store.enrolments(query, &page).await?.rows;
            let is_last = rows.len() < PORTION as usize;
            for kept in rows {
                found.push((kept.mac, record(&kept)?));
            }
            if is_last {
                return Ok(found);
            }
        }
    }

    /// Keeps an issuer's certificate, so that what it issued can be recognised later.
    pub async fn keep_issuer(&self, issuer: &Certificate) -> Result<(), Error> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept().as_ref() == Some(issuer) {
            return Ok(());
        }
        let row = Issuer { fingerprint: issuer.sha256_hex(), certificate: issuer.der().to_vec() };
        in_time(self.store.keep_issuer(&row)).await?;
        *kept() = Some(issuer.clone());
        Ok(())
    }

    /// All who ever issued here.
    pub async fn issuers(&self) -> Result<Vec<Certificate>, Error> {
        let kept = in_time(self.store.issuers()).await?;
        Ok(kept.iter().map(|issuer| Certificate::from_der(&issuer.certificate)).collect::<Result<_, _>>()?)
    }
}

/// The record that is kept so.
pub(crate) fn record(kept: &Enrolment) -> Result<Record, Error> {
    Record::read(kept).map_err(|problem| Error::Record { phone: kept.mac.device_name(), problem })
}

fn changed<T>(kept: &mut Enrolment, change: impl FnOnce(&mut Record) -> T) -> Result<T, Error> {
    let before = record(kept)?;
    let mut after = before.clone();
    let told = change(&mut after);
    if after != before {
        *kept = Enrolment { changed: kept.changed, ..after.write(kept.mac) };
    }
    Ok(told)
}

async fn in_time<T>(answer: impl Future<Output = store::Result<T>>) -> Result<T, Error> {
    Ok(tokio::time::timeout(PATIENCE, answer).await.map_err(|_| Error::Silent)??)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const PHONE: Mac = Mac::new([0x58, 0x97, 0x1E, 0xCC, 0x97, 0xC1]);

    #[tokio::test]
    async fn a_broken_record_is_named_and_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("offhook.db").display());
        let store = Store::open_or_create(&url).await.unwrap();
        let enrolments = Enrolments::new(store.clone());
        let broken = store::Held { certificate: vec![1], origin: "lsc".into(), at: 1, ends: 2 };
        store.change_enrolment(PHONE, |kept| kept.held = Some(broken.clone())).await.unwrap();
        for error in [
            enrolments.read(PHONE).await.unwrap_err(),
            enrolments.change(PHONE, |record| record.encrypt = true).await.unwrap_err(),
            enrolments.list(&EnrolmentQuery::default()).await.unwrap_err(),
        ] {
            assert!(error.to_string().contains("SEP58971ECC97C1"), "{error}");
        }
        let kept = store.enrolment(PHONE).await.unwrap().unwrap();
        assert_eq!((kept.held, kept.encrypt), (Some(broken), false));
    }
}
