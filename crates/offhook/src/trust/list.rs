//! Trust lists, built from the certificates and their roles.

use pki::Certificate;
use wire::signature::{Digest, Version};
use wire::trust_list::{self, Kind, Role};

use super::Error;
use super::certificates::{Certificates, Stored};
use super::state::TrustState;

/// The version from which lists may hold EC certificates.
const WITH_EC: Version = Version { major: 1, minor: 1 };
/// The order of roles in a list: who signs, who calls, who gives files; then the others by number.
const ORDER: [Role; 7] =
    [Role::Sast, Role::CcmTftp, Role::Ccm, Role::Tftp, Role::AppServer, Role::Tvs, Role::Capf];

/// What a list will hold, before it is signed.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Who will sign.
    pub signer: &'a Stored,
    /// Each certificate in each of its roles, the signer first.
    pub entries: Vec<(&'a Stored, Role)>,
    /// Certificates that this version of list cannot hold.
    pub left_out: Vec<&'a Stored>,
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
        if let Some(absent) = state.roles.keys().find(|name| certificates.find(name).is_none()) {
            return Err(Error::Absent(absent.clone()));
        }
        let signer = certificates.list_signer()?;
        let fits = |stored: &&Stored| version >= WITH_EC || stored.certificate.key_kind().is_rsa();
        let in_list = certificates.iter().filter(|stored| !roles(stored, state).is_empty());
        let (held, left_out): (Vec<_>, Vec<_>) = in_list.partition(fits);
        let each = |stored: &'a Stored| roles(stored, state).into_iter().map(move |role| (stored, role));
        let mut entries: Vec<_> = held.into_iter().flat_map(each).collect();
        entries.sort_by_key(|(stored, role)| (place(*role), stored.name != signer.name));
        Ok(Self { signer, entries, left_out })
    }

    /// Builds and signs the list.
    pub fn build(&self, kind: Kind, version: Version, digest: Digest, timestamp: u32) -> Result<List, Error> {
        let records: Vec<_> =
            self.entries.iter().map(|(stored, role)| stored.certificate.record(*role)).collect();
        let signer = self.signer.identity();
        let signer = signer.ok_or_else(|| Error::KeyAbsent(self.signer.name.clone(), "sign trust lists"))?;
        signer.must_be_rsa()?;
        let unsigned = trust_list::build(kind, version, &records, &signer.signing(digest, timestamp))?;
        Ok(List { bytes: signer.sign(unsigned)?, timestamp })
    }

    /// The certificates in the list that may sign the next one.
    pub fn sasts(&self) -> impl Iterator<Item = &'a Certificate> {
        self.entries.iter().filter(|(_, role)| *role == Role::Sast).map(|(stored, _)| &stored.certificate)
    }
}

/// The roles a certificate has in lists, each once, in the order of the list.
fn roles(stored: &Stored, state: &TrustState) -> Vec<Role> {
    let mut roles = state.listed(stored);
    roles.sort_by_key(|role| place(*role));
    roles.dedup();
    roles
}

fn place(role: Role) -> (usize, u16) {
    (ORDER.iter().position(|known| *known == role).unwrap_or(ORDER.len()), role.code())
}
