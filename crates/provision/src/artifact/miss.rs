//! Files that phones ask for and live happily without. Each reason is a sentence for the log and the boot timeline.

use super::{Artifact, Form, Kind, List, TrustList};

pub(super) fn reason(artifact: &Artifact<'_>) -> Option<&'static str> {
    if artifact.form == Form::Encrypted {
        return Some("no certificate of this phone is known to encrypt to; it goes on with the signed file");
    }
    match artifact.kind {
        Kind::TrustList(TrustList { extended: true, .. }) => Some("the extended trust list is optional"),
        Kind::TrustList(TrustList { list: List::Ctl, .. }) => {
            Some("phones work without a certificate trust list")
        }
        Kind::TrustList(TrustList { list: List::Itl, device: Some(_), .. }) => Some(
            "trust is off for this phone, or its configuration is not here; it asks for the common list next, then goes \
             on without",
        ),
        Kind::TrustList(TrustList { list: List::Itl, device: None, .. }) => {
            Some("trust is off, or on for single phones; a phone without a list takes unsigned files")
        }
        Kind::DefaultConfiguration => Some(
            "a phone without a configuration of its own asks for this one; a working phone needs neither it nor this",
        ),
        Kind::HeadsetDefaults => Some("headsets keep their built-in settings"),
        Kind::DialRules => Some("numbers from call lists are dialled unchanged"),
        Kind::RingList => Some("the phone offers its built-in ring tones only"),
        Kind::BackgroundList => Some("the phone offers its built-in wallpapers only"),
        Kind::Locale => {
            Some("locale not installed; the phone speaks the language and plays the tones it has")
        }
        Kind::Legacy | Kind::Plain => by_name(artifact.plain_name),
        _ => None,
    }
}

fn by_name(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "os79xx.txt" => Some("only 7940 and 7960 ask for it, to learn which software to load"),
        "sepdefault.cnf" => Some("older software asks for it when it has no configuration of its own"),
        "ringlist.dat" => Some("only 7940 and 7960 read this list of ring tones"),
        "dialplan.xml" => Some("only 7940 and 7960 read this dial plan"),
        "authorized_keys" => Some("keys for a support login; no phone needs them"),
        _ => None,
    }
}
