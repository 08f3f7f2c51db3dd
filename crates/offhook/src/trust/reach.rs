//! Who is given a trust list, and what phones trust a certificate for: the administrator's decisions, that commands and the
//! API carry out.

use std::collections::BTreeSet;

use provision::mac::Mac;
use store::Published;
use wire::trust_list::{Kind, Role};

use super::publish::{Desk, Purpose};
use super::steps::{Order, StepError};
use super::{Error, Plan, Reach, TrustState, state_file};

impl Reach {
    /// Who gets the list once it is enabled for these phones; none means all.
    #[must_use]
    pub fn enabled(self, phones: &[Mac]) -> Self {
        match self {
            Self::Everyone => Self::Everyone,
            _ if phones.is_empty() => Self::Everyone,
            Self::Off => Self::Phones(phones.iter().copied().collect()),
            Self::Phones(mut before) => {
                before.extend(phones);
                Self::Phones(before)
            }
        }
    }

    /// Who gets the list once it is disabled for these phones; none means all.
    #[must_use]
    pub fn disabled(self, phones: &[Mac]) -> Self {
        match self {
            Self::Phones(before) if !phones.is_empty() => {
                let left: BTreeSet<Mac> = before.into_iter().filter(|mac| !phones.contains(mac)).collect();
                if left.is_empty() { Self::Off } else { Self::Phones(left) }
            }
            Self::Everyone if !phones.is_empty() => Self::Everyone,
            _ => Self::Off,
        }
    }

    /// In words: `off`, `everyone`, or the phones.
    fn words(&self) -> String {
        match self {
            Self::Off => "off".to_owned(),
            Self::Everyone => "everyone".to_owned(),
            Self::Phones(phones) => {
                phones.iter().copied().map(Mac::device_name).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

impl Desk<'_> {
    /// Phones must not be promised a list that cannot be made.
    ///
    /// # Errors
    /// It cannot be.
    pub fn check_list(&self) -> Result<(), StepError> {
        let current = self.trust.current()?;
        current.list(Kind::Itl, self.resolved)?;
        current.certificates.file_signer()?;
        Ok(())
    }

    /// Phones are given a list that is on record: the first one is published here. Gives the one that was published before,
    /// if the next one would differ from it.
    ///
    /// # Errors
    /// Nothing was published.
    pub async fn first_list(&self, order: Order<'_>) -> Result<Option<Published>, StepError> {
        let (draft, outlook) = self.outlook().await?;
        if let Some(last) = &outlook.last {
            return Ok((!outlook.is_published(&draft)).then(|| last.clone()));
        }
        let order = Order { accept_loss: u64::MAX, ..order };
        self.publish(&draft, &outlook, &order.request(Purpose::First, "")).await?;
        Ok(None)
    }

    /// Gives these phones a list, or all of them, from now on.
    ///
    /// # Errors
    /// No list can be made, or it cannot be kept.
    pub async fn enable(&self, phones: &[Mac], order: Order<'_>) -> Result<TrustState, StepError> {
        self.check_list()?;
        self.first_list(order).await?;
        self.reach(order, |reach| reach.enabled(phones)).await
    }

    /// Gives these phones no list any more, or nobody.
    ///
    /// # Errors
    /// Single phones are to be left out while everybody gets it, or it cannot be kept.
    pub async fn disable(&self, phones: &[Mac], order: Order<'_>) -> Result<TrustState, StepError> {
        if !phones.is_empty() && self.state()?.reach == Reach::Everyone {
            return Err(StepError::Everyone);
        }
        self.reach(order, |reach| reach.disabled(phones)).await
    }

    async fn reach(&self, order: Order<'_>, reach: impl Fn(Reach) -> Reach) -> Result<TrustState, StepError> {
        let state = self.state()?;
        let before = state.reach.clone();
        if reach(before.clone()) == before {
            return Ok(state);
        }
        let written = self.keep(order, |state| state.reach = reach(std::mem::take(&mut state.reach)))?;
        let (before, after) = (before.words(), written.reach.words());
        self.store.note("changed", "trust", &[("reach", Some(&before), Some(&after))]).await?;
        Ok(written)
    }

    /// Gives a certificate these roles in the next lists; without any said, those that it usually has.
    ///
    /// # Errors
    /// There is no such certificate, or no list could be made then.
    pub async fn give_roles(
        &self,
        name: &str,
        roles: Option<&[Role]>,
        order: Order<'_>,
    ) -> Result<TrustState, StepError> {
        let current = self.trust.current()?;
        let stored = current.certificates.find(name);
        if stored.is_none() && !current.state.roles.contains_key(name) {
            return Err(StepError::NoCertificate(name.to_owned()));
        }
        let apply = |state: &mut TrustState| match roles {
            None => drop(state.roles.remove(name)),
            Some(roles) => drop(state.roles.insert(name.to_owned(), roles.to_vec())),
        };
        // Nothing is written that would leave phones without a list.
        let mut wanted = current.state.clone();
        apply(&mut wanted);
        let settings = &self.resolved.trust;
        let plan = Plan::new(&current.certificates, &wanted, settings.version)?;
        plan.build(Kind::Itl, settings.version, settings.digest, 0)?;
        let written = self.keep(order, apply)?;
        let words = |state: &TrustState| {
            let roles = stored.map(|stored| state.listed(stored)).unwrap_or_default();
            roles.iter().map(Role::to_string).collect::<Vec<_>>().join(" ")
        };
        let (before, after) = (words(&current.state), words(&written));
        let subject = format!("certificate {name}");
        self.store.note("changed", &subject, &[("roles", Some(&before), Some(&after))]).await?;
        Ok(written)
    }

    /// The state alone: trust can be turned off, too, while the certificates cannot be read.
    fn state(&self) -> Result<TrustState, StepError> {
        Ok(TrustState::read(&state_file(&self.resolved.data_dir)).map_err(Error::from)?)
    }

    fn keep(&self, order: Order<'_>, change: impl FnOnce(&mut TrustState)) -> Result<TrustState, StepError> {
        let path = state_file(&self.resolved.data_dir);
        let written = TrustState::change(&path, order.by, order.now, change).map_err(Error::from)?;
        Ok(written.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Mac = Mac::new([0, 0, 0, 0, 0, 1]);
    const TWO: Mac = Mac::new([0, 0, 0, 0, 0, 2]);

    fn phones<const N: usize>(phones: [Mac; N]) -> Reach {
        Reach::Phones(phones.into())
    }

    #[test]
    fn enabling_adds() {
        for (before, named, after) in [
            (Reach::Off, &[][..], Reach::Everyone),
            (Reach::Off, &[ONE], phones([ONE])),
            (phones([ONE]), &[TWO], phones([ONE, TWO])),
            (phones([ONE]), &[], Reach::Everyone),
            (Reach::Everyone, &[ONE], Reach::Everyone),
        ] {
            assert_eq!(before.enabled(named), after);
        }
    }

    #[test]
    fn disabling_takes_away() {
        for (before, named, after) in [
            (Reach::Everyone, &[][..], Reach::Off),
            (Reach::Off, &[ONE], Reach::Off),
            (phones([ONE, TWO]), &[TWO], phones([ONE])),
            (phones([ONE]), &[ONE], Reach::Off),
            (phones([ONE, TWO]), &[], Reach::Off),
            (Reach::Everyone, &[ONE], Reach::Everyone),
        ] {
            assert_eq!(before.disabled(named), after);
        }
    }
}
