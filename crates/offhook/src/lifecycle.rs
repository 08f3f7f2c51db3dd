//! Starting, reloading and stopping: one object for all of it.
//!
//! Listeners run as tasks. A first signal stops them softly: they accept no more, and what runs gets time to finish.
//! A second one, or the end of that time, ends the process at once. A listener that ends by itself ends the process
//! with failure: half a server would look alive and boot no phone.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fmt, io};

use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::{self, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::listener::Name;

/// Whether all listeners accept; cheap to share.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Says so, or takes it back.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }

    /// Whether it was said.
    #[must_use]
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What the outside can ask of a running server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `SIGTERM` or `SIGINT`.
    Stop,
    /// `SIGHUP`.
    Reload,
}

/// How a server ended.
#[derive(Debug)]
pub enum Ended {
    /// Softly: everything that ran was finished.
    Finished,
    /// The time to finish was over, and some transfers were not.
    OutOfTime,
    /// A second signal came.
    AtOnce,
    /// A listener ended by itself.
    Died(Name, Death),
}

/// Why a listener ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum Death {
    /// It gave up.
    #[error("{0}")]
    Failed(#[from] io::Error),
    /// It believed to be done.
    #[error("it ended without being told to")]
    Done,
    /// It panicked, or its task vanished.
    #[error("{0}; this is a fault of offhook, please report it")]
    Task(#[from] JoinError),
}

/// The running listeners, and what ends them.
#[derive(Debug)]
pub struct Lifecycle {
    stop: CancellationToken,
    listeners: JoinSet<io::Result<()>>,
    names: HashMap<task::Id, Name>,
    asks: mpsc::Receiver<Ask>,
    readiness: Readiness,
}

impl Lifecycle {
    /// Nothing runs yet; `asks` is [`signals`], or what a test sends.
    #[must_use]
    pub fn new(asks: mpsc::Receiver<Ask>, readiness: Readiness) -> Self {
        Self {
            stop: CancellationToken::new(),
            listeners: JoinSet::new(),
            names: HashMap::new(),
            asks,
            readiness,
        }
    }

    /// Runs a listener; it is handed the token that tells it to stop.
    pub fn spawn<F>(&mut self, name: Name, serve: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let task = self.listeners.spawn(serve(self.stop.child_token()));
        self.names.insert(task.id(), name);
    }

    /// All listeners accept: `/readyz` says so from now on.
    pub fn accepts(&self) {
        self.readiness.set(true);
    }

    /// Tells the service manager that all listeners accept.
    pub fn tell_ready(&self) {
        notify(&[NotifyState::Ready, NotifyState::Status("serving phones")]);
    }

    /// Waits for the end. `reload` is called for each `SIGHUP`; `time_to_finish` is asked when the end begins, because
    /// a reload may have changed it.
    pub async fn run(mut self, mut reload: impl FnMut(), time_to_finish: impl Fn() -> Duration) -> Ended {
        loop {
            tokio::select! {
                ask = self.asks.recv() => match ask {
                    Some(Ask::Reload) => reloading(&mut reload),
                    Some(Ask::Stop) | None => break,
                },
                Some(ended) = self.listeners.join_next_with_id() => return self.died(ended),
            }
        }
        self.finish(time_to_finish()).await
    }

    fn died(&self, ended: Result<(task::Id, io::Result<()>), JoinError>) -> Ended {
        self.readiness.set(false);
        let (id, death) = match ended {
            Ok((id, Ok(()))) => (id, Death::Done),
            Ok((id, Err(error))) => (id, Death::Failed(error)),
            Err(error) => (error.id(), Death::Task(error)),
        };
        let name = *self.names.get(&id).expect("every listener was spawned with its name");
        let why = death.to_string();
        notify(&[NotifyState::Stopping, NotifyState::Status(&format!("listener {name} ended: {why}"))]);
        Ended::Died(name, death)
    }

    async fn finish(mut self, time: Duration) -> Ended {
        self.readiness.set(false);
        notify(&[NotifyState::Stopping, NotifyState::Status("letting transfers finish")]);
        tracing::info!(seconds = time.as_secs_f64(), "stopping: letting running transfers finish");
        self.stop.cancel();
        let deadline = tokio::time::sleep(time);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                ended = self.listeners.join_next() => match ended {
                    None => return Ended::Finished,
                    Some(Ok(Ok(()))) => {}
                    // It was about to end anyway.
                    Some(Ok(Err(error))) => tracing::warn!(%error, "a listener failed while stopping"),
                    Some(Err(error)) => tracing::warn!(%error, "a listener failed while stopping"),
                },
                () = &mut deadline => return Ended::OutOfTime,
                Some(ask) = self.asks.recv() => if ask == Ask::Stop {
                    return Ended::AtOnce;
                },
            }
        }
    }
}

fn reloading(reload: &mut impl FnMut()) {
    let since = NotifyState::monotonic_usec_now();
    notify(&[NotifyState::Reloading, since.unwrap_or(NotifyState::Status("reloading"))]);
    reload();
    notify(&[NotifyState::Ready]);
}

/// Tells the service manager, if there is one.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager cannot be told; it may believe that offhook hangs");
    }
}

/// The signals of this process, from now on.
pub fn signals() -> io::Result<mpsc::Receiver<Ask>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    // A few: whoever sends more before the first is handled means no more by them.
    let (ask, asks) = mpsc::channel(8);
    tokio::spawn(async move {
        loop {
            let next = tokio::select! {
                Some(()) = terminate.recv() => Ask::Stop,
                Some(()) = interrupt.recv() => Ask::Stop,
                Some(()) = hang_up.recv() => Ask::Reload,
                else => return,
            };
            if ask.send(next).await.is_err() {
                return;
            }
        }
    });
    Ok(asks)
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("stopped"),
            Self::OutOfTime => f.write_str(
                "stopped: the time to finish (limits.shutdown) was over, and some transfers were not",
            ),
            Self::AtOnce => f.write_str("stopped at once, by a second signal"),
            Self::Died(name, death) => write!(f, "the listener {name} ended: {death}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::cell::Cell;
    use std::future::pending;

    use super::*;

    const TIME: Duration = Duration::from_secs(10);

    struct Running {
        lifecycle: Lifecycle,
        ask: mpsc::Sender<Ask>,
        readiness: Readiness,
    }

    fn running() -> Running {
        let (ask, asks) = mpsc::channel(8);
        let readiness = Readiness::default();
        Running { lifecycle: Lifecycle::new(asks, readiness.clone()), ask, readiness }
    }

    #[tokio::test]
    async fn a_first_signal_lets_transfers_finish() {
        let Running { mut lifecycle, ask, readiness } = running();
        lifecycle.spawn(Name::Tftp, |stop| async move {
            stop.cancelled().await;
            Ok(())
        });
        lifecycle.accepts();
        assert!(readiness.get());
        ask.send(Ask::Stop).await.unwrap();
        assert!(matches!(lifecycle.run(|| (), || TIME).await, Ended::Finished));
        assert!(!readiness.get());
    }

    #[tokio::test(start_paused = true)]
    async fn a_transfer_that_never_ends_is_cut_in_time() {
        let Running { mut lifecycle, ask, .. } = running();
        lifecycle.spawn(Name::Tftp, |_stop| pending());
        ask.send(Ask::Stop).await.unwrap();
        let began = tokio::time::Instant::now();
        assert!(matches!(lifecycle.run(|| (), || TIME).await, Ended::OutOfTime));
        assert_eq!(began.elapsed(), TIME);
    }

    #[tokio::test]
    async fn a_second_signal_waits_for_nothing() {
        let Running { mut lifecycle, ask, .. } = running();
        lifecycle.spawn(Name::Tftp, |_stop| pending());
        ask.send(Ask::Stop).await.unwrap();
        ask.send(Ask::Reload).await.unwrap();
        ask.send(Ask::Stop).await.unwrap();
        assert!(matches!(lifecycle.run(|| (), || TIME).await, Ended::AtOnce));
    }

    #[tokio::test]
    async fn each_reload_is_done_once() {
        let Running { mut lifecycle, ask, .. } = running();
        lifecycle.spawn(Name::Tftp, |stop| async move {
            stop.cancelled().await;
            Ok(())
        });
        for what in [Ask::Reload, Ask::Reload, Ask::Stop] {
            ask.send(what).await.unwrap();
        }
        let reloads = Cell::new(0);
        lifecycle.run(|| reloads.set(reloads.get() + 1), || TIME).await;
        assert_eq!(reloads.get(), 2);
    }

    #[tokio::test]
    async fn a_listener_that_ends_by_itself_ends_all() {
        async fn ended(how: impl Future<Output = io::Result<()>> + Send + 'static) -> String {
            let Running { mut lifecycle, ask: _ask, readiness } = running();
            lifecycle.spawn(Name::Provisioning, |_stop| pending());
            lifecycle.spawn(Name::Tftp, |_stop| how);
            lifecycle.accepts();
            let ended = lifecycle.run(|| (), || TIME).await;
            assert!(!readiness.get());
            ended.to_string()
        }
        assert_eq!(ended(async { Ok(()) }).await, "the listener tftp ended: it ended without being told to");
        let failed = ended(async { Err(io::Error::other("the socket broke")) }).await;
        assert_eq!(failed, "the listener tftp ended: the socket broke");
        let panicked = ended(async { panic!("of all things") }).await;
        assert!(panicked.contains("panicked") && panicked.contains("please report"), "{panicked}");
    }
}
