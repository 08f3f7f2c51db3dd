//! `a 7942`, `an 8845`: the article before the name of a model or a module, for texts in English.

use std::fmt;

/// A name with the article it is spoken with.
#[derive(Clone, Copy, Debug)]
pub struct A<T>(pub T);

impl<T: AsRef<str>> fmt::Display for A<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.as_ref();
        write!(f, "{} {name}", if is_spoken_with_a_vowel(name) { "an" } else { "a" })
    }
}

fn is_spoken_with_a_vowel(name: &str) -> bool {
    let first = name.chars().next().map(|first| first.to_ascii_lowercase());
    // Eight, eleven, eighteen, and the names of models that are words.
    matches!(first, Some('8' | 'a' | 'e' | 'i' | 'o')) || matches!(name, "11" | "18")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_article_they_are_spoken_with() {
        for (name, expected) in [
            ("7942", "a 7942"),
            ("8845", "an 8845"),
            ("ATA187", "an ATA187"),
            ("BEKEM", "a BEKEM"),
            ("", "a "),
        ] {
            assert_eq!(A(name).to_string(), expected);
        }
        assert_eq!(A(String::from("8861")).to_string(), "an 8861");
    }
}
