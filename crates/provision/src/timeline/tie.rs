//! Whose request it was that named no phone: a locale, a ring, firmware, the common trust list.
//!
//! The rule, in this order:
//!
//! 1. Who names a phone is that phone.
//! 2. Where exactly one phone showed itself at that address within [`ALONE`], it is that one.
//! 3. Where several did (a router stands between), it is the one that moved last, if it moved within [`AMONG`] and all
//!    others were still for [`APART`]: a phone that starts asks for the next file within seconds.
//! 4. Else nobody knows, and nothing is guessed: no verdict ever rests on it.

use std::collections::HashMap;
use std::net::IpAddr;

use super::{Event, KnownBy, What};
use crate::mac::Mac;

/// How long an address belongs to the only phone seen there: a phone with a new address shows itself from there first.
pub(super) const ALONE: i64 = 12 * 3600 * 1000;
/// How long ago the one that moved last may have moved.
pub(super) const AMONG: i64 = 5_000;
/// How long all others must have been still.
pub(super) const APART: i64 = 15_000;

/// Phones remembered of one address: more stand behind one router only where nothing can be told apart anyway.
const MOST_PHONES: usize = 16;

/// Which phones showed themselves where.
#[derive(Debug)]
pub struct Ties {
    places: HashMap<IpAddr, Vec<Seen>>,
    most: usize,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    phone: Mac,
    at: i64,
}

impl Ties {
    /// Remembers so many addresses at most; beyond that the quietest are forgotten.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { places: HashMap::new(), most }
    }

    /// Finds out whose event it is, if the event does not say so, and learns from it if it does.
    pub fn tie(&mut self, event: &mut Event) {
        let named = event.phone.or_else(|| event.named());
        if let Some(phone) = named {
            (event.phone, event.known_by) = (Some(phone), KnownBy::Name);
            // Asterisk tells of a registration, not of where the phone asks from.
            if event.what != What::Registration {
                self.saw(event.address, phone, event.at);
            }
            return;
        }
        if let Some(phone) = self.whose(event.address, event.at) {
            (event.phone, event.known_by) = (Some(phone), KnownBy::Address);
            self.saw(event.address, phone, event.at);
        }
    }

    /// The phone at that address at that moment.
    #[must_use]
    pub fn whose(&self, address: IpAddr, at: i64) -> Option<Mac> {
        let seen = self.places.get(&address)?;
        let recent = || seen.iter().filter(|one| at.saturating_sub(one.at) <= ALONE);
        let last = recent().max_by_key(|one| one.at)?;
        let others = || recent().filter(|one| one.phone != last.phone);
        let moved = at.saturating_sub(last.at) <= AMONG;
        let apart = others().all(|one| at.saturating_sub(one.at) >= APART);
        (others().next().is_none() || moved && apart).then_some(last.phone)
    }

    fn saw(&mut self, address: IpAddr, phone: Mac, at: i64) {
        if !self.places.contains_key(&address) && self.places.len() >= self.most {
            self.forget(at);
        }
        let seen = self.places.entry(address).or_default();
        match seen.iter_mut().find(|one| one.phone == phone) {
            Some(one) => one.at = one.at.max(at),
            None => {
                if seen.len() >= MOST_PHONES
                    && let Some(oldest) = (0..seen.len()).min_by_key(|place| seen[*place].at)
                {
                    seen.swap_remove(oldest);
                }
                seen.push(Seen { phone, at });
            }
        }
    }

    /// Makes room: first what is too old to count, then whoever was quiet for a minute, then everybody.
    fn forget(&mut self, now: i64) {
        for age in [ALONE, 60_000, -1] {
            self.places.retain(|_, seen| seen.iter().any(|one| now.saturating_sub(one.at) <= age));
            if self.places.len() < self.most {
                return;
            }
        }
        self.places.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::testing::{asked, mac};

    fn tied(ties: &mut Ties, at: i64, address: &str, name: &str) -> Option<Mac> {
        let mut event = asked(at, name);
        event.address = address.parse().expect("an address");
        event.phone = None;
        ties.tie(&mut event);
        event.phone
    }

    #[test]
    fn a_phone_that_is_alone_owns_its_address_for_half_a_day() {
        let mut ties = Ties::new(10);
        let ring = "Desktops/640x480x24/List.xml";
        assert_eq!(tied(&mut ties, 0, "192.0.2.1", ring), None, "nobody was seen there yet");
        assert_eq!(tied(&mut ties, 0, "192.0.2.1", "CTLSEP020000000001.tlv"), Some(mac(1)));
        assert_eq!(tied(&mut ties, 1000, "192.0.2.1", "Paris/be-sip.jar"), Some(mac(1)));
        assert_eq!(tied(&mut ties, 1000, "192.0.2.2", "Paris/be-sip.jar"), None);
        assert_eq!(tied(&mut ties, 1000 + ALONE, "192.0.2.1", ring), Some(mac(1)));
        assert_eq!(tied(&mut ties, 1000 + 2 * ALONE + 1, "192.0.2.1", ring), None);
        // The address was given to another phone meanwhile: that one says its name, and from then on there are two.
        assert_eq!(tied(&mut ties, 1000 + 3 * ALONE, "192.0.2.1", "ITLSEP020000000002.tlv"), Some(mac(2)));
        assert_eq!(tied(&mut ties, 2000 + 3 * ALONE, "192.0.2.1", "ITLFile.tlv"), Some(mac(2)));
    }

    #[test]
    fn behind_a_router_only_who_moves_alone_is_known() {
        let mut ties = Ties::new(10);
        let at = |ties: &mut Ties, at, name| tied(ties, at, "192.0.2.1", name);
        at(&mut ties, 0, "SEP020000000001.cnf.xml");
        at(&mut ties, 2_000, "SEP020000000002.cnf.xml");
        assert_eq!(at(&mut ties, 3_000, "ITLFile.tlv"), None, "both move");
        at(&mut ties, 16_000, "SEP020000000002.cnf.xml");
        assert_eq!(at(&mut ties, 17_000, "ITLFile.tlv"), Some(mac(2)), "only the second moves");
        assert_eq!(
            at(&mut ties, 21_000, "ITLFile.tlv"),
            Some(mac(2)),
            "each request tells that it still does"
        );
        assert_eq!(at(&mut ties, 30_000, "ITLFile.tlv"), None, "nobody does");
    }

    #[test]
    fn addresses_are_forgotten_when_there_are_too_many() {
        let mut ties = Ties::new(100);
        for number in 0..1000_u32 {
            let address = IpAddr::from(number.to_be_bytes());
            ties.saw(address, mac(1), i64::from(number));
            for phone in 0..40 {
                ties.saw(address, mac(phone), i64::from(number));
            }
        }
        assert!(ties.places.len() <= 100 && ties.places.values().all(|seen| seen.len() <= MOST_PHONES));
    }
}
