//! Numbers as people write them, held against numbers as networks tell them: is `+49 (0)30 1234-567` who calls as
//! `0301234567`?
//!
//! Without a plan of the world's numbers, what is not written the same way can only be likely.

/// A number without what people write between its digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dialled {
    form: Form,
    /// Without + or 00, or the 0 in front of an area.
    digits: String,
}

/// How far a number reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    /// With + or 00.
    World,
    /// With one 0.
    Country,
    /// Anything else: an extension, or how countries without a 0 write theirs.
    Here,
}

/// How sure it is that two numbers are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Same {
    /// They say the same.
    Sure,
    /// One says more than the other, and ends alike.
    Likely,
}

/// Fewer digits than this are an extension, and many numbers end like it.
const SHORTEST: usize = 7;

impl Dialled {
    /// Reads a number; nothing if there are no digits in it. What stands behind `ext`, `x`, `#`, `;` or a comma is dialled
    /// later and left out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text =
            ["tel:", "sip:", "sips:"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
        let text = text.split('@').next().unwrap_or(text);
        let mut digits = String::with_capacity(text.len());
        let reaches_far = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(').starts_with('+');
        // In +49 (0)30 the 0 is for callers from within.
        let text = if reaches_far { text.replacen("(0)", "", 1) } else { text.to_owned() };
        for c in text.chars() {
            match c {
                '0'..='9' | '*' => digits.push(c),
                c if digits.is_empty() && !c.is_alphabetic() => {}
                ';' | ',' | '#' => break,
                c if c.is_alphabetic() => break,
                _ => {}
            }
        }
        let (form, digits) = match (reaches_far, &*digits) {
            (true, all) => (Form::World, all),
            (false, all) if all.starts_with("00") && all.len() > SHORTEST => (Form::World, &all[2..]),
            (false, all) if all.starts_with('0') && all.len() >= SHORTEST => (Form::Country, &all[1..]),
            (false, all) => (Form::Here, all),
        };
        (!digits.is_empty()).then(|| Self { form, digits: digits.to_owned() })
    }

    /// Only the digits that count.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// The end of the number: the same for all ways to write it, for an index.
    #[must_use]
    pub fn tail(&self) -> u64 {
        let from = self.digits.len().saturating_sub(SHORTEST);
        self.digits.bytes().skip(from).fold(0, |sum, byte| {
            sum * 16 + if byte == b'*' { 11 } else { 1 + u64::from(byte.saturating_sub(b'0')) }
        })
    }

    /// Whether another number is this one.
    #[must_use]
    pub fn same(&self, other: &Self) -> Option<Same> {
        use Form::{Country, Here, World};
        let (short, long) =
            if self.digits.len() <= other.digits.len() { (self, other) } else { (other, self) };
        if short.digits == long.digits {
            return match (short.form, long.form) {
                (one, other) if one == other => Some(Same::Sure),
                (World | Here, World | Here) if short.digits.len() > SHORTEST => Some(Same::Sure),
                (Country, Here) | (Here, Country) if short.digits.len() >= SHORTEST => Some(Same::Likely),
                _ => None,
            };
        }
        let rest = long.digits.len() - short.digits.len();
        let ends_alike = short.digits.len() >= SHORTEST && long.digits.ends_with(&*short.digits);
        let fits = match (short.form, long.form) {
            // No country has a code of more digits.
            (Country, World) => rest <= 3,
            // And none areas of more, with the code in front.
            (Here, _) => rest <= 8,
            _ => false,
        };
        (ends_alike && fits).then_some(Same::Likely)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    fn same(one: &str, other: &str) -> Option<Same> {
        let (one, other) = (Dialled::parse(one).unwrap(), Dialled::parse(other).unwrap());
        assert_eq!(one.same(&other), other.same(&one));
        if one.same(&other).is_some() {
            assert_eq!(one.tail(), other.tail());
        }
        one.same(&other)
    }

    #[test]
    fn ways_to_write_a_number_are_the_same() {
        for other in [
            "0049 30 1234567",
            "+49(0)30/123-4567",
            "tel:+49-30-1234567;ext=5",
            "+49 30 1234567 ext. 12",
            "(+49) 30 1234567",
        ] {
            assert_eq!(same("+49 30 1234567", other), Some(Same::Sure), "{other}");
        }
        for other in ["030 1234567", "1234567", "30 1234567"] {
            assert_eq!(same("+49 30 1234567", other), Some(Same::Likely), "{other}");
        }
        assert_eq!(same("+1 (212) 555-0100", "12125550100"), Some(Same::Sure));
        assert_eq!(same("+1 (212) 555-0100", "212-555-0100"), Some(Same::Likely));
        assert_eq!(same("4711", "47-11"), Some(Same::Sure));
        assert_eq!(same("sip:4711@pbx.example.net", "4711"), Some(Same::Sure));
    }

    #[test]
    fn other_numbers_are_others() {
        for (one, other) in [
            ("+49 30 1234567", "4567"),
            ("+49 30 1234567", "+43 30 1234567"),
            ("+49 30 1234567", "040 1234567"),
            ("+49 30 1234567", "+1 49 30 1234567"),
            ("4711", "04711"),
            ("112", "0112"),
            ("*8", "8"),
        ] {
            assert_eq!(same(one, other), None, "{one} {other}");
        }
        for nothing in ["", "anna", "()", "sip:anna@example.net", "+"] {
            assert_eq!(Dialled::parse(nothing), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(one in "\\PC{0,40}", other in "[+0-9 ()*#x;-]{0,20}") {
            if let (Some(one), Some(other)) = (Dialled::parse(&one), Dialled::parse(&other)) {
                prop_assert_eq!(one.same(&other), other.same(&one));
                prop_assert!(one.same(&other).is_none() || one.tail() == other.tail());
                prop_assert_eq!(one.same(&one), Some(Same::Sure));
            }
        }
    }
}
