//! How many connections may be open, in all and from one address.
//!
//! When there is no room, the connection that has been silent longest gives way, so that a crowd that says
//! nothing cannot keep phones out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;

use crate::metrics::Refused;

/// A connection that moved within this time is at work, and never gives way.
const AT_WORK: Duration = Duration::from_secs(1);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// When a connection last moved a byte.
#[derive(Debug)]
pub struct Progress(AtomicU64);

impl Default for Progress {
    fn default() -> Self {
        let progress = Self(AtomicU64::new(0));
        progress.moved();
        progress
    }
}

impl Progress {
    /// Notes that something moved just now.
    pub fn moved(&self) {
        self.0.store(START.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    fn silence(&self, now: Instant) -> Duration {
        let moved = *START + Duration::from_millis(self.0.load(Ordering::Relaxed));
        now.saturating_duration_since(moved)
    }
}

/// The open connections of one listener.
#[derive(Clone, Debug, Default)]
pub struct Permits(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    next: u64,
    connections: HashMap<u64, Connection>,
    by_address: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Connection {
    address: IpAddr,
    progress: Arc<Progress>,
    task: Arc<OnceLock<AbortHandle>>,
}

/// The right to one open connection; dropping it gives the place back.
#[derive(Debug)]
pub struct Permit {
    permits: Permits,
    /// Tells its connection from all others, those before it, too.
    pub number: u64,
    task: Arc<OnceLock<AbortHandle>>,
    /// To be told when the connection moves.
    pub progress: Arc<Progress>,
}

impl Permits {
    /// A place for a connection from `address`.
    ///
    /// # Errors
    /// There is no room, and everybody is at work.
    pub fn admit(
        &self,
        address: IpAddr,
        most: usize,
        most_per_address: usize,
        now: Instant,
    ) -> Result<Permit, Refused> {
        let address = address.to_canonical();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.by_address.get(&address).copied().unwrap_or_default() >= most_per_address {
            open.make_room(now, |connection| connection.address == address).ok_or(Refused::FullForAddress)?;
        } else if open.connections.len() >= most {
            open.make_room(now, |_| true).ok_or(Refused::Full)?;
        }
        let number = open.next;
        open.next += 1;
        let (progress, task) = (Arc::new(Progress::default()), Arc::new(OnceLock::new()));
        *open.by_address.entry(address).or_default() += 1;
        open.connections
            .insert(number, Connection { address, progress: progress.clone(), task: task.clone() });
        Ok(Permit { permits: self.clone(), number, task, progress })
    }

    /// How many connections are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).connections.len()
    }
}

impl Open {
    /// Ends the longest-silent connection among those that `may_go`.
    fn make_room(&mut self, now: Instant, may_go: impl Fn(&Connection) -> bool) -> Option<()> {
        let candidates = self.connections.iter().filter(|(_, connection)| may_go(connection));
        let (&number, silent) = candidates
            .map(|(number, connection)| (number, connection.progress.silence(now)))
            .max_by_key(|(number, silence)| (*silence, std::cmp::Reverse(**number)))?;
        if silent < AT_WORK {
            return None;
        }
        let connection = self.remove(number)?;
        if let Some(task) = connection.task.get() {
            task.abort();
        }
        Some(())
    }

    fn remove(&mut self, number: u64) -> Option<Connection> {
        let connection = self.connections.remove(&number)?;
        if let Some(count) = self.by_address.get_mut(&connection.address) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&connection.address);
            }
        }
        Some(connection)
    }
}

impl Permit {
    /// Where to leave the handle of the task that owns this permit, once it runs.
    #[must_use]
    pub fn task(&self) -> Arc<OnceLock<AbortHandle>> {
        self.task.clone()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.permits.0.lock().unwrap_or_else(PoisonError::into_inner).remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn at(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    /// A moment at which whoever said nothing since now is silent.
    fn later() -> Instant {
        Instant::now() + 2 * AT_WORK
    }

    #[test]
    fn there_is_room_up_to_both_limits_and_again_once_one_leaves() {
        let permits = Permits::default();
        let first = permits.admit(at(1), 3, 2, Instant::now()).unwrap();
        let _second = permits.admit(at(1), 3, 2, Instant::now()).unwrap();
        assert!(permits.admit(at(1), 3, 2, Instant::now()).is_err(), "two from one address");
        let _third = permits.admit(at(2), 3, 2, Instant::now()).unwrap();
        assert!(permits.admit(at(3), 3, 2, Instant::now()).is_err(), "three in all");
        drop(first);
        assert!(permits.admit(at(3), 3, 2, Instant::now()).is_ok());
        assert_eq!(permits.open(), 2);
    }

    #[test]
    fn addresses_are_the_same_over_both_families() {
        let permits = Permits::default();
        let _one = permits.admit("::ffff:192.0.2.1".parse().unwrap(), 9, 1, Instant::now()).unwrap();
        assert!(permits.admit(at(1), 9, 1, Instant::now()).is_err());
    }

    #[tokio::test]
    async fn the_longest_silent_gives_way() {
        let permits = Permits::default();
        let silent = permits.admit(at(1), 1, 1, Instant::now()).unwrap();
        let cell = silent.task();
        let task = tokio::spawn(async move {
            let _held = silent;
            std::future::pending::<()>().await;
        });
        cell.set(task.abort_handle()).unwrap();
        assert!(permits.admit(at(2), 1, 1, Instant::now()).is_err(), "who has just come is at work");
        let newcomer = permits.admit(at(2), 1, 1, later()).unwrap();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(permits.open(), 1);
        drop(newcomer);
        assert_eq!(permits.open(), 0);
    }
}
