//! The task that hears: it finds out whose each event is, tells whoever listens, and hands it on to be written down.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use provision::timeline::{Crowds, Event, Ties};

use super::judge::Sources;
use super::live::What;
use super::registrations::Registrations;
use super::writing::{Batch, Writer};
use super::{Note, Timeline, registrations, watching};
use crate::listener::App;

/// Events taken at a time.
const TAKEN: usize = 512;
/// How long the first of a batch waits for others: each write costs the disk the same, whatever is in it.
const GATHER: Duration = Duration::from_millis(400);
/// Events that wait for a writer that is busy, at most.
const PENDING: usize = 20_000;
/// Batches on their way to the writer.
const BATCHES: usize = 4;
/// Addresses remembered: more than a large network has phones. Some 10 MiB at worst.
const ADDRESSES: usize = 50_000;
/// Addresses of which somebody asks for phones within a minute.
const CROWDS: usize = 10_000;

/// The tasks behind a timeline.
#[derive(Debug)]
pub struct Keeping {
    stop: CancellationToken,
    hearing: JoinHandle<()>,
    writing: JoinHandle<()>,
    beside: Vec<JoinHandle<()>>,
}

impl Keeping {
    /// Begins to hear what the listeners of `app` tell. `None`: there is no inventory to write it to, or it is heard
    /// already.
    #[must_use]
    pub fn begin(app: &App) -> Option<Self> {
        let shared = app.timeline.0.as_ref()?;
        let inventory = app.artifacts.inventory()?.clone();
        let inbox = shared.inbox.lock().ok()?.take()?;
        let stop = CancellationToken::new();
        let (told, known) = tokio::sync::watch::channel(Registrations::first(&app.asterisk));
        let sources = Sources::of_server(&inventory, app.config.clone(), known);
        let _ = shared.sources.set(sources.clone());
        let _ = shared.config.set(app.config.clone());
        let (batches, waiting) = mpsc::channel(BATCHES);
        let writer = Writer::new(inventory.clone(), app.config.clone(), app.metrics.clone());
        let ear = Ear {
            timeline: app.timeline.clone(),
            ties: Ties::new(ADDRESSES),
            crowds: Crowds::new(CROWDS),
            batches,
            pending: Vec::new(),
            done: Vec::new(),
        };
        let following = registrations::follow(app.asterisk.clone(), inventory, app.timeline.clone(), told);
        let beside = [
            tokio::spawn(until(stop.clone(), watching::moving(app.timeline.clone(), sources.clone()))),
            tokio::spawn(until(stop.clone(), watching::all(app.timeline.clone(), sources))),
            tokio::spawn(until(stop.clone(), following)),
        ];
        Some(Self {
            hearing: tokio::spawn(ear.work(inbox, stop.clone())),
            writing: tokio::spawn(writer.work(waiting)),
            beside: beside.into(),
            stop,
        })
    }

    /// Writes down what was heard, and ends.
    pub async fn finish(self) {
        self.stop.cancel();
        for task in self.beside.into_iter().chain([self.hearing, self.writing]) {
            if let Err(failed) = task.await {
                tracing::error!(%failed, "keeping the timeline failed; this is a fault of offhook, please report it");
            }
        }
    }
}

async fn until(stop: CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

struct Ear {
    timeline: Timeline,
    ties: Ties,
    crowds: Crowds,
    batches: mpsc::Sender<Batch>,
    pending: Vec<Event>,
    /// Who waits until what is pending is written.
    done: Vec<oneshot::Sender<()>>,
}

impl Ear {
    async fn work(mut self, mut inbox: mpsc::Receiver<Note>, stop: CancellationToken) {
        let mut notes = Vec::new();
        let mut written = Instant::now();
        loop {
            let is_pending = !self.pending.is_empty();
            tokio::select! {
                count = inbox.recv_many(&mut notes, TAKEN) => if count == 0 { break },
                () = tokio::time::sleep_until(written + GATHER), if is_pending => {}
                () = stop.cancelled() => break,
            }
            notes.drain(..).for_each(|note| self.take(note));
            if !self.done.is_empty() || !self.pending.is_empty() && written.elapsed() >= GATHER {
                self.hand_on();
                written = Instant::now();
            } else if !is_pending {
                // The first of a batch waits for others.
                written = Instant::now();
            }
        }
        inbox.close();
        while let Ok(note) = inbox.try_recv() {
            self.take(note);
        }
        let batch = Batch { events: std::mem::take(&mut self.pending), done: std::mem::take(&mut self.done) };
        let _ = self.batches.send(batch).await;
    }

    fn take(&mut self, note: Note) {
        let Some(shared) = &self.timeline.0 else { return };
        match note {
            Note::Flush(done) => self.done.push(done),
            Note::Event(event) => {
                let mut event = *event;
                self.ties.tie(&mut event);
                if !self.crowds.admits(&event) {
                    shared.metrics.timeline.dropped_crowd.inc();
                    return;
                }
                if let Some(phone) = event.phone {
                    shared.agenda.moved(phone, Instant::now());
                }
                shared.live.tell(What::Event(event.clone()));
                if self.pending.len() < PENDING {
                    self.pending.push(event);
                } else {
                    shared.metrics.timeline.dropped_away.inc();
                }
            }
        }
    }

    /// Hands on what is pending, unless the writer is behind.
    fn hand_on(&mut self) {
        let Ok(place) = self.batches.try_reserve() else { return };
        place.send(Batch { events: std::mem::take(&mut self.pending), done: std::mem::take(&mut self.done) });
    }
}
