//! The certificates: readable, matching, in time.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use pki::{Certificate, Identity, KeyPlace};

use super::Finding;
use super::files::{Reader, is_open_to_others};
use crate::config::Resolved;
use crate::trust::{self, APPLICATION, Certificates, renewal};

const CERTIFICATES: &str = "certificates";
const DAY: i64 = 86_400;
/// Time enough to roll a certificate over while phones still trust the old one.
const SOON: i64 = 30 * DAY;

/// What is said about the certificate store.
pub(super) fn look(resolved: &Resolved, reader: &Reader) -> Vec<Finding> {
    let folder = trust::certificates_folder(&resolved.data_dir);
    let opened = resolved.keys.ring().map_err(trust::Error::from);
    let certificates = match opened.and_then(|keys| Certificates::open_with(&folder, &keys)) {
        Ok(certificates) => certificates,
        Err(trust::Error::NotMade(folder)) => {
            let text = format!("there are none in {} yet", folder.display());
            return vec![Finding::note(
                CERTIFICATES,
                text,
                "the first start makes them, and so does `offhook init`",
            )];
        }
        Err(error) => {
            let advice = "a pair is NAME.crt.pem and NAME.key.pem; put back what belongs together";
            return vec![Finding::problem(CERTIFICATES, error.to_string(), advice)];
        }
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().cast_signed();
    let mut findings: Vec<Finding> = Vec::new();
    for stored in certificates.iter() {
        if !stored.name.ends_with(renewal::BEFORE) {
            findings.extend(in_time(&stored.name, &stored.certificate, now));
        }
        findings.extend(private(&folder, &stored.name, stored.identity(), reader));
    }
    let legacy_tls = resolved.provisioning.legacy_tls;
    let https = resolved.listen.secure_provisioning.as_ref();
    let https = https.map(|_| certificates.server_identities(legacy_tls).map(drop));
    let tvs = resolved.listen.tvs.as_ref().map(|_| certificates.tvs_identity());
    if let Some(Ok(identity)) = tvs
        && !identity.key.kind().is_rsa()
    {
        let text = "tvs has an EC key, and phones take only RSA from a Trust Verification Service";
        findings.push(Finding::problem(CERTIFICATES, text, "offhook cert make tvs --replace --key rsa2048"));
    }
    let tvs = tvs.map(|identity| identity.map(drop));
    let services = resolved.listen.secure_services.as_ref();
    let services =
        services.map(|_| certificates.need(APPLICATION, "serve XML services over HTTPS").map(drop));
    for error in [https, tvs, services].into_iter().flatten().filter_map(Result::err) {
        let advice = "the next start makes what is missing";
        findings.push(Finding::problem(CERTIFICATES, error.to_string(), advice));
    }
    if findings.is_empty() {
        let text = format!("{} in {}, all in time", certificates.iter().count(), folder.display());
        findings.push(Finding::ok(CERTIFICATES, text));
    }
    findings
}

fn in_time(name: &str, certificate: &Certificate, now: i64) -> Option<Finding> {
    let advice = if renewal::RENEWABLE.contains(&name) {
        format!("offhook cert renew {name}")
    } else {
        "make a new one with `offhook cert make`, and let phones learn it before the old one is gone"
            .to_owned()
    };
    if certificate.not_before() > now {
        let text = format!("{name} is not valid yet");
        return Some(Finding::problem(CERTIFICATES, text, "look at the clock of this machine"));
    }
    let left = certificate.not_after() - now;
    if left < 0 {
        return Some(Finding::problem(
            CERTIFICATES,
            format!("{name} has expired {} days ago", -left / DAY),
            advice,
        ));
    }
    (left < SOON)
        .then(|| Finding::problem(CERTIFICATES, format!("{name} expires in {} days", left / DAY), advice))
}

/// A key that others can read, or that the server cannot.
fn private(folder: &Path, name: &str, identity: Option<&Identity>, reader: &Reader) -> Option<Finding> {
    if identity?.key.place() == KeyPlace::Token {
        return None;
    }
    let path = folder.join(format!("{name}.key.pem"));
    let shown = path.display();
    if is_open_to_others(&path) {
        let text = format!("{shown} can be read by others");
        return Some(Finding::problem(CERTIFICATES, text, format!("chmod 600 {shown}")));
    }
    (!reader.can_read(&path) && !reader.takes_over(&path)).then(|| {
        let text = format!("{shown} cannot be read by {reader}");
        Finding::problem(CERTIFICATES, text, format!("chown {reader} {shown}"))
    })
}
