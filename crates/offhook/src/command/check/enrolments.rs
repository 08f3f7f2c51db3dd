//! Phones' certificates: those that end, those nobody can come for, and who issues them.

use pki::Certificate;
use provision::mac::Mac;
use store::{EnrolmentQuery, Store};

use super::Finding;
use crate::config::Resolved;
use crate::enrol::{self, Enrolments, Protection, Record, Vouchers};
use crate::trust::{self, Certificates, calendar};

const ENROLMENT: &str = "enrolment";
const DAY: i64 = 86_400;
/// As long before their end as certificates are renewed by themselves.
const SOON: i64 = provision::enrol::RENEWAL;
/// No line names more phones than people read.
const SHOWN: usize = 5;
const ADVICE: &str = "see that the database answers; `offhook db restore` brings back a backup";

/// What is said about enrolment; nothing while nobody enrols and nothing is wrong.
pub(super) fn look(resolved: &Resolved) -> Vec<Finding> {
    if resolved.listen.capf.is_none() {
        return Vec::new();
    }
    let now = calendar::now();
    let mut findings: Vec<Finding> = issuer(resolved, now).into_iter().collect();
    findings.extend(makers(resolved, now));
    match kept(resolved) {
        Ok(records) => findings.extend(phones(&records, now)),
        Err(error) => findings.push(Finding::problem(ENROLMENT, error.to_string(), ADVICE)),
    }
    if enrol::is_due(&resolved.data_dir) {
        let text = "an earlier version kept its records in files".to_owned();
        findings.push(Finding::note(ENROLMENT, text, "nothing to do: the next start takes them over"));
    }
    findings
}

/// All records; none while there is no database, because a check makes none. That it can be opened is looked at by itself.
fn kept(resolved: &Resolved) -> anyhow::Result<Vec<(Mac, Record)>> {
    if resolved.database.file().is_some_and(|file| !file.exists()) {
        return Ok(Vec::new());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let Ok(store) = Store::open(resolved.database.url()).await else { return Ok(Vec::new()) };
        let records = Enrolments::new(store.clone()).list(&EnrolmentQuery::default()).await;
        store.close().await;
        Ok(records?)
    })
}

/// The one who issues. That it is there and in time is looked at with all others.
fn issuer(resolved: &Resolved, now: i64) -> Option<Finding> {
    let folder = trust::certificates_folder(&resolved.data_dir);
    let certificates = Certificates::open_with(&folder, &resolved.keys.ring().ok()?).ok()?;
    let issuer = match certificates.need("capf", "enrol phones") {
        Ok(issuer) => issuer,
        Err(error) => {
            let advice = "the next start makes it, if key and certificate are both missing";
            return Some(Finding::problem(ENROLMENT, error.to_string(), advice));
        }
    };
    if !issuer.key.kind().is_rsa() {
        let text = "capf has an EC key, and phones take only RSA from an enrolment service";
        return Some(Finding::problem(ENROLMENT, text, "offhook cert make capf --replace --key rsa2048"));
    }
    let left = (issuer.certificate.not_after() - now) / DAY;
    (left < i64::from(resolved.capf.days)).then(|| {
        let text = format!("capf ends in {left} days, and with it every certificate it issues from now on");
        Finding::note(ENROLMENT, text, "offhook cert renew capf; phones renew theirs as they come by")
    })
}

fn makers(resolved: &Resolved, now: i64) -> Vec<Finding> {
    let makers = match Vouchers::open(&resolved.data_dir).makers() {
        Ok(makers) => makers,
        Err(error) => {
            return vec![Finding::problem(ENROLMENT, error.to_string(), "remove or replace the file")];
        }
    };
    let over = |certificate: &Certificate| certificate.not_after() < now;
    let ended = makers
        .into_iter()
        .filter(|maker| over(&maker.manufacturer.certificate) && !maker.manufacturer.allow_expired);
    ended
        .map(|maker| {
            let text = format!("the manufacturer {} has ended, and its phones do not count", maker.name);
            Finding::note(ENROLMENT, text, "bring it along again with --allow-expired if they shall")
        })
        .collect()
}

fn phones(records: &[(Mac, Record)], now: i64) -> Vec<Finding> {
    let (mut ends, mut ended, mut locked, mut bare) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut holders = 0_usize;
    for (phone, record) in records {
        let name = phone.device_name();
        if let Some(held) = &record.held {
            holders += 1;
            match held.certificate.not_after() - now {
                ..0 => ended.push(name.clone()),
                left if left < SOON => ends.push(name.clone()),
                _ => {}
            }
        }
        if record.scheduled.as_ref().is_some_and(|scheduled| scheduled.schedule.is_locked()) {
            locked.push(name.clone());
        }
        if record.protection() == Protection::Impossible {
            bare.push(name);
        }
    }
    let mut findings = Vec::new();
    let mut say = |phones: &[String], what: &str, advice: &str| {
        if !phones.is_empty() {
            findings.push(Finding::note(ENROLMENT, format!("{} {what}", some(phones)), advice));
        }
    };
    let again = "restart them; they renew it, or `offhook lsc schedule … --certificate` lets them";
    say(&ends, "hold a certificate that ends within 30 days", again);
    say(&ended, "hold a certificate that has ended", "`offhook lsc schedule`, with a password");
    say(&locked, "tried too many wrong passwords", "`offhook lsc schedule` unlocks them");
    say(&bare, "are to get an encrypted configuration and hold no RSA certificate", "`offhook lsc schedule`");
    if findings.is_empty() && holders > 0 {
        let phones = if holders == 1 { "phone holds" } else { "phones hold" };
        findings.push(Finding::ok(ENROLMENT, format!("{holders} {phones} a certificate, all in time")));
    }
    findings
}

/// The first few, and how many more.
fn some(phones: &[String]) -> String {
    let shown = phones.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match phones.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}
