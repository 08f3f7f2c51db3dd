//! Names by the digits of a keypad: 6 8 5 5 3 7 finds Müller.
//!
//! A name is spelled once ([`Spelling::of`]) and asked often; asking allocates nothing.

/// A name as digits, word by word: `Anna Müller` is `2662 685537`. Where a letter is often written as two, both ways
/// are kept: `2662 685537|2662 6835537`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spelling(Box<str>);

/// How well digits fit; the better come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// They begin the name.
    Beginning,
    /// They begin another word of it, or one word after the other.
    Word,
}

impl Spelling {
    /// Spells a name in any script.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let short = spell(name, |_| None);
        let long = spell(name, two_letters);
        Self(if long == short { short } else { format!("{short}|{long}") }.into())
    }

    /// The digits, words with spaces between.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How the keys pressed fit. 0 and 1, which carry no letters, and everything else begin the next word:
    /// `56 0 76` finds John Smith as well as `5676` finds nobody but Jorn.
    #[must_use]
    pub fn fit(&self, keys: &str) -> Option<Fit> {
        let mut best = None;
        for way in self.0.split('|') {
            let fit = fit(way, keys);
            if fit == Some(Fit::Beginning) {
                return fit;
            }
            best = best.or(fit);
        }
        best
    }
}

/// Each of the typed words must begin a word of the name, in order.
fn fit(name: &str, keys: &str) -> Option<Fit> {
    // Nothing typed finds everybody.
    let mut fit = Fit::Beginning;
    let mut words = name.split(' ').enumerate();
    let is_letter_key = |c: char| matches!(c, '2'..='9');
    for typed in keys.split(|c| !is_letter_key(c)).filter(|typed| !typed.is_empty()) {
        let (place, _) = words.find(|(_, word)| word.starts_with(typed))?;
        if place > 0 && fit == Fit::Beginning && std::ptr::eq(typed, first(keys, is_letter_key)) {
            fit = Fit::Word;
        }
    }
    Some(fit)
}

fn first(keys: &str, is_letter_key: impl Fn(char) -> bool) -> &str {
    keys.split(|c| !is_letter_key(c)).find(|typed| !typed.is_empty()).unwrap_or_default()
}

fn spell(name: &str, twice: impl Fn(char) -> Option<&'static str>) -> String {
    let mut digits = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.chars() {
        let letters = twice(c).unwrap_or_else(|| any_ascii::any_ascii_char(c));
        // A sign stands between words; an accent that follows its letter, or an apostrophe, does not.
        if letters.is_empty() || letters == "'" {
            continue;
        }
        for letter in letters.chars() {
            match digit(letter) {
                Some(digit) => {
                    if gap && !digits.is_empty() {
                        digits.push(' ');
                    }
                    gap = false;
                    digits.push(digit);
                }
                None => gap = true,
            }
        }
    }
    digits
}

/// As names are written where such letters cannot be.
fn two_letters(c: char) -> Option<&'static str> {
    match c {
        'ä' | 'Ä' | 'æ' | 'Æ' => Some("ae"),
        'ö' | 'Ö' | 'ø' | 'Ø' => Some("oe"),
        'ü' | 'Ü' => Some("ue"),
        'å' | 'Å' => Some("aa"),
        _ => None,
    }
}

/// The key a letter stands on.
fn digit(letter: char) -> Option<char> {
    Some(match letter.to_ascii_lowercase() {
        'a'..='c' => '2',
        'd'..='f' => '3',
        'g'..='i' => '4',
        'j'..='l' => '5',
        'm'..='o' => '6',
        'p'..='s' => '7',
        't'..='v' => '8',
        'w'..='z' => '9',
        digit @ '0'..='9' => digit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_spelled_in_every_script() {
        for (name, digits) in [
            ("Anna Müller", "2662 685537|2662 6835537"),
            ("Иван Щукин", "4826 74248546"),
            ("O'Brien-Smith", "627436 76484"),
            ("Weiß", "93477"),
            ("Nguyễn", "648936"),
            ("Line 3", "5463 3"),
            ("  ", ""),
        ] {
            assert_eq!(Spelling::of(name).as_str(), digits, "{name}");
        }
    }

    #[test]
    fn keys_find_names() {
        let fit = |name: &str, keys: &str| Spelling::of(name).fit(keys);
        assert_eq!(fit("Anna Müller", "26"), Some(Fit::Beginning));
        assert_eq!(fit("Anna Müller", "685537"), Some(Fit::Word));
        assert_eq!(fit("Anna Müller", "6835537"), Some(Fit::Word));
        assert_eq!(fit("Anna Müller", "26068"), Some(Fit::Beginning));
        assert_eq!(fit("Anna Maria Müller", "260685"), Some(Fit::Beginning));
        assert_eq!(fit("Anna Müller", "68026"), None, "the words stand in order");
        assert_eq!(fit("Anna Müller", "662"), None, "within a word nothing begins");
        assert_eq!(fit("Щукин", "7424"), Some(Fit::Beginning));
        assert_eq!(fit("Anna", ""), Some(Fit::Beginning));
        assert_eq!(fit("", "2"), None);
    }

    proptest! {
        #[test]
        fn every_name_is_found_by_its_own_digits(name: String, cut in 0_usize..40) {
            let spelling = Spelling::of(&name);
            prop_assert!(spelling.as_str().chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '|')));
            let own = spelling.as_str().split('|').next().unwrap_or_default();
            // Digits of the name itself that carry no letters divide what is typed.
            if !own.contains(['0', '1']) {
                prop_assert_eq!(spelling.fit(&own[..own.len().min(cut)]), Some(Fit::Beginning));
            }
        }
    }
}
