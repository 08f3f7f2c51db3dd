//! Finding phones on a sheet: the same answers as the database gives, by looking at every phone.

use std::cmp::Ordering;

use provision::mac::Mac;

use super::sheet::{Entry, GAP, Id, Sheet};
use crate::Result;
use crate::page::{Listed, Page};
use crate::phones::{Order, PhoneQuery, PhoneRow};

/// Whether a sheet answers that, and faster than the database. A line's phones are found in an index, as is the list of all
/// phones in any order.
pub(super) fn answers(query: &PhoneQuery) -> bool {
    let narrows =
        PhoneQuery { order: query.order, backward: query.backward, ..PhoneQuery::default() } != *query;
    query.line.is_none()
        && (narrows || query.order == Order::Address)
        && query.text.as_ref().is_none_or(|text| !text.contains(GAP))
}

/// The question in the words of a sheet; what no phone has is not there.
struct Asked {
    model: Option<Id>,
    site: Option<Id>,
    profile: Option<Id>,
    firmware: Option<Id>,
}

impl Sheet {
    /// Part of a list. `none_last`: what is not said sorts behind what is, as on PostgreSQL.
    pub(super) fn page(
        &self,
        query: &PhoneQuery,
        page: &Page<Mac>,
        none_last: bool,
    ) -> Result<Listed<PhoneRow>> {
        let mut found = self.find(query);
        let total = found.len() as u64;
        if let Some(after) = page.after {
            let behind = found.partition_point(|place| self.phones[*place as usize].mac <= after);
            found.drain(..behind);
        }
        let skip = usize::try_from(page.offset).unwrap_or(usize::MAX).min(found.len());
        let end = skip.saturating_add(page.limit as usize).min(found.len());
        self.put_in_order(&mut found, query, end, none_last);
        let rows = found[skip..end].iter().map(|place| self.row(*place as usize)).collect::<Result<_>>()?;
        Ok(Listed { rows, total })
    }

    /// The places of all phones that fit, by address.
    fn find(&self, query: &PhoneQuery) -> Vec<u32> {
        let Some(asked) = self.asked(query) else { return Vec::new() };
        let mut found = match &query.text {
            Some(text) => self.with_text(&text.trim().to_lowercase()),
            None => (0..self.phones.len() as u32).collect(),
        };
        let is = |wanted: Option<Id>, has: Id| wanted.is_none_or(|wanted| wanted == has);
        found.retain(|place| {
            let entry = &self.phones[*place as usize];
            query.state.is_none_or(|state| state == entry.state)
                && is(asked.model, entry.model)
                && is(asked.site, entry.site)
                && is(asked.profile, entry.profile)
                && asked.firmware.is_none_or(|wanted| wanted == self.firmware_of(entry))
        });
        if let Some(among) = &query.among {
            self.retain_those_of(&mut found, among);
        }
        found
    }

    fn asked(&self, query: &PhoneQuery) -> Option<Asked> {
        let id = |name: &Option<String>| match name {
            Some(name) => self.names.find(name).map(Some),
            None => Some(None),
        };
        Some(Asked {
            model: id(&query.model)?,
            site: id(&query.site)?,
            profile: id(&query.profile)?,
            firmware: id(&query.firmware)?,
        })
    }

    /// One look through the texts of all phones.
    fn with_text(&self, text: &str) -> Vec<u32> {
        let finder = memchr::memmem::Finder::new(text);
        let (mut found, mut at, mut place) = (Vec::new(), 0, 0);
        while place < self.phones.len()
            && let Some(hit) = finder.find(&self.said.as_bytes()[at..])
        {
            let hit = at + hit;
            while self.end_of_said(place) <= hit {
                place += 1;
            }
            found.push(place as u32);
            // Once is enough of a phone.
            at = self.end_of_said(place);
            place += 1;
        }
        found
    }

    fn retain_those_of(&self, found: &mut Vec<u32>, among: &[Mac]) {
        let mut among = among.to_vec();
        among.sort();
        let mut next = among.as_slice();
        found.retain(|place| {
            let mac = self.phones[*place as usize].mac;
            while let [first, rest @ ..] = next
                && *first < mac
            {
                next = rest;
            }
            next.first() == Some(&mac)
        });
    }

    /// Puts the first `end` of them in their places; what comes behind is shown to nobody.
    fn put_in_order(&self, found: &mut [u32], query: &PhoneQuery, end: usize, none_last: bool) {
        if query.order == Order::Address {
            if query.backward {
                found.reverse();
            }
            return;
        }
        let compare = |one: &u32, other: &u32| {
            let (one, other) = (&self.phones[*one as usize], &self.phones[*other as usize]);
            let order = self.compare(query.order, none_last, one, other).then(one.mac.cmp(&other.mac));
            if query.backward { order.reverse() } else { order }
        };
        if end < found.len() {
            found.select_nth_unstable_by(end, compare);
        }
        found[..end].sort_unstable_by(compare);
    }

    fn compare(&self, order: Order, none_last: bool, one: &Entry, other: &Entry) -> Ordering {
        let by_name = |one: Id, other: Id| {
            let (one, other) = (self.names.get(one), self.names.get(other));
            let is_none = one.is_none().cmp(&other.is_none());
            let is_none = if none_last { is_none } else { is_none.reverse() };
            is_none.then_with(|| one.cmp(&other))
        };
        match order {
            Order::Address => Ordering::Equal,
            Order::Description => self.by_description(one, other),
            Order::Model if one.model == other.model => Ordering::Equal,
            Order::Model => by_name(one.model, other.model),
            Order::Site if one.site == other.site => Ordering::Equal,
            Order::Site => by_name(one.site, other.site),
            Order::Profile if one.profile == other.profile => Ordering::Equal,
            Order::Profile => by_name(one.profile, other.profile),
            Order::Changed => one.changed.cmp(&other.changed),
        }
    }
}
