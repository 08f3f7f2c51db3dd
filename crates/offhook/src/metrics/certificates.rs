//! When certificates end, set by whoever answers a scrape.

use prometheus_client::metrics::{family::Family, gauge::Gauge};
use prometheus_client::registry::Registry;

use super::Labels;

/// What phones hold, in the words of the label.
const STATES: [&str; 3] = ["valid", "ending", "ended"];

type Name = Vec<(&'static str, String)>;

/// When certificates end.
#[derive(Debug)]
pub struct Certificates {
    seconds: Family<Name, Gauge>,
    phones: [Gauge; STATES.len()],
}

impl Certificates {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let seconds = Family::<Name, Gauge>::default();
        let phones = Family::<Labels<1>, Gauge>::default();
        registry.register(
            "certificate_expires_seconds",
            "Seconds until a certificate ends; negative afterwards",
            seconds.clone(),
        );
        registry.register(
            "phone_certificates",
            "Certificates that phones hold: valid, ending within 30 days, ended",
            phones.clone(),
        );
        let phones = STATES.map(|state| phones.get_or_create_owned(&[("state", state)]));
        Self { seconds, phones }
    }

    /// These certificates, and no others: whose it is, its name, seconds until it ends.
    pub fn set<'a>(&self, endings: impl IntoIterator<Item = (&'static str, &'a str, i64)>) {
        self.seconds.clear();
        for (owner, name, seconds) in endings {
            let labels = vec![("owner", owner.to_owned()), ("name", name.to_owned())];
            self.seconds.get_or_create(&labels).set(seconds);
        }
    }

    /// So many phones hold a certificate that is valid for long, ends soon, has ended.
    pub fn set_phones(&self, counts: [u64; STATES.len()]) {
        for (gauge, count) in self.phones.iter().zip(counts) {
            gauge.set(count.cast_signed());
        }
    }
}
