//! Phones that nobody knows: they wait with a code to be claimed by, or are taken in, by the policy of the settings.
//!
//! Whoever asks for many names learns nothing and fills nothing: an address brings a few new phones a minute, and only so
//! many wait at once.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use provision::artifact::Artifact;
use provision::inventory::Phone;
use provision::mac::Mac;
use store::{Newcomer, Numbers};

use super::refusal::Reason;
use crate::config::{Newcomers as Settings, Onboarding, Resolved};
use crate::inventory::{Inventory, Silence, Told, What};

const MINUTE: Duration = Duration::from_secs(60);
/// Addresses remembered at most; beyond that those go whose minute is over, and then all.
const MOST_ADDRESSES: usize = 10_000;
/// What codes are made of: nothing that people mistake for something else when they read it from a screen.
const LETTERS: &[u8; 25] = b"ACDEFGHJKMNPQRTUVWXY34679";
/// As many as fit the label of the smallest screen; 244 million codes.
const CODE: u32 = 6;

/// Who brought how many new phones of late.
#[derive(Debug, Default)]
pub(super) struct Newcomers {
    brought: Mutex<HashMap<IpAddr, Brought>>,
}

#[derive(Debug)]
struct Brought {
    since: Instant,
    phones: usize,
}

impl Newcomers {
    /// Takes in the phone `mac`, which asks for `artifact` from the address `from`, by the policy in `settings`.
    pub(super) async fn receive(
        &self,
        inventory: &Inventory,
        settings: &Resolved,
        (mac, from): (Mac, IpAddr),
        artifact: &Artifact<'_>,
    ) -> Result<Told, Reason> {
        let device = mac.device_name();
        if !self.may(from, settings.newcomers.per_minute, Instant::now()) {
            return Err(Reason::TooMany(device));
        }
        let taken = match settings.provisioning.onboarding {
            Onboarding::Park => park(inventory, &settings.newcomers, (mac, from)).await,
            Onboarding::Register => register(inventory, &settings.newcomers, mac).await,
            Onboarding::Reject => Ok(Ok(())),
        };
        match taken {
            Ok(Ok(())) => Ok(inventory.about(artifact).await),
            Ok(Err(why)) => {
                tracing::warn!(phone = %device, %from, %why, "a new phone cannot be taken in");
                Err(Reason::NotTakenIn(device, why))
            }
            Err(Silence::Away) => Err(Reason::Away(device)),
            Err(Silence::Broken) => Err(Reason::Broken(device)),
        }
    }

    /// Whether the address may bring one more; the first time it may not, the log says so.
    fn may(&self, from: IpAddr, most: usize, now: Instant) -> bool {
        let mut brought = self.brought.lock().unwrap_or_else(PoisonError::into_inner);
        if brought.len() >= MOST_ADDRESSES {
            brought.retain(|_, one| now.duration_since(one.since) < MINUTE);
        }
        if brought.len() >= MOST_ADDRESSES {
            brought.clear();
        }
        let one = brought.entry(site(from)).or_insert(Brought { since: now, phones: 0 });
        if now.duration_since(one.since) >= MINUTE {
            *one = Brought { since: now, phones: 0 };
        }
        one.phones = one.phones.saturating_add(1);
        if one.phones == most.saturating_add(1) {
            tracing::warn!(
                %from,
                most,
                "an address asks for more unknown phones than onboarding.per_minute allows: somebody may be guessing names"
            );
        }
        one.phones <= most
    }
}

/// Whoever has one address of IPv6 has 2^64 of them.
fn site(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX)).into(),
        four => four,
    }
}

async fn park(
    inventory: &Inventory,
    settings: &Settings,
    (mac, from): (Mac, IpAddr),
) -> Result<Result<(), String>, Silence> {
    let (source, most) = (from.to_canonical().to_string(), settings.waiting);
    let parked = inventory.ask(|store| async move {
        store.park(Newcomer { mac, source: &source, now: now() }, most, code).await
    });
    if let Some(waiting) = parked.await? {
        tracing::info!(phone = %mac.device_name(), %from, code = waiting.code, "a new phone waits to be claimed");
    }
    Ok(Ok(()))
}

async fn register(
    inventory: &Inventory,
    settings: &Settings,
    mac: Mac,
) -> Result<Result<(), String>, Silence> {
    let Some(range) = settings.range else { return Ok(Err("onboarding.range is not set".to_owned())) };
    let numbers = Numbers { first: range.first, last: range.last, digits: range.digits };
    let phone = Phone {
        profile: settings.profile.clone(),
        site: settings.site.clone(),
        ..Phone::new(mac, settings.model)
    };
    let registered = inventory.ask(|store| async move {
        match store.register(&phone, numbers).await {
            Err(error) if error.is_refusal() => Ok(Err(error.to_string())),
            other => other.map(Ok),
        }
    });
    Ok(registered.await?.map(|number| {
        if let Some(number) = number {
            tracing::info!(phone = %mac.device_name(), number = number.as_str(), "a new phone was taken in");
        }
    }))
}

/// A code that nobody can guess.
fn code() -> String {
    let mut random = [0; 8];
    // The system refuses only while it starts; a code that is in use already is drawn again.
    let _ = rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty());
    let mut rest = u64::from_le_bytes(random);
    let letters = LETTERS.len() as u64;
    let letter = |_| {
        let letter = LETTERS[(rest % letters) as usize];
        rest /= letters;
        char::from(letter)
    };
    (0..CODE).map(letter).collect()
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().cast_signed()
}

/// The phone that nobody knows, if that is why there is no such file.
pub(super) fn stranger(artifact: &Artifact<'_>, told: &Told) -> Option<Mac> {
    let is_configuration = matches!(artifact.kind, provision::artifact::Kind::PhoneConfiguration(_));
    let is_unknown = matches!(told.what, What::Unknown);
    artifact.device().filter(|_| is_configuration && is_unknown)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_address_brings_so_many_a_minute() {
        let (newcomers, now) = (Newcomers::default(), Instant::now());
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        let allowed = (0..10).filter(|_| newcomers.may(one, 3, now)).count();
        assert_eq!(allowed, 3);
        assert!(newcomers.may("192.0.2.2".parse().unwrap(), 3, now), "others are not kept out");
        assert!(newcomers.may(one, 3, now + MINUTE));
        // The same address, as a dual-stack socket tells it, and the same network.
        assert_eq!(site("::ffff:192.0.2.1".parse().unwrap()), one);
        assert_eq!(site("2001:db8::1".parse().unwrap()), site("2001:db8::ffff:1".parse().unwrap()));
    }

    #[test]
    fn addresses_are_not_remembered_for_ever() {
        let (newcomers, now) = (Newcomers::default(), Instant::now());
        for number in 0..2 * MOST_ADDRESSES as u32 {
            newcomers.may(std::net::Ipv4Addr::from_bits(number).into(), 3, now);
        }
        assert!(newcomers.brought.lock().unwrap().len() <= MOST_ADDRESSES);
    }

    #[test]
    fn codes_are_read_without_mistakes() {
        let (one, other) = (code(), code());
        assert_ne!(one, other);
        assert_eq!(one.len(), CODE as usize);
        assert!(!one.contains(['0', 'O', '1', 'I', 'L', '2', 'Z', '5', 'S', '8', 'B']), "{one}");
    }
}
