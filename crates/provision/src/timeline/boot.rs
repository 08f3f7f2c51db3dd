//! Events of one phone, put together into boots.
//!
//! A boot begins with what phones ask for first: a trust list named after the phone, asked anew; or its configuration, asked
//! anew in the form that it has already; or anything of a boot after [`GAP`]. The same list over the next transport, or late
//! in a boot that had not asked for it, begins nothing.

use super::event::Stage;
use super::{Event, What};
use crate::artifact::Form;

/// Silence after which whatever belongs to a boot begins another one.
pub const GAP: i64 = 5 * 60 * 1000;
/// A list that is asked for again after so long is not the same try over another transport.
const AGAIN: i64 = 20_000;

/// A boot, and what the phone did until the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// What happened, in order; there is something.
    pub events: Vec<Event>,
}

impl Boot {
    /// When its first request was over, in milliseconds since 1970.
    #[must_use]
    pub fn began(&self) -> i64 {
        self.events.first().map_or(0, |event| event.at)
    }

    /// When anything was last heard of the phone.
    #[must_use]
    pub fn ended(&self) -> i64 {
        self.events.last().map_or(0, |event| event.at)
    }

    /// When the last thing happened that belongs to starting: what is looked at later does not.
    #[must_use]
    pub fn booted(&self) -> i64 {
        let of_boot = self.events.iter().rfind(|event| event.stage() != Stage::Use);
        of_boot.map_or(self.began(), |event| event.at)
    }

    /// Whether `event` begins the next boot.
    fn is_over_with(&self, event: &Event) -> bool {
        let quiet = event.at.saturating_sub(self.ended());
        let stages = || self.events.iter().map(Event::stage);
        let configured = || stages().any(|stage| matches!(stage, Stage::Configuration(_)));
        match event.stage() {
            Stage::Use => false,
            stage @ Stage::List(..) => {
                let before = self.events.iter().rfind(|one| one.stage() == stage);
                let again = before.is_some_and(|before| event.at.saturating_sub(before.at) > AGAIN);
                quiet > GAP || again || before.is_some() && configured()
            }
            Stage::Configuration(form) => quiet > GAP || self.gave(form),
            Stage::Boot | Stage::Behind => quiet > GAP && event.what != What::Door,
        }
    }

    /// Whether the phone got its configuration in that form.
    fn gave(&self, form: Form) -> bool {
        let given = |event: &Event| event.stage() == Stage::Configuration(form) && event.outcome.is_good();
        self.events.iter().any(given)
    }
}

/// Puts the events of one phone together, whatever their order.
#[must_use]
pub fn boots(mut events: Vec<Event>) -> Vec<Boot> {
    events.sort_by_key(|event| event.at);
    let mut boots: Vec<Boot> = Vec::new();
    for event in events {
        match boots.last_mut() {
            Some(boot) if !boot.is_over_with(&event) => boot.events.push(event),
            _ => boots.push(Boot { events: vec![event] }),
        }
    }
    boots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::testing::{asked, missed, story};
    use crate::timeline::{Outcome, Via};

    fn counts(events: Vec<Event>) -> Vec<usize> {
        boots(events).iter().map(|boot| boot.events.len()).collect()
    }

    #[test]
    fn the_boot_of_a_trace_is_one() {
        // 8861: the list over HTTP and over TFTP, then everything once.
        let boot = |at| {
            story(
                at,
                &[
                    ("CTLSEP020000000001.tlv", Outcome::NormalMiss),
                    ("tftp:CTLSEP020000000001.tlv", Outcome::NormalMiss),
                    ("ITLSEP020000000001.tlv", Outcome::Sent),
                    ("SEP020000000001.cnf.xml.sgn", Outcome::Sent),
                    ("AppDialRules.xml", Outcome::Sent),
                    ("SK72f64050-7ad5-4b47-9bfa-5e9ad9cd4aa9.xml.sgn", Outcome::Sent),
                ],
            )
        };
        assert_eq!(counts(boot(0)), [6]);
        assert_eq!(counts([boot(0), boot(45_000), boot(90_000)].concat()), [6, 6, 6]);
        // Out of order they are the same.
        assert_eq!(counts([boot(90_000), boot(0)].concat()), [6, 6]);
    }

    #[test]
    fn a_list_that_is_asked_late_belongs_to_the_boot() {
        let events = story(
            0,
            &[
                ("ITLSEP020000000001.tlv", Outcome::NormalMiss),
                ("ITLFile.tlv", Outcome::NormalMiss),
                ("SEP020000000001.cnf.xml", Outcome::Sent),
                ("CTLSEP020000000001.tlv", Outcome::NormalMiss),
                ("DialTemplate.xml", Outcome::Sent),
            ],
        );
        assert_eq!(counts(events), [5]);
    }

    #[test]
    fn a_phone_that_drops_its_configuration_boots_each_time_it_asks() {
        let events = story(0, &[("CTLSEP020000000001.tlv", Outcome::NormalMiss)]);
        let again = (1..4).map(|round| asked(round * 15_000, "SEP020000000001.cnf.xml"));
        assert_eq!(counts(events.into_iter().chain(again).collect()), [2, 1, 1]);
        // The stub and the encrypted one behind it are one boot.
        let stub = story(
            0,
            &[
                ("SEP020000000001.cnf.xml.sgn", Outcome::Sent),
                ("SEP020000000001.cnf.xml.enc.sgn", Outcome::Sent),
            ],
        );
        assert_eq!(counts(stub), [2]);
    }

    #[test]
    fn what_is_looked_at_later_belongs_to_the_last_boot() {
        let mut events = story(0, &[("SEP020000000001.cnf.xml", Outcome::Sent)]);
        events.push(asked(20 * 3_600_000, "Ringlist.xml"));
        let boot = boots(events).pop().expect("a boot");
        assert_eq!((boot.events.len(), boot.ended(), boot.booted()), (2, 72_000_000, 0));
    }

    #[test]
    fn a_fallback_is_no_new_boot() {
        let mut over_tftp = asked(700, "SEP020000000001.cnf.xml");
        over_tftp.via = Via::Tftp;
        assert_eq!(counts(vec![missed(0, "SEP020000000001.cnf.xml"), over_tftp]), [2]);
    }
}
