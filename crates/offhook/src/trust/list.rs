//! Trust lists, built from the certificates and their roles.

use pki::Certificate;
use provision::ledger::{Contents, Listed};
use wire::signature::{Digest, Version};
use wire::trust_list::{self, Kind, Role, TrustList};

use super::Error;
use super::certificates::{Certificates, Stored};
use super::state::TrustState;

/// The version from which lists may hold EC certificates.
const WITH_EC: Version = Version { major: 1, minor: 1 };
/// What a list that lets go is made in: phones that hold it ask for nothing over HTTPS.
const WITHOUT_EC: Version = Version { major: 1, minor: 0 };
/// The order of roles in a list: who signs, who calls, who gives files; then the others by number.
const ORDER: [Role; 7] =
    [Role::Sast, Role::CcmTftp, Role::Ccm, Role::Tftp, Role::AppServer, Role::Tvs, Role::Capf];
/// What holds a phone to a call manager: who signs its files, and who vouches for others.
const HOLDING: [Role; 3] = [Role::CcmTftp, Role::Tftp, Role::Tvs];

/// What a list will hold, before it is signed.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Who will sign.
    pub signer: &'a Stored,
    /// Each certificate in each of its roles, the signer first.
    pub entries: Vec<(&'a Stored, Role)>,
    /// Certificates that this version of list cannot hold.
    pub left_out: Vec<&'a Stored>,
    /// The version it can be made in.
    pub(super) version: Version,
}

/// A finished list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The file.
    pub bytes: Vec<u8>,
    /// The moment in its header.
    pub timestamp: u32,
}

impl<'a> Plan<'a> {
    /// What a list of this version holds at present.
    pub fn new(certificates: &'a Certificates, state: &TrustState, version: Version) -> Result<Self, Error> {
        let named = state.roles.keys().chain(&state.sasts);
        if let Some(absent) = named.into_iter().find(|name| certificates.find(name).is_none()) {
            return Err(Error::Absent(absent.clone()));
        }
        let signer = signer(certificates, state)?;
        let version = if state.released { WITHOUT_EC } else { version };
        let roles = |stored| roles(stored, state);
        let fits = |stored: &&Stored| version >= WITH_EC || stored.certificate.key_kind().is_rsa();
        let in_list = certificates.iter().filter(|stored| !roles(stored).is_empty());
        let (held, left_out): (Vec<_>, Vec<_>) = in_list.partition(fits);
        let each = |stored: &'a Stored| roles(stored).into_iter().map(move |role| (stored, role));
        let mut entries: Vec<_> = held.into_iter().flat_map(each).collect();
        entries.sort_by_key(|(stored, role)| (place(*role), stored.name != signer.name));
        Ok(Self { signer, entries, left_out, version })
    }

    /// Builds and signs the list.
    pub fn build(&self, kind: Kind, version: Version, digest: Digest, timestamp: u32) -> Result<List, Error> {
        let signer = self.signer.identity();
        let signer = signer.ok_or_else(|| Error::KeyAbsent(self.signer.name.clone(), "sign trust lists"))?;
        signer.must_be_rsa()?;
        let unsigned = trust_list::build(
            kind,
            version.min(self.version),
            &self.records(),
            &signer.signing(digest, timestamp),
        )?;
        Ok(List { bytes: signer.sign(unsigned)?, timestamp })
    }

    /// The certificates in the list that may sign the next one.
    pub fn sasts(&self) -> impl Iterator<Item = &'a Certificate> {
        self.with_role(&[Role::Sast])
    }

    /// The same by name, who signs first.
    #[must_use]
    pub fn sast_names(&self) -> Vec<String> {
        let sasts = self.entries.iter().filter(|(_, role)| *role == Role::Sast);
        sasts.map(|(stored, _)| stored.name.clone()).collect()
    }

    /// Each certificate in each role, by the names people know.
    #[must_use]
    pub fn listed(&self) -> Vec<Listed> {
        let listed = |(stored, role): &(&Stored, Role)| Listed {
            name: stored.name.clone(),
            role: role.to_string(),
            sha256: stored.certificate.sha256_hex(),
        };
        self.entries.iter().map(listed).collect()
    }

    /// What in it decides about the list after it.
    #[must_use]
    pub fn contents(&self) -> Contents {
        let prints = |role| self.with_role(role).map(Certificate::sha256_hex).collect();
        Contents {
            digest: String::new(),
            signer: self.signer.certificate.sha256_hex(),
            sasts: prints(&[Role::Sast]),
            tvs: prints(&[Role::Tvs]),
            vouches_for_files: self.with_role(&HOLDING[..2]).next().is_some(),
        }
    }

    fn with_role(&self, roles: &[Role]) -> impl Iterator<Item = &'a Certificate> {
        let has = move |(_, role): &&(&'a Stored, Role)| roles.contains(role);
        self.entries.iter().filter(has).map(|(stored, _)| &stored.certificate).collect::<Vec<_>>().into_iter()
    }

    pub(super) fn records(&self) -> Vec<trust_list::Record> {
        self.entries.iter().map(|(stored, role)| stored.certificate.record(*role)).collect()
    }
}

/// What in a finished list decides about the one after it.
///
/// # Errors
/// It is no trust list.
pub fn contents(bytes: &[u8]) -> Result<Contents, wire::signature::ParseError> {
    let list = TrustList::parse(bytes)?;
    let print = |record: &trust_list::Record| {
        record.certificate.as_ref().map(|der| pki::digest::hex(&pki::digest::sha256(der)))
    };
    let with = |roles: &[Role]| {
        let records = list.records.iter().filter(|record| roles.contains(&record.role));
        records.filter_map(print).collect::<Vec<_>>()
    };
    let signer = list.records.iter().find(|record| {
        record.role == Role::Sast
            && record.issuer == list.signer.issuer
            && record.serial == list.signer.serial
    });
    Ok(Contents {
        digest: pki::digest::hex(&pki::digest::sha256(bytes)),
        signer: signer.and_then(print).unwrap_or_default(),
        sasts: with(&[Role::Sast]),
        tvs: with(&[Role::Tvs]),
        vouches_for_files: !with(&HOLDING[..2]).is_empty(),
    })
}

/// Who signs: the first of the SASTs that somebody chose, or the usual one.
fn signer<'a>(certificates: &'a Certificates, state: &TrustState) -> Result<&'a Stored, Error> {
    // While a roll-over is under way phones may know the old one only.
    let choice = if state.rollover.is_some() { &state.sasts[..1] } else { &state.sasts[..] };
    let Some(first) = choice.first() else { return certificates.list_signer() };
    let found = choice.iter().filter_map(|name| certificates.find(name));
    let mut able = found.filter(|stored| stored.identity().is_some());
    able.next().ok_or_else(|| Error::KeyAbsent(first.clone(), "sign trust lists"))
}

/// The roles a certificate has in lists, each once, in the order of the list.
fn roles(stored: &Stored, state: &TrustState) -> Vec<Role> {
    let mut roles = state.listed(stored);
    if state.released {
        roles.retain(|role| !HOLDING.contains(role));
    }
    roles.sort_by_key(|role| place(*role));
    roles.dedup();
    roles
}

fn place(role: Role) -> (usize, u16) {
    (ORDER.iter().position(|known| *known == role).unwrap_or(ORDER.len()), role.code())
}
