//! Which lines are registered, followed: Asterisk is asked now and then, and whenever it tells that something changed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use provision::inventory::Number;
use provision::mac::Mac;
use provision::timeline::{Event, KnownBy, Outcome, Registration, Via, What};
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;
use wire::ami::Message;

use super::{Timeline, now};
use crate::asterisk::peers::Peer;
use crate::asterisk::{Asterisk, Trouble};
use crate::inventory::Inventory;

/// How often Asterisk is asked when it tells nothing.
const EVERY: Duration = Duration::from_secs(60);
/// How often when it is away.
const AGAIN: Duration = Duration::from_secs(10);
/// Events come in bursts: so long after the first, Asterisk is asked.
const BURST: Duration = Duration::from_secs(1);
/// Asking may take this part of the time.
const SHARE: u32 = 20;

/// What Asterisk last said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registrations {
    /// There is none to ask.
    Unasked,
    /// It cannot be asked.
    Away(String),
    /// Every peer, by its name.
    Known(HashMap<String, Peer>),
}

impl Registrations {
    /// What is known before it was asked.
    pub(super) fn first(asterisk: &Asterisk) -> Arc<Self> {
        let asked = Self::Away("Asterisk has not been asked yet".to_owned());
        Arc::new(if asterisk.is_configured() { asked } else { Self::Unasked })
    }

    /// Asks.
    pub async fn ask(asterisk: &Asterisk) -> Self {
        match asterisk.peers().await {
            Ok(peers) => Self::Known(peers.into_iter().map(|peer| (peer.name.clone(), peer)).collect()),
            Err(Trouble::None) => Self::Unasked,
            Err(trouble) => Self::Away(trouble.to_string()),
        }
    }

    /// How a phone with these lines is registered.
    #[must_use]
    pub fn of(&self, phone: Mac, lines: &[String]) -> Registration {
        let peers = match self {
            Self::Unasked => return Registration::Unasked,
            Self::Away(why) => return Registration::Away(why.clone()),
            Self::Known(peers) => peers,
        };
        let device = phone.device_name();
        // A line that several phones share is this one's only where the driver does not say whose it is.
        let is_its =
            |peer: &&Peer| peer.device.as_deref().is_none_or(|other| other.eq_ignore_ascii_case(&device));
        let known = || lines.iter().filter_map(|line| peers.get(line));
        match known().filter(is_its).find(|peer| peer.is_registered()) {
            Some(peer) => Registration::Here {
                line: peer.name.clone(),
                address: peer.address.clone().unwrap_or_default(),
            },
            None if known().next().is_some() || lines.is_empty() => Registration::Absent,
            None => Registration::NoPeer,
        }
    }
}

/// Follows Asterisk for good: tells what it knows, and notes who comes and goes.
pub(super) async fn follow(
    asterisk: Asterisk,
    inventory: Inventory,
    timeline: Timeline,
    told: watch::Sender<Arc<Registrations>>,
) {
    if !asterisk.is_configured() {
        // Whoever waits for a change keeps what was said first.
        return std::future::pending().await;
    }
    let mut events = asterisk.events();
    loop {
        let asked = Instant::now();
        let said = Registrations::ask(&asterisk).await;
        // A PBX with many peers is not asked for all of them each second.
        let burst = BURST.max(asked.elapsed() * SHARE);
        let is_away = matches!(said, Registrations::Away(_));
        let before = told.send_replace(Arc::new(said));
        let after = told.borrow().clone();
        for event in changes(&before, &after, &inventory).await {
            timeline.put(event);
        }
        let mut next = Instant::now() + if is_away { AGAIN } else { EVERY };
        while let Some(refused) = wait(&mut events, is_away, burst, &mut next).await {
            note(refused, &inventory, &timeline).await;
        }
    }
}

/// Waits until Asterisk should be asked again. A registration that it refused is given at once.
async fn wait(
    events: &mut Option<broadcast::Receiver<Arc<Message>>>,
    is_away: bool,
    burst: Duration,
    next: &mut Instant,
) -> Option<Refused> {
    loop {
        let Some(receiver) = events else {
            tokio::time::sleep_until(*next).await;
            return None;
        };
        let soon = (*next).min(Instant::now() + burst);
        match tokio::time::timeout_at(*next, receiver.recv()).await {
            Err(_) => return None,
            Ok(Err(broadcast::error::RecvError::Closed)) => *events = None,
            Ok(Err(broadcast::error::RecvError::Lagged(_))) => *next = soon,
            Ok(Ok(message)) => {
                // Whoever tells something is not away.
                if is_away || is_news(&message) {
                    *next = soon;
                }
                if let Some(refused) = Refused::read(&message) {
                    return Some(refused);
                }
            }
        }
    }
}

/// Whether somebody may have come or gone. Not every version tells of contacts, but all tell who showed a password.
fn is_news(message: &Message) -> bool {
    let of_sip =
        || message.get("Service").is_some_and(|service| service.to_ascii_uppercase().contains("SIP"));
    ["PeerStatus", "ContactStatus"].iter().any(|name| message.is_event(name))
        || message.is_event("SuccessfulAuth") && of_sip()
}

/// A registration that Asterisk refused.
struct Refused {
    account: String,
    address: Option<IpAddr>,
    why: String,
}

impl Refused {
    /// `InvalidPassword`, `ChallengeResponseFailed` and the like, of SIP and PJSIP.
    fn read(message: &Message) -> Option<Self> {
        let account = message.get("AccountID").unwrap_or_default().to_owned();
        let why = if message.is_event("InvalidPassword") || message.is_event("ChallengeResponseFailed") {
            format!("the password of {account} is wrong")
        } else if message.is_event("InvalidAccountID") {
            format!("it knows no {account}")
        } else if message.is_event("FailedACL") {
            format!("{account} may not come from that address")
        } else {
            return None;
        };
        // Log-ins to the manager itself are told in the same way.
        message.get("Service").filter(|service| service.to_ascii_uppercase().contains("SIP"))?;
        let address = message.get("RemoteAddress").and_then(|place| place.split('/').nth(2)?.parse().ok());
        Some(Self { account, address, why })
    }
}

async fn note(refused: Refused, inventory: &Inventory, timeline: &Timeline) {
    let Refused { account, address, why } = refused;
    let owners = owners(&[account.as_str()], inventory).await;
    let phone = owners.get(account.as_str()).copied();
    if let Some(address) = address.or(phone.map(|_| IpAddr::from([0, 0, 0, 0]))) {
        let event = registration(phone, address, account, Outcome::Refused);
        timeline.put(Event { reason: why, ..event });
    }
}

/// Registrations that came and went between two answers.
async fn changes(before: &Registrations, after: &Registrations, inventory: &Inventory) -> Vec<Event> {
    let (Registrations::Known(before), Registrations::Known(after)) = (before, after) else {
        return Vec::new();
    };
    let was = |peer: &Peer| before.get(&peer.name).is_some_and(Peer::is_registered);
    let changed: Vec<&Peer> = after.values().filter(|peer| was(peer) != peer.is_registered()).collect();
    let names: Vec<&str> =
        changed.iter().filter(|peer| peer.device.is_none()).map(|peer| peer.name.as_str()).collect();
    let owners = owners(&names, inventory).await;
    let event = |peer: &Peer| {
        let device = peer.device.as_deref().and_then(|device| device.parse().ok());
        let phone = device.or_else(|| owners.get(peer.name.as_str()).copied())?;
        let outcome = if peer.is_registered() { Outcome::Sent } else { Outcome::Missing };
        let event = registration(Some(phone), place(peer), peer.name.clone(), outcome);
        Some(Event { agent: peer.user_agent.clone().unwrap_or_default(), ..event })
    };
    changed.into_iter().filter_map(event).collect()
}

/// The phone of each line that only one phone has.
async fn owners<'n>(names: &[&'n str], inventory: &Inventory) -> HashMap<&'n str, Mac> {
    let numbers: Vec<(&str, Number)> =
        names.iter().filter_map(|name| Some((*name, name.parse().ok()?))).collect();
    if numbers.is_empty() {
        return HashMap::new();
    }
    let asked: Vec<Number> = numbers.iter().map(|(_, number)| number.clone()).collect();
    let found = inventory.ask(|store| async move { store.phones_with_lines(&asked).await }).await;
    let found = found.unwrap_or_default();
    let only = |number: &Number| match found.get(number).map(Vec::as_slice) {
        Some([only]) => Some(*only),
        _ => None,
    };
    numbers.iter().filter_map(|(name, number)| Some((*name, only(number)?))).collect()
}

/// `192.0.2.7` of `192.0.2.7:5060`.
fn place(peer: &Peer) -> IpAddr {
    let nowhere = IpAddr::from([0, 0, 0, 0]);
    let Some(address) = &peer.address else { return nowhere };
    let socket = address.parse::<std::net::SocketAddr>().map(|socket| socket.ip());
    socket.or_else(|_| address.parse()).unwrap_or(nowhere)
}

fn registration(phone: Option<Mac>, address: IpAddr, line: String, outcome: Outcome) -> Event {
    Event {
        at: now(),
        phone,
        known_by: KnownBy::Nothing,
        address,
        via: Via::Sip,
        what: What::Registration,
        name: line,
        outcome,
        reason: String::new(),
        bytes: 0,
        took: 0,
        agent: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asterisk::peers::Driver;

    const PHONE: Mac = Mac::new([2, 0, 0, 0, 0, 1]);

    fn known(peers: &[(&str, Option<&str>, Option<&str>)]) -> Registrations {
        let peer = |(name, address, device): &(&str, Option<&str>, Option<&str>)| Peer {
            name: (*name).to_owned(),
            driver: Driver::Pjsip,
            address: address.map(str::to_owned),
            answers: None,
            user_agent: None,
            device: device.map(str::to_owned),
        };
        Registrations::Known(peers.iter().map(peer).map(|peer| (peer.name.clone(), peer)).collect())
    }

    #[test]
    fn any_line_that_is_registered_counts_and_a_shared_one_only_where_it_is() {
        let lines = ["1001".to_owned(), "1002".to_owned()];
        let of = |peers: &[_]| known(peers).of(PHONE, &lines);
        assert_eq!(of(&[("1003", Some("192.0.2.1:5060"), None)]), Registration::NoPeer);
        assert_eq!(of(&[("1001", None, None)]), Registration::Absent);
        let here = Registration::Here { line: "1002".into(), address: "192.0.2.1:5060".into() };
        assert_eq!(of(&[("1001", None, None), ("1002", Some("192.0.2.1:5060"), None)]), here);
        assert_eq!(of(&[("1002", Some("192.0.2.1:5060"), Some("SEP020000000001"))]), here);
        assert_eq!(of(&[("1002", Some("192.0.2.1:5060"), Some("SEP020000000002"))]), Registration::Absent);
        assert_eq!(Registrations::Unasked.of(PHONE, &lines), Registration::Unasked);
    }

    #[test]
    fn refused_registrations_are_read_and_others_are_not() {
        let event = |fields: &[(&str, &str)]| fields.iter().copied().collect::<Message>();
        let sip = event(&[
            ("Event", "InvalidPassword"),
            ("Service", "PJSIP"),
            ("AccountID", "1001"),
            ("RemoteAddress", "IPV4/UDP/192.0.2.7/5060"),
        ]);
        let read = Refused::read(&sip).map(|one| (one.account, one.address, one.why));
        let address = Some(IpAddr::from([192, 0, 2, 7]));
        assert_eq!(read, Some(("1001".into(), address, "the password of 1001 is wrong".into())));
        let manager = [("Event", "InvalidPassword"), ("Service", "AMI"), ("AccountID", "admin")];
        assert!(Refused::read(&event(&manager)).is_none());
        assert!(Refused::read(&event(&[("Event", "SuccessfulAuth"), ("Service", "SIP")])).is_none());
    }
}
