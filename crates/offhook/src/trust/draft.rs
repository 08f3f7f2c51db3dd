//! A list that is ready to be signed: the next one, or one of before once more.

use pki::Identity;
use provision::ledger::{Contents, Listed, fits};
use wire::signature::{Digest, Version};
use wire::trust_list::{self, Kind, Record, Role, RuleError, TrustList};

use super::certificates::Certificates;
use super::list::{self, Plan};
use super::state::TrustState;
use super::{Error, List};
use crate::config::Resolved;

/// A list before it is signed.
#[derive(Clone, Debug)]
pub struct Draft {
    signer: Identity,
    records: Vec<Record>,
    version: Version,
    digest: Digest,
    /// What in it decides about the one after it.
    pub contents: Contents,
    /// Each certificate in each role.
    pub listed: Vec<Listed>,
    /// Certificates that this version of list cannot hold.
    pub left_out: Vec<String>,
    /// How long it will be.
    pub bytes: usize,
}

impl Draft {
    /// The next list by what is on disk and this state of trust.
    ///
    /// # Errors
    /// Phones would not take it, or its signer's key is not here.
    pub fn next(certificates: &Certificates, state: &TrustState, resolved: &Resolved) -> Result<Self, Error> {
        let plan = Plan::new(certificates, state, resolved.trust.version)?;
        let signer = plan.signer.identity();
        let signer = signer.ok_or_else(|| Error::KeyAbsent(plan.signer.name.clone(), "sign trust lists"))?;
        let draft = Self {
            signer: signer.clone(),
            records: plan.records(),
            version: plan.version,
            digest: resolved.trust.digest,
            contents: plan.contents(),
            listed: plan.listed(),
            left_out: plan.left_out.iter().map(|stored| stored.name.clone()).collect(),
            bytes: 0,
        };
        draft.counted()
    }

    /// A list of before, signed anew by one of its SASTs whose key is here: one of `preferred`, if there is one.
    ///
    /// # Errors
    /// No such key is here.
    pub fn again(
        bytes: &[u8],
        names: &[Listed],
        preferred: &[String],
        certificates: &Certificates,
        resolved: &Resolved,
    ) -> Result<Self, Error> {
        let before = TrustList::parse(bytes).map_err(|problem| Error::Before(problem.to_string()))?;
        let contents = list::contents(bytes).map_err(|problem| Error::Before(problem.to_string()))?;
        let mut able: Vec<&Identity> = certificates
            .iter()
            .filter_map(super::Stored::identity)
            .filter(|identity| contents.sasts.contains(&identity.certificate.sha256_hex()))
            .collect();
        // Who signed it then signs it again, unless phones know another one only.
        able.sort_by_key(|identity| {
            let print = identity.certificate.sha256_hex();
            (!preferred.contains(&print), print != contents.signer)
        });
        let signer = able.first().ok_or(Error::NoSigner)?;
        let own = signer.certificate.record(Role::Sast);
        let mut records = before.records;
        records.sort_by_key(|record| *record != own);
        let contents =
            Contents { digest: String::new(), signer: signer.certificate.sha256_hex(), ..contents };
        let draft = Self {
            signer: (*signer).clone(),
            records,
            version: before.signer_version,
            digest: resolved.trust.digest,
            contents,
            listed: names.to_vec(),
            left_out: Vec::new(),
            bytes: 0,
        };
        draft.counted()
    }

    /// Signs it.
    ///
    /// # Errors
    /// Phones would not take it, or signing failed.
    pub fn sign(&self, timestamp: u32) -> Result<List, Error> {
        self.signer.must_be_rsa()?;
        let signing = self.signer.signing(self.digest, timestamp);
        let unsigned = trust_list::build(Kind::Itl, self.version, &self.records, &signing)?;
        Ok(List { bytes: self.signer.sign(unsigned)?, timestamp })
    }

    /// Whether a list has the same version and digest.
    #[must_use]
    pub fn is_made_like(&self, bytes: &[u8]) -> bool {
        TrustList::parse(bytes)
            .is_ok_and(|list| list.signer_version == self.version && list.digest == self.digest)
    }

    /// Who will sign it.
    #[must_use]
    pub fn signer(&self) -> &pki::Certificate {
        &self.signer.certificate
    }

    /// Counts certificates and bytes before anything is signed.
    fn counted(self) -> Result<Self, Error> {
        self.signer.must_be_rsa()?;
        fits(self.records.len(), 0)?;
        let signing = self.signer.signing(self.digest, 0);
        let unsigned = trust_list::build_unchecked(Kind::Itl, self.version, &self.records, &signing);
        let bytes = unsigned.map_err(RuleError::from)?.file_len();
        fits(self.records.len(), bytes)?;
        trust_list::build(Kind::Itl, self.version, &self.records, &signing)?;
        Ok(Self { bytes, ..self })
    }
}
