//! The last answer of a source that may be slow or away: used at once, renewed beside, marked when it is old.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// A source that failed is not asked again at once: whoever looks somebody up would wait for it in turn.
const PAUSE: Duration = Duration::from_secs(5);

/// Everything a source said last. Clones share it.
#[derive(Debug)]
pub(super) struct Snapshot<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    /// An answer younger than this is not asked for again: people leaf through pages.
    fresh: Duration,
    state: Mutex<State<T>>,
    /// Moves when an answer came or did not come.
    renewed: watch::Sender<u64>,
}

#[derive(Debug)]
struct State<T> {
    last: Option<(Instant, Arc<T>)>,
    failed: Option<(Instant, String)>,
    /// Since when somebody asks.
    asking: Option<Instant>,
}

/// What a source gives.
#[derive(Debug)]
pub(super) struct Given<T> {
    /// All of it.
    pub(super) all: Arc<T>,
    /// Whether its source has not answered for a while.
    pub(super) old: bool,
}

/// How long whoever asks waits for an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Where there is none yet, or one that is old.
    pub(super) first: Duration,
    /// Where there is one that no longer holds.
    pub(super) newer: Duration,
}

impl<T> Snapshot<T> {
    /// Nothing yet; what comes is taken as fresh for so long.
    pub(super) fn fresh_for(fresh: Duration) -> Self {
        let state = State { last: None, failed: None, asking: None };
        Self(Arc::new(Shared { fresh, state: Mutex::new(state), renewed: watch::Sender::new(0) }))
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Snapshot<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Send + Sync + 'static> Snapshot<T> {
    /// The last answer, if there is one; else what `ask` gets within our patience, and whoever asks next gets what came later.
    /// An answer that is no longer fresh, or does not `hold`, is renewed beside. One that could not be renewed is old: at
    /// once if it does not hold, else after three times as long as it is fresh.
    pub(super) async fn get<F>(
        &self,
        patience: Patience,
        holds: impl Fn(&T) -> bool,
        ask: impl FnOnce(Option<Arc<T>>) -> F,
    ) -> Result<Given<T>, String>
    where
        F: Future<Output = Result<Arc<T>, String>> + Send + 'static,
    {
        let mut renewed = self.0.renewed.subscribe();
        let now = Instant::now();
        let until = {
            let mut state = self.state();
            let last = state.last.clone();
            let fresh = last
                .as_ref()
                .is_some_and(|(at, all)| now.saturating_duration_since(*at) <= self.0.fresh && holds(all));
            if let Some((_, all)) = last.as_ref().filter(|_| fresh) {
                return Ok(Given { all: all.clone(), old: false });
            }
            let rests =
                state.failed.as_ref().is_some_and(|(at, _)| now.saturating_duration_since(*at) < PAUSE);
            if state.asking.is_none() && !rests {
                state.asking = Some(now);
                self.renew(ask(last.as_ref().map(|(_, all)| all.clone())));
            }
            // What is as old as that is rather waited for than given, as where nobody looked anybody up for a night.
            let usable = last.is_some_and(|(at, _)| now.saturating_duration_since(at) <= self.0.fresh * 3);
            let patience = if usable { patience.newer } else { patience.first };
            // Who began to ask long ago is waited for no longer by each who comes.
            state.asking.map(|since| since + patience)
        };
        if let Some(until) = until {
            // Whether it came in time is seen below.
            let _ = tokio::time::timeout_at(until, renewed.changed()).await;
        }
        self.given(&holds)
    }

    fn given(&self, holds: &impl Fn(&T) -> bool) -> Result<Given<T>, String> {
        let state = self.state();
        match (&state.last, &state.failed) {
            (Some((at, all)), failed) => {
                let lost = failed.is_some() && !holds(all);
                Ok(Given { all: all.clone(), old: lost || at.elapsed() > self.0.fresh * 3 })
            }
            (None, Some((_, why))) => Err(why.clone()),
            (None, None) => Err("it has not answered yet".to_owned()),
        }
    }

    fn renew(&self, ask: impl Future<Output = Result<Arc<T>, String>> + Send + 'static) {
        let this = self.clone();
        tokio::spawn(async move {
            let answer = tokio::spawn(ask).await.unwrap_or_else(|error| Err(error.to_string()));
            let mut state = this.state();
            state.asking = None;
            match answer {
                Ok(all) => {
                    state.last = Some((Instant::now(), all));
                    state.failed = None;
                }
                Err(why) => {
                    if state.failed.as_ref().is_none_or(|(_, before)| *before != why) {
                        tracing::warn!(why, "a source of the directory is away");
                    }
                    state.failed = Some((Instant::now(), why));
                }
            }
            drop(state);
            this.0.renewed.send_modify(|count| *count += 1);
        });
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const FRESH: Duration = Duration::from_secs(30);
    const PATIENT: Patience = Patience { first: Duration::from_millis(800), newer: Duration::ZERO };

    async fn said(what: u8) -> Result<Arc<u8>, String> {
        Ok(Arc::new(what))
    }

    async fn away() -> Result<Arc<u8>, String> {
        Err("away".to_owned())
    }

    async fn get<F>(snapshot: &Snapshot<u8>, ask: F) -> Result<(u8, bool), String>
    where
        F: Future<Output = Result<Arc<u8>, String>> + Send + 'static,
    {
        snapshot.get(PATIENT, |_| true, |_| ask).await.map(|given| (*given.all, given.old))
    }

    /// Lets those who renew come to their end.
    async fn settle() {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_outlives_its_source_and_is_marked() {
        let snapshot = Snapshot::fresh_for(FRESH);
        assert_eq!(get(&snapshot, away()).await.unwrap_err(), "away", "there is nothing to give yet");
        assert_eq!(get(&snapshot, said(9)).await.unwrap_err(), "away", "it is not asked again at once");
        tokio::time::advance(PAUSE).await;
        assert_eq!(get(&snapshot, said(1)).await.unwrap(), (1, false));
        tokio::time::advance(FRESH / 2).await;
        assert_eq!(get(&snapshot, said(2)).await.unwrap(), (1, false), "it is fresh");
        tokio::time::advance(FRESH).await;
        assert_eq!(get(&snapshot, away()).await.unwrap(), (1, false));
        settle().await;
        tokio::time::advance(FRESH * 3).await;
        let began = Instant::now();
        assert_eq!(get(&snapshot, std::future::pending()).await.unwrap(), (1, true));
        assert_eq!(began.elapsed(), PATIENT.first, "a newer one is waited for, as if there were none");
        assert_eq!(get(&snapshot, std::future::pending()).await.unwrap(), (1, true));
        assert_eq!(began.elapsed(), PATIENT.first, "but not by each who comes");
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_too_late_for_one_is_there_for_the_next() {
        let snapshot = Snapshot::fresh_for(FRESH);
        let slow = async {
            tokio::time::sleep(PATIENT.first * 2).await;
            said(1).await
        };
        assert!(get(&snapshot, slow).await.is_err());
        let began = Instant::now();
        assert!(get(&snapshot, said(9)).await.is_err(), "one asks for all");
        assert_eq!(began.elapsed(), Duration::ZERO, "and is not waited for by each in turn");
        tokio::time::sleep(PATIENT.first * 2).await;
        assert_eq!(get(&snapshot, away()).await.unwrap(), (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn what_no_longer_holds_is_waited_for_and_is_old_if_it_cannot_be_had() {
        let snapshot = Snapshot::fresh_for(FRESH);
        let patience = Patience { newer: Duration::from_secs(1), ..PATIENT };
        let get = async |holds: bool, ask: Result<u8, String>| {
            let given = snapshot.get(patience, move |_| holds, |_| async { ask.map(Arc::new) }).await;
            given.map(|given| (*given.all, given.old))
        };
        assert_eq!(get(true, Ok(1)).await, Ok((1, false)));
        assert_eq!(get(false, Ok(2)).await, Ok((2, false)));
        assert_eq!(get(false, Err("gone".to_owned())).await, Ok((2, true)));
        assert_eq!(get(true, Ok(3)).await, Ok((2, false)), "what was there is there again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_panics_is_asked_again() {
        let snapshot = Snapshot::fresh_for(FRESH);
        let broken = async { std::panic::panic_any(1_u8) };
        assert!(get(&snapshot, broken).await.is_err());
        tokio::time::advance(PAUSE).await;
        assert_eq!(get(&snapshot, said(1)).await.unwrap(), (1, false));
    }
}
