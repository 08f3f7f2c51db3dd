//! Users of the page: names, passwords, the links by which passwords are chosen. Commands and pages share it.

use store::{Store, User};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::access::Role;

/// A link to choose a password by is good for a day: long enough for a mail, short enough to be forgotten.
pub const LINK_HOLDS: i64 = 24 * 3600;
/// Shorter passwords are refused. Attempts are limited, too, so that guessing one takes centuries.
pub const SHORTEST: usize = 10;
const LONGEST_NAME: usize = 64;
/// Passwords that are hashed at one time: each takes a core and 19 MiB.
const AT_ONCE: usize = 2;
static HASHING: Semaphore = Semaphore::const_new(AT_ONCE);

/// What is wrong with a name or password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The name.
    #[error("{0:?} cannot be the name of a user: 1 to 64 letters, digits and . - _ @")]
    Name(String),
    /// Too few characters.
    #[error("a password has at least {SHORTEST} characters")]
    Short,
    /// Too many.
    #[error("a password has at most {} bytes", pki::passphrase::LONGEST)]
    Long,
    /// It is the name.
    #[error("a password is not the name of its user")]
    SameAsName,
}

/// The name as it is kept: in small letters.
///
/// # Errors
/// Says which names there can be.
pub fn name(typed: &str) -> Result<String, Unfit> {
    let name = typed.trim().to_ascii_lowercase();
    let good = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(good) {
        return Err(Unfit::Name(typed.chars().take(80).collect()));
    }
    Ok(name)
}

/// Whether that may be a password of that user.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_password(name: &str, password: &str) -> Result<(), Unfit> {
    if password.chars().count() < SHORTEST {
        return Err(Unfit::Short);
    }
    if password.len() > pki::passphrase::LONGEST {
        return Err(Unfit::Long);
    }
    if password.eq_ignore_ascii_case(name) {
        return Err(Unfit::SameAsName);
    }
    Ok(())
}

/// The right to hash a password. To be held until it is hashed, even if whoever asked for it is gone by then.
pub async fn turn() -> SemaphorePermit<'static> {
    HASHING.acquire().await.expect("nobody closes this queue")
}

/// The hash of a password; takes a while, so not on a thread that others wait for.
pub async fn hash(password: &str) -> String {
    let password = password.to_owned();
    hashing(turn().await, move || pki::passphrase::hash(&password)).await
}

/// Whether a password is the one of that hash; takes a while, too.
pub async fn verify(password: &str, kept: String) -> bool {
    let password = password.to_owned();
    hashing(turn().await, move || pki::passphrase::verify(&password, &kept)).await
}

/// Does what takes a core for a while, and gives the turn back when that is done: a browser that goes away ends the waiting,
/// not the work.
pub async fn hashing<T: Send + 'static>(
    turn: SemaphorePermit<'static>,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    done.await.expect("hashing a password does not panic")
}

/// A user without password.
#[must_use]
pub fn newcomer(name: String, role: Role, now: i64) -> User {
    User { name, role: role.word().to_owned(), password: String::new(), made: now, last: None }
}

/// Makes the link by which `owner` chooses a password, or, without one, the first administrator is made. Gives its last part;
/// nobody can ask for it again.
///
/// # Errors
/// When there is no such user, or the database fails.
pub async fn invite(store: &Store, owner: Option<&str>, now: i64) -> store::Result<String> {
    let secret = fresh();
    store.make_link(&mark("link", &secret), owner, now + LINK_HOLDS).await?;
    Ok(secret)
}

/// A secret nobody can guess: 256 bits, in letters that stand in addresses and cookies.
#[must_use]
pub fn fresh() -> String {
    pki::digest::hex(&pki::password::random_key())
}

/// What is kept of a secret, by what it is for. It is long and random, so one round of hashing is enough.
#[must_use]
pub fn mark(what_for: &str, secret: &str) -> String {
    pki::digest::hex(&pki::password::mark(&[0; 32], &["offhook", what_for, secret]))
}

/// Seconds since 1970.
#[must_use]
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_secs().cast_signed()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn names_and_passwords_that_will_do() {
        assert_eq!(name(" Anna.B@example.net "), Ok("anna.b@example.net".to_owned()));
        for bad in ["", " ", "an na", "<b>", "ü", &"x".repeat(65)] {
            assert!(name(bad).is_err(), "{bad}");
        }
        assert_eq!(check_password("anna", "zehn Stück"), Ok(()));
        assert_eq!(check_password("anna", "neun Zei."), Err(Unfit::Short));
        assert_eq!(check_password("annabella.b", "AnnaBella.B"), Err(Unfit::SameAsName));
        assert_eq!(check_password("anna", &"x".repeat(257)), Err(Unfit::Long));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_goes_away_leaves_no_room_for_more_hashing() {
        let (started, runs) = std::sync::mpsc::channel();
        let (go_on, waits) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn(hashing(turn().await, move || {
            let _ = started.send(());
            waits.recv()
        }));
        runs.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        let rest: Vec<_> = std::iter::from_fn(|| HASHING.try_acquire().ok()).collect();
        assert_eq!(rest.len(), AT_ONCE - 1, "the one that nobody waits for is still at work");
        drop((go_on, rest));
        let all = HASHING.acquire_many(AT_ONCE as u32);
        let _all = tokio::time::timeout(std::time::Duration::from_secs(20), all).await.unwrap().unwrap();
    }

    #[test]
    fn secrets_differ_and_so_do_their_marks() {
        let (one, other) = (fresh(), fresh());
        assert!(one != other && one.len() == 64);
        assert_ne!(mark("link", &one), mark("session", &one));
        assert!(!mark("link", &one).contains(&one[..8]));
    }
}
