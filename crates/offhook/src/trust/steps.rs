//! What an administrator does about the lists that phones get: publish the next one, let phones go and take them back, give
//! out one of before once more. Commands and the API share it.

use store::Published;

use super::publish::{Desk, PublishError, Purpose, Request};
use super::{Draft, Error, Outlook, Rollover};

/// Who wants something done, when, and how many phones may be lost by it.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Who.
    pub by: &'a str,
    /// When, in seconds since 1970.
    pub now: i64,
    /// How many phones may be lost.
    pub accept_loss: u64,
}

impl<'a> Order<'a> {
    /// As publishing wants it.
    pub(super) fn request(self, purpose: Purpose, note: &'a str) -> Request<'a> {
        Request { purpose, note, by: self.by, now: self.now, accept_loss: self.accept_loss }
    }
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// Nothing was published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Nobody published a list before.
    #[error(
        "no list was published yet, so no phone knows the old SAST: `offhook trust enable` gives phones their first"
    )]
    NoneYet,
    /// The history has no such list.
    #[error("there is no list {0}; see `offhook trust history`")]
    NoList(i64),
    /// It is in force.
    #[error("list {0} is the one that phones get")]
    IsLast(i64),
    /// One thing after the other.
    #[error(
        "a roll-over from {} to {} is under way since {}: finish or abort it first, see `offhook trust rollover status`",
        .0.old, .0.new, .0.since
    )]
    UnderWay(Box<Rollover>),
    /// Nothing to finish or to abort.
    #[error("no roll-over is under way: `offhook trust rollover start` begins one")]
    NotUnderWay,
    /// A list that lets phones go has nobody to roll over from.
    #[error("lists let phones go at present: `offhook trust release --back` first")]
    Released,
    /// The first list of a roll-over is missing.
    #[error(
        "no phone knows {0} yet: the list that both SASTs are in is not published, and `offhook trust rollover start` \
         publishes it"
    )]
    NotKnown(String),
    /// No such certificate.
    #[error("there is no certificate {0}; see `offhook cert list`")]
    NoCertificate(String),
    /// The new SAST went away.
    #[error("there is no certificate {0} any more; abort the roll-over")]
    Gone(String),
    /// It cannot sign lists.
    #[error("{0}")]
    Unfit(String),
    /// No number is left.
    #[error("there are {0} SASTs already: remove those that are in no list, see `offhook cert list`")]
    TooMany(u32),
    /// Single phones cannot be left out.
    #[error(
        "trust is enabled for every phone, and single ones cannot be left out: disable it, then enable it for the phones \
         that should have it"
    )]
    Everyone,
}

impl From<Error> for StepError {
    fn from(error: Error) -> Self {
        Self::Publish(error.into())
    }
}

impl From<store::Error> for StepError {
    fn from(error: store::Error) -> Self {
        Self::Publish(error.into())
    }
}

impl StepError {
    /// Whether somebody else was faster, and trying again may help.
    #[must_use]
    pub fn is_overtaken(&self) -> bool {
        matches!(self, Self::Publish(PublishError::Store(store::Error::Overtaken)))
    }
}

impl Desk<'_> {
    /// Publishes the next list; nothing when phones get just that one already, unless it is to be published `again`.
    ///
    /// # Errors
    /// Nothing was published.
    pub async fn publish_next(
        &self,
        note: &str,
        again: bool,
        order: Order<'_>,
    ) -> Result<Option<Published>, StepError> {
        let (draft, outlook) = self.outlook().await?;
        if outlook.is_published(&draft) && !again {
            return Ok(None);
        }
        Ok(Some(self.publish(&draft, &outlook, &order.request(Purpose::Change, note)).await?))
    }

    /// Whether phones are yet to be let go, or with `back` to be held again.
    ///
    /// # Errors
    /// A roll-over is under way, or the database does not answer.
    pub async fn is_to_release(&self, back: bool) -> Result<bool, StepError> {
        let state = &self.trust.current()?.state;
        let last = self.store.last_trust_list().await?;
        let is_published = last.is_some_and(|last| last.contents.releases() != back);
        if state.released != back && is_published {
            return Ok(false);
        }
        match &state.rollover {
            Some(rollover) => Err(StepError::UnderWay(Box::new(rollover.clone()))),
            None => Ok(true),
        }
    }

    /// Publishes the list that lets phones follow another call manager, or with `back` the one that ends that. Nothing when
    /// that was done.
    ///
    /// # Errors
    /// Nothing was published.
    pub async fn release(&self, back: bool, order: Order<'_>) -> Result<Option<Published>, StepError> {
        if !self.is_to_release(back).await? {
            return Ok(None);
        }
        let purpose = if back { Purpose::Return } else { Purpose::Release };
        let published = self.change(|state| state.released = !back, &order.request(purpose, "")).await?;
        Ok(Some(published))
    }

    /// A list of the history as it would be signed anew, and what phones would do with it.
    ///
    /// # Errors
    /// It is not to be given out once more.
    pub async fn once_more(&self, number: i64) -> Result<(Published, Draft, Outlook), StepError> {
        let list = self.store.trust_list(number).await?.ok_or(StepError::NoList(number))?;
        let last = self.store.last_trust_list().await?.ok_or(StepError::NoneYet)?;
        if last.number == number {
            return Err(StepError::IsLast(number));
        }
        let current = self.trust.current()?;
        if let Some(rollover) = &current.state.rollover {
            return Err(StepError::UnderWay(Box::new(rollover.clone())));
        }
        let draft = Draft::again(
            &list.bytes,
            &list.certificates,
            &last.contents.sasts,
            &current.certificates,
            self.resolved,
        )?;
        let outlook = Outlook::of(&draft, self.store, self.resolved, &current).await?;
        Ok((list, draft, outlook))
    }

    /// Publishes a list of the history once more, signed anew. Tells, too, whether the certificate that signs files now is in
    /// it.
    ///
    /// # Errors
    /// Nothing was published.
    pub async fn restore(
        &self,
        number: i64,
        note: Option<&str>,
        order: Order<'_>,
    ) -> Result<(Published, bool), StepError> {
        let (list, draft, outlook) = self.once_more(number).await?;
        let usual = format!("list {number} once more");
        let request = order.request(Purpose::Restore, note.unwrap_or(&usual));
        let published = self.publish(&draft, &outlook, &request).await?;
        let signer = self.trust.current()?.certificates.file_signer()?.certificate.sha256_hex();
        let holds_it = |one: &provision::ledger::Listed| one.sha256 == signer && one.role.contains("TFTP");
        let signs_by_it = draft.contents.releases() || list.certificates.iter().any(holds_it);
        Ok((published, signs_by_it))
    }
}
