//! What the server holds: certificates and state as last read, and read again when the disk has changed.
//!
//! A change made by the command line, or by an administrator who copies files, is seen by the next request that asks.
//! Files that make no sense, or not yet (a certificate is there and its key is still being copied), leave the old ones
//! in force.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwapOption;
use pki::Name;
use pki::tls::{Policy, Server};
use provision::tvs::Directory;
use wire::signature::{Digest, Version};
use wire::trust_list::{Kind, Role};

use super::certificates::{self, Certificates, FILE_SIGNER};
use super::list::{List, Plan};
use super::state::TrustState;
use super::{Error, calendar, certificates_folder, state_file, vouch};
use crate::config::{Keys, Resolved};
use crate::stamp::Witness;

/// The certificate of XML services.
pub const APPLICATION: &str = "application";

/// Certificates and state of one moment.
#[derive(Debug)]
pub struct Current {
    /// The certificates.
    pub certificates: Certificates,
    /// The state of trust.
    pub state: TrustState,
    /// Another number than before means that something may have changed.
    pub generation: u64,
    paths: Vec<PathBuf>,
    witness: Witness,
    modern: OnceLock<Server>,
    legacy: OnceLock<Server>,
    services: OnceLock<Server>,
    legacy_services: OnceLock<Server>,
    vouching: OnceLock<Server>,
    directory: OnceLock<Directory>,
}

/// The way to the newest [`Current`]. Clones share everything.
#[derive(Clone, Debug)]
pub struct Trust(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    keys: Keys,
    data_dir: PathBuf,
    newest: ArcSwapOption<Current>,
    /// What the disk looked like when it made no sense, and why it did not.
    failed: Mutex<Option<(Witness, String)>>,
    generation: AtomicU64,
}

impl Trust {
    /// Trust as kept in `data_dir`; nothing is read before somebody asks.
    #[must_use]
    pub fn open(data_dir: &Path) -> Self {
        Self::with_keys(data_dir, Keys::default())
    }

    /// Trust of the installation with these settings, whose keys they open.
    #[must_use]
    pub fn of(resolved: &Resolved) -> Self {
        Self::with_keys(&resolved.data_dir, resolved.keys.clone())
    }

    fn with_keys(data_dir: &Path, keys: Keys) -> Self {
        Self(Arc::new(Shared {
            keys,
            data_dir: data_dir.to_owned(),
            newest: ArcSwapOption::empty(),
            failed: Mutex::new(None),
            generation: AtomicU64::new(0),
        }))
    }

    /// Makes the certificates that are missing, reads everything, and tells what it made.
    pub fn first_start(
        resolved: &Resolved,
        names: &[Name],
        now: i64,
    ) -> Result<(Self, Vec<&'static str>), Error> {
        let folder = certificates_folder(&resolved.data_dir);
        let legacy_tls = resolved.provisioning.legacy_tls;
        let keys = resolved.keys.ring()?;
        let (_, made) = Certificates::open_or_create_with(&folder, names, legacy_tls, now, &keys)?;
        let trust = Self::of(resolved);
        trust.current()?;
        Ok((trust, made))
    }

    /// The files that signed files depend on beside their payload.
    #[must_use]
    pub fn signer_paths(&self) -> [PathBuf; 3] {
        certificates::pair(&certificates_folder(&self.0.data_dir), FILE_SIGNER)
    }

    /// What is in force now. Looks at the disk: some microseconds when nothing has changed.
    pub fn current(&self) -> Result<Arc<Current>, Error> {
        if let Some(newest) = self.0.newest() {
            return Ok(newest);
        }
        let mut failed = self.0.failed.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever held the lock before may have read it.
        if let Some(newest) = self.0.newest() {
            return Ok(newest);
        }
        let problem = match &*failed {
            Some((witness, problem)) if witness.holds() => Error::Before(problem.clone()),
            _ => match self.0.read() {
                Ok(current) => {
                    *failed = None;
                    let current = Arc::new(current);
                    self.0.newest.store(Some(current.clone()));
                    return Ok(current);
                }
                Err(failure) => {
                    let (witness, problem) = *failure;
                    tracing::warn!(%problem, "the certificates or the state of trust changed and make no sense");
                    *failed = Some((witness, problem.to_string()));
                    problem
                }
            },
        };
        self.0.newest.load_full().ok_or(problem)
    }
}

impl Shared {
    /// The newest one read, if the disk still looks as it did.
    fn newest(&self) -> Option<Arc<Current>> {
        self.newest.load_full().filter(|newest| newest.witness.holds())
    }

    fn read(&self) -> Result<Current, Box<(Witness, Error)>> {
        let (folder, state_file) = (certificates_folder(&self.data_dir), state_file(&self.data_dir));
        let mut paths = vec![folder.clone(), state_file.clone()];
        paths.extend(certificates::paths(&folder));
        let witness = Witness::of(paths.clone());
        let read =
            || Ok((Certificates::open_with(&folder, &self.keys.ring()?)?, TrustState::read(&state_file)?));
        let (certificates, state) = match read() {
            Ok(read) => read,
            Err(error) => return Err(Box::new((witness, error))),
        };
        Ok(Current {
            generation: self.generation.fetch_add(1, Ordering::Relaxed) + 1,
            paths,
            witness,
            modern: OnceLock::new(),
            legacy: OnceLock::new(),
            services: OnceLock::new(),
            legacy_services: OnceLock::new(),
            vouching: self.vouching(&certificates).map_or_else(OnceLock::new, OnceLock::from),
            directory: OnceLock::new(),
            certificates,
            state,
        })
    }
}

impl Shared {
    /// The Trust Verification Service's side of TLS, if it shows the same as before: phones go on with their sessions when
    /// something else has changed.
    fn vouching(&self, certificates: &Certificates) -> Option<Server> {
        let before = self.newest.load_full()?;
        let (old, new) = (before.certificates.tvs_identity().ok()?, certificates.tvs_identity().ok()?);
        let is_same = old.certificate == new.certificate && old.chain == new.chain;
        before.vouching.get().filter(|_| is_same).cloned()
    }
}

impl Current {
    /// What a list of this version would hold.
    pub fn plan(&self, version: Version) -> Result<Plan<'_>, Error> {
        Plan::new(&self.certificates, &self.state, version)
    }

    /// The list, built and signed. Its time is that of the last change of anything in it, so it stays the same from
    /// request to request.
    pub fn list(&self, kind: Kind, resolved: &Resolved) -> Result<List, Error> {
        let settings = &resolved.trust;
        let changed = self.witness.last_change().max(Witness::of(resolved.source.clone()).last_change());
        self.plan(settings.version)?.build(
            kind,
            settings.version,
            settings.digest,
            calendar::header_time(changed),
        )
    }

    /// The certificate that the Trust Verification Service shows, if it vouches for this signer of trust lists. Both are
    /// named by their SHA-256, in hexadecimal digits.
    #[must_use]
    pub fn vouching_for(&self, signer: &str) -> Option<String> {
        let known = self.certificates.iter().find(|stored| stored.certificate.sha256_hex() == signer)?;
        let is_sast = [self.state.listed(known), self.state.tvs_only(known)].concat().contains(&Role::Sast);
        is_sast.then(|| Some(self.certificates.tvs_identity().ok()?.certificate.sha256_hex()))?
    }

    /// A file signed under the name phones ask for.
    pub fn sign_file(
        &self,
        name: &str,
        payload: &[u8],
        digest: Digest,
        timestamp: u32,
    ) -> Result<Vec<u8>, Error> {
        Ok(self.certificates.file_signer()?.sign_file(name, payload, digest, timestamp)?)
    }

    /// The HTTPS listener's side of TLS: the same one for as long as nothing changes, so that sessions can be resumed.
    pub fn tls_server(&self, legacy_tls: bool) -> Result<Server, Error> {
        let (policy, kept) =
            if legacy_tls { (Policy::LegacyPhone, &self.legacy) } else { (Policy::Modern, &self.modern) };
        if let Some(server) = kept.get() {
            return Ok(server.clone());
        }
        let server = Server::new(policy, &self.certificates.server_identities(legacy_tls)?)?;
        Ok(kept.get_or_init(|| server).clone())
    }

    /// The Trust Verification Service's side of TLS. Every phone there ever was may ask it, so it takes them all.
    pub fn tvs_server(&self) -> Result<Server, Error> {
        if let Some(server) = self.vouching.get() {
            return Ok(server.clone());
        }
        let server = Server::new(Policy::LegacyPhone, &[self.certificates.tvs_identity()?])?;
        Ok(self.vouching.get_or_init(|| server).clone())
    }

    /// Whom the Trust Verification Service knows.
    pub fn directory(&self) -> &Directory {
        self.directory.get_or_init(|| vouch::directory(&self.certificates, &self.state))
    }

    /// The same for XML services, which show the certificate of the application server.
    pub fn services_tls_server(&self, legacy_tls: bool) -> Result<Server, Error> {
        let (policy, kept) = if legacy_tls {
            (Policy::LegacyPhone, &self.legacy_services)
        } else {
            (Policy::Modern, &self.services)
        };
        if let Some(server) = kept.get() {
            return Ok(server.clone());
        }
        let identity = self.certificates.need(APPLICATION, "serve XML services over HTTPS")?;
        let server = Server::new(policy, &[identity])?;
        Ok(kept.get_or_init(|| server).clone())
    }

    /// Everything it was read from: whoever keeps something made from it looks at these again.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().map(PathBuf::as_path)
    }
}
