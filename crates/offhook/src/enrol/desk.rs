//! Who answers what one session asks: checks, decides, issues, keeps the record.
//!
//! What signs, or reads certificates and who vouches for them, runs beside the threads that serve everybody.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use pki::chain::{self, Authorities, ChainError};
use pki::proof::{self, ProofError, Signatures};
use pki::tls::{Policy, Server};
use pki::{Certificate, CertificateError, Identity, IssueError, KeyKind, Lsc, SubjectKey, SubjectKeyError};
use provision::enrol::{self, Claim as Shown, Decision, Key, Operation, Proof, Refusal};
use provision::mac::Mac;
use wire::capf::{Authentication, Curve, KeySpec, Order};

use super::record::{Held, Issued, Last, Origin, Scheduled};
use super::{Claim, Claims, Enrolments, Error, Record, Vouchers};
use crate::trust::{self, Trust};

/// The certificate that enrols phones, in the certificate store.
const CAPF: &str = "capf";

const INSTALLED: &str = "certificate installed";
const FETCHED: &str = "certificate fetched";
const DELETED: &str = "certificate deleted";

/// What all sessions share. Clones share it.
#[derive(Clone, Debug)]
pub struct Office {
    /// What is kept.
    pub enrolments: Enrolments,
    /// Who vouches for phones.
    pub vouchers: Vouchers,
    /// Who is enrolling right now.
    pub claims: Claims,
    trust: Trust,
    tls: Arc<Mutex<Option<(u64, Server)>>>,
}

/// Why a phone is not enrolled, or its record not kept.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Not the name of a phone.
    #[error("\"{0}\" is no phone's name: SEP and twelve upper-case hexadecimal digits are")]
    Name(String),
    /// Nobody scheduled anything for it, and the inventory does not hold it.
    #[error("nobody knows this phone; `offhook lsc schedule` makes it known")]
    Unknown,
    /// The decision.
    #[error(transparent)]
    Policy(#[from] Refusal),
    /// What it showed is no certificate.
    #[error("the certificate it shows cannot be read: {0}")]
    Unreadable(#[from] CertificateError),
    /// The certificate does not count.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// The signatures do not stand.
    #[error("{0}")]
    Proof(#[from] ProofError),
    /// The certificate was revoked.
    #[error("its certificate was revoked")]
    Revoked,
    /// The key it made is of no use.
    #[error("the key it made gets no certificate: {0}")]
    Key(#[from] SubjectKeyError),
    /// The key it made is not the one it was told to make.
    #[error("it was told to make a key {asked}, and made {made}")]
    OtherKey {
        /// What it was told.
        asked: Key,
        /// What it made.
        made: KeyKind,
    },
    /// The certificate could not be issued.
    #[error("{0}")]
    Issue(#[from] IssueError),
    /// There is nobody to issue it.
    #[error("{0}")]
    Trust(#[from] trust::Error),
    /// The record.
    #[error("{0}")]
    Record(#[from] Error),
    /// A newer session.
    #[error("the phone began again in another session")]
    Superseded,
}

impl Office {
    /// The office of the installation with this data directory.
    #[must_use]
    pub fn open(data_dir: &std::path::Path, enrolments: Enrolments, trust: Trust) -> Self {
        Self {
            enrolments,
            vouchers: Vouchers::open(data_dir),
            claims: Claims::default(),
            trust,
            tls: Arc::default(),
        }
    }

    /// What is shown to phones, and what signs their certificates.
    pub fn issuer(&self) -> Result<Identity, trust::Error> {
        Ok(self.trust.current()?.certificates.need(CAPF, "enrol phones")?.clone())
    }

    /// The server's side of TLS: the widest there is, because the oldest phones enrol as well.
    pub fn tls(&self) -> Result<Server, trust::Error> {
        let current = self.trust.current()?;
        let mut kept = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, server)) = kept.as_ref().filter(|(generation, _)| *generation == current.generation) {
            return Ok(server.clone());
        }
        let server = Server::new(Policy::LegacyPhone, &[current.certificates.need(CAPF, "enrol phones")?])?;
        *kept = Some((current.generation, server.clone()));
        Ok(server)
    }

    /// Somebody for a session of this number.
    #[must_use]
    pub fn desk(&self, session: u32, peer: IpAddr, days: u32) -> Desk {
        Desk { office: self.clone(), session, number: number(), peer, days, work: None }
    }

    /// All who vouch for phones, beside those who issued here.
    fn authorities(&self, mut issued: Vec<Certificate>) -> Result<Authorities, Refused> {
        let issuer = self.issuer()?.certificate;
        if !issued.contains(&issuer) {
            issued.push(issuer);
        }
        Ok(self.vouchers.with(issued)?)
    }
}

/// Who answers one session.
#[derive(Debug)]
pub struct Desk {
    office: Office,
    session: u32,
    /// Which session of all servers this is.
    number: i64,
    peer: IpAddr,
    days: u32,
    work: Option<Work>,
}

/// What was decided for the phone of this session.
#[derive(Debug)]
struct Work {
    phone: Mac,
    key: Option<Key>,
    /// What was scheduled when it began: only that is done when it ends.
    scheduled: Option<Scheduled>,
    claim: Claim,
}

/// The phone of this name: exactly as phones write it.
pub(crate) fn phone(name: &str) -> Option<Mac> {
    name.strip_prefix("SEP").and_then(Mac::from_digits).filter(|mac| mac.device_name() == name)
}

impl Desk {
    /// What the phone is told, and why when that is no. `in_inventory`: whether the inventory holds the phone.
    pub async fn authenticate(
        &mut self,
        said: &Authentication,
        in_inventory: bool,
        now: i64,
    ) -> (Order, Option<Refused>) {
        match self.decide(said, in_inventory, now).await {
            Ok(Operation::Nothing) => (Order::Nothing, None),
            Ok(Operation::Install(key)) => (Order::Install(spec(key)), None),
            Ok(Operation::Fetch) => (Order::Fetch, None),
            Ok(Operation::Delete) => (Order::Delete, None),
            Err(refused @ (Refused::Unknown | Refused::Name(_))) => (Order::Unknown, Some(refused)),
            Err(refused) => (Order::Refuse, Some(refused)),
        }
    }

    async fn decide(
        &mut self,
        said: &Authentication,
        in_inventory: bool,
        now: i64,
    ) -> Result<Operation, Refused> {
        let phone = phone(&said.device).ok_or_else(|| Refused::Name(said.device.clone()))?;
        let (certificate, sudi) = self.proofs(said, phone, in_inventory, now).await?;
        let password = said.password.clone();
        // Decided under the phone's lock: of many guesses at once, each is counted.
        let number = self.number;
        let decided = self.office.enrolments.change(phone, move |record| {
            if *record == Record::default() && !in_inventory {
                return (Decision::Unknown, None);
            }
            let password = password.as_ref().map(|secret| &*secret.0);
            let shown = Shown { password, certificate, sudi };
            let decision = enrol::decide(Some(&record.known()), &shown, now);
            if decision == Decision::Refuse(Refusal::WrongPassword)
                && let Some(scheduled) = &mut record.scheduled
            {
                scheduled.schedule.failures = scheduled.schedule.failures.saturating_add(1);
            }
            if matches!(decision, Decision::Do(_)) {
                record.session = Some(number);
            }
            (decision, record.scheduled.clone())
        });
        let (decision, scheduled) = decided.await?;
        let operation = match decision {
            Decision::Do(operation) => operation,
            Decision::Nothing => return Ok(Operation::Nothing),
            Decision::Unknown => return Err(Refused::Unknown),
            Decision::Refuse(refusal) => return Err(refusal.into()),
        };
        let key = if let Operation::Install(key) = operation { Some(key) } else { None };
        self.work = Some(Work { phone, key, scheduled, claim: self.office.claims.take(phone) });
        Ok(operation)
    }

    /// What the phone's certificates amount to. One that does not count is a refusal by itself, with its own reason.
    async fn proofs(
        &self,
        said: &Authentication,
        phone: Mac,
        in_inventory: bool,
        now: i64,
    ) -> Result<(Proof, Proof), Refused> {
        if said.certificate.is_none() && said.sudi.is_none() {
            return Ok((Proof::Absent, Proof::Absent));
        }
        let record = self.office.enrolments.read(phone).await?;
        if record.is_none() && !in_inventory {
            return Err(Refused::Unknown);
        }
        let issued = self.office.enrolments.issuers().await?;
        let (office, session, said) = (self.office.clone(), self.session, said.clone());
        beside(move || proofs(&said, session, record.as_ref(), &office.authorities(issued)?, now)).await
    }

    /// The right to go on, taken over by nobody.
    fn work(&self) -> Result<&Work, Refused> {
        self.work.as_ref().filter(|work| work.claim.is_current()).ok_or(Refused::Superseded)
    }

    /// Cancelled when another session of the same phone takes over.
    #[must_use]
    pub fn superseded(&self) -> Option<tokio_util::sync::CancellationToken> {
        self.work.as_ref().map(|work| work.claim.superseded.clone())
    }

    /// The certificate for the phone's key; on record as handed out before the phone gets it.
    pub async fn issue(&self, spki: Vec<u8>, now: i64) -> Result<Certificate, Refused> {
        let work = self.work()?;
        let (issuer, device, days, asked) =
            (self.office.issuer()?, work.phone.device_name(), self.days, work.key);
        let by = issuer.certificate.clone();
        let issued = beside(move || {
            let key = SubjectKey::from_spki(&spki)?;
            if let Some(asked) = asked.filter(|asked| kind(*asked) != key.kind()) {
                return Err(Refused::OtherKey { asked, made: key.kind() });
            }
            Ok(issuer.issue(&Lsc { device: &device, key: &key, serial: pki::random_serial()?, days }, now)?)
        });
        let certificate = issued.await?;
        self.office.enrolments.keep_issuer(&by).await?;
        let issued = Issued { certificate: certificate.clone(), at: now };
        self.change(work, move |record, _| record.issued = Some(issued)).await?;
        Ok(certificate)
    }

    /// The phone stored what was handed out.
    pub async fn stored(&self, now: i64) -> Result<(), Refused> {
        let work = self.work()?;
        let last = self.last(INSTALLED, now);
        self.change(work, move |record, scheduled| {
            if let Some(Issued { certificate, .. }) = record.issued.take() {
                record.held = Some(Held { certificate, origin: Origin::Lsc, at: now });
            }
            done(record, scheduled, last);
        })
        .await
    }

    /// The phone showed its certificate. It goes on record when it counts: configurations are encrypted to it.
    pub async fn fetched(&self, der: Vec<u8>, now: i64) -> Result<(), Refused> {
        let work = self.work()?;
        let issued = self.office.enrolments.issuers().await?;
        let (office, device) = (self.office.clone(), work.phone.device_name());
        let vouched = beside(move || {
            let certificate = Certificate::from_der(&der)?;
            let origin = match chain::vouch(&certificate, &device, &office.authorities(issued)?, now)? {
                chain::Origin::Lsc => Origin::Lsc,
                chain::Origin::Manufacturer => Origin::Mic,
            };
            Ok((certificate, origin))
        });
        let (certificate, origin) = vouched.await?;
        let last = self.last(FETCHED, now);
        let revoked = self.change(work, move |record, scheduled| {
            if record.has_revoked(&certificate) {
                return true;
            }
            record.held = Some(Held { certificate, origin, at: now });
            done(record, scheduled, last);
            false
        });
        let revoked = revoked.await?;
        if revoked { Err(Refused::Revoked) } else { Ok(()) }
    }

    /// The phone deleted its certificate.
    pub async fn deleted(&self, now: i64) -> Result<(), Refused> {
        let work = self.work()?;
        let last = self.last(DELETED, now);
        self.change(work, move |record, scheduled| {
            (record.held, record.issued) = (None, None);
            done(record, scheduled, last);
        })
        .await
    }

    /// Changes the record of the phone, if no newer session of it has begun, here or on another server. The change is given
    /// what was scheduled when this one began, too.
    async fn change<T: Send + 'static>(
        &self,
        work: &Work,
        change: impl FnOnce(&mut Record, Option<Scheduled>) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let (number, scheduled) = (self.number, work.scheduled.clone());
        let told = self.office.enrolments.change(work.phone, move |record| {
            (record.session == Some(number)).then(|| change(record, scheduled))
        });
        told.await?.ok_or(Refused::Superseded)
    }

    /// Notes why a session came to nothing, for a phone that has a record already. Success stands there with what was done.
    pub async fn note(&self, device: &str, result: &str, now: i64) -> Result<(), Error> {
        let Some(phone) = phone(device) else { return Ok(()) };
        let last = self.last(result, now);
        let noted = self.office.enrolments.change(phone, move |record| {
            if *record != Record::default() {
                record.last = Some(last);
            }
        });
        noted.await
    }

    fn last(&self, result: &str, now: i64) -> Last {
        Last { at: now, peer: self.peer.to_string(), result: result.to_owned() }
    }
}

/// What the phone's certificates amount to, held against those who vouch for phones.
fn proofs(
    said: &Authentication,
    session: u32,
    record: Option<&Record>,
    authorities: &Authorities,
    now: i64,
) -> Result<(Proof, Proof), Refused> {
    let vouch = |der: &[u8]| -> Result<(Certificate, Proof), Refused> {
        let certificate = Certificate::from_der(der)?;
        let origin = chain::vouch(&certificate, &said.device, authorities, now)?;
        if record.is_some_and(|record| record.has_revoked(&certificate)) {
            return Err(Refused::Revoked);
        }
        let proof = if origin == chain::Origin::Lsc { Proof::Lsc } else { Proof::Mic };
        Ok((certificate, proof))
    };
    let (mut shown, mut sudi) = (Proof::Absent, Proof::Absent);
    if let Some(proof) = &said.certificate {
        let (certificate, origin) = vouch(&proof.certificate)?;
        match &proof.sha512 {
            Some(sha512) => {
                let signatures = Signatures { sha1: &proof.sha1, sha512 };
                proof::device(&certificate, &said.device, signatures)?;
            }
            None => proof::device_of_before(&certificate, &said.device, &proof.sha1)?,
        }
        shown = origin;
    }
    if let Some(proof) = &said.sudi {
        let (certificate, origin) = vouch(&proof.certificate)?;
        let signatures = Signatures { sha1: &proof.sha1, sha512: &proof.sha512 };
        proof::sudi(&certificate, session, signatures)?;
        sudi = origin;
    }
    Ok((shown, sudi))
}

/// Does what takes a processor's time, or a disk's, where it delays nobody.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work).await.expect("what is done beside does not panic")
}

/// What was done is scheduled no more; what was scheduled meanwhile stays.
fn done(record: &mut Record, scheduled: Option<Scheduled>, last: Last) {
    if record.scheduled == scheduled {
        record.scheduled = None;
    }
    record.last = Some(last);
    record.session = None;
}

/// A number that no other session has, on no server.
fn number() -> i64 {
    (i64::from(pki::random_u32()) << 32) | i64::from(pki::random_u32())
}

/// As the protocol says it.
fn spec(key: Key) -> KeySpec {
    match key {
        Key::Rsa(bits) => KeySpec::Rsa(bits),
        Key::P256 => KeySpec::Ec(Curve::Secp256r1),
        Key::P384 => KeySpec::Ec(Curve::Secp384r1),
        Key::P521 => KeySpec::Ec(Curve::Secp521r1),
    }
}

/// As certificates have it.
fn kind(key: Key) -> KeyKind {
    match key {
        Key::Rsa(bits) => KeyKind::Rsa(bits.into()),
        Key::P256 => KeyKind::Ec(pki::Curve::P256),
        Key::P384 => KeyKind::Ec(pki::Curve::P384),
        Key::P521 => KeyKind::Ec(pki::Curve::P521),
    }
}
