//! Passwords that nobody knows yet.

use super::{Error, Result};

/// Letters and digits that nobody mistakes for each other; 32 of them, so that five bits choose one.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A hundred bits: nobody guesses it, and it fits the 30 characters that phones take.
const LENGTH: usize = 20;

/// A password nobody knows yet.
pub fn made_up() -> Result<String> {
    let mut random = [0; LENGTH];
    match rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty()) {
        Ok(LENGTH) => Ok(random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()),
        _ => Err(Error::Random),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn made_up_passwords_differ_and_can_be_read_out() {
        let (one, other) = (made_up().unwrap(), made_up().unwrap());
        assert_ne!(one, other);
        assert!(one.len() == LENGTH && one.bytes().all(|letter| LETTERS.contains(&letter)), "{one}");
    }
}
