//! What offhook counts, in the form Prometheus reads.
//!
//! Every series exists from the start, so that a graph shows zero and not a gap, and so that counting is one atomic
//! addition without a search.

use std::fmt;

mod capf;
mod certificates;
mod files;
mod inside;
mod process;
mod services;
mod timeline;
mod tvs;

use prometheus_client::encoding::text;
use prometheus_client::metrics::{
    counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info,
};
use prometheus_client::registry::Registry;

use crate::artifact::Transport;
use crate::listener::Name;
use crate::record::Outcome;

pub use capf::Capf;
pub use certificates::Certificates;
pub use files::Files;
pub use inside::Inside;
pub use services::{Services, Shown};
pub use timeline::Timeline;
pub use tvs::Tvs;

/// Upper bounds of the duration buckets, in seconds: a warm file takes microseconds, a firmware image over TFTP minutes.
const SECONDS: [f64; 14] =
    [0.0001, 0.00025, 0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0, 60.0, 300.0];

type Labels<const N: usize> = [(&'static str, &'static str); N];

/// All counters of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    transports: [PerTransport; Transports::COUNT],
    listeners: [PerListener; Name::ALL.len()],
    /// What the Trust Verification Service answered.
    pub tvs: Tvs,
    /// How enrolments ended.
    pub capf: Capf,
    /// When certificates end.
    pub certificates: Certificates,
    /// Which pages were asked for.
    pub services: Services,
    /// Events of phones, and phones by verdict.
    pub timeline: Timeline,
    /// TFTP transfers that run at this moment.
    pub tftp_running: Gauge,
    /// TFTP datagrams sent again because no answer came in time.
    pub tftp_retransmissions: Counter,
    /// Finished files that were answered from memory.
    pub cache_hits: Counter,
    /// Files that had to be made or read.
    pub cache_misses: Counter,
    /// Requests by what files are for.
    pub files: Files,
    /// What is asked of the inside when somebody reads metrics.
    pub inside: Inside,
    /// Bytes of finished files in memory.
    pub cache_bytes: Gauge,
    /// Signatures made.
    pub signatures: Counter,
    /// Seconds a signature took, with what is read and encrypted for it.
    pub signing_seconds: Histogram,
    /// Reloads of the configuration that succeeded.
    pub reloads: Counter,
    /// Reloads that were refused.
    pub reloads_refused: Counter,
}

/// What is counted for one way of asking.
#[derive(Debug)]
pub struct PerTransport {
    outcomes: [Counter; Outcome::ALL.len()],
    /// Bytes of file content sent.
    pub bytes: Counter,
    /// Seconds from request to last byte.
    pub seconds: Histogram,
}

/// What is counted for one listener.
#[derive(Debug)]
pub struct PerListener {
    open: Gauge,
    refused: [Counter; Refused::ALL.len()],
}

/// Why a connection, or the first datagram of a transfer, was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// The peer is not in the access list.
    NotAllowed,
    /// The listener has as many as it may.
    Full,
    /// This address has as many as it may.
    FullForAddress,
    /// TLS could not be agreed upon.
    Handshake,
    /// The handshake or the request did not arrive in time.
    TooSlow,
    /// What arrived was not the protocol.
    Garbage,
}

impl Refused {
    const ALL: [Self; 6] =
        [Self::NotAllowed, Self::Full, Self::FullForAddress, Self::Handshake, Self::TooSlow, Self::Garbage];

    /// As written in metrics and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAllowed => "not_allowed",
            Self::Full => "full",
            Self::FullForAddress => "full_for_address",
            Self::Handshake => "handshake",
            Self::TooSlow => "too_slow",
            Self::Garbage => "garbage",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl PerTransport {
    /// The counter of requests that ended this way.
    #[must_use]
    pub fn outcome(&self, outcome: Outcome) -> &Counter {
        &self.outcomes[outcome as usize]
    }
}

/// A connection that is counted as open until this is dropped.
#[derive(Debug)]
pub struct Opened(Gauge);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl PerListener {
    /// Counts one more open connection.
    #[must_use]
    pub fn opened(&self) -> Opened {
        self.open.inc();
        Opened(self.open.clone())
    }

    /// The counter of peers turned away for this reason.
    #[must_use]
    pub fn refused(&self, reason: Refused) -> &Counter {
        &self.refused[reason as usize]
    }
}

impl Metrics {
    /// Everything at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("offhook");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Which offhook this is", build);
        process::register(&mut registry);
        Self {
            transports: transports(&mut registry),
            listeners: listeners(&mut registry),
            tvs: Tvs::register(&mut registry),
            capf: Capf::register(&mut registry),
            certificates: Certificates::register(&mut registry),
            services: Services::register(&mut registry),
            timeline: Timeline::register(&mut registry),
            tftp_running: gauge(
                &mut registry,
                "tftp_transfers_running",
                "TFTP transfers that run at this moment",
            ),
            tftp_retransmissions: counter(
                &mut registry,
                "tftp_retransmissions",
                "TFTP datagrams sent again because no answer came in time",
            ),
            cache_hits: counter(&mut registry, "cache_hits", "Finished files that were answered from memory"),
            cache_misses: counter(&mut registry, "cache_misses", "Files that had to be made or read"),
            cache_bytes: gauge(&mut registry, "cache_bytes", "Bytes of finished files in memory"),
            files: Files::register(&mut registry),
            inside: Inside::register(&mut registry),
            signatures: counter(&mut registry, "signatures", "Signatures made"),
            signing_seconds: signing(&mut registry),
            reloads: counter(&mut registry, "reloads", "Reloads of the configuration that succeeded"),
            reloads_refused: counter(
                &mut registry,
                "reloads_refused",
                "Reloads of the configuration that were refused",
            ),
            registry,
        }
    }

    /// What is counted for one way of asking.
    #[must_use]
    pub fn transport(&self, transport: Transport) -> &PerTransport {
        &self.transports[Transports::index(transport)]
    }

    /// What is counted for one listener.
    #[must_use]
    pub fn listener(&self, name: Name) -> &PerListener {
        &self.listeners[name as usize]
    }

    /// The text form that Prometheus reads.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        text::encode(&mut text, &self.registry).expect("writing into a string cannot fail");
        text
    }

    /// The content type of [`Metrics::encode`].
    pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// The ways of asking, as labels and places in an array.
struct Transports;

impl Transports {
    const COUNT: usize = 3;
    const ALL: [(Transport, &str); Self::COUNT] =
        [(Transport::Tftp, "tftp"), (Transport::Http, "http"), (Transport::Https, "https")];

    fn index(transport: Transport) -> usize {
        match transport {
            Transport::Tftp => 0,
            Transport::Http => 1,
            Transport::Https => 2,
        }
    }
}

fn transports(registry: &mut Registry) -> [PerTransport; Transports::COUNT] {
    let requests = Family::<Labels<2>, Counter>::default();
    let bytes = Family::<Labels<1>, Counter>::default();
    let seconds =
        Family::<Labels<1>, Histogram, fn() -> Histogram>::new_with_constructor(|| Histogram::new(SECONDS));
    registry.register("requests", "Requests for files, by transport and outcome", requests.clone());
    registry.register("sent_bytes", "Bytes of file content sent", bytes.clone());
    registry.register("request_seconds", "Time from request to last byte", seconds.clone());
    Transports::ALL.map(|(_, label)| {
        let transport = ("transport", label);
        PerTransport {
            outcomes: Outcome::ALL
                .map(|o| requests.get_or_create_owned(&[transport, ("outcome", o.as_str())])),
            bytes: bytes.get_or_create_owned(&[transport]),
            seconds: seconds.get_or_create_owned(&[transport]),
        }
    })
}

fn listeners(registry: &mut Registry) -> [PerListener; Name::ALL.len()] {
    let open = Family::<Labels<1>, Gauge>::default();
    let refused = Family::<Labels<2>, Counter>::default();
    registry.register("connections_open", "Connections that are open at this moment", open.clone());
    registry.register("connections_refused", "Peers turned away, by listener and reason", refused.clone());
    Name::ALL.map(|name| {
        let listener = ("listener", name.as_str());
        PerListener {
            open: open.get_or_create_owned(&[listener]),
            refused: Refused::ALL.map(|r| refused.get_or_create_owned(&[listener, ("reason", r.as_str())])),
        }
    })
}

fn signing(registry: &mut Registry) -> Histogram {
    let seconds = Histogram::new(SECONDS);
    registry.register("signing_seconds", "Time a signature takes", seconds.clone());
    seconds
}

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

fn gauge(registry: &mut Registry, name: &str, help: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(name, help, gauge.clone());
    gauge
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_is_there_from_the_start() {
        let text = Metrics::new().encode();
        for series in [
            "offhook_build_info{version=\"",
            "offhook_requests_total{transport=\"https\",outcome=\"normal_miss\"} 0",
            "offhook_connections_refused_total{listener=\"secure_provisioning\",reason=\"handshake\"} 0",
            "offhook_connections_open{listener=\"admin\"} 0",
            "offhook_request_seconds_bucket{le=\"+Inf\",transport=\"tftp\"} 0",
            "offhook_tvs_answers_total{ask=\"query\",answer=\"invalid\"} 0",
            "offhook_tvs_answer_seconds_count 0",
            "offhook_cache_bytes 0",
            "offhook_files_total{transport=\"http\",kind=\"firmware\",outcome=\"missing\"} 0",
            "offhook_process_resident_memory_bytes ",
            "offhook_process_cpu_seconds_total ",
            "offhook_process_open_fds ",
            "offhook_phones{state=\"waiting\"} 0",
            "offhook_queue_length{queue=\"deliveries\"} 0",
            "offhook_database_up 0",
            "offhook_signing_seconds_count 0",
            "offhook_events_dropped_total{reason=\"queue_full\"} 0",
            "offhook_phones_by_verdict{verdict=\"foreign-trust\",severity=\"problem\"} 0",
            "offhook_services_requests_total{page=\"/services\",outcome=\"refused\"} 0",
            "offhook_services_requests_total{page=\"other\",outcome=\"shown\"} 0",
            "# EOF",
        ] {
            assert!(text.contains(series), "{series} in\n{text}");
        }
    }

    #[test]
    fn open_connections_come_and_go() {
        let metrics = Metrics::new();
        let open = metrics.listener(Name::Provisioning).opened();
        assert!(metrics.encode().contains("offhook_connections_open{listener=\"provisioning\"} 1"));
        drop(open);
        assert!(metrics.encode().contains("offhook_connections_open{listener=\"provisioning\"} 0"));
    }

    #[test]
    fn each_label_counts_for_itself() {
        let metrics = Metrics::new();
        for (transport, label) in Transports::ALL {
            for outcome in Outcome::ALL {
                metrics.transport(transport).outcome(outcome).inc();
                let line = format!("offhook_requests_total{{transport=\"{label}\",outcome=\"{outcome}\"}} 1");
                assert!(metrics.encode().contains(&line), "{line}");
            }
        }
        for name in Name::ALL {
            for reason in Refused::ALL {
                metrics.listener(name).refused(reason).inc();
                let line =
                    format!("offhook_connections_refused_total{{listener=\"{name}\",reason=\"{reason}\"}} 1");
                assert!(metrics.encode().contains(&line), "{line}");
            }
        }
    }
}
