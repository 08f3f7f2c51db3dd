//! One enrolment at a time for each phone: the newest counts.
//!
//! A phone that broke off and comes again must not wait until its old connection is given up; and only a phone that has
//! proved itself takes over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use provision::mac::Mac;
use tokio_util::sync::CancellationToken;

/// Who is enrolling right now. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Claims(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    next: u64,
    phones: HashMap<Mac, (u64, CancellationToken)>,
}

/// The right to enrol one phone, until another session of it takes over; dropping it gives it back.
#[derive(Debug)]
pub struct Claim {
    claims: Claims,
    phone: Mac,
    number: u64,
    /// Cancelled when another session takes over.
    pub superseded: CancellationToken,
}

impl Claims {
    /// Takes over a phone that has proved itself.
    #[must_use]
    pub fn take(&self, phone: Mac) -> Claim {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = open.next;
        open.next += 1;
        let superseded = CancellationToken::new();
        if let Some((_, earlier)) = open.phones.insert(phone, (number, superseded.clone())) {
            earlier.cancel();
        }
        Claim { claims: self.clone(), phone, number, superseded }
    }

    /// How many phones are enrolling.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).phones.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Claim {
    /// Whether no other session took over.
    #[must_use]
    pub fn is_current(&self) -> bool {
        !self.superseded.is_cancelled()
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut open = self.claims.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.phones.get(&self.phone).is_some_and(|(number, _)| *number == self.number) {
            open.phones.remove(&self.phone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_session_of_a_phone_counts() {
        let (claims, one, other) = (Claims::default(), Mac::new([1; 6]), Mac::new([2; 6]));
        let (first, beside) = (claims.take(one), claims.take(other));
        assert!(first.is_current() && beside.is_current());
        let second = claims.take(one);
        assert!(!first.is_current() && second.is_current() && beside.is_current());
        drop(first);
        assert_eq!(claims.len(), 2, "the old one's end is not the new one's");
        drop((second, beside));
        assert!(claims.is_empty());
    }
}
