//! Calls that are parked.

use wire::ami::{Action, Message};

use super::{Asterisk, Trouble};

/// A call on a parking space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// What is dialled to fetch it.
    pub space: String,
    /// The lot, where there are several.
    pub lot: String,
    /// The caller's number; empty when it is not known.
    pub number: String,
    /// The caller's name; empty when it is not known.
    pub name: String,
    /// Seconds until it comes back by itself.
    pub seconds_left: Option<u32>,
}

impl Asterisk {
    /// The calls that are parked now, by space.
    ///
    /// # Errors
    /// Why nobody knows.
    pub async fn parked(&self) -> Result<Vec<Parked>, Trouble> {
        Ok(read(&self.list(Action::new("ParkedCalls")).await?))
    }
}

/// From version 12 on the caller is the parkee; before, there was only one name for everything.
fn read(events: &[Message]) -> Vec<Parked> {
    let mut parked: Vec<Parked> =
        events.iter().filter(|event| event.is_event("ParkedCall")).filter_map(one).collect();
    parked.sort_by(|a, b| (a.space.len(), &a.space).cmp(&(b.space.len(), &b.space)));
    parked
}

fn one(event: &Message) -> Option<Parked> {
    let either = |new: &str, old: &str| {
        let text = event.get(new).or_else(|| event.get(old)).unwrap_or_default();
        if matches!(text, "<unknown>" | "(null)") { String::new() } else { text.to_owned() }
    };
    let space = either("ParkingSpace", "Exten");
    if space.is_empty() {
        return None;
    }
    Some(Parked {
        space,
        lot: either("Parkinglot", "ParkingLot"),
        number: either("ParkeeCallerIDNum", "CallerIDNum"),
        name: either("ParkeeCallerIDName", "CallerIDName"),
        seconds_left: either("ParkingTimeout", "Timeout").parse().ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_names_mean_the_same() {
        let new = Message::from_iter([
            ("Event", "ParkedCall"),
            ("ParkeeCallerIDNum", "0211 555"),
            ("ParkeeCallerIDName", "<unknown>"),
            ("Parkinglot", "default"),
            ("ParkingSpace", "702"),
            ("ParkingTimeout", "41"),
        ]);
        let old = Message::from_iter([
            ("Event", "ParkedCall"),
            ("Exten", "71"),
            ("Channel", "SIP/101-00000001"),
            ("Timeout", "12"),
            ("CallerIDNum", "101"),
            ("CallerIDName", "Alice Ångström"),
        ]);
        let nothing = Message::from_iter([("Event", "ParkedCall"), ("Parkinglot", "default")]);
        let parked = read(&[new, nothing, old]);
        let shown: Vec<_> = parked
            .iter()
            .map(|call| (call.space.as_str(), call.number.as_str(), call.name.as_str(), call.seconds_left))
            .collect();
        assert_eq!(shown, [("71", "101", "Alice Ångström", Some(12)), ("702", "0211 555", "", Some(41))]);
    }
}
