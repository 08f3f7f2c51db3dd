//! The last answer of a source that may be slow or away: used at once, renewed beside, marked when it is old.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as Turn;
use tokio::time::Instant;

use crate::asterisk::PATIENCE;

/// Everything a source said last. Clones share it.
#[derive(Debug)]
pub(super) struct Snapshot<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    /// An answer younger than this is not asked for again: people leaf through pages.
    fresh: Duration,
    last: Mutex<Option<(Instant, Arc<Vec<T>>)>>,
    /// One asks; the others take what it gets.
    turn: Turn<()>,
}

/// What a source gives.
#[derive(Debug)]
pub(super) struct Given<T> {
    /// All of it.
    pub all: Arc<Vec<T>>,
    /// Whether its source has not answered for a while.
    pub old: bool,
}

impl<T> Snapshot<T> {
    /// Nothing yet; what comes is taken as fresh for so long.
    pub(super) fn fresh_for(fresh: Duration) -> Self {
        Self(Arc::new(Shared { fresh, last: Mutex::new(None), turn: Turn::new(()) }))
    }
}

impl<T> Clone for Snapshot<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Send + Sync + 'static> Snapshot<T> {
    /// The last answer, if there is one; else what `ask` gets within [`PATIENCE`], and whoever asks next gets what came later.
    /// An answer that is no longer fresh is renewed beside, and one that could not be for three times as long is old.
    pub(super) async fn get<F>(&self, ask: F) -> Result<Given<T>, String>
    where
        F: Future<Output = Result<Vec<T>, String>> + Send + 'static,
    {
        let now = Instant::now();
        let last = self.last();
        let age = last.as_ref().map(|(at, _)| now.saturating_duration_since(*at));
        if let Some((_, all)) = last.as_ref().filter(|_| age.is_some_and(|age| age <= self.0.fresh)) {
            return Ok(Given { all: all.clone(), old: false });
        }
        let this = self.clone();
        let renewing = tokio::spawn(async move { this.renew(ask, now).await });
        if let Some((_, all)) = last {
            return Ok(Given { all, old: age.is_some_and(|age| age > self.0.fresh * 3) });
        }
        let renewed = tokio::time::timeout(PATIENCE, renewing).await;
        let renewed = renewed.map_err(|_| "it has not answered yet".to_owned())?;
        let all = renewed.map_err(|error| error.to_string())??;
        Ok(Given { all, old: false })
    }

    async fn renew(
        &self,
        ask: impl Future<Output = Result<Vec<T>, String>>,
        since: Instant,
    ) -> Result<Arc<Vec<T>>, String> {
        let _turn = self.0.turn.lock().await;
        if let Some((_, all)) = self.last().filter(|(at, _)| *at >= since) {
            return Ok(all);
        }
        let all = ask.await.map(Arc::new);
        let all = all.inspect_err(|why| tracing::warn!(why, "a source of the directory is away"))?;
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), all.clone()));
        Ok(all)
    }

    fn last(&self) -> Option<(Instant, Arc<Vec<T>>)> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const FRESH: Duration = Duration::from_secs(30);

    async fn said(what: u8) -> Result<Vec<u8>, String> {
        Ok(vec![what])
    }

    async fn away() -> Result<Vec<u8>, String> {
        Err("away".to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_outlives_its_source_and_is_marked() {
        let snapshot = Snapshot::fresh_for(FRESH);
        assert_eq!(snapshot.get(away()).await.err().as_deref(), Some("away"), "there is nothing to give yet");
        assert_eq!(*snapshot.get(said(1)).await.unwrap().all, [1]);
        tokio::time::advance(FRESH / 2).await;
        assert_eq!(*snapshot.get(said(2)).await.unwrap().all, [1], "it is fresh");
        tokio::time::advance(FRESH).await;
        let given = snapshot.get(away()).await.unwrap();
        assert!(given.all[..] == [1] && !given.old);
        tokio::time::advance(FRESH * 3).await;
        let given = snapshot.get(std::future::pending()).await.unwrap();
        assert!(
            given.all[..] == [1] && given.old,
            "nobody waits for a source that has said something before"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_too_late_for_one_is_there_for_the_next() {
        let snapshot = Snapshot::fresh_for(FRESH);
        let slow = async {
            tokio::time::sleep(PATIENCE * 2).await;
            said(1).await
        };
        assert!(snapshot.get(slow).await.is_err());
        tokio::time::sleep(PATIENCE * 2).await;
        assert_eq!(*snapshot.get(away()).await.unwrap().all, [1]);
    }
}
