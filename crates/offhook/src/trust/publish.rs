//! Publishing: what phones are given from now on, and the record of it.
//!
//! `trust.toml` says what the next list shall be, the certificates on disk are what it is made of; phones get the list that
//! was published last, whatever changes on the disk. The state is written first and the list published then: whoever is
//! interrupted in between has changed nothing for phones, and goes on by publishing.

use std::fs::File;
use std::path::Path;

use nix::fcntl::{Flock, FlockArg};
use store::{Published, Store};
use wire::trust_list::TrustList;

use super::{
    Draft, Error, Outlook, Reach, StateError, Trust, TrustState, calendar, certificates_folder, state_file,
};
use crate::config::Resolved;

/// What a list was published for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The first there ever was.
    First,
    /// The first on record: phones were given lists before.
    Adopted,
    /// Certificates or roles changed.
    Change,
    /// Both SASTs are in it.
    RolloverStart,
    /// The new SAST signed it.
    RolloverFinish,
    /// The new SAST is out of it again.
    RolloverAbort,
    /// Phones may follow another call manager.
    Release,
    /// They may not any more.
    Return,
    /// One of before once more.
    Restore,
}

impl Purpose {
    /// One word, for the record.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Adopted => "adopted",
            Self::Change => "change",
            Self::RolloverStart => "rollover-start",
            Self::RolloverFinish => "rollover-finish",
            Self::RolloverAbort => "rollover-abort",
            Self::Release => "release",
            Self::Return => "return",
            Self::Restore => "restore",
        }
    }
}

/// What publishing needs.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    /// Where the record is kept.
    pub store: &'a Store,
    /// The settings in force.
    pub resolved: &'a Resolved,
    /// The certificates and the state.
    pub trust: &'a Trust,
}

/// How to publish.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// What for.
    pub purpose: Purpose,
    /// What to remember about it.
    pub note: &'a str,
    /// Who.
    pub by: &'a str,
    /// When, in seconds since 1970.
    pub now: i64,
    /// How many phones may be lost.
    pub accept_loss: u64,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The certificates or the list.
    #[error(transparent)]
    Trust(#[from] Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Phones would be lost.
    #[error(
        "{lost} phones would be lost by this list, or might be: {named}. `offhook trust plan` says why and what helps; say \
         --accept-loss {lost} to publish it all the same"
    )]
    Loss {
        /// How many.
        lost: u64,
        /// Some of them.
        named: String,
    },
}

/// One publishes at a time on this machine. Whoever publishes from another machine is told that they were overtaken.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held until dropped")] Flock<File>);

impl Turn {
    /// Waits until nobody else on this machine is publishing.
    ///
    /// # Errors
    /// The folder of the certificates is not there.
    pub fn take(data_dir: &Path) -> Result<Self, Error> {
        let path = certificates_folder(data_dir);
        let failed = |source| Error::Folder { path: path.clone(), source };
        let file = File::open(&path).map_err(failed)?;
        let lock = Flock::lock(file, FlockArg::LockExclusive);
        Ok(Self(lock.map_err(|(_, errno)| failed(errno.into()))?))
    }
}

impl Desk<'_> {
    /// What the next list would be, and what phones would do with it.
    ///
    /// # Errors
    /// No list can be made, or the database does not answer.
    pub async fn outlook(&self) -> Result<(Draft, Outlook), PublishError> {
        let current = self.trust.current()?;
        let draft = Draft::next(&current.certificates, &current.state, self.resolved)?;
        let outlook = Outlook::of(&draft, self.store, self.resolved, &current).await?;
        Ok((draft, outlook))
    }

    /// Signs and publishes a list, unless that loses more phones than it may.
    ///
    /// # Errors
    /// Nothing was published.
    pub async fn publish(
        &self,
        draft: &Draft,
        outlook: &Outlook,
        request: &Request<'_>,
    ) -> Result<Published, PublishError> {
        check_loss(outlook, request.accept_loss)?;
        let last = outlook.last.as_ref();
        // Never older than the one of before, whatever the clock says.
        let after = last.and_then(|last| Some(TrustList::parse(&last.bytes).ok()?.timestamp));
        let timestamp = calendar::header_time(request.now);
        let timestamp = after.map_or(timestamp, |after| timestamp.max(after.saturating_add(1)));
        // A token takes its time, and may take all of it.
        let signing = draft.clone();
        let signed = tokio::task::spawn_blocking(move || signing.sign(timestamp)).await;
        let list = signed.expect("signing a list does not panic")?;
        let contents = super::contents(&list.bytes).map_err(|problem| Error::Before(problem.to_string()))?;
        let reach = &self.trust.current()?.state.reach;
        let published = Published {
            number: 0,
            at: request.now,
            by: request.by.to_owned(),
            purpose: match last {
                None if *reach != Reach::Off => Purpose::Adopted.word().to_owned(),
                None if request.purpose == Purpose::Change => Purpose::First.word().to_owned(),
                _ => request.purpose.word().to_owned(),
            },
            note: request.note.to_owned(),
            contents,
            certificates: draft.listed.clone(),
            bytes: list.bytes,
        };
        let number = self.store.publish_trust_list(&published, last.map_or(0, |last| last.number)).await?;
        Ok(Published { number, ..published })
    }

    /// Changes the state of trust and publishes the list that follows from it: both, or neither.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn change(
        &self,
        change: impl Fn(&mut TrustState),
        request: &Request<'_>,
    ) -> Result<Published, PublishError> {
        let current = self.trust.current()?;
        let before = current.state.clone();
        let mut wanted = before.clone();
        change(&mut wanted);
        let draft = Draft::next(&current.certificates, &wanted, self.resolved)?;
        let outlook = Outlook::of(&draft, self.store, self.resolved, &current).await?;
        check_loss(&outlook, request.accept_loss)?;
        self.swap(&before, &wanted, request)?;
        let published = self.publish(&draft, &outlook, request).await;
        if published.is_err() {
            // Nobody publishes what was not published.
            let _ = self.swap(&wanted, &before, request);
        }
        published
    }

    /// Writes `after`, unless the state is no longer what it was `before`.
    fn swap(
        &self,
        before: &TrustState,
        after: &TrustState,
        request: &Request<'_>,
    ) -> Result<(), PublishError> {
        let path = state_file(&self.resolved.data_dir);
        let written = TrustState::change(&path, request.by, request.now, |state| {
            let changed = before.changed.clone();
            let is_same = TrustState { changed: changed.clone(), ..state.clone() }
                == TrustState { changed, ..before.clone() };
            if is_same {
                *state = after.clone();
            }
            is_same
        });
        let (_, is_same) = written.map_err(|problem: StateError| Error::from(problem))?;
        if is_same { Ok(()) } else { Err(store::Error::Overtaken.into()) }
    }
}

fn check_loss(outlook: &Outlook, accepted: u64) -> Result<(), PublishError> {
    let lost = outlook.totals().lost;
    if lost <= accepted {
        return Ok(());
    }
    let names: Vec<String> = outlook.lost().take(3).map(|row| row.mac.device_name()).collect();
    let more = if lost > 3 { ", …" } else { "" };
    Err(PublishError::Loss { lost, named: names.join(", ") + more })
}

/// Puts the list that phones are given on record where that was never done: they got it before anybody wrote it down.
///
/// # Errors
/// No list can be made, or the database does not answer.
pub async fn adopt(desk: &Desk<'_>, by: &str, now: i64) -> Result<Option<Published>, PublishError> {
    if desk.trust.current()?.state.reach == Reach::Off || desk.store.last_trust_list().await?.is_some() {
        return Ok(None);
    }
    let (draft, outlook) = desk.outlook().await?;
    let note = "what phones were given before lists were written down";
    let request = Request { purpose: Purpose::Adopted, note, by, now, accept_loss: u64::MAX };
    match desk.publish(&draft, &outlook, &request).await {
        // Another server of the same database was faster.
        Err(PublishError::Store(store::Error::Overtaken)) => Ok(None),
        published => published.map(Some),
    }
}
