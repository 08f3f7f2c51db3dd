//! Writing down which trust list each phone fetched and how it came back, without holding any transfer up: a queue, and a
//! task that empties it.
//!
//! A list for everybody does not say who took it: it is the phone's that asked from the same address for a list of its own
//! just before, or for its configuration just after. If that may be several, it is nobody's: better nothing than a guess.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use provision::ledger::{Asked, Contents, Event, Fetch};
use provision::mac::Mac;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::live::Inventory;
use crate::artifact::Transport;
use crate::config::Live;
use crate::record::repeats::Repeats;
use crate::trust::{Reach, Trust, contents};

/// News that wait to be written, at most: more than a storm of phones makes in the time of one write.
const QUEUE: usize = 16_384;
/// News of one write.
const BATCH: usize = 1000;
/// News kept while the database is away, at most; beyond that the newest are lost.
const KEPT: usize = 20_000;
/// How long the first of a batch waits for others: each write costs the disk the same, whatever is in it.
const GATHER: Duration = Duration::from_millis(300);
/// When what the database did not take is tried again, if nothing else comes before.
const AGAIN: Duration = Duration::from_secs(2);
/// How long after one request another one from the same address is of the same boot. The files follow each other within
/// seconds, also over TFTP.
const SAME_BOOT: Duration = Duration::from_secs(15);
/// Addresses remembered, and lists that nobody is known to have taken.
const REMEMBERED: usize = 10_000;
/// Phones behind one address that boot at a time.
const MOST_PHONES: usize = 64;
/// Lists whose contents are at hand: the one for everybody, and some that administrators made.
const LISTS: usize = 32;

/// The end of the queue where news go in.
#[derive(Clone)]
pub(super) struct Clerk {
    queue: mpsc::Sender<News>,
    is_full: Arc<AtomicBool>,
    repeats: Arc<Repeats>,
    /// Lists that went out: what somebody asks after one is no repetition of what they asked before it.
    handed: Arc<AtomicU64>,
}

/// A trust list that is on its way to a phone.
#[derive(Clone)]
pub(super) struct Handing {
    clerk: Clerk,
    given: Given,
}

/// Something that a phone did.
enum News {
    Asked(Request),
    Given(Given),
}

/// A phone asked for a file with its name in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Request {
    mac: Mac,
    /// For its configuration; else for a trust list of its own.
    how: Option<Asked>,
    is_list: bool,
    from: IpAddr,
    at: SystemTime,
}

/// A list went out to somebody.
#[derive(Clone)]
struct Given {
    name: String,
    bytes: Bytes,
    /// Whom it is named after.
    mac: Option<Mac>,
    from: IpAddr,
    at: SystemTime,
}

impl Clerk {
    /// Notes that somebody asked for a file, if its name tells anything.
    pub(super) fn asked(&self, name: &[u8], from: IpAddr, transport: Transport) {
        if let Some((mac, how, is_list)) = meaning(name, transport) {
            let (from, at) = (from.to_canonical(), SystemTime::now());
            if self.repeats.is_repeat((name, from, transport, self.handed.load(Ordering::Relaxed)), at) {
                return;
            }
            self.put(News::Asked(Request { mac, how, is_list, from, at }));
        }
    }

    /// Prepares to note that a list arrives.
    pub(super) fn handing(&self, name: &str, bytes: &Bytes) -> Option<Handing> {
        let file = last_part(name.as_bytes());
        let is_list = file.len() > 4 && file[file.len() - 4..].eq_ignore_ascii_case(b".tlv");
        let starts = |word: &[u8]| file.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(word));
        if !is_list || !(starts(b"ITL") || starts(b"CTL")) {
            return None;
        }
        // Before the first byte goes out: the phone's next request comes at once.
        self.handed.fetch_add(1, Ordering::Relaxed);
        let given = Given {
            name: name.to_owned(),
            bytes: bytes.clone(),
            mac: device(&file[3..]).map(|(mac, _)| mac),
            from: IpAddr::from([0; 4]),
            at: SystemTime::now(),
        };
        Some(Handing { clerk: self.clone(), given })
    }

    /// Never waits: a transfer is worth more than the memory of it.
    fn put(&self, news: News) {
        let is_full = matches!(self.queue.try_send(news), Err(mpsc::error::TrySendError::Full(_)));
        if is_full && !self.is_full.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "too many phones at once to write down which trust list each took: `offhook trust plan` will not know of some"
            );
        }
    }
}

impl Handing {
    /// All of it arrived.
    pub(super) fn arrived(self, from: IpAddr) {
        let given = Given { from: from.to_canonical(), ..self.given };
        self.clerk.put(News::Given(given));
    }
}

impl fmt::Debug for Handing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handing({})", self.given.name)
    }
}

/// Whose file it is, how it was asked for if it is a configuration, and whether it is a list.
fn meaning(name: &[u8], transport: Transport) -> Option<(Mac, Option<Asked>, bool)> {
    let file = last_part(name);
    let starts = |word: &[u8]| file.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if starts(b"ITLSEP") || starts(b"CTLSEP") {
        return device(&file[3..]).map(|(mac, _)| (mac, None, true));
    }
    let (mac, ending) = device(file)?;
    let is = |word: &[u8]| ending.eq_ignore_ascii_case(word);
    let how = match transport {
        _ if is(b".cnf.xml") => Some(Asked::Plain),
        Transport::Https if is(b".cnf.xml.sgn") => Some(Asked::Secure),
        _ if is(b".cnf.xml.sgn") => Some(Asked::Signed),
        _ if is(b".cnf.xml.enc.sgn") => Some(Asked::Encrypted),
        _ => return None,
    };
    Some((mac, how, false))
}

fn last_part(name: &[u8]) -> &[u8] {
    name.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or(name)
}

/// `SEP`, twelve digits, and the rest.
fn device(name: &[u8]) -> Option<(Mac, &[u8])> {
    let digits = name.get(..3).filter(|start| start.eq_ignore_ascii_case(b"SEP")).and(name.get(3..15))?;
    Some((Mac::from_digits(std::str::from_utf8(digits).ok()?)?, &name[15..]))
}

/// The task that keeps the ledger.
#[derive(Debug)]
pub struct Bookkeeping {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Bookkeeping {
    /// Begins to write down what phones of this inventory do about trust lists.
    #[must_use]
    pub fn begin(inventory: &Inventory, trust: &Trust, config: &Live) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let is_full = Arc::new(AtomicBool::new(false));
        inventory.keep_ledger_with(Clerk {
            queue,
            is_full: is_full.clone(),
            repeats: Arc::default(),
            handed: Arc::default(),
        });
        let stop = CancellationToken::new();
        let desk = Desk {
            inventory: inventory.clone(),
            trust: trust.clone(),
            config: config.clone(),
            waiting,
            is_full,
            boots: Boots::default(),
            lists: VecDeque::new(),
            events: Vec::new(),
        };
        Self { task: tokio::spawn(desk.work(stop.clone())), stop }
    }

    /// Writes what is left, and ends.
    pub async fn finish(self) {
        self.stop.cancel();
        if let Err(failed) = self.task.await {
            tracing::error!(%failed, "keeping the ledger of trust failed; this is a fault of offhook, please report it");
        }
    }
}

/// Where news are understood and written.
struct Desk {
    inventory: Inventory,
    trust: Trust,
    config: Live,
    waiting: mpsc::Receiver<News>,
    is_full: Arc<AtomicBool>,
    boots: Boots,
    /// Lists read last, with what is in them.
    lists: VecDeque<(Bytes, Option<Contents>)>,
    /// What is still to be written.
    events: Vec<(Mac, Event)>,
}

impl Desk {
    async fn work(mut self, stop: CancellationToken) {
        loop {
            let mut batch = Vec::new();
            let is_behind = !self.events.is_empty();
            let goes_on = tokio::select! {
                count = self.waiting.recv_many(&mut batch, BATCH) => count > 0,
                () = tokio::time::sleep(AGAIN), if is_behind => true,
                () = stop.cancelled() => false,
            };
            if !goes_on {
                break;
            }
            // Those that come at the same time are written with it.
            let _ = tokio::time::timeout(GATHER, stop.cancelled()).await;
            self.drain(batch);
            self.write().await;
        }
        self.waiting.close();
        self.drain(Vec::new());
        self.write().await;
    }

    /// Understands everything that came, in the order in which it was asked for.
    fn drain(&mut self, mut batch: Vec<News>) {
        while let Ok(news) = self.waiting.try_recv() {
            batch.push(news);
        }
        self.is_full.store(false, Ordering::Relaxed);
        batch.sort_by_key(|news| match news {
            News::Asked(request) => request.at,
            News::Given(given) => given.at,
        });
        for news in batch {
            match news {
                News::Asked(request) => {
                    if let Some((mac, given)) = self.boots.asked(&request) {
                        self.fetched(mac, given);
                    }
                    if let Some(how) = request.how {
                        self.push(request.mac, Event::Asked(how, milliseconds(request.at)));
                    }
                }
                News::Given(given) => match given.mac {
                    Some(mac) => self.fetched(mac, given),
                    None => {
                        if let Some((mac, given)) = self.boots.given(given) {
                            self.fetched(mac, given);
                        }
                    }
                },
            }
        }
    }

    fn fetched(&mut self, mac: Mac, given: Given) {
        // What somebody else put there and no phone takes tells nothing.
        let Some(contents) = self.contents(&given.bytes) else { return };
        let (at, source) = (milliseconds(given.at), given.from.to_string());
        self.push(mac, Event::Fetched(Fetch { contents, name: given.name, at, source }));
    }

    fn push(&mut self, mac: Mac, event: Event) {
        if self.events.len() < KEPT {
            self.events.push((mac, event));
        }
    }

    /// What is in a list; the same for all phones, as a rule.
    fn contents(&mut self, bytes: &Bytes) -> Option<Contents> {
        let is_it = |(known, _): &&(Bytes, Option<Contents>)| {
            known.len() == bytes.len() && (known.as_ptr() == bytes.as_ptr() || known == bytes)
        };
        if let Some((_, contents)) = self.lists.iter().find(is_it) {
            return contents.clone();
        }
        let contents = contents(bytes).ok();
        self.lists.push_front((bytes.clone(), contents.clone()));
        self.lists.truncate(LISTS);
        contents
    }

    /// Writes what is pending; what the database does not take stays for the next time.
    async fn write(&mut self) {
        if self.events.is_empty() {
            return;
        }
        let Ok(current) = self.trust.current() else { return };
        let with_plain = current.state.reach != Reach::Off;
        let has_service = self.config.load().listen.tvs.is_some();
        while !self.events.is_empty() {
            let batch: Vec<_> = self.events.iter().take(BATCH).cloned().collect();
            let count = batch.len();
            let current = current.clone();
            let vouching =
                move |list: &Contents| has_service.then(|| current.vouching_for(&list.signer)).flatten();
            let written = self
                .inventory
                .ask(|store| async move { store.note_in_ledger(&batch, with_plain, vouching).await });
            if written.await.is_err() {
                return;
            }
            self.events.drain(..count);
        }
    }
}

/// Which phones are booting behind which address. Whatever somebody asks costs the same, however many addresses there are.
#[derive(Default)]
struct Boots {
    /// Phones that asked for a list of their own and not yet for their configuration.
    asking: HashMap<IpAddr, Vec<(Mac, SystemTime)>>,
    /// The list for everybody that went to that address and that nobody is known to have taken; none where several did, for
    /// several phones may have taken them.
    open: HashMap<IpAddr, (SystemTime, Option<Given>)>,
}

impl Boots {
    /// A list for everybody went out; gives it back with the phone that took it, if that can be only one.
    fn given(&mut self, given: Given) -> Option<(Mac, Given)> {
        let asking = self.asking.get(&given.from);
        let mut near = asking.into_iter().flatten().filter(|(_, at)| is_near(*at, given.at));
        match (near.next(), near.next()) {
            (Some((mac, _)), None) => Some((*mac, given)),
            (None, _) => {
                self.leave_open(given);
                None
            }
            (Some(_), Some(_)) => {
                tracing::debug!(peer = %given.from, "several phones boot behind one address, so nobody knows which took the trust list");
                None
            }
        }
    }

    fn leave_open(&mut self, given: Given) {
        let (from, at) = (given.from, given.at);
        make_room(&mut self.open, from, |(before, _)| is_near(*before, at));
        let others = self.open.get(&from).is_some_and(|(before, _)| is_near(*before, at));
        self.open.insert(from, (at, (!others).then_some(given)));
    }

    /// A phone asked for a file of its own; gives the list that it must have taken just before.
    fn asked(&mut self, request: &Request) -> Option<(Mac, Given)> {
        make_room(&mut self.asking, request.from, |phones| {
            phones.iter().any(|(_, at)| is_near(*at, request.at))
        });
        let asking = self.asking.entry(request.from).or_default();
        asking.retain(|(mac, _)| *mac != request.mac);
        if request.is_list {
            asking.push((request.mac, request.at));
            // An address that pretends to be so many phones is none of ours.
            if asking.len() > MOST_PHONES {
                asking.clear();
            }
            return None;
        }
        let is_alone = asking.is_empty();
        if is_alone {
            self.asking.remove(&request.from);
        }
        let (_, given) = self.open.remove(&request.from)?;
        let given = given.filter(|given| is_alone && is_near(given.at, request.at))?;
        Some((request.mac, given))
    }
}

/// Forgets what is of no use any more before something is kept of a new address; all of it, if there are still too many.
fn make_room<T>(places: &mut HashMap<IpAddr, T>, address: IpAddr, is_of_use: impl Fn(&T) -> bool) {
    if places.len() < REMEMBERED || places.contains_key(&address) {
        return;
    }
    places.retain(|_, kept| is_of_use(kept));
    // Else each who comes would look through all of them again.
    if places.len() > REMEMBERED / 2 {
        places.clear();
    }
}

/// Whether both are of the same boot; clocks go back, too.
fn is_near(one: SystemTime, other: SystemTime) -> bool {
    let apart = other.duration_since(one).unwrap_or_else(|error| error.duration());
    apart <= SAME_BOOT
}

fn milliseconds(at: SystemTime) -> i64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis().try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
