//! Passwords that are kept: hashed so that a stolen file tells none, and slow to try.

use std::fmt::Write as _;

/// Cost of one try: 16 MiB of memory, some 50 ms of work.
const COST: u64 = 1 << 14;
const BLOCK: u64 = 8;
const LANES: u64 = 1;
/// What scrypt may take at that cost, and a little.
const MEMORY: u64 = 40 << 20;
const SALT: usize = 16;
const HASH: usize = 32;
/// Longer ones are not taken: nobody types them.
const LONGEST: usize = 256;

/// What is kept of a password: `scrypt$14$SALT$HASH`. A new salt each time.
#[must_use]
pub fn hash(password: &str) -> String {
    let mut salt = [0; SALT];
    openssl::rand::rand_bytes(&mut salt).expect("a system without randomness can do no TLS either");
    format!("scrypt$14${}${}", digits(&salt), digits(&stretched(password, &salt)))
}

/// Whether a password is the one that was kept. Takes as long when nothing sensible was kept.
#[must_use]
pub fn verify(password: &str, kept: &str) -> bool {
    let parts: Vec<&str> = kept.split('$').collect();
    let (salt, expected) = match parts[..] {
        ["scrypt", "14", salt, hash] => (bytes(salt), bytes(hash)),
        _ => (None, None),
    };
    let known = expected.as_ref().is_some_and(|expected| expected.len() == HASH) && password.len() <= LONGEST;
    let found = stretched(password, &salt.unwrap_or_default());
    let expected = expected.filter(|_| known).unwrap_or_else(|| vec![0; HASH]);
    openssl::memcmp::eq(&found, &expected) && known
}

/// Thirty-two bytes that stand for a password in memory, worthless without `key`.
#[must_use]
pub fn mark(key: &[u8; 32], parts: &[&str]) -> [u8; 32] {
    let mut sha = openssl::sha::Sha256::new();
    sha.update(key);
    for part in parts {
        sha.update(&(part.len() as u64).to_be_bytes());
        sha.update(part.as_bytes());
    }
    sha.finish()
}

/// A key nobody can guess, for as long as the process lives.
#[must_use]
pub fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    openssl::rand::rand_bytes(&mut key).expect("a system without randomness can do no TLS either");
    key
}

fn stretched(password: &str, salt: &[u8]) -> [u8; HASH] {
    let mut hash = [0; HASH];
    // Hashed first: scrypt takes no notice of zero bytes at the end.
    let password = openssl::sha::sha256(password.as_bytes());
    openssl::pkcs5::scrypt(&password, salt, COST, BLOCK, LANES, MEMORY, &mut hash)
        .expect("scrypt takes any password and salt at this cost");
    hash
}

fn digits(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let kept = hash("s3cret");
        assert!(verify("s3cret", &kept));
        assert!(!verify("S3cret", &kept) && !verify("", &kept) && !verify("s3cret\0", &kept));
        assert!(!kept.contains("s3cret") && kept != hash("s3cret"));
        for nonsense in ["", "s3cret", "scrypt$14$$", "scrypt$14$zz$zz", "scrypt$99$00$00", "scrypt$14$00"] {
            assert!(!verify("s3cret", nonsense), "{nonsense}");
        }
        assert!(!verify(&"x".repeat(300), &hash(&"x".repeat(300))), "nobody types that");
    }

    #[test]
    fn marks_tell_parts_apart() {
        let key = random_key();
        assert_ne!(mark(&key, &["ab", "c"]), mark(&key, &["a", "bc"]));
        assert_eq!(mark(&key, &["ab", "c"]), mark(&key, &["ab", "c"]));
        assert_ne!(mark(&key, &["ab"]), mark(&random_key(), &["ab"]));
    }
}
