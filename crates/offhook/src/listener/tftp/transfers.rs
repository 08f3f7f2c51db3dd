//! The transfers that run, by peer; how many there are; and when each wants to be looked at.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use wire::tftp::{Packet, Transfer};

use crate::artifact::File;
use crate::inventory::Delivery;
use crate::metrics::Refused;

/// Who talks to whom: one address of ours, one port of the peer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    /// Which of our addresses, by its place in [`super::locals::Locals`].
    pub(super) local: u32,
    pub(super) peer: SocketAddr,
}

/// One request and what has become of it.
#[derive(Debug)]
pub(super) struct Running {
    /// Counts requests, so that late news about an older one is recognised.
    pub(super) number: u64,
    /// The request's datagram.
    pub(super) request: Box<[u8]>,
    pub(super) begun: Instant,
    /// The port by which its datagrams leave and arrive.
    pub(super) port: usize,
    /// The address they leave from, where the port has none of its own.
    pub(super) from: Option<IpAddr>,
    /// The transfer of its file; none while that is being made.
    pub(super) transfer: Option<Transfer<Content>>,
    /// Told when all of it has arrived.
    pub(super) delivery: Option<Delivery>,
    deadline: Instant,
    /// When the heap will bring it up; it is looked for there only when that is too late.
    scheduled: Option<Instant>,
}

/// A file's bytes, shared by all who are being sent it.
#[derive(Debug)]
pub(super) struct Content(pub(super) Arc<File>);

impl AsRef<[u8]> for Content {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

/// All running transfers of the listener.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    running: HashMap<Key, Running>,
    by_address: HashMap<IpAddr, usize>,
    timers: Timers,
    count: u64,
}

type Timers = BinaryHeap<Reverse<(Instant, u64, Key)>>;

/// Where a transfer is put down to be looked at later.
pub(super) struct Clock<'a>(&'a mut Timers);

impl Clock<'_> {
    /// Brings a transfer up at `deadline` at the latest.
    ///
    /// A deadline moves with every packet, nearly always to later; the heap is only told when it moves to earlier.
    pub(super) fn set(&mut self, key: &Key, running: &mut Running, deadline: Instant) {
        running.deadline = deadline;
        if running.scheduled.is_none_or(|scheduled| deadline < scheduled) {
            running.scheduled = Some(deadline);
            self.0.push(Reverse((deadline, running.number, *key)));
        }
    }
}

impl Running {
    /// The file's name as asked.
    pub(super) fn name(&self) -> &[u8] {
        match Packet::decode(&self.request) {
            Ok(Packet::Read(request)) => request.name,
            _ => &[],
        }
    }

    /// Whether its peer has stopped answering.
    pub(super) fn stalled(&self) -> bool {
        self.transfer.as_ref().is_some_and(Transfer::stalled)
    }
}

impl Transfers {
    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Running> {
        self.running.get(key)
    }

    pub(super) fn keys(&self) -> Vec<Key> {
        self.running.keys().copied().collect()
    }

    /// Whether there is room for one more to `address`; `Ok` names one that has to give way first.
    ///
    /// When there is no room, the transfer that has waited longest for a sign of life gives way, so that a crowd
    /// that only asks cannot keep phones out.
    pub(super) fn room(
        &self,
        address: IpAddr,
        most: usize,
        most_per_address: usize,
    ) -> Result<Option<Key>, Refused> {
        if self.by_address.get(&address).copied().unwrap_or_default() >= most_per_address {
            return self.dispensable(|key| key.peer.ip() == address).map(Some).ok_or(Refused::FullForAddress);
        }
        if self.len() >= most {
            return self.dispensable(|_| true).map(Some).ok_or(Refused::Full);
        }
        Ok(None)
    }

    fn dispensable(&self, may_go: impl Fn(&Key) -> bool) -> Option<Key> {
        let stalled = self.running.iter().filter(|(key, running)| may_go(key) && running.stalled());
        stalled.min_by_key(|(_, running)| running.number).map(|(key, _)| *key)
    }

    /// Takes up a request, and says which number it has.
    pub(super) fn begin(
        &mut self,
        key: Key,
        request: &[u8],
        port: usize,
        from: Option<IpAddr>,
        now: Instant,
    ) -> u64 {
        self.count += 1;
        let running = Running {
            number: self.count,
            request: request.into(),
            begun: now,
            port,
            from,
            transfer: None,
            delivery: None,
            deadline: now,
            scheduled: None,
        };
        *self.by_address.entry(key.peer.ip()).or_default() += 1;
        self.running.insert(key, running);
        self.count
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<Running> {
        let running = self.running.remove(key)?;
        if let Some(count) = self.by_address.get_mut(&key.peer.ip()) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&key.peer.ip());
            }
        }
        if self.running.is_empty() {
            // Nobody waits: what is left would only wake the thread.
            self.timers.clear();
        }
        Some(running)
    }

    /// The transfer with `key`, and the clock that it can be put on.
    pub(super) fn find(&mut self, key: &Key) -> Option<(&mut Running, Clock<'_>)> {
        Some((self.running.get_mut(key)?, Clock(&mut self.timers)))
    }

    /// When the next transfer wants to be looked at; a little early at times, never late.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.timers.peek().map(|Reverse((deadline, ..))| *deadline)
    }

    /// One whose time has come.
    pub(super) fn due(&mut self, now: Instant) -> Option<Key> {
        while let Some(Reverse((at, number, key))) = self.timers.peek().copied() {
            if at > now {
                return None;
            }
            self.timers.pop();
            let Some(running) = self.running.get_mut(&key) else { continue };
            if running.number != number || running.scheduled != Some(at) {
                continue;
            }
            running.scheduled = None;
            if running.deadline <= now {
                return Some(key);
            }
            let deadline = running.deadline;
            Clock(&mut self.timers).set(&key, running, deadline);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::time::Duration;

    use super::*;

    fn key(peer: &str) -> Key {
        Key { local: 0, peer: peer.parse().unwrap() }
    }

    fn put_off(transfers: &mut Transfers, key: &Key, deadline: Instant) {
        let (running, mut clock) = transfers.find(key).unwrap();
        clock.set(key, running, deadline);
    }

    #[test]
    fn deadlines_come_up_in_time_wherever_they_moved() {
        let now = Instant::now();
        let at = |milliseconds| now + Duration::from_millis(milliseconds);
        let [one, two] = [key("192.0.2.1:1"), key("192.0.2.2:1")];
        let mut transfers = Transfers::default();
        transfers.begin(one, b"", 0, None, now);
        transfers.begin(two, b"", 0, None, now);
        put_off(&mut transfers, &one, at(100));
        put_off(&mut transfers, &two, at(50));
        // To later, and to earlier.
        put_off(&mut transfers, &two, at(300));
        put_off(&mut transfers, &one, at(40));
        assert_eq!(transfers.next_deadline(), Some(at(40)));
        assert_eq!(transfers.due(at(39)), None);
        assert_eq!((transfers.due(at(40)), transfers.due(at(40))), (Some(one), None));
        // Nobody put it off again, so it does not come back; the other comes when it is due, not when it once was.
        assert_eq!(transfers.due(at(299)), None);
        assert_eq!((transfers.due(at(300)), transfers.due(at(900))), (Some(two), None));
        assert_eq!(transfers.next_deadline(), None);
    }

    #[test]
    fn news_about_an_earlier_request_of_the_same_peer_are_nothing_to_the_new_one() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let [one, other] = [key("192.0.2.1:1"), key("192.0.2.2:1")];
        let mut transfers = Transfers::default();
        let first = transfers.begin(one, b"", 0, None, now);
        transfers.begin(other, b"", 0, None, now);
        put_off(&mut transfers, &one, now);
        transfers.remove(&one).unwrap();
        assert_ne!(transfers.begin(one, b"", 0, None, now), first);
        assert_eq!(transfers.due(later), None);
        transfers.remove(&one).unwrap();
        transfers.remove(&other).unwrap();
        assert!(transfers.is_empty() && transfers.next_deadline().is_none());
    }

    #[test]
    fn there_is_room_up_to_both_limits() {
        let now = Instant::now();
        let mut transfers = Transfers::default();
        for peer in ["192.0.2.1:1", "192.0.2.1:2", "192.0.2.2:1"] {
            transfers.begin(key(peer), b"", 0, None, now);
        }
        let room = |address: &str, most, most_per_address| {
            transfers.room(address.parse().unwrap(), most, most_per_address)
        };
        assert_eq!(room("192.0.2.1", 4, 3), Ok(None));
        assert_eq!(room("192.0.2.1", 4, 2), Err(Refused::FullForAddress));
        assert_eq!(room("192.0.2.2", 4, 2), Ok(None));
        assert_eq!(room("192.0.2.3", 3, 2), Err(Refused::Full));
    }
}
