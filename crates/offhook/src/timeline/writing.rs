//! Writing events down, beside those who hear them: in batches, within the budgets, and again when the database was away.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use provision::timeline::Event;
use store::Subject;
use tokio::sync::{mpsc, oneshot};

use crate::config::Live as Config;
use crate::inventory::{Inventory, Silence};
use crate::metrics::Metrics;

/// Events of one write.
const BATCH: usize = 1000;
/// Events kept while the database is away, at most; beyond that the oldest are lost.
const BACKLOG: usize = 20_000;
/// How often somebody tries again.
const AGAIN: Duration = Duration::from_secs(1);
/// A subject is brought back to its budget when so many events came since: a look for each write would cost more than it.
const PRUNED_EVERY: u32 = 32;
/// The same for all together.
const TRIMMED_EVERY: usize = 5000;
/// Subjects whose counts are remembered; more than move between two looks.
const SUBJECTS: usize = 50_000;

/// What is to be written.
pub(super) struct Batch {
    pub(super) events: Vec<Event>,
    /// To be told when it is.
    pub(super) done: Vec<oneshot::Sender<()>>,
}

pub(super) struct Writer {
    inventory: Inventory,
    config: Config,
    metrics: Arc<Metrics>,
    backlog: VecDeque<Event>,
    /// How many came of each subject since it was brought back to its budget.
    counts: HashMap<Subject, u32>,
    since_trim: usize,
}

impl Writer {
    pub(super) fn new(inventory: Inventory, config: Config, metrics: Arc<Metrics>) -> Self {
        Self {
            inventory,
            config,
            metrics,
            backlog: VecDeque::new(),
            counts: HashMap::new(),
            // Whatever a server before this one left is looked at with the first write.
            since_trim: TRIMMED_EVERY,
        }
    }

    /// Writes until nobody brings anything more.
    pub(super) async fn work(mut self, mut batches: mpsc::Receiver<Batch>) {
        loop {
            let next = if self.backlog.is_empty() {
                batches.recv().await
            } else {
                match tokio::time::timeout(AGAIN, batches.recv()).await {
                    Ok(next) => next,
                    Err(_) => Some(Batch { events: Vec::new(), done: Vec::new() }),
                }
            };
            let Some(Batch { events, done }) = next else { break };
            self.take(events);
            self.write().await;
            for done in done {
                let _ = done.send(());
            }
        }
        self.write().await;
        if !self.backlog.is_empty() {
            tracing::warn!(
                events = self.backlog.len(),
                "the database is away: what phones did last is not written down"
            );
        }
    }

    fn take(&mut self, events: Vec<Event>) {
        self.backlog.extend(events);
        let surplus = self.backlog.len().saturating_sub(BACKLOG);
        self.backlog.drain(..surplus);
        self.metrics.timeline.dropped_away.inc_by(surplus as u64);
    }

    /// Writes the backlog; what the database does not take stays for the next time.
    async fn write(&mut self) {
        while !self.backlog.is_empty() {
            let some: Vec<Event> = self.backlog.iter().take(BATCH).cloned().collect();
            let written = self.inventory.ask(|store| {
                let some = some.clone();
                async move { store.keep_events(&some).await }
            });
            match written.await {
                Ok(()) => {}
                // What cannot be written now never can.
                Err(Silence::Broken) => {
                    self.metrics.timeline.dropped_away.inc_by(some.len() as u64);
                }
                Err(Silence::Away) => return,
            }
            self.backlog.drain(..some.len());
            self.metrics.timeline.kept.inc_by(some.len() as u64);
            self.keep_to_budgets(&some).await;
        }
    }

    async fn keep_to_budgets(&mut self, written: &[Event]) {
        let budget = self.config.load().timeline;
        let every = PRUNED_EVERY.min(budget.per_phone);
        if self.counts.len() > SUBJECTS {
            self.counts.clear();
        }
        let mut full = Vec::new();
        for event in written {
            let subject = Subject::of(event);
            let count = self.counts.entry(subject).or_default();
            *count += 1;
            if *count >= every {
                full.push(subject);
                self.counts.remove(&subject);
            }
        }
        self.since_trim += written.len();
        if !full.is_empty() {
            let pruned =
                self.inventory.ask(|store| async move { store.prune_events(&full, budget.per_phone).await });
            // Those that were not are, the next time round.
            let _ = pruned.await;
        }
        if self.since_trim >= TRIMMED_EVERY
            && self.inventory.ask(|store| async move { store.trim_events(budget.total).await }).await.is_ok()
        {
            self.since_trim = 0;
        }
    }
}
