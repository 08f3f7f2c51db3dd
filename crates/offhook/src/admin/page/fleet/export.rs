//! The phones of a list as a table that can be imported again.

use std::collections::BTreeSet;

use axum::extract::{Query, State};
use axum::response::IntoResponse;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use provision::exchange::{self, Chosen, Format};
use provision::inventory::Bundle;
use provision::mac::Mac;
use store::{Page, PhoneQuery, Store};

use super::Asked;
use crate::admin::access::Viewer;
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::frame::Frame;
use crate::listener::App;

/// So many phones are asked for at a time.
const PORTION: u32 = 1000;

/// Without passwords: those who need them have the command line.
pub(super) async fn export(
    frame: Frame,
    _: Viewer,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Answer {
    let store = frame.store()?;
    let query = PhoneQuery { order: store::Order::Address, backward: false, ..asked.query(&app.timeline) };
    let wanted = wanted(&store, &query).await?;
    Ok(file(&bundles(&store, |mac| wanted.contains(&mac)).await?))
}

/// A table for those phones.
pub(super) async fn of(store: &Store, macs: &[Mac]) -> Answer {
    let wanted: BTreeSet<Mac> = macs.iter().copied().collect();
    let mut found = Vec::new();
    for mac in wanted {
        found.extend(store.bundle(mac).await?);
    }
    Ok(file(&found))
}

fn file(bundles: &[Bundle]) -> axum::response::Response {
    let text = exchange::write(bundles, Format::Csv, Chosen { secrets: false });
    let about = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"phones.csv\""),
    ];
    (about, text).into_response()
}

async fn wanted(store: &Store, query: &PhoneQuery) -> Result<BTreeSet<Mac>, Refused> {
    let mut found: BTreeSet<Mac> = BTreeSet::new();
    loop {
        let page = Page { after: found.last().copied(), offset: 0, limit: PORTION };
        let rows = store.phones(query, &page).await?.rows;
        if rows.is_empty() {
            return Ok(found);
        }
        found.extend(rows.iter().map(|row| row.mac));
    }
}

async fn bundles(store: &Store, of: impl Fn(Mac) -> bool) -> Result<Vec<Bundle>, Refused> {
    let (mut bundles, mut after) = (Vec::<Bundle>::new(), None);
    loop {
        let portion = store.bundles(after, PORTION).await?;
        let Some(last) = portion.last() else { return Ok(bundles) };
        after = Some(last.phone.mac);
        bundles.extend(portion.into_iter().filter(|bundle| of(bundle.phone.mac)));
    }
}
