//! Dividing what is too much for one screen.

/// One page of many items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<'a, T> {
    /// What is on it.
    pub items: &'a [T],
    /// Which one, counted from one.
    pub number: usize,
    /// How many there are; one if there is nothing to show.
    pub of: usize,
}

impl<'a, T> Page<'a, T> {
    /// The page of that number; a number that is none gives the first or the last.
    #[must_use]
    pub fn of(all: &'a [T], number: usize, per_page: usize) -> Self {
        let per_page = per_page.max(1);
        let of = all.len().div_ceil(per_page).max(1);
        let number = number.clamp(1, of);
        let from = (number - 1) * per_page;
        Self { items: &all[from..all.len().min(from + per_page)], number, of }
    }

    /// The number of the page after this one.
    #[must_use]
    pub fn next(&self) -> Option<usize> {
        (self.number < self.of).then_some(self.number + 1)
    }

    /// The number of the page before this one.
    #[must_use]
    pub fn previous(&self) -> Option<usize> {
        (self.number > 1).then_some(self.number - 1)
    }
}

/// A text in parts of at most `most` characters, divided between lines where that is possible, else between words.
#[must_use]
pub fn texts(text: &str, most: usize) -> Vec<&str> {
    let most = most.max(1);
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while rest.chars().count() > most {
        let end = rest.char_indices().nth(most).map_or(rest.len(), |(at, _)| at);
        // The character after the end may be the gap itself.
        let reach = rest[end..].chars().next().map_or(end, |c| end + c.len_utf8());
        let head = &rest[..reach];
        let gap = head.rfind('\n').filter(|at| *at > end / 2).or_else(|| head.rfind(char::is_whitespace));
        let cut = gap.filter(|at| *at > 0).unwrap_or(end);
        parts.push(rest[..cut].trim_end());
        rest = rest[cut..].trim_start();
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(rest);
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_know_their_neighbours() {
        let all: Vec<u32> = (0..70).collect();
        let page = Page::of(&all, 2, 32);
        assert_eq!((page.items.first(), page.items.len(), page.of), (Some(&32), 32, 3));
        assert_eq!((page.previous(), page.next()), (Some(1), Some(3)));
        assert_eq!(Page::of(&all, 99, 32).items.len(), 6);
        let none = Page::<u32>::of(&[], 0, 32);
        assert_eq!((none.number, none.of, none.previous(), none.next()), (1, 1, None, None));
    }

    #[test]
    fn texts_are_divided_between_words() {
        assert_eq!(texts("one two three", 7), ["one two", "three"]);
        assert_eq!(texts("first line\nsecond line", 15), ["first line", "second line"]);
        assert_eq!(texts("aaaaaaaa", 3), ["aaa", "aaa", "aa"]);
        assert_eq!(texts("", 3), [""]);
    }

    proptest! {
        #[test]
        fn nothing_but_gaps_is_lost(text in "[a-zü \n]{0,80}", most in 1_usize..20) {
            let parts = texts(&text, most);
            prop_assert!(parts.iter().all(|part| part.chars().count() <= most));
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&parts.concat()), letters(&text));
        }
    }
}
