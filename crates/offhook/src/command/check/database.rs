//! The inventory: whether its database can be opened by this version, and what is in it.

use provision::inventory::State;
use store::{Page, PhoneQuery, Store};

use super::Finding;
use crate::config::{Onboarding, Resolved};

const SUBJECT: &str = "database";

/// Looks without making anything: a check changes nothing.
pub(super) fn look(resolved: &Resolved) -> Vec<Finding> {
    let database = &resolved.database;
    if database.file().is_some_and(|file| !file.exists()) {
        let advice = "nothing to do: it is made at the first start, or by the first command that needs it";
        return vec![Finding::note(SUBJECT, format!("{database} is not there yet"), advice)];
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let looked = match runtime {
        Ok(runtime) => runtime.block_on(asked(resolved)),
        Err(error) => {
            return vec![Finding::problem(SUBJECT, error.to_string(), "free some memory or descriptors")];
        }
    };
    looked.unwrap_or_else(|error| vec![Finding::problem(SUBJECT, error.to_string(), advice(&error))])
}

fn advice(error: &store::Error) -> &'static str {
    match error {
        store::Error::Older { .. } | store::Error::Unprepared(_) => {
            "`offhook db migrate` prepares it; so does the next start"
        }
        store::Error::Newer { .. } => "upgrade offhook, or set `database` to another one",
        _ => {
            "see that it runs and that `database` names it rightly; a SQLite file must belong to the user of offhook"
        }
    }
}

async fn asked(resolved: &Resolved) -> store::Result<Vec<Finding>> {
    let store = Store::open(resolved.database.url()).await?;
    let count = |state| {
        let query = PhoneQuery { state, ..PhoneQuery::default() };
        let store = &store;
        async move { store.phones(&query, &Page::first(0)).await.map(|listed| listed.total) }
    };
    let (all, waiting) = (count(None).await?, count(Some(State::Waiting)).await?);
    let phones = if all == 1 { "1 phone".to_owned() } else { format!("{all} phones") };
    let mut findings = vec![Finding::ok(SUBJECT, format!("{}: {phones}", store.name()))];
    if waiting > 0 {
        findings.push(Finding::note(
            "onboarding",
            if waiting == 1 { "1 phone waits".to_owned() } else { format!("{waiting} phones wait") }
                + " to be claimed",
            "`offhook phone claim` lists them with their codes",
        ));
    }
    if resolved.provisioning.onboarding == Onboarding::Register {
        findings.extend(registered(resolved, &store).await?);
    }
    store.close().await;
    Ok(findings)
}

/// What phones that are taken in need beside a number.
async fn registered(resolved: &Resolved, store: &Store) -> store::Result<Vec<Finding>> {
    use provision::inventory::GroupKind;
    let newcomers = &resolved.newcomers;
    let mut findings = Vec::new();
    for (kind, name) in [(GroupKind::Profile, &newcomers.profile), (GroupKind::Site, &newcomers.site)] {
        let Some(name) = name else { continue };
        if store.group(kind, name).await?.is_none() {
            findings.push(Finding::problem(
                "onboarding",
                format!(
                    "onboarding.{kind} = {name:?}, and there is no such {kind}: no new phone can be taken in"
                ),
                format!("`offhook {kind} add {name}`, or correct the setting"),
            ));
        }
    }
    Ok(findings)
}
