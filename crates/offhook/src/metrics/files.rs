//! Requests for files by what the files are for.

use prometheus_client::metrics::{counter::Counter, family::Family};
use prometheus_client::registry::Registry;
use provision::artifact::{Artifact, Kind};
use provision::name::{FileName, From};

use super::{Labels, Transports};
use crate::artifact::Transport;
use crate::record::Outcome;

/// What files are for, in the words of the label; the last is for all others, and for names that are none.
const KINDS: [&str; 16] = [
    "trust_list",
    "configuration",
    "default_configuration",
    "soft_keys",
    "dial_template",
    "feature_policy",
    "dial_rules",
    "ring_list",
    "ring",
    "wallpaper_list",
    "wallpaper",
    "headset",
    "locale",
    "firmware",
    "legacy",
    "other",
];

/// Counters for every way of asking, every kind of file and every end.
#[derive(Debug)]
pub struct Files([[[Counter; Outcome::ALL.len()]; KINDS.len()]; Transports::COUNT]);

impl Files {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let files = Family::<Labels<3>, Counter>::default();
        registry.register(
            "files",
            "Requests for files, by transport, kind of file and outcome",
            files.clone(),
        );
        Self(Transports::ALL.map(|(_, transport)| {
            KINDS.map(|kind| {
                Outcome::ALL.map(|outcome| {
                    let labels = [("transport", transport), ("kind", kind), ("outcome", outcome.as_str())];
                    files.get_or_create_owned(&labels)
                })
            })
        }))
    }

    /// Counts a request for a name, as it was asked.
    pub fn count(&self, transport: Transport, name: &[u8], outcome: Outcome) {
        let from = if transport == Transport::Tftp { From::Plain } else { From::Percent };
        let kind = FileName::parse(name, from).map_or("other", |name| word(Artifact::parse(&name).kind));
        let kind = KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len() - 1);
        self.0[Transports::index(transport)][kind][outcome as usize].inc();
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::TrustList(_) => "trust_list",
        Kind::PhoneConfiguration(_) => "configuration",
        Kind::DefaultConfiguration => "default_configuration",
        Kind::SoftKeys => "soft_keys",
        Kind::DialTemplate => "dial_template",
        Kind::FeaturePolicy => "feature_policy",
        Kind::DialRules => "dial_rules",
        Kind::RingList => "ring_list",
        Kind::Ring => "ring",
        Kind::BackgroundList => "wallpaper_list",
        Kind::Image => "wallpaper",
        Kind::HeadsetDefaults => "headset",
        Kind::Locale => "locale",
        Kind::Firmware => "firmware",
        Kind::Legacy => "legacy",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_by_what_they_are_for() {
        let mut registry = Registry::with_prefix("offhook");
        let files = Files::register(&mut registry);
        for (transport, name, kind) in [
            (Transport::Tftp, "CTLSEP001122334455.tlv", "trust_list"),
            (Transport::Http, "/SEP001122334455.cnf.xml.sgn", "configuration"),
            (Transport::Https, "/SEP001122334455.cnf.xml", "configuration"),
            (Transport::Http, "/Desktops/800x480x24/List.xml", "wallpaper_list"),
            (Transport::Http, "/sip8845_65.14-2-1.loads", "firmware"),
            (Transport::Http, "/%2e%2e/%2e%2e/etc/passwd", "other"),
            (Transport::Tftp, "\u{7}", "other"),
        ] {
            files.count(transport, name.as_bytes(), Outcome::Sent);
            let label = Transports::ALL[Transports::index(transport)].1;
            let kind = KINDS.iter().position(|known| *known == kind);
            let counted =
                kind.map(|kind| files.0[Transports::index(transport)][kind][Outcome::Sent as usize].get());
            assert!(counted.is_some_and(|count| count > 0), "{name} over {label}");
        }
        let mut text = String::new();
        assert!(prometheus_client::encoding::text::encode(&mut text, &registry).is_ok());
        assert!(
            text.contains("offhook_files_total{transport=\"tftp\",kind=\"firmware\",outcome=\"missing\"} 0"),
            "{text}"
        );
    }
}
