//! A phone's hardware address, which is its name everywhere: `SEP` and twelve upper-case hexadecimal digits.

use std::fmt;
use std::str::FromStr;

/// The hardware address of a phone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac([u8; 6]);

/// Why a text is not a hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MacError {
    /// Not twelve hexadecimal digits once separators are gone.
    #[error("a phone's address is twelve hexadecimal digits, like 001122AABBCC or 00:11:22:aa:bb:cc")]
    NotTwelveDigits,
}

impl Mac {
    /// The address made of these six bytes.
    pub const fn new(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }

    /// Its six bytes, in the order they are written.
    pub const fn bytes(self) -> [u8; 6] {
        self.0
    }

    /// The name a phone gives itself: `SEP001122AABBCC`.
    pub fn device_name(self) -> String {
        format!("SEP{self}")
    }

    /// Exactly twelve hexadecimal digits in either case, nothing else: the form in file names.
    pub fn from_digits(digits: &str) -> Option<Self> {
        let digits: &[u8; 12] = digits.as_bytes().try_into().ok()?;
        let mut bytes = [0; 6];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(bytes))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|value| value as u8)
}

impl FromStr for Mac {
    type Err = MacError;

    /// Takes what people type: with or without `SEP`, with `:`, `-` or `.` between digits, in either case.
    fn from_str(text: &str) -> Result<Self, MacError> {
        let text = text.trim();
        let digits = match text.get(..3) {
            Some(prefix) if prefix.eq_ignore_ascii_case("SEP") => &text[3..],
            _ => text,
        };
        if let Some(mac) = Self::from_digits(digits) {
            return Ok(mac);
        }
        let digits = without_separators(digits).ok_or(MacError::NotTwelveDigits)?;
        Self::from_digits(&digits).ok_or(MacError::NotTwelveDigits)
    }
}

/// One kind of separator at even distances: `00:11:…`, `00-11-…` or `0011.2233.4455`.
fn without_separators(text: &str) -> Option<String> {
    let separator = text.chars().find(|c| matches!(c, ':' | '-' | '.'))?;
    let groups: Vec<&str> = text.split(separator).collect();
    let even =
        matches!(groups.len(), 2 | 3 | 6) && groups.iter().all(|group| group.len() * groups.len() == 12);
    even.then(|| groups.concat())
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mac({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PHONE: Mac = Mac::new([0x58, 0x97, 0x1E, 0xCC, 0x97, 0xC1]);

    #[test]
    fn every_usual_spelling_is_the_same_phone() {
        for text in [
            "58971ECC97C1",
            "58971ecc97c1",
            "SEP58971ECC97C1",
            "sep58971ecc97c1",
            "58:97:1e:cc:97:c1",
            "58-97-1E-CC-97-C1",
            "5897.1ecc.97c1",
            " 58971ECC97C1\n",
        ] {
            assert_eq!(text.parse(), Ok(PHONE), "{text:?}");
        }
        assert_eq!(PHONE.to_string(), "58971ECC97C1");
        assert_eq!(PHONE.device_name(), "SEP58971ECC97C1");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "SEP",
            "58971ECC97C",
            "58971ECC97C1A",
            "58971ECC97CG",
            "58:971ECC97C1",
            "5:8:9:7:1:ECC97C1",
            "é58971ECC97",
        ] {
            assert_eq!(text.parse::<Mac>(), Err(MacError::NotTwelveDigits), "{text:?}");
        }
        assert_eq!(Mac::from_digits("58:97:1E:CC:9"), None);
    }

    proptest! {
        #[test]
        fn written_and_read_back(bytes: [u8; 6]) {
            let mac = Mac::new(bytes);
            prop_assert_eq!(mac.to_string().parse(), Ok(mac));
            prop_assert_eq!(mac.device_name().parse(), Ok(mac));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = text.parse::<Mac>();
        }
    }
}
