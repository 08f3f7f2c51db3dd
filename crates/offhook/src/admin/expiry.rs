//! When certificates end, for metrics.

use crate::enrol::Vouchers;
use crate::listener::App;
use crate::trust::{calendar, expiry};

/// How long before its end a phone's certificate counts as ending: it is renewed by itself from then on.
const SOON: i64 = provision::enrol::RENEWAL;

/// Looks at all certificates, and asks the inventory about those of phones. What cannot be seen stays as it was.
pub(super) async fn look(app: &App) {
    let now = calendar::now();
    let (trust, data_dir) = (app.artifacts.trust().clone(), app.config.load().data_dir.clone());
    // It waits for the disk, and beside the threads that serve.
    let looked = tokio::task::spawn_blocking(move || {
        let makers = Vouchers::open(&data_dir).makers().unwrap_or_default();
        trust.current().ok().map(|current| expiry::calendar(&current.certificates, &makers))
    });
    if let Ok(Some(endings)) = looked.await {
        let each = endings.iter().map(|one| (one.owner.word(), one.name.as_str(), one.ends - now));
        app.metrics.certificates.set(each);
    }
    let Some(inventory) = app.artifacts.inventory() else { return };
    let counts = inventory.ask(|store| async move { store.certificate_counts(now, now + SOON).await });
    if let Ok(counts) = counts.await {
        app.metrics.certificates.set_phones(counts);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::artifact::Artifacts;
    use crate::config::{Live, Resolved};
    use crate::enrol::{Enrolments, Held, Origin};
    use crate::inventory::Inventory;
    use crate::trust::{Certificates, certificates_folder};

    #[tokio::test]
    async fn what_ends_when_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let resolved = Resolved { data_dir: folder.path().to_owned(), ..Resolved::default() };
        let store = certificates_folder(folder.path());
        Certificates::open_or_create(&store, &[], false, calendar::now()).unwrap();
        let capf = Certificates::open(&store).unwrap().get("capf").unwrap().certificate;
        let url = format!("sqlite://{}", folder.path().join("offhook.db").display());
        let store = store::Store::open_or_create(&url).await.unwrap();
        let phone = provision::mac::Mac::new([2, 0, 0, 0, 0, 1]);
        let held = Held { certificate: capf, origin: Origin::Lsc, at: 1 };
        Enrolments::new(store.clone()).change(phone, |record| record.held = Some(held)).await.unwrap();
        let (config, inventory) = (Live::new(resolved), Inventory::new(store, Default::default()));
        let metrics = std::sync::Arc::<crate::metrics::Metrics>::default();
        let artifacts = Artifacts::with_inventory(config.clone(), metrics.clone(), Some(inventory));
        let app = App { config, artifacts, metrics, ..App::default() };
        look(&app).await;
        let text = app.metrics.encode();
        let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).unwrap().to_owned();
        let left: i64 =
            line("offhook_certificate_expires_seconds{owner=\"store\",name=\"tvs\"} ").parse().unwrap();
        assert!((3651 * 86_400..=3652 * 86_400).contains(&left), "{left}");
        assert_eq!(line("offhook_phone_certificates{state=\"valid\"} "), "1");
        assert_eq!(line("offhook_phone_certificates{state=\"ended\"} "), "0");
        // What is gone is told of no more.
        app.metrics.certificates.set([("store", "tvs", -5)]);
        let text = app.metrics.encode();
        assert!(text.contains("{owner=\"store\",name=\"tvs\"} -5") && !text.contains("name=\"capf\""));
    }
}
