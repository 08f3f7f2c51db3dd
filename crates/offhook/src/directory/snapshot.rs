//! The last answer of a source that may be slow or away: used at once, renewed beside, marked when it is old.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as Turn;
use tokio::time::Instant;

/// An answer younger than this is not asked for again: people leaf through pages.
const FRESH: Duration = Duration::from_secs(30);
/// An answer older than this is marked: its source has been away for a while.
const OLD: Duration = Duration::from_secs(120);

/// Everything a source said last. Clones share it.
#[derive(Debug)]
pub(super) struct Snapshot<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
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

impl<T> Default for Snapshot<T> {
    fn default() -> Self {
        Self(Arc::new(Shared { last: Mutex::new(None), turn: Turn::new(()) }))
    }
}

impl<T> Clone for Snapshot<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Send + Sync + 'static> Snapshot<T> {
    /// The last answer, if there is one; else what `ask` gets. An answer that is no longer fresh is renewed beside.
    pub(super) async fn get<F, E>(&self, ask: F) -> Result<Given<T>, E>
    where
        F: Future<Output = Result<Vec<T>, E>> + Send + 'static,
        E: Send + std::fmt::Display + 'static,
    {
        let now = Instant::now();
        if let Some((at, all)) = self.last() {
            let age = now.saturating_duration_since(at);
            if age > FRESH {
                let this = self.clone();
                tokio::spawn(async move { this.renew(ask, now).await.map(drop) });
            }
            return Ok(Given { all, old: age > OLD });
        }
        self.renew(ask, now).await.map(|all| Given { all, old: false })
    }

    async fn renew<E: std::fmt::Display>(
        &self,
        ask: impl Future<Output = Result<Vec<T>, E>>,
        since: Instant,
    ) -> Result<Arc<Vec<T>>, E> {
        let _turn = self.0.turn.lock().await;
        if let Some((_, all)) = self.last().filter(|(at, _)| *at >= since) {
            return Ok(all);
        }
        let all = ask
            .await
            .map(Arc::new)
            .inspect_err(|error| tracing::debug!(%error, "a source of the directory is away"))?;
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

    #[tokio::test(start_paused = true)]
    async fn an_answer_outlives_its_source_and_is_marked() {
        let snapshot = Snapshot::default();
        let away = || async { Err::<Vec<u8>, _>("away") };
        assert_eq!(snapshot.get(away()).await.err(), Some("away"), "there is nothing to give yet");
        assert_eq!(*snapshot.get(async { Ok::<_, &str>(vec![1]) }).await.unwrap().all, [1]);
        tokio::time::advance(FRESH / 2).await;
        assert_eq!(*snapshot.get(async { Ok::<_, &str>(vec![2]) }).await.unwrap().all, [1], "it is fresh");
        tokio::time::advance(FRESH).await;
        let given = snapshot.get(away()).await.unwrap();
        assert!(given.all[..] == [1] && !given.old);
        tokio::time::advance(OLD).await;
        let given = snapshot.get(std::future::pending::<Result<_, &str>>()).await.unwrap();
        assert!(
            given.all[..] == [1] && given.old,
            "nobody waits for a source that has said something before"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_renewed_beside_is_given_next() {
        let snapshot = Snapshot::default();
        snapshot.get(async { Ok::<_, &str>(vec![1]) }).await.unwrap();
        tokio::time::advance(FRESH * 2).await;
        snapshot.get(async { Ok::<_, &str>(vec![2]) }).await.unwrap();
        tokio::task::yield_now().await;
        assert_eq!(*snapshot.get(async { Ok::<_, &str>(vec![3]) }).await.unwrap().all, [2]);
    }
}
