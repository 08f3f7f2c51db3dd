//! How long ago something was, for people.

/// `just now`, `40 seconds ago`, `3 hours ago`, `12 days ago`; of two moments in milliseconds.
#[must_use]
pub fn ago(then: i64, now: i64) -> String {
    match span(now.saturating_sub(then)) {
        Some(span) => format!("{span} ago"),
        None => "just now".to_owned(),
    }
}

/// So many milliseconds in the largest unit that fits; nothing for less than five seconds.
pub(super) fn span(milliseconds: i64) -> Option<String> {
    const UNITS: [(i64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let seconds = milliseconds / 1000;
    let (length, name) = UNITS.into_iter().find(|(length, _)| seconds >= *length).filter(|_| seconds >= 5)?;
    let count = seconds / length;
    Some(format!("{count} {name}{}", if count == 1 { "" } else { "s" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_the_largest_unit() {
        for (seconds, text) in [
            (-7, "just now"),
            (4, "just now"),
            (59, "59 seconds ago"),
            (60, "1 minute ago"),
            (7199, "1 hour ago"),
            (86_400 * 40, "40 days ago"),
        ] {
            assert_eq!(ago(0, seconds * 1000), text);
        }
        assert_eq!(ago(i64::MAX, i64::MIN), "just now");
    }
}
