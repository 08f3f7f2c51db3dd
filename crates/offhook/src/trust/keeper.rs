//! Renewal by itself: a running server looks at its certificates a few times a day.

use std::time::Duration;

use store::Store;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::renewal::{self, RenewError, Renewed};
use super::{Desk, Error, Trust, Turn, calendar};
use crate::config::{Live, Resolved};

/// How often it looks. Certificates are renewed months before they end, so any time will do.
const EVERY: Duration = Duration::from_secs(6 * 3600);
/// Who did it, in the state of trust.
const BY: &str = "offhook";

/// Looks now and then, until it is aborted.
pub fn begin(config: Live, trust: Trust, store: Store) -> AbortHandle {
    let keep = async move {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            let (resolved, trust, store) = (config.load_full(), trust.clone(), store.clone());
            let runtime = Handle::current();
            // Making a key takes a while, and so may waiting for somebody who publishes.
            let looked = tokio::task::spawn_blocking(move || {
                runtime.block_on(look(&resolved, &trust, &store, calendar::now()));
            });
            if let Err(failed) = looked.await {
                tracing::error!(%failed, "looking for certificates to renew failed; this is a fault of offhook, please report it");
            }
        }
    };
    tokio::spawn(keep).abort_handle()
}

/// Renews what is due, and says so in the log.
pub async fn look(resolved: &Resolved, trust: &Trust, store: &Store, now: i64) {
    let desk = Desk { store, resolved, trust };
    if let Err(error) = renewed(&desk, now).await {
        tracing::warn!(%error, "certificates could not be looked at for renewal");
    }
}

async fn renewed(desk: &Desk<'_>, now: i64) -> Result<(), Error> {
    let due = renewal::due(&desk.trust.current()?.certificates, desk.resolved, now);
    let _alone = (!due.is_empty()).then(|| Turn::take(&desk.resolved.data_dir)).transpose()?;
    for name in due {
        match renewal::renew(desk, name, BY, now, false).await {
            Ok(renewed) => say(name, &renewed),
            // Whoever renews by hand knows more than this.
            Err(RenewError::Sast(_) | RenewError::NotOurs(_) | RenewError::Issued(..)) => {}
            Err(error) => {
                tracing::error!(certificate = name, %error, "a certificate that ends soon could not be renewed")
            }
        }
    }
    match renewal::tidy(desk, BY, now) {
        Ok(gone) => gone.iter().for_each(|name| {
            tracing::info!(certificate = name, "removed a certificate of before that has ended");
        }),
        Err(error) => tracing::warn!(%error, "certificates of before could not be removed"),
    }
    Ok(())
}

fn say(name: &str, renewed: &Renewed) {
    match renewed {
        Renewed::Replaced => tracing::info!(
            certificate = name,
            "renewed; phones are told by the Trust Verification Service, and `offhook trust publish` puts it into the list"
        ),
        Renewed::Prepared => tracing::warn!(
            certificate = name,
            "the next certificate of the Trust Verification Service is made: `offhook trust publish` lets phones know it"
        ),
        Renewed::Waits(phones) => tracing::warn!(
            certificate = name,
            phones = phones.len(),
            "the next certificate of the Trust Verification Service waits for phones that do not know it"
        ),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::trust::renewal::BEFORE;
    use crate::trust::{Certificates, certificates_folder};

    const NOW: i64 = 1_790_000_000;
    const DAY: i64 = 86_400;

    #[tokio::test]
    async fn what_ends_soon_is_renewed_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let resolved = Resolved { data_dir: folder.path().to_owned(), ..Resolved::default() };
        Certificates::open_or_create(&certificates_folder(folder.path()), &[], false, NOW).unwrap();
        let url = format!("sqlite://{}", folder.path().join("offhook.db").display());
        let (store, trust) = (Store::open_or_create(&url).await.unwrap(), Trust::of(&resolved));
        let looked = async |days: i64| {
            let before = trust.current().unwrap();
            look(&resolved, &trust, &store, NOW + days * DAY).await;
            let after = trust.current().unwrap();
            let old = |name: &str| before.certificates.find(name).map(|one| one.certificate.clone());
            let changed =
                after.certificates.iter().filter(|one| old(&one.name) != Some(one.certificate.clone()));
            let mut names: Vec<String> = changed.map(|one| one.name.clone()).collect();
            names.retain(|name| !name.ends_with(BEFORE));
            names
        };
        assert_eq!(looked(0).await, [""; 0]);
        assert_eq!(looked(3280).await, [""; 0]);
        // What a phone gets holds for a year, and its issuer for as long at least.
        assert_eq!(looked(3290).await, ["capf"]);
        assert_eq!(looked(3560).await, [""; 0]);
        assert_eq!(looked(3570).await, ["tftp", "provisioning", "application", "tvs"]);
        assert_eq!(looked(3570).await, [""; 0]);
        let befores = || {
            let current = trust.current().unwrap();
            let names = current.certificates.iter().filter(|one| one.name.ends_with(BEFORE));
            names.map(|one| one.name.clone()).collect::<Vec<_>>()
        };
        let all = ["application-before", "capf-before", "provisioning-before", "tftp-before", "tvs-before"];
        assert_eq!(befores(), all);
        // Nobody vouches for those of before once they have ended.
        assert_eq!(looked(3653).await, [""; 0]);
        assert_eq!(befores(), [""; 0]);
        assert!(trust.current().unwrap().state.tvs_only.is_empty());
    }
}
