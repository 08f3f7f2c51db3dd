//! A roll-over: leads phones from one SAST to another, by way of a list that both are in.

use store::Published;

use super::publish::{Desk, Purpose};
use super::steps::{Order, StepError};
use super::{Draft, Outlook, Rollover, TrustState, calendar};

mod sast;

/// How far a roll-over is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Which one.
    pub rollover: Rollover,
    /// Whether the list that both SASTs are in is the one that phones get.
    pub is_published: bool,
    /// The list that would finish it.
    pub draft: Draft,
    /// What phones would do with that.
    pub outlook: Outlook,
}

impl Progress {
    /// Whether nobody would be lost by finishing it.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_published && self.outlook.totals().lost == 0
    }
}

impl Desk<'_> {
    /// Makes a new SAST, or takes `to`, and publishes the list that both are in. One that was interrupted goes on.
    ///
    /// # Errors
    /// Nothing was published.
    pub async fn start_rollover(
        &self,
        to: Option<&str>,
        order: Order<'_>,
    ) -> Result<(Published, Rollover), StepError> {
        let state = self.trust.current()?.state.clone();
        if state.released {
            return Err(StepError::Released);
        }
        let last = self.store.last_trust_list().await?.ok_or(StepError::NoneYet)?;
        if let Some(rollover) = state.rollover {
            let new = sast::fingerprint(self, &rollover.new)?;
            if last.contents.sasts.contains(&new) {
                return Err(StepError::UnderWay(Box::new(rollover)));
            }
            // It was interrupted before its list was published.
            let list = self.roll(Purpose::RolloverStart, &rollover, order, |_| ()).await?;
            return Ok((list, rollover));
        }
        let before = sast::in_use(self, &state)?;
        let old = before.first().expect("a list has a signer").clone();
        let new = match to {
            Some(name) => sast::checked(self, name, &old)?,
            None => sast::make(self, order.now).await?,
        };
        let rollover =
            Rollover { since: calendar::utc(order.now), by: order.by.to_owned(), old, new, before };
        let both = |state: &mut TrustState| {
            state.sasts = vec![rollover.old.clone(), rollover.new.clone()];
            state.rollover = Some(rollover.clone());
        };
        let list = self.roll(Purpose::RolloverStart, &rollover, order, both).await?;
        Ok((list, rollover))
    }

    /// How far the roll-over is that is under way, if there is one.
    ///
    /// # Errors
    /// No list can be made, or the database does not answer.
    pub async fn rollover(&self) -> Result<Option<Progress>, StepError> {
        let current = self.trust.current()?;
        let Some(rollover) = current.state.rollover.clone() else { return Ok(None) };
        let is_published = self.is_known(&rollover).await?;
        let mut finished = current.state.clone();
        finish(&mut finished, &rollover);
        let draft = Draft::next(&current.certificates, &finished, self.resolved)?;
        let outlook = Outlook::of(&draft, self.store, self.resolved, &current).await?;
        Ok(Some(Progress { rollover, is_published, draft, outlook }))
    }

    /// Who signs trust lists.
    ///
    /// # Errors
    /// Nobody does.
    pub fn list_signer(&self) -> Result<String, StepError> {
        let state = &self.trust.current()?.state;
        Ok(sast::in_use(self, state)?.swap_remove(0))
    }

    /// Publishes the list that the new SAST signs and the old one is no longer in.
    ///
    /// # Errors
    /// Nothing was published.
    pub async fn finish_rollover(&self, order: Order<'_>) -> Result<(Published, Rollover), StepError> {
        let rollover = self.under_way()?;
        if !self.is_known(&rollover).await? {
            return Err(StepError::NotKnown(rollover.new));
        }
        let end = |state: &mut TrustState| finish(state, &rollover);
        let list = self.roll(Purpose::RolloverFinish, &rollover, order, end).await?;
        Ok((list, rollover))
    }

    /// Publishes a list without the new SAST.
    ///
    /// # Errors
    /// Nothing was published.
    pub async fn abort_rollover(&self, order: Order<'_>) -> Result<(Published, Rollover), StepError> {
        let rollover = self.under_way()?;
        let back = |state: &mut TrustState| {
            state.sasts.clone_from(&rollover.before);
            state.rollover = None;
        };
        let list = self.roll(Purpose::RolloverAbort, &rollover, order, back).await?;
        Ok((list, rollover))
    }

    fn under_way(&self) -> Result<Rollover, StepError> {
        self.trust.current()?.state.rollover.clone().ok_or(StepError::NotUnderWay)
    }

    /// Whether phones are given a list that the new one is in.
    async fn is_known(&self, rollover: &Rollover) -> Result<bool, StepError> {
        let new = sast::fingerprint(self, &rollover.new)?;
        Ok(self.store.last_trust_list().await?.is_some_and(|last| last.contents.sasts.contains(&new)))
    }

    async fn roll(
        &self,
        purpose: Purpose,
        rollover: &Rollover,
        order: Order<'_>,
        change: impl Fn(&mut TrustState),
    ) -> Result<Published, StepError> {
        let note = format!("from {} to {}", rollover.old, rollover.new);
        Ok(self.change(change, &order.request(purpose, &note)).await?)
    }
}

/// The new one signs; the others of before but the old one stay.
fn finish(state: &mut TrustState, rollover: &Rollover) {
    let others = rollover.before.iter().filter(|name| **name != rollover.old && **name != rollover.new);
    state.sasts = std::iter::once(&rollover.new).chain(others.take(1)).cloned().collect();
    state.rollover = None;
}
