//! The characters a phone can read: UTF-8, or ISO-8859-1 with everything else spelled in its letters.

use std::borrow::Cow;
use std::fmt::Write as _;

/// How text goes to a phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Charset {
    /// Everything.
    #[default]
    Utf8,
    /// Western European letters; others are transliterated.
    Latin1,
}

impl Charset {
    /// As XML declarations write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Latin1 => "ISO-8859-1",
        }
    }

    /// The charset for a phone that lists these in `Accept-Charset`: UTF-8 where it can.
    #[must_use]
    pub fn accepted(list: &str) -> Self {
        let can = list.split(',').any(|item| {
            let (name, rest) = item.split_once(';').unwrap_or((item, ""));
            let refused = rest.replace(' ', "").strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32));
            let name = name.trim();
            !refused
                && (name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8") || name == "*")
        });
        if can { Self::Utf8 } else { Self::Latin1 }
    }

    /// The text in characters this charset has. What cannot be shown at all is dropped.
    #[must_use]
    pub fn fit(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Utf8 => Cow::Borrowed(text),
            Self::Latin1 if text.chars().all(is_latin1) => Cow::Borrowed(text),
            Self::Latin1 => Cow::Owned(latin1(text)),
        }
    }

    /// The bytes of a text that fits.
    #[must_use]
    pub fn encode(self, text: String) -> Vec<u8> {
        match self {
            Self::Utf8 => text.into_bytes(),
            Self::Latin1 if text.is_ascii() => text.into_bytes(),
            // Whatever was not fitted becomes a question mark rather than a broken document.
            Self::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
        }
    }
}

/// Without the C1 control characters, which no phone shows.
fn is_latin1(c: char) -> bool {
    matches!(c, '\0'..='\u{7f}' | '\u{a0}'..='\u{ff}')
}

fn latin1(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_latin1(c) {
            out.push(c);
        } else if let Some(whole) = out.chars().next_back().and_then(|base| compose(base, c)) {
            out.pop();
            out.push(whole);
        } else if c == '€' {
            out.push_str("EUR");
        } else {
            // Writing into a text cannot fail.
            let _ = write!(out, "{}", any_ascii::any_ascii_char(c));
        }
    }
    out
}

/// A letter and the accent that follows it, as some address books keep them, in one.
fn compose(base: char, accent: char) -> Option<char> {
    let pairs = match accent {
        '\u{300}' => "AÀEÈIÌOÒUÙaàeèiìoòuù",
        '\u{301}' => "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyý",
        '\u{302}' => "AÂEÊIÎOÔUÛaâeêiîoôuû",
        '\u{303}' => "AÃNÑOÕaãnñoõ",
        '\u{308}' => "AÄEËIÏOÖUÜaäeëiïoöuüyÿ",
        '\u{30a}' => "AÅaå",
        '\u{327}' => "CÇcç",
        _ => return None,
    };
    let mut letters = pairs.chars();
    while let (Some(plain), Some(whole)) = (letters.next(), letters.next()) {
        if plain == base {
            return Some(whole);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn utf_8_where_the_phone_lists_it() {
        for (list, charset) in [
            ("utf-8,iso-8859-1;q=0.8", Charset::Utf8),
            ("iso-8859-1,utf-8;q=0.8", Charset::Utf8),
            ("ISO-8859-1, UTF-8", Charset::Utf8),
            ("*", Charset::Utf8),
            ("iso-8859-1", Charset::Latin1),
            ("iso-8859-1, utf-8;q=0", Charset::Latin1),
            ("iso-8859-1, utf-8; q=0.0", Charset::Latin1),
            ("", Charset::Latin1),
        ] {
            assert_eq!(Charset::accepted(list), charset, "{list}");
        }
    }

    #[test]
    fn names_stay_readable() {
        for (text, expected) in [
            ("Jürgen Weiß", "Jürgen Weiß"),
            ("Ju\u{308}rgen", "Jürgen"),
            ("Ivan Щукин", "Ivan Shchukin"),
            ("Łódź", "Lódz"),
            ("Σωκράτης", "Sokratis"),
            ("5 € – “so”…", "5 EUR - \"so\"..."),
            ("a\u{85}b\u{1F4DE}", "ab:telephone_receiver:"),
        ] {
            assert_eq!(Charset::Latin1.fit(text), expected);
            assert_eq!(Charset::Utf8.fit(text), text);
        }
        assert_eq!(Charset::Latin1.encode("Jürgen".to_owned()), b"J\xfcrgen");
    }

    proptest! {
        #[test]
        fn whatever_was_fitted_can_be_encoded(text: String) {
            let fitted = Charset::Latin1.fit(&text);
            prop_assert!(fitted.chars().all(is_latin1));
            let back: String = Charset::Latin1.encode(fitted.clone().into_owned()).into_iter().map(char::from).collect();
            prop_assert_eq!(back, fitted);
        }
    }
}
