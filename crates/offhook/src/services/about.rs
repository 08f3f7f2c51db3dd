//! `/about`: what this server knows of the phone that asks: what it is, what it is told, what it did, and what is wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use provision::inventory::{Bundle, Key};
use provision::ledger::Entry;
use provision::mac::Mac;
use provision::objects::{Screen, Text};
use provision::timeline::{Boot, Verdict, What};
use store::Fetched;

use super::{Ask, Page, Route};
use crate::asterisk::Trouble;
use crate::asterisk::peers::Peer;
use crate::trust::calendar;

pub(super) const ROUTE: Route = Route { path: "/about", methods: "GET", answer: |ask| Box::pin(show(ask)) };

/// Whoever does not answer by then is left out: somebody looks at the screen.
const PATIENCE: Duration = Duration::from_millis(1500);

async fn show(ask: Ask) -> Page {
    let known = match ask.asker.device {
        Some(mac) => Known::gather(&ask, mac).await,
        None => Known::default(),
    };
    let mut lines = Vec::new();
    let mut say = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push(format!("{name}: {value}"));
        }
    };
    say("Name", ask.asker.device.map(|mac| mac.device_name()));
    say("Model", known.model().or_else(|| ask.asker.model.clone()));
    say("Firmware", known.firmware());
    for (name, value) in known.lines() {
        say(&name, Some(value));
    }
    say("Trust list", known.trust_list());
    say("Configuration", known.configuration());
    say("Started", known.started());
    say("Last problem", known.last_problem());
    say("State", known.verdict.as_ref().map(|(verdict, _)| verdict.sentence.clone()));
    say("To do", known.verdict.as_ref().and_then(|(verdict, _)| verdict.next.clone()));
    say("Inventory", known.nobody.then(|| "nobody knows this phone here".to_owned()));
    for (name, value) in of_connection(&ask) {
        say(name, value);
    }
    let again = ask.link("/about", &[])?;
    let text = Text::new(ask.phone(), "About this phone", &lines.join("\n"))?;
    Ok(text.keys(|keys| keys.exit("Exit")?.act_with("Update", again))?.answer())
}

fn of_connection(ask: &Ask) -> [(&'static str, Option<String>); 5] {
    let asker = &ask.asker;
    let screen = asker.display.map(|d| {
        let colours = if d.colour { "colours" } else { "greys" };
        format!("{} x {}, {colours}, {} bits", d.width, d.height, d.depth)
    });
    [
        ("Address", Some(ask.peer.ip().to_canonical().to_string())),
        ("Screen", screen),
        ("Language", asker.language.clone()),
        ("Server", Some(ask.base().to_owned())),
        ("Connection", Some(if ask.secure { "encrypted" } else { "not encrypted" }.to_owned())),
    ]
}

/// What there is to know of a phone, as far as somebody answered.
#[derive(Debug, Default)]
struct Known {
    bundle: Option<Bundle>,
    nobody: bool,
    fetched: Option<Fetched>,
    trust: Option<Entry>,
    peers: Option<Result<Vec<Peer>, Trouble>>,
    verdict: Option<(Verdict, Vec<Boot>)>,
}

impl Known {
    /// Everybody is asked at one time.
    async fn gather(ask: &Ask, mac: Mac) -> Self {
        let Some(inventory) = ask.app.artifacts.inventory() else { return Self::default() };
        let kept = inventory.ask(|store| async move {
            Ok((store.bundle(mac).await?, store.fetched(mac).await?, store.ledger_entry(mac).await?))
        });
        let peers = async {
            if ask.app.asterisk.is_configured() { Some(ask.app.asterisk.peers().await) } else { None }
        };
        let verdict = tokio::time::timeout(PATIENCE, ask.app.timeline.verdict(mac));
        let (kept, peers, verdict) = tokio::join!(kept, peers, verdict);
        let nobody = matches!(&kept, Ok((None, ..)));
        let (bundle, fetched, trust) = kept.unwrap_or_default();
        Self { bundle, nobody, fetched, trust, peers, verdict: verdict.ok().and_then(Result::ok) }
    }

    fn model(&self) -> Option<String> {
        Some(self.bundle.as_ref()?.phone.model?.name.to_owned())
    }

    /// What the phone says when it registers; else what it is told to run.
    fn firmware(&self) -> Option<String> {
        let mine = self.buttons().into_iter().filter_map(|(_, line, _)| self.peer(&line));
        // `Cisco-CP8851/14.2.1`
        let said = mine.filter_map(|peer| peer.user_agent.as_deref()?.split_once('/')).next();
        if let Some((_, version)) = said {
            return Some(format!("{version}, as the phone says"));
        }
        let told = self.bundle.as_ref()?.layers().rev().find_map(|layer| layer.settings.of("firmware"))?;
        Some(format!("{told}, as it is told"))
    }

    /// Its lines: the button, the number, and what stands beside it.
    fn buttons(&self) -> Vec<(u16, String, String)> {
        let Some(bundle) = &self.bundle else { return Vec::new() };
        let mut keys: BTreeMap<u16, Option<&Key>> = BTreeMap::new();
        for layer in bundle.layers() {
            keys.extend(layer.keys.iter().map(|(button, key)| (*button, key.as_ref())));
        }
        let line = |(button, key): (u16, Option<&Key>)| {
            let (key, number) = key.and_then(|key| Some((key, key.line.as_ref()?)))?;
            let line = bundle.lines.get(number);
            let of_line = |name: &str| line.and_then(|line| line.settings.of(name));
            let label =
                key.settings.of("label").or_else(|| of_line("label")).or_else(|| of_line("display_name"));
            Some((button, number.to_string(), label.unwrap_or_default().to_owned()))
        };
        keys.into_iter().filter_map(line).collect()
    }

    fn lines(&self) -> Vec<(String, String)> {
        let told = |(button, number, label): (u16, String, String)| {
            let named = if label.is_empty() || label == number {
                number.clone()
            } else {
                format!("{number} {label}")
            };
            let state = match &self.peers {
                None => String::new(),
                Some(Err(_)) => ", the telephone system does not answer".to_owned(),
                Some(Ok(_)) => match self.peer(&number) {
                    Some(peer) if peer.is_registered() => ", registered".to_owned(),
                    Some(peer) if peer.address.is_some() => ", does not answer".to_owned(),
                    Some(_) => ", not registered".to_owned(),
                    None => ", unknown to the telephone system".to_owned(),
                },
            };
            (format!("Line {button}"), format!("{named}{state}"))
        };
        self.buttons().into_iter().map(told).collect()
    }

    /// The peer of a line, which may also be called as the phone is.
    fn peer(&self, line: &str) -> Option<&Peer> {
        let Some(Ok(peers)) = &self.peers else { return None };
        let device = self.bundle.as_ref()?.phone.mac.device_name();
        let named = |name: &str| peers.iter().find(|peer| peer.name.eq_ignore_ascii_case(name));
        named(line).or_else(|| named(&device))
    }

    fn trust_list(&self) -> Option<String> {
        let entry = self.trust.as_ref()?;
        let of = |at: i64| minute(at.div_euclid(1000));
        Some(match (&entry.held, &entry.fetched, entry.foreign) {
            (Some(held), ..) => format!("one of this server, held since {}", of(held.since)),
            (None, _, Some(since)) => format!("one of another call manager, seen since {}", of(since)),
            (None, Some(fetch), None) => {
                format!("{} fetched {}, not known to be taken", fetch.name, of(fetch.at))
            }
            (None, None, None) => "none of this server".to_owned(),
        })
    }

    /// What it took last, over what.
    fn configuration(&self) -> Option<String> {
        let fetched = self.fetched.as_ref()?;
        let over = fetched.transport.to_ascii_uppercase();
        Some(format!("taken over {over} {}, from {}", minute(fetched.at), fetched.source))
    }

    /// Its last boot: where its first file came from, and when.
    fn started(&self) -> Option<String> {
        let boot = self.verdict.as_ref()?.1.last()?;
        let first = boot.events.iter().find(|event| event.what == What::File)?;
        Some(format!("{}, from {}", minute(first.at.div_euclid(1000)), first.via.title()))
    }

    /// What went wrong last since it started.
    fn last_problem(&self) -> Option<String> {
        let (_, boots) = self.verdict.as_ref()?;
        let wrong =
            boots.iter().rev().flat_map(|boot| boot.events.iter().rev()).find(|event| !event.is_normal())?;
        let why =
            if wrong.reason.is_empty() { wrong.outcome.word().to_owned() } else { wrong.reason.clone() };
        Some(format!("{} ({}), {}: {why}", wrong.name, wrong.via.title(), minute(wrong.at.div_euclid(1000))))
    }
}

/// `2026-11-23 06:12 UTC`
fn minute(at: i64) -> String {
    let text = calendar::utc(at).replace('T', " ");
    format!("{} UTC", text.get(..16).unwrap_or(&text))
}
