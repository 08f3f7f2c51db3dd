//! Whom the Trust Verification Service knows: the certificates on disk, or those of a phone's own trust list.

use pki::Certificate;
use provision::tvs::{Directory, Known, Name};
use wire::signature::ParseError;
use wire::trust_list::{Role, TrustList};

use super::certificates::Certificates;
use super::state::TrustState;

/// All certificates on disk, with all their roles.
pub(super) fn directory(certificates: &Certificates, state: &TrustState) -> Directory {
    let known = certificates.iter().map(|stored| Known {
        listed: codes(&state.listed(stored)),
        besides: codes(&state.tvs_only(stored)),
        ttl: state.ttl.get(&stored.name).copied(),
        ..known(stored.name.clone(), &stored.certificate)
    });
    Directory::new(known.collect())
}

/// The certificates of trust lists that somebody made for one phone; none without a list.
///
/// # Errors
/// One is no trust list. Records without a certificate, or with one that cannot be read, are of no use and left out.
pub fn own_list<'a>(files: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<Directory>, ParseError> {
    let mut records = Vec::new();
    for file in files {
        records.extend(TrustList::parse(file)?.records);
    }
    let mut all: Vec<Known> = Vec::new();
    for record in &records {
        let certificate = record.certificate.as_deref().and_then(|der| Certificate::from_der(der).ok());
        let Some(certificate) = certificate else { continue };
        let fingerprint = certificate.sha256();
        // A certificate has a record for each of its roles.
        match all.iter_mut().find(|one| one.fingerprint == fingerprint) {
            Some(one) => one.listed.push(record.role.code()),
            None => all.push(Known {
                listed: vec![record.role.code()],
                ..known(certificate.subject().to_owned(), &certificate)
            }),
        }
    }
    Ok((!records.is_empty()).then(|| Directory::new(all)))
}

/// A certificate without roles.
fn known(name: String, certificate: &Certificate) -> Known {
    Known {
        name,
        certificate: certificate.der().to_vec(),
        fingerprint: certificate.sha256(),
        issuer: Name::parse(certificate.issuer()),
        serials: vec![certificate.serial().to_vec(), certificate.serial_in_der()],
        listed: Vec::new(),
        besides: Vec::new(),
        ttl: None,
    }
}

fn codes(roles: &[Role]) -> Vec<u16> {
    roles.iter().copied().map(Role::code).collect()
}
