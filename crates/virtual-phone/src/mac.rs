//! The hardware address of a phone, and the device name made of it.

use std::{fmt, str::FromStr};

/// A phone's hardware address; displayed the way phones write it into file names: twelve upper-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac([u8; 6]);

/// A text that is no hardware address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no hardware address: twelve hex digits are, with or without colons, such as 001122334455")]
pub struct MacError(String);

impl Mac {
    /// Locally administered, so no real phone has it: where a storm starts counting.
    pub const FIRST_OF_STORM: Self = Self([0x02, 0, 0, 0, 0, 0]);

    /// An address from its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }

    /// The name the phone goes by: `SEP` and the address.
    #[must_use]
    pub fn device_name(self) -> String {
        format!("SEP{self}")
    }

    /// The address `count` further on, wrapping at the end.
    #[must_use]
    pub fn plus(self, count: u64) -> Self {
        let [a, b, c, d, e, f] = self.0;
        let number = u64::from_be_bytes([0, 0, a, b, c, d, e, f]).wrapping_add(count);
        let [_, _, a, b, c, d, e, f] = number.to_be_bytes();
        Self([a, b, c, d, e, f])
    }
}

impl FromStr for Mac {
    type Err = MacError;

    fn from_str(text: &str) -> Result<Self, MacError> {
        let wrong = || MacError(text.to_owned());
        let bare = text.strip_prefix("SEP").unwrap_or(text);
        let digits: Vec<u8> = bare
            .chars()
            .filter(|c| !matches!(c, ':' | '-' | '.'))
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or_else(wrong))
            .collect::<Result<_, _>>()?;
        let digits: [u8; 12] = digits.try_into().map_err(|_| wrong())?;
        Ok(Self(std::array::from_fn(|n| digits[2 * n] << 4 | digits[2 * n + 1])))
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_way_people_write_an_address_is_read() {
        for text in
            ["0011aaBBccDD", "00:11:aa:bb:cc:dd", "00-11-AA-BB-CC-DD", "0011.aabb.ccdd", "SEP0011AABBCCDD"]
        {
            assert_eq!(text.parse::<Mac>().unwrap().device_name(), "SEP0011AABBCCDD", "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "SEP", "00112233445", "0011223344556", "00112233445g", "0x1122334455", "００11223344"]
        {
            assert_eq!(text.parse::<Mac>(), Err(MacError(text.to_owned())));
        }
    }

    #[test]
    fn counting_goes_over_byte_borders() {
        let first: Mac = "0200000000FF".parse().unwrap();
        assert_eq!(first.plus(1).to_string(), "020000000100");
        assert_eq!(Mac::new([0xff; 6]).plus(1).to_string(), "000000000000");
    }
}
