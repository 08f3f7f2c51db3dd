//! The clock and the time zone: certificates and phones depend on both.

use std::fs;

use provision::catalogue::zone_for;

use super::program::{Told, ask};
use super::{Finding, Site};
use crate::trust::calendar;

/// Nobody ran this program before.
const EARLIEST: i64 = 1_767_225_600;
/// Certificates of the set end before.
const LATEST: i64 = 4_102_444_800;

pub(super) fn look(_: &Site) -> Vec<Finding> {
    vec![
        year(calendar::now()),
        synchronised(&ask("timedatectl", &["show", "--property=NTPSynchronized,NTP"])),
        zone(),
    ]
}

fn year(now: i64) -> Finding {
    if (EARLIEST..LATEST).contains(&now) {
        return Finding::good(format!("it is {}", calendar::utc(now)));
    }
    let advice = "set the clock: certificates and trust lists carry dates, and phones look at them";
    Finding::wrong(format!("this machine believes it is {}", calendar::utc(now)), advice)
}

/// What the kernel knows of it, whichever program sets the clock.
fn synchronised(told: &Told) -> Finding {
    match told {
        Told::Text(text) if text.contains("NTPSynchronized=yes") => Finding::good("it follows a time server"),
        Told::Text(text) if text.contains("NTPSynchronized=no") => {
            let advice = "install or start one: `apt install systemd-timesyncd`, or chrony";
            Finding::note("it follows no time server", advice)
        }
        _ => Finding::note(
            "whether it follows a time server cannot be seen here",
            "see that the host of this machine does",
        ),
    }
}

fn zone() -> Finding {
    let named = fs::read_link("/etc/localtime").ok().and_then(|link| {
        let link = link.to_string_lossy().into_owned();
        link.split_once("/zoneinfo/").map(|(_, name)| name.to_owned())
    });
    let named = named.or_else(|| fs::read_to_string("/etc/timezone").ok().map(|name| name.trim().to_owned()));
    match named.as_deref() {
        None | Some("" | "Etc/UTC" | "UTC" | "Etc/UCT" | "Universal") => Finding::note(
            "this machine is in UTC, and phones are too where nobody says otherwise",
            "`offhook site set NAME time_zone=…`; `offhook catalogue zones` lists them",
        ),
        Some(name) => match zone_for(name) {
            Some(zone) => Finding::good(format!("time zone {name}: phones call it {}", zone.name)),
            None => Finding::note(
                format!("phones know no time zone for {name}"),
                "`offhook catalogue zones` lists those they know",
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn years_out_of_reason_are_told() {
        assert_eq!(year(1_790_000_000).level, Level::Good);
        for wrong in [0, 946_684_800, EARLIEST - 1, LATEST] {
            assert_eq!(year(wrong).level, Level::Wrong, "{wrong}");
        }
    }

    #[test]
    fn the_kernel_says_whether_somebody_sets_the_clock() {
        let said = |text: &str| synchronised(&Told::Text(text.to_owned())).level;
        assert_eq!(said("NTP=yes\nNTPSynchronized=yes\n"), Level::Good);
        assert_eq!(said("NTP=no\nNTPSynchronized=no\n"), Level::Note);
        assert_eq!(synchronised(&Told::Absent).level, Level::Note);
        assert_eq!(synchronised(&Told::Failed("no bus".to_owned())).level, Level::Note);
    }
}
