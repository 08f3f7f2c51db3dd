//! `/quality-report`: the user of a phone says what is wrong with a call. The reason is kept with the call's figures, as
//! far as Asterisk tells any; without them, if it is away.

mod reasons;
mod told;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use provision::inventory::{Bundle, State};
use provision::mac::Mac;
use provision::objects::{Menu, Screen, Text};
use reasons::Reason;
use store::Quality;

use super::{Ask, Fault, Page, Rate, Route};
use crate::asterisk::Trouble;
use crate::asterisk::statistics::{Call, Whose};
use crate::inventory::Inventory;
use crate::trust::calendar;

pub use reasons::meaning;
pub use told::{loss, milliseconds};

pub(super) const ROUTE: Route =
    Route { path: "/quality-report", methods: "GET", answer: |ask| Box::pin(show(ask)) };

const TITLE: &str = "Call quality";

/// Somebody who is angry about a call presses the key a few times.
const PER_PHONE: u32 = 5;
const ONE_MORE_OF_A_PHONE: Duration = Duration::from_secs(60);
/// A site behind one router shares an address, and after a bad hour many report.
const PER_ADDRESS: u32 = 100;
const ONE_MORE_OF_AN_ADDRESS: Duration = Duration::from_secs(6);
/// Reports of one phone that are kept: years of a user who complains once a week.
const MOST_OF_A_PHONE: u32 = 200;

/// Who reported a lot lately.
#[derive(Debug)]
pub(super) struct Counter {
    phones: Rate<Mac>,
    addresses: Rate<IpAddr>,
}

impl Default for Counter {
    fn default() -> Self {
        Self {
            phones: Rate::new(PER_PHONE, ONE_MORE_OF_A_PHONE),
            addresses: Rate::new(PER_ADDRESS, ONE_MORE_OF_AN_ADDRESS),
        }
    }
}

async fn show(ask: Ask) -> Page {
    let Some(mac) = ask.asker.device else {
        let text = "This phone does not say which it is, so nothing can be noted. The address that it opens must end in \
                    ?name= and the name of the phone.";
        return told(&ask, text);
    };
    let known = match ask.app.artifacts.inventory() {
        Some(inventory) => known(inventory, mac).await?.map(|bundle| (inventory, bundle)),
        None => None,
    };
    let Some((inventory, bundle)) = known else {
        return told(&ask, &format!("Nobody knows {} here, so nothing is noted.", mac.device_name()));
    };
    match ask.parameter("reason").map(Reason::of) {
        None => menu(&ask),
        Some(None) => Err(Fault::Bad("There is no such reason. Open the page again.".to_owned())),
        Some(Some(reason)) => report(&ask, inventory, &bundle, reason).await,
    }
}

/// The phone, if it is one that is served.
async fn known(inventory: &Inventory, mac: Mac) -> Result<Option<Bundle>, Fault> {
    let bundle = inventory.ask(|store| async move { store.bundle(mac).await }).await.map_err(|_| away())?;
    Ok(bundle.filter(|bundle| bundle.phone.state == State::Active))
}

fn away() -> Fault {
    Fault::Away("the inventory".to_owned())
}

fn menu(ask: &Ask) -> Page {
    let mut menu = Menu::new(ask.phone(), TITLE)?.prompt("What is wrong with this call?");
    for reason in reasons::ALL {
        menu = menu.item(reason.label, ask.link("/quality-report", &[("reason", reason.word)])?)?;
    }
    Ok(menu.keys(|keys| keys.exit("Exit")?.act("Select"))?.answer().passing())
}

async fn report(ask: &Ask, inventory: &Inventory, bundle: &Bundle, reason: Reason) -> Page {
    let mac = bundle.phone.mac;
    let services = ask.app.services.clone();
    let (counter, now) = (services.quality(), Instant::now());
    let address = ask.peer.ip().to_canonical();
    if !counter.phones.allows(mac, now) || !counter.addresses.allows(address, now) {
        return Err(Fault::TooOften);
    }
    let (device, peers) = (mac.device_name(), peers(bundle));
    let call = ask.app.asterisk.call_of(Whose { device: &device, address, peers: &peers }).await;
    if let Err(trouble) = &call {
        tracing::warn!(phone = mac.device_name(), %trouble, "a report about a call has no figures");
    }
    let kept = kept(mac, calendar::now(), reason, call.as_ref().ok().and_then(Option::as_ref));
    let number = {
        let kept = kept.clone();
        let keeping =
            inventory.ask(|store| async move { store.report_quality(&kept, MOST_OF_A_PHONE).await });
        keeping.await.map_err(|_| away())?
    };
    tracing::info!(
        phone = mac.device_name(),
        number,
        reason = reason.word,
        line = kept.line,
        "call reported"
    );
    told(ask, &told::thanks(reason, &kept, &call))
}

/// What may be the name of the phone in Asterisk: its lines by button, and its own name.
#[must_use]
pub fn peers(bundle: &Bundle) -> Vec<String> {
    let mut buttons = BTreeMap::new();
    for layer in bundle.layers() {
        buttons.extend(layer.keys.iter().map(|(button, key)| (button, key.as_ref())));
    }
    let lines = buttons.into_values().flatten().filter_map(|key| key.line.as_ref());
    let mut peers: Vec<String> = Vec::new();
    for name in lines.map(ToString::to_string).chain([bundle.phone.mac.device_name()]) {
        if !peers.contains(&name) {
            peers.push(name);
        }
    }
    peers
}

fn kept(mac: Mac, at: i64, reason: Reason, call: Option<&Call>) -> Quality {
    let figures = call.map(|call| {
        let statistics = &call.statistics;
        let micros = |time: Option<Duration>| i64::try_from(time?.as_micros()).ok();
        let number = |count: Option<u64>| i64::try_from(count?).ok();
        store::Call {
            codec: statistics.codec.clone(),
            packets: number(statistics.heard.packets),
            lost: number(statistics.heard.lost),
            jitter: micros(statistics.heard.jitter),
            sent: number(statistics.said.packets),
            sent_lost: number(statistics.said.lost),
            sent_jitter: micros(statistics.said.jitter),
            round_trip: micros(statistics.round_trip),
            raw: statistics.raw.clone(),
        }
    });
    let line = call.map(|call| call.line.clone());
    Quality { id: 0, mac, at, line, reason: reason.word.to_owned(), call: figures.unwrap_or_default() }
}

fn told(ask: &Ask, text: &str) -> Page {
    let text = Text::new(ask.phone(), TITLE, text)?;
    Ok(text.keys(|keys| keys.exit("Exit"))?.answer().passing())
}

/// What is known of a call when Asterisk was asked for it.
type Asked = Result<Option<Call>, Trouble>;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use provision::inventory::{Group, GroupKind, Key, Phone};

    use super::*;

    #[test]
    fn a_phone_is_looked_for_under_its_lines_and_its_name() {
        let line = |number: &str| Some(Key::line(number.parse().unwrap()));
        let mut bundle = Bundle::new(Phone::new("001122334455".parse().unwrap(), None));
        let mut profile = Group::new(GroupKind::Profile, "desk");
        profile.layer.keys.extend([(1, line("100")), (2, line("102")), (3, line("103"))]);
        bundle.groups.push(profile);
        bundle.phone.layer.keys.extend([(1, line("101")), (3, None), (4, line("102"))]);
        assert_eq!(peers(&bundle), ["101", "102", "SEP001122334455"]);
    }
}
