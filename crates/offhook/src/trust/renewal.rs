//! Renewing certificates without a phone noticing.
//!
//! Whatever a phone meets in TLS it finds in its trust list, or it asks the Trust Verification Service about it. So every
//! certificate but one is simply replaced: from that moment on the service vouches for the new one and the one of before,
//! and the next list follows when somebody publishes it. The certificate of that service itself can be vouched for by
//! nobody: the new one is made beside it, stands in the next list as another, and takes over when all phones that hold a
//! list hold one with it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use pki::{Certificate, Identity, KeyPlace, Keyring, Request as Wanted, Subject, files};
use provision::ledger::{self, Contents, Verdict};
use provision::mac::Mac;
use wire::trust_list::Role;

use super::certificates::{Certificates, Stored, certificate_path, key_path, place_path};
use super::{
    Desk, Error, Kind, PublishError, Reach, TrustState, certificates_folder, server_names, state_file,
};
use crate::config::Resolved;

/// What can be renewed, in the order of the set. SASTs are rolled over instead.
pub const RENEWABLE: [&str; 6] = ["tftp", "provisioning", "provisioning-rsa", "application", "tvs", "capf"];
/// The one that nobody can vouch for.
const TVS: &str = "tvs";
/// What it is called while it waits for phones to know it.
pub const NEXT_TVS: &str = "tvs-next";
/// Behind the name of a certificate: the one of before, without its key, which is vouched for until it ends.
pub const BEFORE: &str = "-before";

const DAY: i64 = 86_400;

/// What a renewal came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// The new one is in force, and the one of before is vouched for until it ends.
    Replaced,
    /// The new one was made, and waits for phones to know it.
    Prepared,
    /// It still waits: these phones hold a list without it.
    Waits(Vec<Mac>),
}

/// Why a certificate is not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// A SAST.
    #[error(
        "{0} signs trust lists, which phones follow: `offhook trust rollover start` leads through its renewal"
    )]
    Sast(String),
    /// Neither of the set nor a SAST.
    #[error(
        "{0} is not one that offhook makes: bring a new one along with `offhook cert import {0} … --replace`"
    )]
    NotOurs(String),
    /// Somebody else issued it.
    #[error("{0} was issued by {1}: ask there for a new one, and `offhook cert import {0} … --replace`")]
    Issued(String, String),
    /// Its key is on a token.
    #[error(
        "the key of {0} is on a token, which makes no certificates: make a new key there, import its certificate, and say \
         `offhook cert token use {0} …`"
    )]
    OnToken(String),
    /// The certificates, the state, the record of lists.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The certificates or the state.
    #[error(transparent)]
    Trust(#[from] Error),
    /// The new one cannot be made.
    #[error("the new {name} cannot be made: {source}")]
    Request {
        /// Which one.
        name: String,
        /// Why.
        source: pki::RequestError,
    },
    /// A file.
    #[error(transparent)]
    File(#[from] files::FileError),
}

/// Whether it is time: fewer days are left than are wanted, but never before half of its life is over.
#[must_use]
pub fn is_due(certificate: &Certificate, days: u32, now: i64) -> bool {
    let life = certificate.not_after() - certificate.not_before();
    certificate.not_after() - now < (i64::from(days) * DAY).min(life / 2)
}

/// Those that are to be renewed now, by the settings; those whose key is elsewhere, or that others issued, are not ours to
/// renew.
#[must_use]
pub fn due(certificates: &Certificates, resolved: &Resolved, now: i64) -> Vec<&'static str> {
    let Some(days) = resolved.keys.renew_days else { return Vec::new() };
    let is_due = |name: &&'static str| {
        // What a phone gets ends with its issuer at the latest, so that one is renewed while it may still issue for long.
        let days = if *name == "capf" { days.max(resolved.capf.days) } else { days };
        let waits = *name == TVS && certificates.find(NEXT_TVS).is_some();
        certificates.find(name).is_some_and(|stored| {
            let place = stored.identity().map(|identity| identity.key.place());
            let ours =
                place.is_some_and(|place| place != KeyPlace::Token) && stored.certificate.is_self_signed();
            waits || ours && is_due(&stored.certificate, days, now)
        })
    };
    RENEWABLE.into_iter().filter(is_due).collect()
}

/// Renews one. Takes as long as making a key does; nothing else waits for it. `hurry`: the new certificate of the Trust
/// Verification Service takes over, whoever does not know it.
pub async fn renew(
    desk: &Desk<'_>,
    name: &str,
    by: &str,
    now: i64,
    hurry: bool,
) -> Result<Renewed, RenewError> {
    let current = desk.trust.current()?;
    let stored = current.certificates.find(name).ok_or_else(|| Error::Absent(name.to_owned()))?;
    check(stored, &current.state)?;
    let place = Place {
        folder: certificates_folder(&desk.resolved.data_dir),
        state: state_file(&desk.resolved.data_dir),
        keys: desk.resolved.keys.ring().map_err(Error::from)?,
        by,
        now,
    };
    if name != TVS {
        let new = made(stored, desk.resolved, now)?;
        place.replace(stored, &new, current.state.listed(stored))?;
        return Ok(Renewed::Replaced);
    }
    let next = current.certificates.find(NEXT_TVS);
    let Some(next) = next.and_then(Stored::identity) else {
        let new = made(stored, desk.resolved, now)?;
        // Without lists nobody has to learn of it first.
        if current.state.reach == Reach::Off || hurry {
            place.replace(stored, &new, vec![Role::Tvs])?;
            return Ok(Renewed::Replaced);
        }
        place.prepare(&new)?;
        return Ok(Renewed::Prepared);
    };
    let without = without(desk, &next.certificate).await?;
    if !hurry && current.state.reach != Reach::Off && !without.is_empty() {
        return Ok(Renewed::Waits(without));
    }
    place.replace(stored, next, vec![Role::Tvs])?;
    place.forget(NEXT_TVS, true)?;
    Ok(Renewed::Replaced)
}

/// Removes certificates of before whose time is over; tells which.
pub fn tidy(desk: &Desk<'_>, by: &str, now: i64) -> Result<Vec<String>, RenewError> {
    let current = desk.trust.current()?;
    let over = |stored: &&Stored| {
        let renewed = stored.name.strip_suffix(BEFORE).is_some_and(|name| RENEWABLE.contains(&name));
        renewed && stored.identity().is_none() && stored.certificate.not_after() < now
    };
    let over: Vec<String> = current.certificates.iter().filter(over).map(|one| one.name.clone()).collect();
    let place = Place {
        folder: certificates_folder(&desk.resolved.data_dir),
        state: state_file(&desk.resolved.data_dir),
        keys: Keyring::default(),
        by,
        now,
    };
    over.iter().try_for_each(|name| place.forget(name, false))?;
    Ok(over)
}

/// Phones that would not take that certificate for the one of the Trust Verification Service: the list they hold does not
/// have it, and neither does one that they fetched since and would take.
async fn without(desk: &Desk<'_>, tvs: &Certificate) -> Result<Vec<Mac>, RenewError> {
    let (_, outlook) = desk.outlook().await?;
    let current = desk.trust.current()?;
    let fingerprint = tvs.sha256_hex();
    let knows = |contents: &Contents| contents.releases() || contents.tvs.contains(&fingerprint);
    let takes = |held: &Contents, next: &Contents| {
        let vouching = desk.resolved.listen.tvs.as_ref().and_then(|_| current.vouching_for(&next.signer));
        matches!(ledger::judge(held, next, vouching.as_deref()), Verdict::Accepts(_))
    };
    // Of phones that were never heard of, nobody knows what they hold; before a list with it is published, none does.
    let is_published = outlook.last.as_ref().is_some_and(|last| knows(&last.contents));
    let lacks = |row: &&super::Row| {
        let Some(entry) = &row.entry else { return !is_published };
        let held = entry.held.as_ref().map(|held| &held.contents);
        let fetched = entry.fetched.as_ref().map(|fetch| &fetch.contents);
        let has = match (held, fetched) {
            (Some(held), Some(fetched)) => knows(held) || knows(fetched) && takes(held, fetched),
            (Some(only), None) | (None, Some(only)) => knows(only),
            (None, None) => true,
        };
        !has
    };
    Ok(outlook.phones.iter().filter(lacks).map(|row| row.mac).collect())
}

fn check(stored: &Stored, state: &TrustState) -> Result<(), RenewError> {
    let name = stored.name.clone();
    if state.listed(stored).contains(&Role::Sast)
        || Kind::named(&name).is_some_and(|kind| kind.role == Role::Sast)
    {
        return Err(RenewError::Sast(name));
    }
    if !RENEWABLE.contains(&name.as_str()) {
        return Err(RenewError::NotOurs(name));
    }
    if !stored.certificate.is_self_signed() {
        return Err(RenewError::Issued(name, stored.certificate.issuer().to_owned()));
    }
    match stored.identity().map(|identity| identity.key.place()) {
        None => Err(RenewError::Trust(Error::KeyAbsent(name, "renew it"))),
        Some(KeyPlace::Token) => Err(RenewError::OnToken(name)),
        Some(_) => Ok(()),
    }
}

/// A new key, and a certificate that says what the one of before said, for as long as that did.
fn made(stored: &Stored, resolved: &Resolved, now: i64) -> Result<Identity, RenewError> {
    let old = &stored.certificate;
    let server = server_names(resolved);
    let usual = Kind::named(&stored.name).map(|kind| kind.request(&server));
    let subject = match (old.subject_parts(), usual) {
        (Some(said), _) => said,
        (None, Some(usual)) => usual.subject,
        (None, None) => Subject { cn: stored.name.clone(), o: "offhook".to_owned(), ou: "Voice".to_owned() },
    };
    let mut names = old.names();
    names.extend(server.into_iter().filter(|name| !old.names().contains(name)));
    // A certificate begins a day before it was made.
    let days = u32::try_from((old.not_after() - old.not_before()) / DAY - 1).unwrap_or(1).max(1);
    let wanted = Wanted { subject, names, key: old.key_kind(), days };
    Identity::self_signed(&wanted, now)
        .map_err(|source| RenewError::Request { name: stored.name.clone(), source })
}

/// Where certificates and their roles are written.
struct Place<'a> {
    folder: PathBuf,
    state: PathBuf,
    keys: Keyring,
    by: &'a str,
    now: i64,
}

impl Place<'_> {
    /// Puts the new one into force. The one of before keeps its roles where the Trust Verification Service tells of them:
    /// first, so that at no moment anybody is vouched for by nobody.
    fn replace(&self, old: &Stored, new: &Identity, roles: Vec<Role>) -> Result<(), RenewError> {
        let before = format!("{}{BEFORE}", old.name);
        files::write_public(&certificate_path(&self.folder, &before), &old.certificate.to_pem())?;
        self.change(|state| {
            state.tvs_only.insert(before.clone(), roles.clone());
        })?;
        keep(&self.keys, &self.folder, &old.name, new).map_err(Error::from)?;
        Ok(())
    }

    /// Puts the new certificate of the Trust Verification Service beside the old one: into the next list.
    fn prepare(&self, new: &Identity) -> Result<(), RenewError> {
        keep(&self.keys, &self.folder, NEXT_TVS, new).map_err(Error::from)?;
        self.change(|state| {
            state.roles.insert(NEXT_TVS.to_owned(), vec![Role::Tvs]);
        })
    }

    /// Removes a certificate, its roles first: no list may name what is not there.
    fn forget(&self, name: &str, with_key: bool) -> Result<(), RenewError> {
        self.change(|state| {
            state.roles.remove(name);
            state.tvs_only.remove(name);
            state.ttl.remove(name);
        })?;
        let key = with_key.then(|| key_path(&self.folder, name));
        for path in [certificate_path(&self.folder, name)].into_iter().chain(key) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::Folder { path, source: error }.into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn change(&self, change: impl FnOnce(&mut TrustState)) -> Result<(), RenewError> {
        TrustState::change(&self.state, self.by, self.now, change).map_err(Error::from)?;
        Ok(())
    }
}

/// Writes a pair instead of the one that is there, wherever that has its key.
pub(crate) fn keep(
    keys: &Keyring,
    folder: &Path,
    name: &str,
    identity: &Identity,
) -> Result<(), pki::IdentityError> {
    keys.write(identity, folder, name)?;
    // A key that is here counts, so the place of another one is of no use any more.
    let _ = fs::remove_file(place_path(folder, name));
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use pki::KeyKind;

    use super::*;

    const NOW: i64 = 1_790_000_000;

    fn certificate(days: u32) -> Certificate {
        let subject = Subject { cn: "c".into(), o: "o".into(), ou: "u".into() };
        let key = KeyKind::Ec(pki::Curve::P256);
        Identity::self_signed(&Wanted { subject, names: vec![], key, days }, NOW).unwrap().certificate
    }

    #[test]
    fn renewal_is_due_in_time_and_never_twice_in_a_row() {
        let long = certificate(3652);
        assert!(!is_due(&long, 90, NOW + 3561 * DAY));
        assert!(is_due(&long, 90, NOW + 3563 * DAY) && is_due(&long, 90, NOW + 4000 * DAY));
        // One that holds for less than that: what was made just now is not due.
        let short = certificate(30);
        assert!(!is_due(&short, 90, NOW) && !is_due(&short, 90, NOW + 14 * DAY));
        assert!(is_due(&short, 90, NOW + 16 * DAY));
        assert!(!is_due(&long, 0, NOW + 3652 * DAY - 1));
    }

    #[test]
    fn the_next_says_what_the_one_of_before_said() {
        let folder = tempfile::tempdir().unwrap();
        let resolved = Resolved { data_dir: folder.path().to_owned(), ..Resolved::default() };
        let certificates = certificates_folder(&resolved.data_dir);
        Certificates::open_or_create(&certificates, &["pbx.example.net".parse().unwrap()], false, NOW)
            .unwrap();
        let store = Certificates::open(&certificates).unwrap();
        let old = store.find("provisioning").unwrap();
        let new = made(old, &resolved, NOW + 7 * DAY).unwrap().certificate;
        assert_eq!((new.subject(), new.key_kind()), (old.certificate.subject(), old.certificate.key_kind()));
        assert!(new.names().starts_with(&old.certificate.names()));
        assert_eq!(new.not_after(), old.certificate.not_after() + 7 * DAY);
        assert_ne!(new.serial(), old.certificate.serial());
        let state = TrustState::default();
        for (name, words) in [("sast-1", "trust rollover"), ("sast-2", "trust rollover")] {
            let error = check(store.find(name).unwrap(), &state).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
