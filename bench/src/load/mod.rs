//! The load programs: lean enough to share a two-core machine with what they measure.

pub(crate) mod capf;
pub(crate) mod fetch;
pub(crate) mod http;
pub(crate) mod open;
pub(crate) mod resume;
pub(crate) mod silent;
pub(crate) mod tftp;
pub(crate) mod tls;
pub(crate) mod tvs;
pub(crate) mod upload;

use std::time::{Duration, Instant};

use crate::cpu;

/// What one run of a load program saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) done: u64,
    pub(crate) failed: u64,
    /// Datagrams the load had to send again; TFTP only.
    pub(crate) repeated: u64,
    pub(crate) wall: Duration,
    /// Processor time of the load program itself.
    pub(crate) load_cpu: Duration,
    /// How long each answer took.
    pub(crate) waits: Vec<Duration>,
}

impl Tally {
    pub(crate) fn per_second(&self) -> f64 {
        self.done as f64 / self.wall.as_secs_f64().max(1e-9)
    }

    /// The share of the wall time that the load program worked; near 1 means that it was the limit.
    pub(crate) fn load_share(&self) -> f64 {
        self.load_cpu.as_secs_f64() / self.wall.as_secs_f64().max(1e-9)
    }

    /// The wait that `share` of all answers stayed within.
    pub(crate) fn wait(&self, share: f64) -> Duration {
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        let last = waits.len().saturating_sub(1);
        waits.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }
}

/// Counts what happens during one run.
#[derive(Debug)]
pub(crate) struct Clock {
    tally: Tally,
    began: Instant,
    cpu_before: Duration,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { tally: Tally::default(), began: Instant::now(), cpu_before: cpu::own() }
    }

    pub(crate) fn done(&mut self, asked: Instant) {
        self.tally.done += 1;
        self.tally.waits.push(asked.elapsed());
    }

    pub(crate) fn failed(&mut self) {
        self.tally.failed += 1;
    }

    pub(crate) fn repeated(&mut self) {
        self.tally.repeated += 1;
    }

    pub(crate) fn is_past(&self, deadline: Duration) -> bool {
        self.began.elapsed() > deadline
    }

    pub(crate) fn stop(mut self) -> Tally {
        self.tally.wall = self.began.elapsed();
        self.tally.load_cpu = cpu::own().saturating_sub(self.cpu_before);
        self.tally
    }
}
