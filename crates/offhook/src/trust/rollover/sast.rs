//! The SASTs of a roll-over: those in use, and the new one.

use pki::{Identity, KeyKind, Request};
use wire::trust_list::Role;

use super::super::publish::Desk;
use super::super::steps::StepError;
use super::super::{Kind, Plan, TrustState, server_names};

/// The first number that no set has: 1 signs and 2 is for recovery.
const FIRST: u32 = 3;
/// Nobody rolls over more often than once a month for eight years.
const LAST: u32 = 99;

/// The SASTs of the next list, by name; who signs comes first.
pub(super) fn in_use(desk: &Desk<'_>, state: &TrustState) -> Result<Vec<String>, StepError> {
    let current = desk.trust.current()?;
    let plan = Plan::new(&current.certificates, state, desk.resolved.trust.version)?;
    Ok(plan.sast_names())
}

/// The SHA-256 of that certificate.
pub(super) fn fingerprint(desk: &Desk<'_>, name: &str) -> Result<String, StepError> {
    let current = desk.trust.current()?;
    let stored = current.certificates.find(name).ok_or_else(|| StepError::Gone(name.to_owned()))?;
    Ok(stored.certificate.sha256_hex())
}

/// One that is there already and can sign lists.
pub(super) fn checked(desk: &Desk<'_>, name: &str, old: &str) -> Result<String, StepError> {
    let unfit = |why: String| Err(StepError::Unfit(why));
    let current = desk.trust.current()?;
    let Some(stored) = current.certificates.find(name) else {
        return Err(StepError::NoCertificate(name.to_owned()));
    };
    let Some(identity) = stored.identity() else {
        return unfit(format!("the key of {name} is not on this machine, and it has to sign trust lists"));
    };
    if name == old {
        return unfit(format!("{name} signs trust lists already"));
    }
    if !current.state.listed(stored).iter().all(|role| *role == Role::Sast) {
        return unfit(format!(
            "{name} has other roles already, and who signs trust lists should do nothing else: take a new one"
        ));
    }
    if !matches!(identity.key.kind(), KeyKind::Rsa(bits) if bits <= 2048) {
        let why = "phones take trust lists that were signed with RSA keys of up to 2048 bits only";
        return unfit(why.to_owned());
    }
    Ok(name.to_owned())
}

/// A new one, under the next free number; or the one that was made when a roll-over was interrupted.
pub(super) async fn make(desk: &Desk<'_>, now: i64) -> Result<String, StepError> {
    let current = desk.trust.current()?;
    let certificates = &current.certificates;
    let published = desk.store.trust_lists().await?;
    let was_published =
        |sha256: &str| published.iter().any(|list| list.certificates.iter().any(|one| one.sha256 == sha256));
    for number in FIRST..=LAST {
        let name = format!("sast-{number}");
        match certificates.find(&name) {
            Some(stored) => {
                let is_unused =
                    stored.identity().is_some() && !was_published(&stored.certificate.sha256_hex());
                if is_unused && let Ok(name) = checked(desk, &name, "") {
                    return Ok(name);
                }
            }
            None if certificates.folder().join(format!("{name}.key.pem")).exists() => {}
            None => {
                let ring = desk.resolved.keys.ring().map_err(crate::trust::Error::from)?;
                let identity = made(request(desk, number), now, name.clone()).await?;
                ring.write(&identity, certificates.folder(), &name).map_err(crate::trust::Error::from)?;
                return Ok(name);
            }
        }
    }
    Err(StepError::TooMany(LAST))
}

/// Making a key takes a while: not on a thread that others wait for.
async fn made(request: Request, now: i64, name: String) -> Result<Identity, StepError> {
    let made = tokio::task::spawn_blocking(move || Identity::self_signed(&request, now)).await;
    let made = made.expect("making a key does not panic");
    Ok(made.map_err(|source| crate::trust::Error::Request { name, source })?)
}

fn request(desk: &Desk<'_>, number: u32) -> Request {
    let kind = Kind::named("sast-1").expect("the set has sast-1");
    let mut request = kind.request(&server_names(desk.resolved));
    // Old phones look certificates up by subject, and the year tells people which is which.
    request.subject.cn = format!("SAST-{number}");
    request
}
