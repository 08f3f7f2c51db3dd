//! What the next list would do: what differs in it, and what each phone would do with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use provision::inventory::State;
use provision::ledger::{self, Difference, Entry, Listed, Next, Standing, Totals};
use provision::mac::Mac;
use provision::models::Model;
use store::{Published, Store};

use super::publish::Purpose;
use super::{Current, Draft};
use crate::config::Resolved;

/// Phones asked for at a time.
const AT_ONCE: u32 = 1000;

/// What the next list would do.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// The list that phones get now, where one was published.
    pub last: Option<Published>,
    /// What would differ from it.
    pub difference: Difference,
    /// All phones that are given lists, by address.
    pub phones: Vec<Row>,
    /// Phones of which something is known here and that have no configuration here any more.
    pub gone: Vec<Mac>,
}

/// One phone.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its address.
    pub mac: Mac,
    /// What it is, where that is known.
    pub model: Option<&'static Model>,
    /// What people call it.
    pub description: String,
    /// What the ledger knows of it.
    pub entry: Option<Entry>,
    /// What it would do.
    pub standing: Standing,
}

impl Outlook {
    /// How phones would take the list of this draft.
    ///
    /// # Errors
    /// The database.
    pub async fn of(
        draft: &Draft,
        store: &Store,
        resolved: &Resolved,
        current: &Current,
    ) -> store::Result<Self> {
        let last = store.last_trust_list().await?;
        let first = store.trust_list(1).await?;
        let past = match &first {
            Some(first) => Some(&first.contents).filter(|_| first.purpose == Purpose::Adopted.word()),
            None => Some(&draft.contents).filter(|_| current.state.reach != super::Reach::Off),
        };
        let vouching =
            resolved.listen.tvs.as_ref().and_then(|_| current.vouching_for(&draft.contents.signer));
        let next = Next {
            contents: &draft.contents,
            vouching: vouching.as_deref(),
            past,
        };
        let mut entries: BTreeMap<Mac, Entry> = store.ledger().await?.into_iter().collect();
        let (mut phones, mut known) = (Vec::new(), BTreeSet::new());
        let mut consider = |mac: Mac, model: Option<&'static Model>, description: String| {
            let entry = entries.remove(&mac);
            if known.insert(mac) && current.state.serves(Some(mac)) && ledger::takes_lists(model) {
                let standing = ledger::standing(entry.as_ref(), &next);
                phones.push(Row { mac, model, description, entry, standing });
            }
        };
        let mut after = None;
        loop {
            let some = store.phones_after(after, AT_ONCE).await?;
            let Some(end) = some.last() else { break };
            after = Some(end.mac);
            for phone in some {
                match phone.state {
                    State::Retired => {}
                    State::Active | State::Waiting => consider(phone.mac, phone.model, phone.description),
                }
            }
        }
        for mac in with_own_file(&resolved.document_root) {
            consider(mac, None, String::new());
        }
        phones.sort_by_key(|row| row.mac);
        let none: &[Listed] = &[];
        let before = last.as_ref().map_or(none, |last| &last.certificates[..]);
        let difference = ledger::difference(before, &draft.listed);
        Ok(Self { difference, last, phones, gone: entries.into_keys().collect() })
    }

    /// How all of them would take it.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let phones = self.phones.iter().map(|row| ((), row.standing)).collect();
        ledger::Plan { phones }.totals()
    }

    /// Those that would be lost, or might be.
    pub fn lost(&self) -> impl Iterator<Item = &Row> {
        self.phones.iter().filter(|row| row.standing.is_lost)
    }

    /// Whether phones would get the same certificates from the same signer, in a list that lets them go or does not.
    #[must_use]
    pub fn is_published(&self, draft: &Draft) -> bool {
        let same = |last: &Published| {
            let digest = last.contents.digest.clone();
            ledger::Contents { digest, ..draft.contents.clone() } == last.contents
        };
        self.difference.is_none() && self.last.as_ref().is_some_and(same)
    }
}

/// The phones whose configuration somebody put into the document root.
fn with_own_file(root: &Path) -> BTreeSet<Mac> {
    let names = std::fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let phone = |name: std::ffi::OsString| {
        let name = name.to_str()?;
        let stem = name.strip_suffix(".sgn").unwrap_or(name).strip_suffix(".cnf.xml")?;
        Mac::from_digits(stem.strip_prefix("SEP")?)
    };
    names.filter_map(phone).collect()
}
