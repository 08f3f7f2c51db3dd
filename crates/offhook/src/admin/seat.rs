//! Where the page and the API change trust: nobody else on this machine publishes at the same time.

use std::sync::Arc;

use store::Store;

use crate::config::Resolved;
use crate::listener::App;
use crate::trust::{Desk, Error, Order, StepError, Trust, Turn, calendar};

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
    pub(super) fn looking(app: &App, store: Store) -> Self {
        let trust = app.artifacts.trust().clone();
        Self {
            store,
            settings: app.config.load_full(),
            trust,
            by: String::new(),
            accept_loss: 0,
            _turn: None,
        }
    }

    /// To do something in somebody's name; `store` writes it down as theirs.
    pub(super) async fn take(
        app: &App,
        store: Store,
        who: &str,
        accept_loss: u64,
    ) -> Result<Self, StepError> {
        let seat = Self::looking(app, store);
        let data_dir = seat.settings.data_dir.clone();
        // Whoever publishes by a command at this moment goes first; waiting for a file is not for a thread that serves.
        let turn = tokio::task::spawn_blocking(move || Turn::take(&data_dir)).await;
        let turn = turn.map_err(|failed| Error::Before(failed.to_string()))??;
        Ok(Self { by: who.to_owned(), accept_loss, _turn: Some(turn), ..seat })
    }

    pub(super) fn desk(&self) -> Desk<'_> {
        Desk { store: &self.store, resolved: &self.settings, trust: &self.trust }
    }

    pub(super) fn order(&self) -> Order<'_> {
        Order { by: &self.by, now: calendar::now(), accept_loss: self.accept_loss }
    }
}
