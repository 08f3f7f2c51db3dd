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
