//! A user for one push: made up, good for one phone and a few minutes, and gone when the push is done.

use std::path::{Path, PathBuf};
use std::time::Duration;

use provision::mac::Mac;

use super::users::{User, Users, UsersError, file};

/// What a push says who it is with. `Debug` does not tell the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

/// Credentials that `/authentication` of every server of this data directory lets through, until this is dropped.
#[derive(Debug)]
pub struct Loan {
    path: PathBuf,
    credentials: Credentials,
}

impl Loan {
    /// Credentials for `phone`, good at most for so long after `now`, in seconds since 1970.
    ///
    /// # Errors
    /// When the file of users cannot be changed.
    pub fn take(data_dir: &Path, phone: Mac, now: i64, lasts: Duration) -> Result<Self, UsersError> {
        let key = pki::password::random_key();
        let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let (name, password) = digits.split_at(16);
        let credentials = Credentials { user: format!("offhook-{name}"), password: password.to_owned() };
        let until = now.saturating_add(i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX));
        let user = User {
            hash: pki::password::hash(&credentials.password),
            phones: vec![phone.device_name()],
            until: Some(until),
        };
        let path = file(data_dir);
        Users::change(&path, |users| {
            // Those of programs that were killed.
            users.users.retain(|_, user| user.until.is_none_or(|until| until > now));
            users.users.insert(credentials.user.clone(), user)
        })?;
        Ok(Self { path, credentials })
    }

    /// Who to say one is.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        // It ends by itself if this fails.
        if let Err(error) = Users::change(&self.path, |users| users.users.remove(&self.credentials.user)) {
            tracing::warn!(%error, "a user for one push stays until its time is over");
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::time::Instant;

    use super::*;
    use crate::push::{Attempt, Guard, Verdict};

    #[tokio::test]
    async fn a_loan_is_for_one_phone_and_ends() {
        let folder = tempfile::tempdir().unwrap();
        let phone: Mac = "001122334455".parse().unwrap();
        let guard = Guard::default();
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
        let judge = async |credentials: &Credentials, device: &str| {
            let Credentials { user, password } = credentials.clone();
            let attempt = Attempt { user, password, device: device.parse().ok(), from: [10, 0, 0, 1].into() };
            guard.judge(folder.path(), attempt, Instant::now()).await
        };
        let loan = Loan::take(folder.path(), phone, now, Duration::from_secs(60)).unwrap();
        assert_eq!(judge(loan.credentials(), "001122334455").await, Verdict::Authorized);
        assert_eq!(judge(loan.credentials(), "001122334466").await, Verdict::Wrong);
        assert!(!format!("{loan:?}").contains(&loan.credentials().password));
        let late = Loan::take(folder.path(), phone, now - 120, Duration::from_secs(60)).unwrap();
        assert_eq!(judge(late.credentials(), "001122334455").await, Verdict::Wrong, "its time is over");
        let credentials = loan.credentials().clone();
        drop(loan);
        assert_eq!(judge(&credentials, "001122334455").await, Verdict::Wrong, "it is given back");
        // What nobody gave back is swept out by the next.
        std::mem::forget(late);
        drop(Loan::take(folder.path(), phone, now, Duration::from_secs(60)).unwrap());
        assert!(Users::read(&file(folder.path())).unwrap().users.is_empty());
    }
}
