//! Many phones at once, on one core: what a power cut does to a provisioning server, and a load to measure it by.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Serialize;
use tokio::{sync::Semaphore, task::JoinSet, time::Instant};

use crate::{
    ask::Transport,
    boot::{Flash, Over, Phone},
    mac::Mac,
    models::Model,
    network::Network,
    phone,
    report::{Outcome, Report},
    trust::Checks,
};

/// A storm to come.
#[derive(Clone, Debug)]
pub struct Storm {
    /// How many phones.
    pub phones: usize,
    /// At most so many at a time.
    pub at_once: usize,
    /// Their models, taken in turn.
    pub models: Vec<&'static Model>,
    /// The address of the first; the others count up from it.
    pub first: Mac,
    /// All phones have the first one's address, so that one configuration serves them all.
    pub same: bool,
    /// Which transports they use.
    pub over: Over,
    /// What each of them holds already.
    pub flash: Flash,
    /// The time, in Unix seconds.
    pub now: u32,
}

/// What a storm came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StormReport {
    /// How many phones booted.
    pub phones: usize,
    /// How many of them came up.
    pub came_up: usize,
    /// From the first request to the last answer.
    pub seconds: f64,
    /// How long a phone took.
    pub boots: Times,
    /// How long a request took, failed ones included.
    pub requests: Times,
    /// What came of the requests, by transport.
    pub transports: BTreeMap<Transport, Transfers>,
    /// Bytes of files.
    pub bytes: u64,
    /// Datagrams that phones had to send again.
    pub retransmissions: u64,
    /// Why phones did not come up, and how many each time.
    pub stopped: BTreeMap<String, usize>,
    /// Why requests failed, and how often.
    pub troubles: BTreeMap<String, usize>,
    /// What else was amiss, and on how many phones.
    pub warnings: BTreeMap<String, usize>,
}

/// What came of the requests over one transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Transfers {
    /// Files that came and were used.
    pub taken: usize,
    /// Files that are not there.
    pub missing: usize,
    /// Files that came and were refused.
    pub rejected: usize,
    /// Requests without a proper answer.
    pub failed: usize,
}

/// Times of many, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Times {
    /// Half took no longer.
    pub median: f64,
    /// All but one in a hundred took no longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Storm {
    /// Boots them all. `on_phone` hears of each one that is done.
    pub async fn run(
        self,
        network: Arc<Network>,
        on_phone: impl Fn() + Send + Sync + 'static,
    ) -> StormReport {
        let tally = Arc::new(Mutex::new(Tally::default()));
        let places = Arc::new(Semaphore::new(self.at_once.max(1)));
        let checks = Arc::new(Checks::default());
        let on_phone = Arc::new(on_phone);
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for number in 0..self.phones {
            let (phone, from) = (self.phone(number), self.from(number, &network));
            let (flash, checks) = (self.flash.clone(), Arc::clone(&checks));
            let (network, tally) = (Arc::clone(&network), Arc::clone(&tally));
            let (places, on_phone) = (Arc::clone(&places), Arc::clone(&on_phone));
            tasks.spawn(async move {
                let _place = places.acquire().await.expect("nobody closes the semaphore");
                let began = Instant::now();
                let (report, _) = phone::boot(phone, flash, checks, &network, from, |_| ()).await;
                tally.lock().unwrap_or_else(PoisonError::into_inner).add(&report, began.elapsed());
                on_phone();
            });
        }
        while tasks.join_next().await.is_some() {}
        let elapsed = began.elapsed();
        let tally = std::mem::take(&mut *tally.lock().unwrap_or_else(PoisonError::into_inner));
        tally.report(elapsed, network.retransmissions())
    }

    fn phone(&self, number: usize) -> Phone {
        let model = self.models[number % self.models.len()];
        let mac = if self.same { self.first } else { self.first.plus(number as u64) };
        Phone { over: self.over, ..Phone::new(model, mac, self.now) }
    }

    /// On this machine every phone gets an address of its own, as on a real network: limits that a server sets for one
    /// address, and the ports of one address, must not be what is measured.
    fn from(&self, number: usize, network: &Network) -> Option<IpAddr> {
        let IpAddr::V4(server) = network.server().address else { return None };
        if !server.is_loopback() {
            return None;
        }
        // 127.1.0.1 and up, without the last numbers 0 and 255 that look like networks and broadcasts.
        let (block, last) = (number / 254, number % 254 + 1);
        let (high, low) = (block / 256 % 254 + 1, block % 256);
        let byte = |n: usize| u8::try_from(n).expect("each number is kept below 256 above");
        Some(Ipv4Addr::new(127, byte(high), byte(low), byte(last)).into())
    }
}

/// What has been counted so far.
#[derive(Debug, Default)]
struct Tally {
    report: StormReport,
    boots: Vec<Duration>,
    requests: Vec<Duration>,
}

impl Tally {
    fn add(&mut self, report: &Report, elapsed: Duration) {
        let sum = &mut self.report;
        sum.phones += 1;
        sum.came_up += usize::from(report.verdict.comes_up);
        self.boots.push(elapsed);
        for step in &report.steps {
            self.requests.push(step.elapsed);
            sum.bytes += step.bytes as u64;
            let transfers = sum.transports.entry(step.transport).or_default();
            match step.outcome {
                Outcome::Taken => transfers.taken += 1,
                Outcome::Missing => transfers.missing += 1,
                Outcome::Rejected => transfers.rejected += 1,
                Outcome::Failed => transfers.failed += 1,
            }
            if step.outcome == Outcome::Failed {
                let trouble = step.note.split(';').next().unwrap_or_default();
                *sum.troubles.entry(format!("{}: {trouble}", step.transport)).or_default() += 1;
            }
        }
        if !report.verdict.comes_up {
            *sum.stopped.entry(nameless(&report.verdict.why, report)).or_default() += 1;
        }
        for warning in &report.warnings {
            *sum.warnings.entry(nameless(warning, report)).or_default() += 1;
        }
    }

    fn report(self, elapsed: Duration, retransmissions: u64) -> StormReport {
        StormReport {
            seconds: elapsed.as_secs_f64(),
            boots: Times::of(self.boots),
            requests: Times::of(self.requests),
            retransmissions,
            ..self.report
        }
    }
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: f64| {
            let rank = (share * times.len() as f64).ceil() as usize;
            let time = times.get(rank.saturating_sub(1)).copied().unwrap_or_default();
            (time.as_secs_f64() * 1e6).round() / 1e3
        };
        Self { median: at(0.5), p99: at(0.99), max: at(1.0) }
    }
}

/// The same text for every phone, so that it can be counted.
fn nameless(text: &str, report: &Report) -> String {
    text.replace(&report.device, "SEP…").replace(report.device.trim_start_matches("SEP"), "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storm() -> Storm {
        let models = vec![&crate::models::all()[0], &crate::models::all()[1]];
        let over = Over::AsPhone;
        let first = Mac::FIRST_OF_STORM;
        Storm { phones: 3, at_once: 3, models, first, same: false, over, flash: Flash::default(), now: 0 }
    }

    #[test]
    fn phones_count_up_and_take_the_models_in_turn() {
        let phones: Vec<(String, &str)> =
            (0..3).map(|n| storm().phone(n)).map(|p| (p.mac.to_string(), p.model.name.as_str())).collect();
        let expected = [("020000000000", "6901"), ("020000000001", "6911"), ("020000000002", "6901")];
        assert_eq!(phones, expected.map(|(mac, model)| (mac.to_owned(), model)));
    }

    #[test]
    fn a_storm_at_home_comes_from_many_addresses() {
        let at = |address: &str| {
            let address = address.parse().expect("an address");
            let server =
                crate::network::Server { name: String::new(), address, http: 0, https: 0, tftp: 0, tvs: 0 };
            Network::new(server, crate::network::Patience::default())
        };
        let home = at("127.0.0.1");
        let from = |number| storm().from(number, &home).map(|ip| ip.to_string());
        assert_eq!(from(0).as_deref(), Some("127.1.0.1"));
        assert_eq!(from(253).as_deref(), Some("127.1.0.254"));
        assert_eq!(from(254).as_deref(), Some("127.1.1.1"));
        assert_eq!(from(254 * 256).as_deref(), Some("127.2.0.1"));
        let addresses: std::collections::HashSet<_> = (0..100_000).map(from).collect();
        assert_eq!(addresses.len(), 100_000);
        assert_eq!(storm().from(0, &at("192.0.2.1")), None);
        assert_eq!(storm().from(0, &at("::1")), None);
    }

    #[test]
    fn times_are_ranked() {
        let times = Times::of((1..=200).rev().map(Duration::from_millis).collect());
        assert_eq!(times, Times { median: 100.0, p99: 198.0, max: 200.0 });
        assert_eq!(Times::of(vec![]), Times::default());
        let one = Times::of(vec![Duration::from_micros(1500)]);
        assert_eq!(one, Times { median: 1.5, p99: 1.5, max: 1.5 });
    }
}
