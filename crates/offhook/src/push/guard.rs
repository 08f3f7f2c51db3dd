//! Deciding whether a push may go on, quickly for those who may and slowly for those who guess.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pki::password;
use provision::mac::Mac;
use tokio::sync::Semaphore;

use super::users::{Users, file};
use crate::services::Rate;
use crate::stamp::Witness;
use crate::trust::calendar;

/// What a phone asks about.
#[derive(Clone)]
pub struct Attempt {
    /// Who wants to push.
    pub user: String,
    /// With what.
    pub password: String,
    /// To which phone.
    pub device: Option<Mac>,
    /// The address that asks: the phone's.
    pub from: IpAddr,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The push may go on.
    Authorized,
    /// User, password or phone are wrong.
    Wrong,
    /// Too much was wrong lately: nothing was looked at.
    TooOften,
    /// The file of users cannot be read, or the machine is too busy to hash.
    Unable,
}

/// Answers for a running server. Time is handed in.
#[derive(Debug)]
pub struct Guard {
    key: [u8; 32],
    kept: Mutex<Option<Kept>>,
    mistakes: Arc<Mistakes>,
    hashing: Arc<Semaphore>,
}

/// Who was wrong how often.
#[derive(Debug)]
struct Mistakes {
    by_address: Rate<IpAddr>,
    by_user: Rate<[u8; 32]>,
}

impl Mistakes {
    fn are_too_many(&self, from: &IpAddr, user: &[u8; 32], now: Instant) -> bool {
        self.by_address.is_spent(from, now) || self.by_user.is_spent(user, now)
    }

    /// Both are counted, whatever they say.
    fn count(&self, from: IpAddr, user: [u8; 32], now: Instant) {
        self.by_address.allows(from, now);
        self.by_user.allows(user, now);
    }
}

/// The users as last read, and whom they let in since.
#[derive(Debug)]
struct Kept {
    users: Arc<Users>,
    witness: Witness,
    right: HashMap<[u8; 32], Instant>,
}

/// Mistakes at once, and how often one more may be made. People mistype; nobody guesses a password at this pace.
const MISTAKES: u32 = 10;
const ONE_MORE_EVERY: Duration = Duration::from_secs(10);
/// Each hash takes 16 MiB and a core for a while.
const HASHES_AT_ONCE: usize = 2;
/// A phone gives up after some seconds anyway.
const PATIENCE: Duration = Duration::from_secs(5);
/// So long a right password stays known without being hashed again.
const REMEMBERED: Duration = Duration::from_secs(600);
/// Users times phones of a large site; beyond that all are forgotten and hashed again.
const MOST_REMEMBERED: usize = 50_000;

impl Default for Guard {
    fn default() -> Self {
        Self {
            key: password::random_key(),
            kept: Mutex::new(None),
            mistakes: Arc::new(Mistakes {
                by_address: Rate::new(MISTAKES, ONE_MORE_EVERY),
                by_user: Rate::new(MISTAKES, ONE_MORE_EVERY),
            }),
            hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
        }
    }
}

impl Guard {
    /// Whether the push may go on.
    pub async fn judge(&self, data_dir: &Path, attempt: Attempt, now: Instant) -> Verdict {
        let device = attempt.device.map(|mac| mac.device_name()).unwrap_or_default();
        let mark = password::mark(&self.key, &[&attempt.user, &attempt.password, &device]);
        let users = match self.users(data_dir, &mark, now) {
            Ok(Some(users)) => users,
            Ok(None) => return Verdict::Authorized,
            Err(error) => {
                tracing::error!(%error, "who may push cannot be told");
                return Verdict::Unable;
            }
        };
        let user_mark = password::mark(&self.key, &[&attempt.user]);
        if self.mistakes.are_too_many(&attempt.from, &user_mark, now) {
            return Verdict::TooOften;
        }
        let is_lent = users.users.get(&attempt.user).is_some_and(|user| user.until.is_some());
        let verdict = self.hashed(users, attempt, user_mark, now).await;
        // A user for one push is nobody to be remembered.
        if verdict == Verdict::Authorized && !is_lent {
            self.remember(mark, now);
        }
        verdict
    }

    /// The users; `None` when this very attempt was found right a moment ago.
    fn users(
        &self,
        data_dir: &Path,
        mark: &[u8; 32],
        now: Instant,
    ) -> Result<Option<Arc<Users>>, super::UsersError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_ref().filter(|kept| kept.witness.holds()) {
            let is_right = kept.right.get(mark).is_some_and(|until| *until > now);
            return Ok((!is_right).then(|| kept.users.clone()));
        }
        let path = file(data_dir);
        let witness = Witness::of([path.clone()]);
        let users = Arc::new(Users::read(&path)?);
        // A file that was only touched leaves everybody as right as before, and so do users for one push.
        let stays = |users: &Users| {
            users.users.clone().into_iter().filter(|(_, user)| user.until.is_none()).collect::<Vec<_>>()
        };
        let before = kept.take().filter(|kept| stays(&kept.users) == stays(&users));
        let right = before.map(|kept| kept.right).unwrap_or_default();
        let is_right = right.get(mark).is_some_and(|until| *until > now);
        *kept = Some(Kept { users: users.clone(), witness, right });
        Ok((!is_right).then_some(users))
    }

    fn remember(&self, mark: [u8; 32], now: Instant) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_mut() {
            if kept.right.len() >= MOST_REMEMBERED {
                kept.right.clear();
            }
            kept.right.insert(mark, now + REMEMBERED);
        }
    }

    /// Whether the password is right. It takes as long for users nobody knows. Whoever goes away meanwhile holds a place and
    /// is counted all the same, or a crowd of them would have as much hashed at once as they like.
    async fn hashed(
        &self,
        users: Arc<Users>,
        attempt: Attempt,
        user_mark: [u8; 32],
        now: Instant,
    ) -> Verdict {
        let place = tokio::time::timeout(PATIENCE, self.hashing.clone().acquire_owned()).await;
        let Ok(Ok(place)) = place else { return Verdict::Unable };
        // Many may have been wrong while this one waited.
        if self.mistakes.are_too_many(&attempt.from, &user_mark, now) {
            return Verdict::TooOften;
        }
        let mistakes = self.mistakes.clone();
        let look = move || {
            let _place = place;
            let user = users.users.get(&attempt.user);
            let is_right = password::verify(&attempt.password, user.map_or("", |user| &user.hash));
            if is_right && user.is_some_and(|user| user.may(attempt.device) && user.is_at(calendar::now())) {
                return Verdict::Authorized;
            }
            mistakes.count(attempt.from, user_mark, now);
            Verdict::Wrong
        };
        tokio::task::spawn_blocking(look).await.unwrap_or(Verdict::Unable)
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attempt")
            .field("user", &self.user)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::push::User;

    fn attempt(user: &str, password: &str, from: &str) -> Attempt {
        let device = "001122334455".parse().ok();
        Attempt { user: user.to_owned(), password: password.to_owned(), device, from: from.parse().unwrap() }
    }

    #[tokio::test]
    async fn right_ones_pass_and_guessing_is_slow() {
        let folder = tempfile::tempdir().unwrap();
        let user = User { hash: password::hash("s3cret"), phones: Vec::new(), until: None };
        Users::change(&file(folder.path()), |users| users.users.insert("anna".to_owned(), user)).unwrap();
        let (guard, now) = (Guard::default(), Instant::now());
        let judge = async |attempt, now| guard.judge(folder.path(), attempt, now).await;
        assert_eq!(judge(attempt("anna", "s3cret", "10.0.0.1"), now).await, Verdict::Authorized);
        for _ in 0..MISTAKES {
            assert_eq!(judge(attempt("anna", "guess", "10.0.0.2"), now).await, Verdict::Wrong);
        }
        assert_eq!(
            judge(attempt("anna", "s3cret2", "10.0.0.3"), now).await,
            Verdict::TooOften,
            "the user is guessed at"
        );
        assert_eq!(
            judge(attempt("bert", "x", "10.0.0.2"), now).await,
            Verdict::TooOften,
            "the address guesses"
        );
        // Who was right before is not locked out by others' guesses.
        assert_eq!(judge(attempt("anna", "s3cret", "10.0.0.1"), now).await, Verdict::Authorized);
        let later = now + ONE_MORE_EVERY * MISTAKES;
        assert_eq!(judge(attempt("bert", "x", "10.0.0.2"), later).await, Verdict::Wrong);
        // A user who is taken away is out at once.
        Users::change(&file(folder.path()), |users| users.users.clear()).unwrap();
        assert_eq!(judge(attempt("anna", "s3cret", "10.0.0.1"), later).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn who_guesses_many_at_once_has_no_more_guesses() {
        let folder = tempfile::tempdir().unwrap();
        let (guard, now) = (Arc::new(Guard::default()), Instant::now());
        let mut all = tokio::task::JoinSet::new();
        for number in 0..60 {
            let (guard, folder) = (guard.clone(), folder.path().to_owned());
            let guess = attempt("anna", &format!("guess {number}"), "10.0.0.2");
            all.spawn(async move { guard.judge(&folder, guess, now).await });
        }
        let verdicts = all.join_all().await;
        let tried = verdicts.iter().filter(|verdict| **verdict == Verdict::Wrong).count();
        assert!(tried <= MISTAKES as usize + HASHES_AT_ONCE, "{tried} were looked at");
        assert!(verdicts.contains(&Verdict::TooOften));
    }

    #[tokio::test]
    async fn who_asks_and_goes_away_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let (guard, now) = (Arc::new(Guard::default()), Instant::now());
        let spent = || guard.mistakes.by_address.is_spent(&[10, 0, 0, 2].into(), now);
        for number in 0.. {
            let guess = attempt("anna", &format!("guess {number}"), "10.0.0.2");
            let mut asked = Box::pin(guard.judge(folder.path(), guess, now));
            // Asked, and gone before there is an answer.
            let asked_once = std::future::poll_fn(|context| {
                std::task::Poll::Ready(asked.as_mut().poll(context).is_ready())
            });
            asked_once.await;
            drop(asked);
            // Once there is room again it was looked at.
            let rest = guard.hashing.acquire_many(HASHES_AT_ONCE as u32);
            drop(tokio::time::timeout(PATIENCE * 4, rest).await.unwrap().unwrap());
            if spent() {
                assert!(number < 2 * MISTAKES, "{number}");
                return;
            }
            assert!(number < 2 * MISTAKES, "nobody counts");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        assert!(!format!("{:?}", attempt("anna", "s3cret", "10.0.0.1")).contains("s3cret"));
    }
}
