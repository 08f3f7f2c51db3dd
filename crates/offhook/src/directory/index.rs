//! The people of a source in memory, found by beginnings of words, by digits anywhere in a number, by the keys that spell a
//! name, and by a whole number.
//!
//! A hundred thousand are searched in a fraction of a millisecond: sorted words with the rows that have them, and sets of bits.

use std::sync::Arc;

use memchr::memmem::Finder;
use provision::dialled::{Dialled, Same};
use provision::keypad::Spelling;
use provision::mac::Mac;

use super::{Entry, MOST_FOUND, Part, Search};

/// No word is longer in an index.
const LONGEST_WORD: usize = 60;

/// Somebody with one number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) organisation: String,
    pub(super) number: String,
    /// What the number is for, where there is a choice.
    pub(super) kind: Option<Box<str>>,
    /// The phone that alone sees it.
    pub(super) owner: Option<Mac>,
    /// The book they stand in, where a source has several.
    pub(super) book: Option<Arc<str>>,
    /// The card they stand on, where a source counts those.
    pub(super) card: u32,
}

/// All people of a source, in the order of their names.
#[derive(Debug, Default)]
pub(super) struct Index {
    people: Box<[Person]>,
    words: Words,
    keys: Words,
    digits: Digits,
    /// Ends of numbers with those who have them, sorted.
    tails: Box<[(u64, u32)]>,
}

impl Person {
    /// Somebody of that name; without one, the number stands for it.
    pub(super) fn new(name: &str, number: &str) -> Self {
        let name = if name.is_empty() { number } else { name };
        Self { name: name.to_owned(), number: number.to_owned(), ..Self::default() }
    }

    pub(super) fn entry(&self) -> Entry {
        let name = match &self.kind {
            Some(kind) => format!("{} ({kind})", self.name),
            None => self.name.clone(),
        };
        Entry { name, number: self.number.clone() }
    }

    /// Own people are seen by their owner whatever book they are in; everybody's, where all books are seen or theirs is.
    fn is_seen_by(&self, search: &Search) -> bool {
        match (self.owner, &self.book, &search.books) {
            (Some(_), ..) => self.owner == search.phone,
            (None, Some(book), Some(books)) => books.iter().any(|seen| **seen == **book),
            (None, ..) => true,
        }
    }
}

impl Index {
    /// Sorts them; takes about a second for a hundred thousand, so not where others wait.
    pub(super) fn of(mut people: Vec<Person>) -> Self {
        people.sort_by_cached_key(|one| (one.name.to_lowercase(), one.kind.clone(), one.number.clone()));
        let text = |one: &Person| format!("{} {}", one.name, one.organisation);
        let words = Words::of(people.iter().map(|one| words(&text(one))));
        let keys = Words::of(people.iter().map(|one| keypads(&text(one))));
        let digits = Digits::of(people.iter().map(|one| one.number.as_str()));
        let mut tails: Vec<(u64, u32)> = (0..)
            .zip(&people)
            .filter_map(|(row, one)| Some((Dialled::parse(&one.number)?.tail(), row)))
            .collect();
        tails.sort_unstable();
        Self { people: people.into(), words, keys, digits, tails: tails.into() }
    }

    /// Everybody.
    pub(super) fn people(&self) -> &[Person] {
        &self.people
    }

    /// The first who fit, by name.
    pub(super) fn find(&self, search: &Search) -> Part {
        let (wanted, keys) = (words(&search.text), typed(&search.keys));
        let seen = |row: usize| self.people.get(row).filter(|one| one.is_seen_by(search));
        if wanted.is_empty() && keys.is_empty() {
            return part((0..self.people.len()).filter_map(seen));
        }
        // Where nothing else is asked, the first few are all that is needed.
        let alone = wanted.len() + keys.len() == 1;
        let mut fit: Option<Bits> = None;
        for word in &wanted {
            let mut bits = Bits::none_of(self.people.len());
            self.words.each(word, |row| bits.set(row));
            let mut left = if alone { MOST_FOUND as usize + 1 } else { usize::MAX };
            self.digits.each(word, |row| {
                bits.set(row);
                left -= usize::from(seen(row as usize).is_some());
                left > 0
            });
            fit = Some(bits.and(fit));
        }
        for keys in keys {
            let mut bits = Bits::none_of(self.people.len());
            self.keys.each(keys, |row| bits.set(row));
            fit = Some(bits.and(fit));
        }
        let fit = fit.unwrap_or_else(|| Bits::none_of(0));
        part(fit.rows().filter_map(seen))
    }

    /// Everybody's people with that number.
    pub(super) fn known_by<'a>(&'a self, number: &'a Dialled) -> impl Iterator<Item = (Same, &'a Person)> {
        let tail = number.tail();
        let from = self.tails.partition_point(|(one, _)| *one < tail);
        let rows = self.tails.iter().skip(from).take_while(move |(one, _)| *one == tail);
        let people =
            rows.filter_map(|(_, row)| self.people.get(*row as usize)).filter(|one| one.owner.is_none());
        people.filter_map(|one| Some((Dialled::parse(&one.number)?.same(number)?, one)))
    }
}

fn part<'a>(mut fitting: impl Iterator<Item = &'a Person>) -> Part {
    let entries = fitting.by_ref().take(MOST_FOUND as usize).map(Person::entry).collect();
    Part { entries, more: fitting.next().is_some(), old: false }
}

/// The words of a text in small letters.
fn words(text: &str) -> Vec<String> {
    let small = text.to_lowercase();
    let words = small.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.chars().take(LONGEST_WORD).collect()).collect()
}

/// The keys that spell the words of a text, each way that it is spelled.
fn keypads(text: &str) -> Vec<String> {
    let spelling = Spelling::of(text);
    let words = spelling.as_str().split(['|', ' ']).filter(|word| !word.is_empty());
    words.map(|word| word.chars().take(LONGEST_WORD).collect()).collect()
}

/// What was typed, word by word: 0 and 1 carry no letters and begin the next.
fn typed(keys: &str) -> Vec<&str> {
    keys.split(|c: char| !matches!(c, '2'..='9')).filter(|word| !word.is_empty()).collect()
}

/// Different words in order, each with the rows that have it.
#[derive(Debug, Default)]
struct Words {
    text: Box<str>,
    /// Where each begins in `text`, and where its rows begin; one more at the end.
    starts: Box<[(u32, u32)]>,
    rows: Box<[u32]>,
}

impl Words {
    fn of(rows: impl Iterator<Item = Vec<String>>) -> Self {
        let each = (0_u32..).zip(rows);
        let mut all: Vec<(Box<str>, u32)> =
            each.flat_map(|(row, words)| words.into_iter().map(move |word| (word.into(), row))).collect();
        all.sort_unstable();
        all.dedup();
        let (mut text, mut starts, mut rows) = (String::new(), Vec::new(), Vec::with_capacity(all.len()));
        let mut last: Option<&str> = None;
        for (word, row) in &all {
            if last != Some(word) {
                starts.push((place(text.len()), place(rows.len())));
                text.push_str(word);
                last = Some(word);
            }
            rows.push(*row);
        }
        starts.push((place(text.len()), place(rows.len())));
        Self { text: text.into(), starts: starts.into(), rows: rows.into() }
    }

    fn word(&self, number: usize) -> &str {
        let at = |number: usize| self.starts.get(number).map_or(self.text.len(), |start| start.0 as usize);
        self.text.get(at(number)..at(number + 1)).unwrap_or_default()
    }

    /// The rows with a word that begins so; one may come more than once.
    fn each(&self, beginning: &str, mut found: impl FnMut(u32)) {
        let count = self.starts.len().saturating_sub(1);
        let first = partition(0, count, |number| self.word(number) < beginning);
        let behind = partition(first, count, |number| self.word(number).starts_with(beginning));
        let at = |number: usize| self.starts.get(number).map_or(0, |start| start.1 as usize);
        self.rows.get(at(first)..at(behind)).unwrap_or_default().iter().for_each(|row| found(*row));
    }
}

/// The first number from `from` on, below `to`, of which this does not hold; it holds of those before.
fn partition(mut from: usize, mut to: usize, holds: impl Fn(usize) -> bool) -> usize {
    while from < to {
        let middle = usize::midpoint(from, to);
        if holds(middle) { from = middle + 1 } else { to = middle }
    }
    from
}

/// The digits of all numbers, one after the other.
#[derive(Debug, Default)]
struct Digits {
    /// Each ends with a line feed.
    text: Box<str>,
    /// Where each begins, and the end.
    starts: Box<[u32]>,
}

impl Digits {
    fn of<'a>(numbers: impl Iterator<Item = &'a str>) -> Self {
        let (mut text, mut starts) = (String::new(), vec![0]);
        for number in numbers {
            text.extend(number.chars().filter(char::is_ascii_digit).take(LONGEST_WORD));
            text.push('\n');
            starts.push(place(text.len()));
        }
        Self { text: text.into(), starts: starts.into() }
    }

    /// The rows with those digits somewhere, in order, until `found` has enough.
    fn each(&self, word: &str, mut found: impl FnMut(u32) -> bool) {
        let digits: String = word.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() {
            return;
        }
        let finder = Finder::new(&digits);
        let (mut from, mut row) = (0, 0);
        while let Some(there) = self.text.as_bytes().get(from..).and_then(|rest| finder.find(rest)) {
            let near = self.starts.get(row + 1..).unwrap_or_default();
            row += near.partition_point(|start| *start as usize <= from + there);
            if !found(place(row)) {
                return;
            }
            // Once is enough for each.
            row += 1;
            from = self.starts.get(row).map_or(self.text.len(), |start| *start as usize);
        }
    }
}

/// Sources are capped far below this.
fn place(number: usize) -> u32 {
    u32::try_from(number).expect("a source has at most a million numbers of sixty digits and words")
}

/// Some of the rows.
struct Bits(Vec<u64>);

impl Bits {
    fn none_of(rows: usize) -> Self {
        Self(vec![0; rows.div_ceil(64)])
    }

    fn set(&mut self, row: u32) {
        if let Some(word) = self.0.get_mut(row as usize / 64) {
            *word |= 1 << (row % 64);
        }
    }

    fn and(mut self, other: Option<Self>) -> Self {
        for (mine, theirs) in self.0.iter_mut().zip(other.into_iter().flat_map(|other| other.0)) {
            *mine &= theirs;
        }
        self
    }

    fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(place, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.checked_sub(1)?;
                Some(place * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    fn index(people: &[(&str, &str)]) -> Index {
        Index::of(people.iter().map(|(name, number)| Person::new(name, number)).collect())
    }

    fn found(index: &Index, text: &str, keys: &str) -> Vec<String> {
        let search = Search { text: text.to_owned(), keys: keys.to_owned(), ..Search::default() };
        index.find(&search).entries.into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn people_are_found_by_words_digits_and_keys() {
        let index = index(&[
            ("Zoe Smith", "4799"),
            ("Anna-Lena Müller", "0171 4711"),
            ("", "104"),
            ("Щукин", "+49 30 1"),
        ]);
        assert_eq!(found(&index, "", ""), ["104", "Anna-Lena Müller", "Zoe Smith", "Щукин"]);
        for (text, keys) in [
            ("mül", ""),
            ("LENA anna", ""),
            ("anna-l", ""),
            ("1714711", ""),
            ("711", ""),
            ("", "685"),
            ("", "6835"),
            ("", "685026"),
        ] {
            assert_eq!(found(&index, text, keys), ["Anna-Lena Müller"], "{text} {keys}");
        }
        assert_eq!(found(&index, "47", ""), ["Anna-Lena Müller", "Zoe Smith"]);
        assert_eq!(found(&index, "", "7424"), ["Щукин"]);
        assert_eq!(found(&index, "1", ""), ["104", "Anna-Lena Müller", "Щукин"]);
        for (text, keys) in [("ller", ""), ("anna x", ""), ("99999", ""), ("mül", "99"), ("", "662")] {
            assert!(found(&index, text, keys).is_empty(), "{text} {keys}");
        }
        assert!(found(&Index::of(Vec::new()), "a", "2").is_empty());
    }

    #[test]
    fn firms_are_found_and_not_shown_and_own_people_are_seen_by_their_owner() {
        let mine: Mac = "001122334455".parse().unwrap();
        let people = vec![
            Person {
                organisation: "Acme Ltd".to_owned(),
                kind: Some("mobile".into()),
                ..Person::new("Bob", "1")
            },
            Person { owner: Some(mine), book: Some("personal".into()), ..Person::new("Only mine", "2") },
            Person { book: Some("sales".into()), ..Person::new("Sales", "3") },
        ];
        let index = Index::of(people);
        assert_eq!(found(&index, "acme", ""), ["Bob (mobile)"]);
        assert_eq!(found(&index, "", ""), ["Bob (mobile)", "Sales"]);
        let mut search = Search { phone: Some(mine), ..Search::default() };
        assert_eq!(index.find(&search).entries.len(), 3);
        search.books = Some(vec!["company".to_owned()]);
        assert_eq!(index.find(&search).entries.len(), 2, "people of no book, and one's own, are always seen");
        search.books = Some(vec!["company".to_owned(), "sales".to_owned()]);
        assert_eq!(index.find(&search).entries.len(), 3);
        let two = Dialled::parse("2").unwrap();
        assert_eq!(index.known_by(&two).count(), 0, "what is somebody's own names no caller");
    }

    #[test]
    fn numbers_are_known_however_they_are_written() {
        let index = index(&[
            ("Anna", "+49 (0)30 1234-567"),
            ("Bob", "4711"),
            ("Eve", "030 1234567"),
            ("Zoe", "+43 30 1234567"),
        ]);
        let known = |number: &str| -> Vec<(Same, String)> {
            let number = Dialled::parse(number).unwrap();
            index.known_by(&number).map(|(same, one)| (same, one.name.clone())).collect()
        };
        let names = |number: &str| known(number).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(names("0049301234567"), ["Anna", "Eve"]);
        assert_eq!(known("4711"), [(Same::Sure, "Bob".to_owned())]);
        assert!(names("711").is_empty());
    }

    #[test]
    fn a_hundred_thousand_are_no_more_than_a_few() {
        let people = (0..100_000)
            .map(|number| Person::new(&format!("Person {number:05} Müller"), &format!("5{number:05}")));
        let index = Index::of(people.collect());
        let search = |text: &str, keys: &str| {
            index.find(&Search { text: text.into(), keys: keys.into(), ..Search::default() })
        };
        for (text, keys) in [("", ""), ("p", ""), ("5", ""), ("", "7"), ("mül per", ""), ("5", "685")] {
            let part = search(text, keys);
            assert!(part.more && part.entries.len() == MOST_FOUND as usize, "{text} {keys}");
            assert_eq!(part.entries[0].name, "Person 00000 Müller", "{text} {keys}");
        }
        assert_eq!(search("12345 person", "").entries.len(), 1);
        assert_eq!(search("99999", "").entries[0].number, "599999");
    }

    proptest! {
        #[test]
        fn everybody_is_found_by_a_piece_of_what_they_have(names in prop::collection::vec("\\PC{0,20}", 1..20), at in 0_usize..20, cut in 0_usize..9) {
            let people: Vec<Person> = names.iter().enumerate().map(|(number, name)| Person::new(name, &format!("77{number}"))).collect();
            let one = people[at % people.len()].clone();
            let index = Index::of(people);
            for word in words(&one.name) {
                let text: String = word.chars().take(cut).collect();
                let part = index.find(&Search { text, ..Search::default() });
                prop_assert!(part.entries.contains(&one.entry()));
            }
            // 0 and 1 carry no letters: typed, they begin the next word.
            for keys in keypads(&one.name).into_iter().filter(|keys| !keys.contains(['0', '1'])) {
                let part = index.find(&Search { keys: keys.chars().take(cut).collect(), ..Search::default() });
                prop_assert!(part.entries.contains(&one.entry()));
            }
        }
    }
}
