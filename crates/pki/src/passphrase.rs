//! Passwords of people who log in: hashed by Argon2id, so that a stolen database tells none and trying is dear in memory.

use openssl::base64;

/// What hashing one costs: 19 MiB, twice over, in one lane; some thirty milliseconds. The least that OWASP's cheat sheet
/// on password storage names.
const COST: Cost = Cost { memory: 19_456, passes: 2, lanes: 1 };
/// Costs that are read from a database are no reason to take more than this: 256 MiB.
const DEAREST: Cost = Cost { memory: 262_144, passes: 16, lanes: 8 };
const SALT: usize = 16;
const HASH: usize = 32;
/// Longer ones are not taken: nobody types them.
pub const LONGEST: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    /// KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
}

/// What is kept of a password: `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`. A new salt each time.
#[must_use]
pub fn hash(password: &str) -> String {
    let mut salt = [0; SALT];
    openssl::rand::rand_bytes(&mut salt).expect("a system without randomness can do no TLS either");
    let Cost { memory, passes, lanes } = COST;
    let hash = stretched(password, &salt, COST).expect("Argon2id takes any password and salt at this cost");
    format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${}${}", text(&salt), text(&hash))
}

/// Whether a password is the one that was kept. Takes as long when nothing sensible was kept, so that nobody learns by the
/// clock whether there is such a user.
#[must_use]
pub fn verify(password: &str, kept: &str) -> bool {
    let known = read(kept).filter(|_| password.len() <= LONGEST);
    let (cost, salt, expected) = known.clone().unwrap_or((COST, vec![0; SALT], vec![0; HASH]));
    let short: &str = if password.len() <= LONGEST { password } else { "" };
    let found = stretched(short, &salt, cost);
    found.is_some_and(|found| openssl::memcmp::eq(&found, &expected)) && known.is_some()
}

/// Cost, salt and hash.
fn read(kept: &str) -> Option<(Cost, Vec<u8>, Vec<u8>)> {
    let ["", "argon2id", "v=19", costs, salt, hash] = kept.split('$').collect::<Vec<_>>()[..] else {
        return None;
    };
    let [memory, passes, lanes] = costs.split(',').collect::<Vec<_>>()[..] else { return None };
    let number = |text: &str, name: &str, most: u32| {
        let number = text.strip_prefix(name)?.parse().ok()?;
        (1..=most).contains(&number).then_some(number)
    };
    let cost = Cost {
        memory: number(memory, "m=", DEAREST.memory)?,
        passes: number(passes, "t=", DEAREST.passes)?,
        lanes: number(lanes, "p=", DEAREST.lanes)?,
    };
    let (salt, hash) = (bytes(salt)?, bytes(hash)?);
    (salt.len() >= 8 && hash.len() == HASH).then_some((cost, salt, hash))
}

fn stretched(password: &str, salt: &[u8], cost: Cost) -> Option<[u8; HASH]> {
    let mut hash = [0; HASH];
    let Cost { memory, passes, lanes } = cost;
    openssl::kdf::argon2id(None, password.as_bytes(), salt, None, None, passes, lanes, memory, &mut hash)
        .ok()?;
    Some(hash)
}

/// Base 64 without padding, as Argon2's own programs write it.
fn text(bytes: &[u8]) -> String {
    base64::encode_block(bytes).trim_end_matches('=').to_owned()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || text.len() > 128 || text.len() % 4 == 1 {
        return None;
    }
    base64::decode_block(&format!("{text}{}", &"==="[..(4 - text.len() % 4) % 4])).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let kept = hash("korrekt Pferd Ü");
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(verify("korrekt Pferd Ü", &kept));
        for other in ["", "korrekt pferd Ü", "korrekt Pferd Ü\0", &"x".repeat(LONGEST + 1)] {
            assert!(!verify(other, &kept), "{other:?}");
        }
        assert_ne!(kept, hash("korrekt Pferd Ü"));
    }

    #[test]
    fn hashes_of_other_programs_are_read() {
        // `printf password | argon2 somesalt -id -t 2 -k 65536 -p 1`, from the tests of Argon2's own program.
        let kept = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(verify("password", kept));
        assert!(!verify("Password", kept));
    }

    #[test]
    fn nothing_sensible_is_nobodys_password() {
        let salt = "c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        for nonsense in [
            String::new(),
            "password".into(),
            format!("$argon2id$v=19$m=4294967295,t=2,p=1${salt}"),
            format!("$argon2id$v=19$m=65536,t=0,p=1${salt}"),
            format!("$argon2i$v=19$m=65536,t=2,p=1${salt}"),
            "$argon2id$v=19$m=65536,t=2,p=1$$".into(),
            "$argon2id$v=19$m=65536,t=2,p=1$?$?".into(),
        ] {
            assert!(!verify("password", &nonsense), "{nonsense}");
            assert!(!verify("", &nonsense), "{nonsense}");
        }
    }
}
