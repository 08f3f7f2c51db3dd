//! Where handlers publish: nobody else on this machine does at the same time, and whoever is overtaken by another machine does
//! it again.

use std::sync::Arc;

use store::Store;

use super::super::office;
use super::super::problem::{Kind, Problem, failed};
use crate::admin::access::Principal;
use crate::config::Resolved;
use crate::listener::App;
use crate::trust::{Desk, Order, PublishError, StepError, Trust, Turn, calendar};

/// Everything that publishing needs.
pub(super) struct Seat {
    store: Store,
    settings: Arc<Resolved>,
    trust: Trust,
    by: String,
    accept_loss: u64,
    _turn: Option<Turn>,
}

impl Seat {
    /// To look what would be, without changing anything.
    pub(super) fn looking(app: &App) -> Result<Self, Problem> {
        Ok(Self {
            store: office::store(app)?.clone(),
            settings: app.config.load_full(),
            trust: app.artifacts.trust().clone(),
            by: String::new(),
            accept_loss: 0,
            _turn: None,
        })
    }

    /// To do something in somebody's name.
    pub(super) async fn take(app: &App, who: &Principal, accept_loss: u64) -> Result<Self, Problem> {
        let seat = Self::looking(app)?;
        let data_dir = seat.settings.data_dir.clone();
        // Whoever publishes by a command at this moment goes first; waiting for a file is not for a thread that serves.
        let turn = tokio::task::spawn_blocking(move || Turn::take(&data_dir)).await;
        let turn = turn.map_err(|error| failed(&error))?.map_err(refused_trust)?;
        let store = seat.store.by(&who.name);
        Ok(Self { store, by: who.name.clone(), accept_loss, _turn: Some(turn), ..seat })
    }

    pub(super) fn desk(&self) -> Desk<'_> {
        Desk { store: &self.store, resolved: &self.settings, trust: &self.trust }
    }

    pub(super) fn order(&self) -> Order<'_> {
        Order { by: &self.by, now: calendar::now(), accept_loss: self.accept_loss }
    }
}

/// Does something about trust in somebody's name, and again when somebody else was faster.
macro_rules! ordered {
    ($app:expr, $who:expr, $accept_loss:expr, |$desk:ident, $order:ident| $work:expr) => {{
        let seat = $crate::admin::api::trust::desk::Seat::take($app, $who, $accept_loss).await?;
        let mut left = $crate::admin::api::office::TIMES;
        loop {
            let ($desk, $order) = (seat.desk(), seat.order());
            match $work.await {
                Err(error) if error.is_overtaken() && left > 0 => left -= 1,
                done => break done.map_err($crate::admin::api::trust::desk::refused)?,
            }
        }
    }};
}
pub(super) use ordered;

/// A step that was refused, as a problem.
pub(super) fn refused(error: StepError) -> Problem {
    match error {
        StepError::Publish(PublishError::Store(error)) => error.into(),
        StepError::Publish(PublishError::Trust(error)) => refused_trust(error),
        StepError::Publish(PublishError::Loss { lost, named }) => Problem::new(
            Kind::Conflict,
            format!(
                "{lost} phones would be lost by this list, or might be: {named}. /trust/plan says why and what helps; \
                 with accept_loss {lost} it is published all the same"
            ),
        ),
        StepError::NoList(_) | StepError::NoCertificate(_) => Problem::not_found(error.to_string()),
        other => Problem::new(Kind::Conflict, other.to_string()),
    }
}

/// A list that cannot be made is the administrator's business, not the server's failure.
fn refused_trust(error: crate::trust::Error) -> Problem {
    Problem::new(Kind::Conflict, error.to_string())
}
