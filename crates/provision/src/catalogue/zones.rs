//! Time zones by the names phones know.

use std::sync::LazyLock;

use super::{Certainty, Table, items};

/// A time zone of the phones' own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// What stands in `timeZone`, letter for letter.
    pub name: &'static str,
    /// Standard time, minutes east of Greenwich.
    pub minutes: i16,
    /// Whether the load switches to summer time by itself.
    pub daylight: bool,
    /// IANA names it fits, best first.
    pub zones: Vec<&'static str>,
    differs: Vec<&'static str>,
    /// How sure that is.
    pub certainty: Certainty,
    /// What else is to be known.
    pub note: Option<&'static str>,
}

impl Zone {
    /// Whether summer time in that IANA zone is another than the one of the load, so that people must be told.
    pub fn differs(&self, iana: &str) -> bool {
        self.differs.iter().any(|zone| *zone == "*" || *zone == iana)
    }
}

static ZONES: LazyLock<Vec<Zone>> = LazyLock::new(|| {
    let table = Table::parse(include_str!("../../catalogue/timezones.tsv"));
    let rows = table.rows().map(|row| Zone {
        name: row.get("name"),
        minutes: row.get("minutes").parse().expect("the tests read every row"),
        daylight: row.get("daylight") == "yes",
        zones: items(row.get("zones")).collect(),
        differs: items(row.get("differs")).collect(),
        certainty: Certainty::read(row.get("certainty")),
        note: Some(row.get("note")).filter(|note| *note != "-"),
    });
    rows.collect()
});

/// Every zone, in the order of the phones' documentation.
pub fn zones() -> &'static [Zone] {
    &ZONES
}

/// The zone of exactly that name.
pub fn zone_named(name: &str) -> Option<&'static Zone> {
    zones().iter().find(|zone| zone.name == name)
}

/// The best zone for an IANA name such as `Europe/Berlin`: the surest mapping, then one whose summer time is right,
/// then the one in which the name stands foremost.
pub fn zone_for(iana: &str) -> Option<&'static Zone> {
    let places =
        zones().iter().filter_map(|zone| Some((zone.zones.iter().position(|name| *name == iana)?, zone)));
    places.min_by_key(|(place, zone)| (zone.certainty, zone.differs(iana), *place)).map(|(_, zone)| zone)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_row_holds_together() {
        assert_eq!(zones().len(), 55);
        for zone in zones() {
            assert!((-720..=840).contains(&zone.minutes) && zone.minutes % 15 == 0, "{}", zone.name);
            assert!(!zone.zones.is_empty(), "{}", zone.name);
            assert_eq!(zone.daylight, zone.name.contains("Standard/Daylight"), "{}", zone.name);
            assert_eq!(zone.name.trim(), zone.name);
            assert!(!zone.name.contains("  "));
            assert!(zone.zones.iter().all(|name| name.contains('/')), "{}", zone.name);
            assert!(
                zone.differs.iter().all(|name| *name == "*" || zone.zones.contains(name)),
                "{}",
                zone.name
            );
            assert_eq!(zone_named(zone.name), Some(zone));
        }
    }

    #[test]
    fn places_get_the_safest_name() {
        for (iana, name, differs) in [
            ("Europe/Berlin", "W. Europe Standard/Daylight Time", false),
            ("Europe/Paris", "W. Europe Standard/Daylight Time", false),
            ("Europe/Prague", "W. Europe Standard/Daylight Time", false),
            ("America/New_York", "Eastern Standard/Daylight Time", false),
            ("America/Mexico_City", "Canada Central Standard Time", false),
            ("America/Sao_Paulo", "SA Eastern Standard Time", false),
            ("Europe/Moscow", "Saudi Arabia Standard Time", false),
            ("Asia/Shanghai", "Taipei Standard Time", false),
            ("Asia/Tehran", "Iran Standard/Daylight Time", true),
            ("America/Santiago", "Pacific SA Standard Time", true),
            ("Asia/Jerusalem", "Jerusalem Standard/Daylight Time", true),
            ("America/Havana", "Eastern Standard/Daylight Time", true),
        ] {
            let zone = zone_for(iana).unwrap();
            assert_eq!((zone.name, zone.differs(iana)), (name, differs), "{iana}");
        }
        assert_eq!(zone_for("Asia/Kathmandu"), None);
        assert_eq!(zone_for("Mars/Olympus"), None);
    }
}
