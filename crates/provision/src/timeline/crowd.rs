//! Addresses from which many phones are asked for: a router with phones behind it, or somebody who guesses names.
//!
//! Whoever guesses asks for configurations; a phone asks for its trust lists before. So names that were asked for nothing but a
//! configuration count, and of them only the first few of a minute are kept one by one.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::Event;
use super::event::Stage;
use crate::mac::Mac;

/// So many names without trust lists from one address within a minute are no coincidence.
pub const MANY: usize = 10;
/// Names of such an address whose events are still kept within a minute: enough to see what is going on.
const KEPT: usize = 30;
/// Names of one address within a minute, whatever they ask for: more than phones behind one router that start at once.
const MOST: usize = 2000;
const MINUTE: i64 = 60_000;

/// Who asks for many names.
#[derive(Debug)]
pub struct Crowds {
    places: HashMap<IpAddr, Crowd>,
    most: usize,
}

#[derive(Debug, Default)]
struct Crowd {
    since: i64,
    /// Phones that asked for their lists, as phones do.
    proper: HashSet<Mac>,
    /// Names that were asked for nothing but a configuration.
    bare: HashSet<Mac>,
}

impl Crowds {
    /// Remembers so many addresses at most.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { places: HashMap::new(), most }
    }

    /// Takes note of an event, and says whether it is worth keeping.
    pub fn admits(&mut self, event: &Event) -> bool {
        let (Some(phone), stage) = (event.named(), event.stage()) else { return true };
        let now = event.at;
        if !self.places.contains_key(&event.address) && self.places.len() >= self.most {
            self.places.retain(|_, crowd| now.saturating_sub(crowd.since) < MINUTE);
            if self.places.len() >= self.most {
                self.places.clear();
            }
        }
        let crowd = self.places.entry(event.address).or_default();
        if now.saturating_sub(crowd.since) >= MINUTE || now < crowd.since {
            *crowd = Crowd { since: now, ..Crowd::default() };
        }
        let is_known = crowd.proper.contains(&phone);
        if crowd.proper.len() + crowd.bare.len() >= MOST {
            return is_known || crowd.bare.contains(&phone);
        }
        if matches!(stage, Stage::List(..)) && !is_known {
            crowd.bare.remove(&phone);
            crowd.proper.insert(phone);
        } else if !is_known {
            crowd.bare.insert(phone);
            return crowd.bare.len() <= KEPT;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::testing::{asked, missed};

    fn name(number: u32, list: bool) -> String {
        if list { format!("CTLSEP02{number:010X}.tlv") } else { format!("SEP02{number:010X}.cnf.xml") }
    }

    #[test]
    fn of_names_that_are_guessed_few_are_kept() {
        let mut crowds = Crowds::new(10);
        let kept = |crowds: &mut Crowds, at| {
            (0..5000).filter(|number| crowds.admits(&missed(at, &name(*number, false)))).count()
        };
        assert_eq!(kept(&mut crowds, 1_000), KEPT);
        assert_eq!(kept(&mut crowds, 62_000), KEPT);
        let mut elsewhere = missed(62_000, &name(1, false));
        elsewhere.address = "192.0.2.77".parse().expect("an address");
        assert!(crowds.admits(&elsewhere));
        assert!(crowds.admits(&asked(62_000, "Ringlist.xml")), "what names nobody is not counted");
    }

    #[test]
    fn a_house_that_starts_at_once_is_kept_whole() {
        let mut crowds = Crowds::new(10);
        for number in 0..500 {
            assert!(crowds.admits(&asked(1_000, &name(number, true))));
            assert!(crowds.admits(&asked(1_100, &name(number, false))));
        }
        // Somebody who guesses politely fills no disk either.
        let mut crowds = Crowds::new(10);
        let kept = (0..50_000).filter(|number| crowds.admits(&asked(1_000, &name(*number, true)))).count();
        assert_eq!(kept, MOST);
    }

    #[test]
    fn addresses_are_not_remembered_for_ever() {
        let mut crowds = Crowds::new(100);
        for number in 0..10_000_u32 {
            let mut event = asked(i64::from(number), &name(number, true));
            event.address = IpAddr::from(number.to_be_bytes());
            assert!(crowds.admits(&event));
            assert!(crowds.places.len() <= 100);
        }
    }
}
