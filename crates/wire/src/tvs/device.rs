//! The name by which a phone asks: `CP-8845-SEP001122AABBCC`.

use std::fmt;

/// The name of whoever asks, as written: `CP-`, a model, `-SEP` and twelve hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceName<'a> {
    text: &'a str,
    model: &'a str,
    device: &'a str,
}

const PREFIX: &str = "CP-";
const SEP: &str = "SEP";
/// Longer than any model's name; what is longer is no name of a phone.
const LONGEST_MODEL: usize = 32;

impl<'a> DeviceName<'a> {
    /// Reads a name; a text of another shape is none.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (model, device) = text.strip_prefix(PREFIX)?.rsplit_once('-')?;
        let digits = device.strip_prefix(SEP)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+');
        let fits = (1..=LONGEST_MODEL).contains(&model.len()) && model.bytes().all(is_plain);
        let is_address = digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        (fits && is_address).then_some(Self { text, model, device })
    }

    /// All of it.
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// The model, which may hold letters: `8845`, `7942G`.
    #[must_use]
    pub fn model(&self) -> &'a str {
        self.model
    }

    /// The phone: `SEP001122AABBCC`.
    #[must_use]
    pub fn device(&self) -> &'a str {
        self.device
    }
}

impl fmt::Display for DeviceName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_may_hold_letters() {
        for (text, model, device) in [
            ("CP-8845-SEP58971ECC97C1", "8845", "SEP58971ECC97C1"),
            ("CP-7942G-SEP001122AABBCC", "7942G", "SEP001122AABBCC"),
            ("CP-8832-NR-K9-SEP001122AABBCC", "8832-NR-K9", "SEP001122AABBCC"),
            ("CP-8845-SEP58971ecc97c1", "8845", "SEP58971ecc97c1"),
        ] {
            let name = DeviceName::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((name.model(), name.device(), name.as_str()), (model, device, text));
        }
    }

    #[test]
    fn other_texts_are_no_names() {
        let long = format!("CP-{}-SEP58971ECC97C1", "8".repeat(33));
        for text in [
            "",
            "SEP58971ECC97C1",
            "CP--SEP58971ECC97C1",
            "CP-8845-58971ECC97C1",
            "CP-8845-SEP58971ECC97C",
            "CP-8845-SEP58971ECC97C1F",
            "CP-8845-SEP58971ECC97CX",
            "CP-8845-SEP58971ECC97C1 ",
            "CP-88 45-SEP58971ECC97C1",
            "CP-88\n45-SEP58971ECC97C1",
            "CP-ü-SEP58971ECC97C1",
            &long,
        ] {
            assert_eq!(DeviceName::parse(text), None, "{text}");
        }
    }
}
