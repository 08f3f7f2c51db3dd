//! What a user typed, made into a contact. What the form does not ask for stays as it is.

use provision::inventory::{Contact, ContactNumber, NumberKind};
use provision::mac::Mac;
use provision::phonebook;

/// The book of contacts that somebody keeps for themselves.
pub(super) const BOOK: &str = "personal";
/// Longer than the names of people and firms.
const LONGEST: usize = 100;

/// A form, filled in.
#[derive(Debug)]
pub(super) struct Entered<const N: usize> {
    pub(super) name: String,
    pub(super) organisation: String,
    /// An empty one takes the number away.
    pub(super) numbers: [(NumberKind, String); N],
}

impl<const N: usize> Entered<N> {
    /// The contact, or what is wrong in words for the user.
    pub(super) fn contact(self, before: Option<&Contact>, owner: Mac) -> Result<Contact, String> {
        let cut = |text: &str| text.trim().chars().take(LONGEST).collect::<String>();
        let name = cut(&self.name);
        if name.is_empty() {
            return Err("An entry needs a name.".to_owned());
        }
        let mut numbers = before.map(|contact| contact.numbers.clone()).unwrap_or_default();
        for (kind, text) in self.numbers {
            let text = text.trim();
            let at = numbers.iter().position(|number| number.kind == kind);
            let number = ContactNumber { kind, number: text.to_owned() };
            if !text.is_empty() && (phonebook::problem_with(&number).is_some() || !super::is_number(text)) {
                return Err(format!("{text} is no number."));
            }
            match (at, text.is_empty()) {
                (Some(at), false) => numbers[at] = number,
                (Some(at), true) => drop(numbers.remove(at)),
                (None, false) => numbers.push(number),
                (None, true) => {}
            }
        }
        if numbers.is_empty() {
            return Err(format!("{name} needs a number."));
        }
        Ok(Contact {
            id: before.map_or(0, |contact| contact.id),
            book: before.map_or_else(|| BOOK.to_owned(), |contact| contact.book.clone()),
            owner: Some(owner),
            name,
            organisation: cut(&self.organisation),
            numbers,
        })
    }
}

/// The number of that kind that a form shows.
pub(super) fn first(contact: &Contact, kind: NumberKind) -> Option<&ContactNumber> {
    contact.numbers.iter().find(|number| number.kind == kind)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn entered(name: &str, work: &str, mobile: &str) -> Entered<2> {
        let numbers = [(NumberKind::Work, work.to_owned()), (NumberKind::Mobile, mobile.to_owned())];
        Entered { name: name.to_owned(), organisation: " Firm ".to_owned(), numbers }
    }

    #[test]
    fn a_form_changes_what_it_asks_for_and_nothing_else() {
        let owner: Mac = "001122334455".parse().unwrap();
        let mut kept = entered(" Anna ", "4711", "").contact(None, owner).unwrap();
        assert_eq!(
            (&*kept.name, &*kept.organisation, &*kept.book, kept.owner),
            ("Anna", "Firm", BOOK, Some(owner))
        );
        assert_eq!(kept.numbers.len(), 1);
        (kept.id, kept.book) = (7, "old".to_owned());
        kept.numbers.push(ContactNumber { kind: NumberKind::Other, number: "99".to_owned() });
        kept.numbers.push(ContactNumber { kind: NumberKind::Work, number: "second".to_owned() });
        let after = entered("Anne", "", "0171 1").contact(Some(&kept), owner).unwrap();
        let numbers: Vec<_> = after.numbers.iter().map(|number| (number.kind, &*number.number)).collect();
        assert_eq!(
            numbers,
            [(NumberKind::Other, "99"), (NumberKind::Work, "second"), (NumberKind::Mobile, "0171 1")]
        );
        assert_eq!((after.id, &*after.book), (7, "old"));
    }

    #[test]
    fn what_makes_no_contact_is_told() {
        let owner: Mac = "001122334455".parse().unwrap();
        let problem = |name: &str, work: &str| entered(name, work, "").contact(None, owner).unwrap_err();
        assert_eq!(problem(" ", "1"), "An entry needs a name.");
        assert_eq!(problem("Anna", ""), "Anna needs a number.");
        assert_eq!(problem("Anna", "?!"), "?! is no number.");
        assert!(problem("Anna", &"1".repeat(200)).ends_with("is no number."));
    }
}
