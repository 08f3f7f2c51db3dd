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
    /// Phones with a list of their own in the document root, which they get instead.
    pub own_lists: BTreeSet<Mac>,
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
        let next = Next { contents: &draft.contents, vouching: vouching.as_deref(), past };
        let mut entries: BTreeMap<Mac, Entry> = store.ledger().await?.into_iter().collect();
        let (with_own_file, own_lists) = in_root(&resolved.document_root);
        let (mut phones, mut known) = (Vec::new(), BTreeSet::new());
        let mut consider = |mac: Mac, model: Option<&'static Model>, description: String| {
            let entry = entries.remove(&mac);
            let is_given = current.state.serves(Some(mac)) && !own_lists.contains(&mac);
            if known.insert(mac) && is_given && ledger::takes_lists(model) {
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
        for mac in with_own_file {
            consider(mac, None, String::new());
        }
        phones.sort_by_key(|row| row.mac);
        let none: &[Listed] = &[];
        let before = last.as_ref().map_or(none, |last| &last.certificates[..]);
        let difference = ledger::difference(before, &draft.listed);
        Ok(Self { difference, last, phones, own_lists, gone: entries.into_keys().collect() })
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
                && draft.is_made_like(&last.bytes)
        };
        self.difference.is_none() && self.last.as_ref().is_some_and(same)
    }
}

/// The phones whose configuration somebody put into the document root, and those whose trust list.
fn in_root(root: &Path) -> (BTreeSet<Mac>, BTreeSet<Mac>) {
    let (mut configurations, mut lists) = (BTreeSet::new(), BTreeSet::new());
    for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let list = name.strip_prefix("ITLSEP").and_then(|rest| rest.strip_suffix(".tlv"));
        lists.extend(list.and_then(Mac::from_digits));
        let stem = name.strip_suffix(".sgn").unwrap_or(name).strip_suffix(".cnf.xml");
        configurations.extend(stem.and_then(|stem| Mac::from_digits(stem.strip_prefix("SEP")?)));
    }
    (configurations, lists)
}
