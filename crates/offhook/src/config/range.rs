//! A range of numbers for lines, as people write it: `2000-2999`.

use std::fmt;
use std::str::FromStr;

/// A phone that gets a number by itself gets one that can be dialled; nobody has more digits.
const MOST_DIGITS: usize = 15;
/// More than a site has phones, and few enough to be looked through.
const MOST_NUMBERS: u64 = 1_000_000;

/// Numbers from the first to the last, all of the same length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub first: u64,
    /// The last; it belongs to the range.
    pub last: u64,
    /// How many digits each has; those in front are zeros.
    pub digits: usize,
}

impl FromStr for Range {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (first, last) = text.split_once('-').ok_or(())?;
        let (first, last) = (first.trim(), last.trim());
        let digits = first.len();
        let good = |text: &str| {
            text.len() == digits && digits <= MOST_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !good(first) || !good(last) {
            return Err(());
        }
        let range = Self { first: first.parse().map_err(drop)?, last: last.parse().map_err(drop)?, digits };
        let fits = range.first <= range.last && range.last - range.first < MOST_NUMBERS;
        fits.then_some(range).ok_or(())
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$}-{:0width$}", self.first, self.last, width = self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_written() {
        for text in ["2000-2999", "0001-0099", "7-7"] {
            assert_eq!(text.parse::<Range>().map(|range| range.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "2000", "2999-2000", "200-2999", "a-b", "-", "1-", "+1-+9", "0000000-9999999"] {
            assert!(text.parse::<Range>().is_err(), "{text}");
        }
        assert_eq!("2000 - 2999".parse::<Range>().map(|range| range.first), Ok(2000));
    }
}
