//! The SASTs of a roll-over: those in use, and the new one.

use anyhow::{Context as _, bail};
use pki::{Identity, KeyKind, Request};

use super::super::office::Office;
use crate::trust::{Kind, Plan, TrustState, calendar, server_names};

/// The first number that no set has: 1 signs and 2 is for recovery.
const FIRST: u32 = 3;
/// Nobody rolls over more often than once a month for eight years.
const LAST: u32 = 99;

/// The SASTs of the next list, by name; who signs comes first.
pub(super) fn in_use(office: &Office, state: &TrustState) -> anyhow::Result<Vec<String>> {
    let current = office.desk().trust.current()?;
    let plan = Plan::new(&current.certificates, state, office.resolved().trust.version)?;
    Ok(plan.sast_names())
}

/// The SHA-256 of that certificate.
pub(super) fn fingerprint(office: &Office, name: &str) -> anyhow::Result<String> {
    let current = office.desk().trust.current()?;
    let stored = current.certificates.find(name);
    let stored =
        stored.with_context(|| format!("there is no certificate {name} any more; abort the roll-over"))?;
    Ok(stored.certificate.sha256_hex())
}

/// One that is there already and can sign lists.
pub(super) fn checked(office: &Office, name: String, old: &str) -> anyhow::Result<String> {
    let current = office.desk().trust.current()?;
    let Some(stored) = current.certificates.find(&name) else {
        bail!("there is no certificate {name}; see `offhook cert list`");
    };
    let Some(identity) = stored.identity() else {
        bail!("the key of {name} is not on this machine, and it has to sign trust lists");
    };
    if name == old {
        bail!("{name} signs trust lists already");
    }
    if !current.state.listed(stored).iter().all(|role| *role == wire::trust_list::Role::Sast) {
        bail!(
            "{name} has other roles already, and who signs trust lists should do nothing else: take a new one"
        );
    }
    if !matches!(identity.key.kind(), KeyKind::Rsa(bits) if bits <= 2048) {
        bail!("phones take trust lists that were signed with RSA keys of up to 2048 bits only");
    }
    Ok(name)
}

/// A new one, under the next free number; or the one that was made when a roll-over was interrupted.
pub(super) fn make(office: &Office) -> anyhow::Result<String> {
    let current = office.desk().trust.current()?;
    let certificates = &current.certificates;
    let published = office.ask(office.store().trust_lists())?;
    let was_published =
        |sha256: &str| published.iter().any(|list| list.certificates.iter().any(|one| one.sha256 == sha256));
    for number in FIRST..=LAST {
        let name = format!("sast-{number}");
        match certificates.find(&name) {
            Some(stored) => {
                let is_unused =
                    stored.identity().is_some() && !was_published(&stored.certificate.sha256_hex());
                if is_unused && let Ok(name) = checked(office, name, "") {
                    return Ok(name);
                }
            }
            None if certificates.folder().join(format!("{name}.key.pem")).exists() => {}
            None => {
                let identity = Identity::self_signed(&request(office, number), calendar::now())?;
                office.resolved().keys.ring()?.write(&identity, certificates.folder(), &name)?;
                return Ok(name);
            }
        }
    }
    bail!("there are {LAST} SASTs already: remove those that are in no list, see `offhook cert list`")
}

fn request(office: &Office, number: u32) -> Request {
    let kind = Kind::named("sast-1").expect("the set has sast-1");
    let mut request = kind.request(&server_names(office.resolved()));
    // Old phones look certificates up by subject, and the year tells people which is which.
    request.subject.cn = format!("SAST-{number}");
    request
}
