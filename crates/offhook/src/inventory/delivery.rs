//! Writing down which configuration each phone took, without holding any transfer up: a queue, and a task that empties it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use provision::mac::Mac;
use store::Fetched;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::fingerprint::Fingerprint;
use super::ledger::Handing;
use super::live::Inventory;
use crate::artifact::Transport;

/// Deliveries that wait to be written, at most: more than a storm of phones leaves in the time of one write.
const QUEUE: usize = 8192;
/// Phones of one write.
const BATCH: usize = 1000;
/// Deliveries kept while the database is away, at most; beyond that the newest are lost.
const KEPT: usize = 20_000;
/// How long the first of a batch waits for others: each write costs the disk the same, whatever is in it.
const GATHER: Duration = Duration::from_millis(300);
/// When what the database did not take is tried again, if nothing else comes before: first soon, then twice as late each
/// time, up to this.
const AGAIN: Duration = Duration::from_secs(2);
const LATEST: Duration = Duration::from_secs(60);

/// A configuration or a trust list that is on its way to its phone.
#[derive(Clone)]
pub struct Delivery(What);

#[derive(Clone)]
enum What {
    Configuration(Recorder, Arc<Fingerprint>),
    List(Handing),
}

impl Delivery {
    /// A list that the ledger of trust is to know of.
    pub(super) fn of_list(handing: Handing) -> Self {
        Self(What::List(handing))
    }

    /// All of it arrived.
    pub fn arrived(self, transport: Transport, peer: SocketAddr) {
        match self.0 {
            What::Configuration(recorder, fingerprint) => {
                let at = SystemTime::now();
                if fingerprint.noted.is_news(at, transport) {
                    recorder.put(Arrived { fingerprint, transport, peer, at });
                }
            }
            What::List(handing) => handing.arrived(peer.ip()),
        }
    }
}

/// When a configuration was last noted as taken, and over what: a phone that takes the same one again and again within
/// a second, as it does when it tries all its servers, says nothing new.
#[derive(Debug, Default)]
pub(super) struct Noted(AtomicU64);

impl Noted {
    /// Whether it was not noted in this second already.
    fn is_news(&self, at: SystemTime, transport: Transport) -> bool {
        let second = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now = (second << 2) | (transport as u64 + 1);
        self.0.load(Ordering::Relaxed) != now && self.0.swap(now, Ordering::Relaxed) != now
    }
}

/// What was noted of one configuration is nothing of another, though they may be the same.
impl Clone for Noted {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// When it was noted says nothing about what it is.
impl PartialEq for Noted {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Noted {}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            What::Configuration(_, fingerprint) => write!(f, "Delivery({})", fingerprint.mac),
            What::List(handing) => handing.fmt(f),
        }
    }
}

/// The end of the queue where deliveries go in.
#[derive(Clone)]
pub(super) struct Recorder {
    queue: mpsc::Sender<Arrived>,
    is_full: Arc<AtomicBool>,
}

struct Arrived {
    fingerprint: Arc<Fingerprint>,
    transport: Transport,
    peer: SocketAddr,
    at: SystemTime,
}

impl Recorder {
    pub(super) fn delivery(&self, fingerprint: &Arc<Fingerprint>) -> Delivery {
        Delivery(What::Configuration(self.clone(), fingerprint.clone()))
    }

    /// How many wait to be written down.
    pub(super) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Never waits: a transfer is worth more than the memory of it.
    fn put(&self, arrived: Arrived) {
        let is_full = matches!(self.queue.try_send(arrived), Err(mpsc::error::TrySendError::Full(_)));
        if is_full && !self.is_full.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "too many phones at once to write down what each took: `offhook plan` will not know of some"
            );
        }
    }
}

/// The task that writes deliveries down.
#[derive(Debug)]
pub struct Recording {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Recording {
    /// Begins to write down what phones of this inventory take.
    #[must_use]
    pub fn begin(inventory: &Inventory) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let is_full = Arc::new(AtomicBool::new(false));
        inventory.record_with(Recorder { queue, is_full: is_full.clone() });
        let stop = CancellationToken::new();
        let desk = Desk {
            inventory: inventory.clone(),
            waiting,
            is_full,
            pending: BTreeMap::new(),
            again: Duration::ZERO,
        };
        Self { task: tokio::spawn(desk.work(stop.clone())), stop }
    }

    /// Writes what is left, and ends.
    pub async fn finish(self) {
        self.stop.cancel();
        if let Err(failed) = self.task.await {
            tracing::error!(%failed, "writing down what phones took failed; this is a fault of offhook, please report it");
        }
    }
}

/// Where deliveries are written.
struct Desk {
    inventory: Inventory,
    waiting: mpsc::Receiver<Arrived>,
    is_full: Arc<AtomicBool>,
    /// The last of each phone.
    pending: BTreeMap<Mac, Arrived>,
    /// How long what is pending waits.
    again: Duration,
}

impl Desk {
    async fn work(mut self, stop: CancellationToken) {
        loop {
            let mut batch = Vec::new();
            let is_behind = !self.pending.is_empty();
            let goes_on = tokio::select! {
                count = self.waiting.recv_many(&mut batch, BATCH) => count > 0,
                () = tokio::time::sleep(self.again), if is_behind => true,
                () = stop.cancelled() => false,
            };
            self.take(batch);
            if !goes_on {
                break;
            }
            // Those that come at the same time are written with it.
            let _ = tokio::time::timeout(GATHER, stop.cancelled()).await;
            self.drain();
            self.write().await;
        }
        self.waiting.close();
        self.drain();
        self.write().await;
    }

    fn drain(&mut self) {
        while let Ok(arrived) = self.waiting.try_recv() {
            self.take([arrived]);
        }
        self.is_full.store(false, Ordering::Relaxed);
    }

    fn take(&mut self, arrived: impl IntoIterator<Item = Arrived>) {
        for one in arrived {
            let mac = one.fingerprint.mac;
            if self.pending.len() < KEPT || self.pending.contains_key(&mac) {
                self.pending.insert(mac, one);
            }
        }
    }

    /// Writes what is pending; what the database does not take stays for the next time.
    async fn write(&mut self) {
        while !self.pending.is_empty() {
            let batch: Vec<Fetched> = self.pending.values().take(BATCH).map(Arrived::fetched).collect();
            let written = self.inventory.ask(|store| {
                let batch = batch.clone();
                async move { store.remember_fetched(&batch).await }
            });
            if written.await.is_err() {
                self.again = (self.again * 2).clamp(AGAIN, LATEST);
                return;
            }
            self.again = Duration::ZERO;
            for one in &batch {
                self.pending.remove(&one.mac);
            }
        }
    }
}

impl Arrived {
    fn fetched(&self) -> Fetched {
        let at = self.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Fetched {
            mac: self.fingerprint.mac,
            stamp: self.fingerprint.stamp.clone(),
            fingerprint: self.fingerprint.values.clone(),
            at: at.cast_signed(),
            transport: self.transport.word().to_owned(),
            source: self.peer.ip().to_canonical().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use provision::render::Surroundings;
    use store::Store;

    use super::*;

    #[test]
    fn what_is_taken_again_within_a_second_is_no_news() {
        let noted = Noted::default();
        let at = |seconds: f32| UNIX_EPOCH + Duration::from_secs_f32(seconds);
        assert!(noted.is_news(at(5.1), Transport::Http));
        assert!(!noted.is_news(at(5.9), Transport::Http));
        assert!(noted.is_news(at(5.9), Transport::Tftp), "it came over another road");
        assert!(noted.is_news(at(6.0), Transport::Tftp));
        assert!(noted.clone().is_news(at(6.0), Transport::Tftp));
    }

    fn print(last: u8, stamp: &str) -> Arc<Fingerprint> {
        let mac = Mac::new([2, 0, 0, 0, 0, last]);
        let (stamp, values) = (stamp.to_owned(), vec![1, 2, 3, 4, 5, 6]);
        Arc::new(Fingerprint { mac, stamp, values, noted: Noted::default() })
    }

    /// Awaits real work while the clock stands still: it moves by itself only when nobody has anything to do.
    async fn awake<T>(work: impl Future<Output = T>) -> T {
        let never = async {
            loop {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            done = work => done,
            () = never => unreachable!("it goes on for good"),
        }
    }

    async fn is_known(store: &Store, last: u8) -> bool {
        awake(store.fetched(Mac::new([2, 0, 0, 0, 0, last]))).await.unwrap().is_some()
    }

    async fn place(folder: &tempfile::TempDir) -> Inventory {
        let url = format!("sqlite://{}", folder.path().join("offhook.db").display());
        Inventory::new(Store::open_or_create(&url).await.unwrap(), Surroundings::default())
    }

    /// From now on the database rests, as it does when it did not answer.
    async fn rests(inventory: &Inventory) {
        assert!(inventory.ask(|_| async { Err::<(), _>(store::Error::Busy) }).await.is_err());
    }

    /// Lets the task work until it waits for the clock.
    async fn works() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_the_database_did_not_take_is_written_though_no_other_phone_comes() {
        let folder = tempfile::tempdir().unwrap();
        let inventory = place(&folder).await;
        tokio::time::pause();
        rests(&inventory).await;
        let recording = Recording::begin(&inventory);
        let peer = "192.0.2.9:50000".parse().unwrap();
        inventory.delivery(&print(1, "a")).unwrap().arrived(Transport::Https, peer);
        // The clock rounds up to a millisecond.
        let some = Duration::from_millis(10);
        works().await;
        tokio::time::advance(GATHER + some).await;
        works().await;
        // It was tried in vain, and the database is back; nobody asks for anything.
        tokio::time::advance(AGAIN - some).await;
        works().await;
        assert!(!is_known(inventory.store(), 1).await);
        tokio::time::advance(some + some).await;
        works().await;
        tokio::time::advance(GATHER + some).await;
        while !is_known(inventory.store(), 1).await {}
        awake(recording.finish()).await;
    }

    #[tokio::test]
    async fn a_database_that_stays_away_is_tried_less_and_less_often() {
        let folder = tempfile::tempdir().unwrap();
        let inventory = place(&folder).await;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (is_full, pending, again) = Default::default();
        let mut desk = Desk { inventory: inventory.clone(), waiting, is_full, pending, again };
        let arrived = |last| Arrived {
            fingerprint: print(last, "a"),
            transport: Transport::Tftp,
            peer: "192.0.2.9:50000".parse().unwrap(),
            at: SystemTime::now(),
        };
        tokio::time::pause();
        desk.take([arrived(1)]);
        let mut waits = Vec::new();
        for _ in 0..7 {
            rests(&inventory).await;
            desk.write().await;
            waits.push(desk.again.as_secs());
        }
        assert_eq!((waits, desk.pending.len()), (vec![2, 4, 8, 16, 32, 60, 60], 1), "nothing is lost");
        // What comes meanwhile takes it along; and then all is as at first.
        tokio::time::advance(AGAIN).await;
        desk.take([arrived(2)]);
        awake(desk.write()).await;
        assert_eq!((desk.again, desk.pending.len()), (Duration::ZERO, 0));
        assert!(is_known(inventory.store(), 1).await && is_known(inventory.store(), 2).await);
        drop(queue);
    }

    #[tokio::test]
    async fn what_phones_took_is_written_down_before_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("offhook.db").display());
        let store = Store::open_or_create(&url).await.unwrap();
        let inventory = Inventory::new(store.clone(), Surroundings::default());
        let recording = Recording::begin(&inventory);
        let peer = "[::ffff:192.0.2.9]:50000".parse().unwrap();
        let generation = store.generation();
        for one in [print(1, "old"), print(2, "b"), print(1, "new")] {
            inventory.delivery(&one).unwrap().arrived(Transport::Https, peer);
        }
        recording.finish().await;
        let fetched = store.fetched(Mac::new([2, 0, 0, 0, 0, 1])).await.unwrap().unwrap();
        assert_eq!((fetched.stamp.as_str(), fetched.transport.as_str()), ("new", "https"));
        assert_eq!((fetched.source.as_str(), fetched.fingerprint.len()), ("192.0.2.9", 6));
        assert_eq!(store.current_generation().await.unwrap(), generation, "nothing is made anew for that");
        // Whoever is late is not waited for, and waits for nobody.
        inventory.delivery(&print(3, "late")).unwrap().arrived(Transport::Tftp, peer);
    }
}
