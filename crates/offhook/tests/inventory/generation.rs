//! When what was made is made anew: at once, and only then.

use std::sync::Arc;

use offhook::artifact::Reason;
use provision::inventory::Change;

use crate::site::{Kept, Site, mac, on_both, phone};

on_both!(a_change_elsewhere_is_seen, what_did_not_change_is_kept, a_reload_tells_phones_the_new_name);

const CONFIGURATION: &str = "SEP020000000001.cnf.xml";

/// The next request sees what another process changed: on SQLite without a word from it, on PostgreSQL once the word came.
async fn a_change_elsewhere_is_seen(site: Site) {
    let (server, other) = (site.server().await, site.store().await);
    assert!(matches!(server.get("SEP020000000001.cnf.xml.enc.sgn").await, Err(Reason::Expected { .. })));
    let mut changed = server.store.changed();
    let is_told = server.store.marks().is_empty();
    for label in ["Anna", "Anne", "Annika", "Hannah", "Johanna"] {
        let generation = other.change(&phone(1, label)).await.unwrap();
        if is_told {
            changed.wait_for(|seen| *seen >= generation).await.unwrap();
        }
        assert!(server.text(CONFIGURATION).await.contains(label));
        let at_hand = server.files.ready(CONFIGURATION.as_bytes(), offhook::artifact::Transport::Http);
        assert!(at_hand.is_none_or(|answer| answer.is_ok()));
    }
    let gone = other.change(&[Change::RemovePhone(mac(1))]).await.unwrap();
    if is_told {
        changed.wait_for(|seen| *seen >= gone).await.unwrap();
    }
    assert!(!server.text(CONFIGURATION).await.contains("Johanna"), "it waits to be claimed now");
}

async fn what_did_not_change_is_kept(site: Site) {
    let server = site.server().await;
    server.store.change(&phone(1, "Anna")).await.unwrap();
    let first = server.get(CONFIGURATION).await.unwrap();
    let misses = server.metrics.cache_misses.get();
    for _ in 0..5 {
        assert!(Arc::ptr_eq(&first, &server.get(CONFIGURATION).await.unwrap()));
    }
    assert_eq!(server.metrics.cache_misses.get(), misses);
}

async fn a_reload_tells_phones_the_new_name(site: Site) {
    let server = site.server().await;
    server.store.change(&phone(1, "Anna")).await.unwrap();
    assert!(server.text(CONFIGURATION).await.contains("provision.example.net"));
    let mut config = site.config.clone();
    config.provisioning.server_name = Some("elsewhere.example.net".to_owned());
    server.config.store(config);
    server.files.forget();
    assert!(server.text(CONFIGURATION).await.contains("elsewhere.example.net"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_database_see_each_others_changes() {
    let site = Site::new(Kept::Postgres);
    let (one, other) = (site.server().await, site.server().await);
    let mut heard = other.store.changed();
    one.store.change(&phone(1, "Anna")).await.unwrap();
    heard.changed().await.unwrap();
    assert!(other.text(CONFIGURATION).await.contains("Anna"));
    assert!(one.text(CONFIGURATION).await.contains("Anna"));
    let mut heard = one.store.changed();
    other.store.change(&phone(1, "Anne")).await.unwrap();
    heard.changed().await.unwrap();
    assert!(one.text(CONFIGURATION).await.contains("Anne"));
}

/// A node goes on serving what it has; what it has not, it refuses so that phones ask again.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_takes_nothing_from_what_was_made() {
    for kept in [Kept::Sqlite, Kept::Postgres] {
        let site = Site::new(kept);
        let server = site.server().await;
        server.store.change(&phone(1, "Anna")).await.unwrap();
        server.store.change(&phone(2, "Berta")).await.unwrap();
        let first = server.get(CONFIGURATION).await.unwrap();
        site.put("SEP020000000003.cnf.xml", "<device/>");
        server.store.close().await;
        assert!(Arc::ptr_eq(&first, &server.get(CONFIGURATION).await.unwrap()));
        let refused = server.get("SEP020000000002.cnf.xml").await.unwrap_err();
        assert_eq!(refused, Reason::Away("SEP020000000002.cnf.xml".to_owned()));
        assert!(server.get("SEP020000000003.cnf.xml").await.is_ok(), "the administrator's own file");
        assert!(server.get("Callback.raw").await.is_ok(), "what offhook always has");
    }
}
