//! What is asked of the inside when somebody reads metrics: the database, queues, phones, sessions.

use prometheus_client::metrics::{family::Family, gauge::Gauge};
use prometheus_client::registry::Registry;
use provision::inventory::State;

use super::Labels;

/// The queues, in the words of the label.
const QUEUES: [&str; 1] = ["deliveries"];

/// Gauges that whoever answers a scrape sets before.
#[derive(Debug)]
pub struct Inside {
    /// Whether the database answered the last question: 1 or 0.
    pub database_up: Gauge,
    /// The number of the last change of the inventory.
    pub generation: Gauge,
    /// Sessions of people that hold.
    pub sessions: Gauge,
    phones: Vec<(State, Gauge)>,
    queues: [Gauge; QUEUES.len()],
}

impl Inside {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let phones = Family::<Labels<1>, Gauge>::default();
        let queues = Family::<Labels<1>, Gauge>::default();
        registry.register("phones", "Phones in the inventory, by state", phones.clone());
        registry.register("queue_length", "What waits to be written to the database", queues.clone());
        Self {
            database_up: super::gauge(registry, "database_up", "Whether the database answers"),
            generation: super::gauge(
                registry,
                "inventory_generation",
                "The number of the last change of the inventory",
            ),
            sessions: super::gauge(registry, "sessions", "People logged in to the page"),
            phones: [State::Active, State::Waiting, State::Retired]
                .into_iter()
                .map(|state| (state, phones.get_or_create_owned(&[("state", state.word())])))
                .collect(),
            queues: QUEUES.map(|queue| queues.get_or_create_owned(&[("queue", queue)])),
        }
    }

    /// So many phones are in that state.
    pub fn set_phones(&self, state: State, count: u64) {
        if let Some((_, gauge)) = self.phones.iter().find(|(known, _)| *known == state) {
            gauge.set(count.cast_signed());
        }
    }

    /// So many deliveries wait to be written down.
    pub fn set_deliveries(&self, count: usize) {
        let [deliveries] = &self.queues;
        deliveries.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}
