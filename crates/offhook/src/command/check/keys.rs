//! Private keys: their passphrase, their token, and the certificates that wait or come to an end next.

use pki::KeyPlace;

use super::Finding;
use super::files::is_open_to_others;
use crate::config::Resolved;
use crate::enrol::Vouchers;
use crate::trust::expiry::{self, Owner};
use crate::trust::{self, Certificates, calendar, renewal};

const KEYS: &str = "keys";
const CALENDAR: &str = "calendar";
const DAY: i64 = 86_400;
/// As long before its end as anybody needs to get another one from a manufacturer.
const SOON: i64 = 30 * DAY;
/// So many are named that end next.
const SHOWN: usize = 3;

/// What is said about keys; nothing while they lie in files, in the clear, as they are made.
pub(super) fn look(resolved: &Resolved) -> Vec<Finding> {
    let mut findings = Vec::new();
    let files = [("passphrase", resolved.keys.passphrase_path()), ("PIN", resolved.keys.pin_path())];
    for (what, path) in files {
        let Some(path) = path.filter(|path| is_open_to_others(path)) else { continue };
        let shown = path.display();
        let text = format!("the {what} in {shown} can be read by others");
        findings.push(Finding::problem(KEYS, text, format!("chmod 600 {shown}")));
    }
    let opened = resolved.keys.ring().map_err(trust::Error::from);
    let folder = trust::certificates_folder(&resolved.data_dir);
    let certificates = opened.and_then(|keys| Certificates::open_with(&folder, &keys));
    match certificates {
        Ok(certificates) => {
            findings.extend(places(resolved, &certificates));
            findings.extend(next(resolved, &certificates));
        }
        Err(trust::Error::NotMade(_)) => {}
        Err(error) => {
            let advice = "put back what belongs together: the keys, and keys.passphrase_file";
            findings.push(Finding::problem(KEYS, error.to_string(), advice));
        }
    }
    findings
}

fn places(resolved: &Resolved, certificates: &Certificates) -> Vec<Finding> {
    let mut findings = Vec::new();
    let named = |place| {
        let there = certificates
            .iter()
            .filter(move |stored| stored.identity().is_some_and(|identity| identity.key.place() == place));
        there.map(|stored| stored.name.as_str()).collect::<Vec<_>>()
    };
    let (plain, protected) = (named(KeyPlace::Plain), named(KeyPlace::Protected));
    let is_protected = resolved.keys.passphrase_path().is_some();
    if is_protected && !plain.is_empty() {
        let text = format!("a passphrase is set, and the keys of {} lie in the clear", plain.join(", "));
        findings.push(Finding::note(KEYS, text, "offhook cert protect"));
    } else if !protected.is_empty() {
        findings.push(Finding::ok(KEYS, format!("{} behind a passphrase", protected.len())));
    }
    for stored in certificates.iter() {
        let Some(address) = stored.identity().and_then(|identity| identity.key.address()) else { continue };
        let looked = resolved.keys.ring().ok().map(|keys| match keys.tokens() {
            Ok(tokens) => tokens.look(address),
            Err(error) => Err(error),
        });
        findings.push(match looked {
            Some(Err(error)) => Finding::problem(
                KEYS,
                format!("the key of {} cannot be used: {error}", stored.name),
                "until then nothing new is signed with it; what was signed is still given",
            ),
            _ => Finding::ok(KEYS, format!("the key of {} is on a token: {address}", stored.name)),
        });
    }
    findings
}

/// What ends next, and what waits.
fn next(resolved: &Resolved, certificates: &Certificates) -> Vec<Finding> {
    let now = calendar::now();
    let makers = Vouchers::open(&resolved.data_dir).makers().unwrap_or_default();
    let all = expiry::calendar(certificates, &makers);
    let mut findings = Vec::new();
    if certificates.find(renewal::NEXT_TVS).is_some() {
        let text = "the next certificate of the Trust Verification Service waits for phones to know it";
        let advice = "`offhook trust publish`; it takes over by itself when they do";
        findings.push(Finding::note(CALENDAR, text, advice));
    }
    for maker in all.iter().filter(|one| one.owner == Owner::Manufacturer) {
        let left = maker.ends - now;
        if (0..SOON).contains(&left) {
            let text = format!("the manufacturer {} ends in {} days", maker.name, left / DAY);
            let advice = "bring its next certificate along, or --allow-expired if its phones shall count on";
            findings.push(Finding::note(CALENDAR, text, advice));
        }
    }
    let to_come = all.iter().filter(|one| one.owner != Owner::Before && one.ends >= now);
    let named: Vec<String> =
        to_come.take(SHOWN).map(|one| format!("{} on {}", one.name, calendar::day(one.ends))).collect();
    if !named.is_empty() {
        findings.push(Finding::ok(CALENDAR, format!("next to end: {}", named.join(", "))));
    }
    findings
}
