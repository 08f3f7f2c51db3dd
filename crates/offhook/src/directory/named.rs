//! Somebody of a source that is searched in memory: spelled once, compared often.

use provision::keypad::Spelling;

use super::{Entry, Search};

/// An entry and how it is found.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) entry: Entry,
    words: String,
    spelling: Spelling,
}

impl Named {
    /// Somebody of that name; without one, the number stands for it.
    pub(super) fn new(name: String, number: String) -> Self {
        let name = if name.is_empty() { number.clone() } else { name };
        Self { words: name.to_lowercase(), spelling: Spelling::of(&name), entry: Entry { name, number } }
    }

    /// Every word begins a word of the name or the number, and the keys spell it.
    pub(super) fn fits(&self, search: &Search) -> bool {
        let text = search.text.to_lowercase();
        let mut wanted = text.split_whitespace();
        let begins = |wanted: &str| {
            let mut words = self.words.split(|c: char| !c.is_alphanumeric());
            words.any(|word| word.starts_with(wanted)) || self.entry.number.starts_with(wanted)
        };
        let keys = search.keys.trim();
        wanted.all(begins) && (keys.is_empty() || self.spelling.fit(keys).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_by_words_digits_and_keys() {
        let named = Named::new("Anna-Lena Müller".to_owned(), "4711".to_owned());
        let fits = |text: &str, keys: &str| {
            named.fits(&Search { text: text.to_owned(), keys: keys.to_owned(), ..Search::default() })
        };
        assert!(
            fits("", "") && fits("mül", "") && fits("LENA anna", "") && fits("47", "") && fits("", "685")
        );
        assert!(!fits("ller", "") && !fits("anna x", "") && !fits("11", "") && !fits("mül", "99"));
        assert_eq!(Named::new(String::new(), "104".to_owned()).entry.name, "104");
    }
}
