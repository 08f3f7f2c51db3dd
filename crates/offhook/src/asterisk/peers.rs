//! Who registers: chan_sip, with or without the patch for these phones, and PJSIP.

use std::collections::BTreeMap;

use wire::ami::{Action, Message};

use super::{Asterisk, Trouble};

/// What Asterisk knows of one peer or endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its name in the PBX, mostly the number of the line.
    pub name: String,
    /// Which driver.
    pub driver: Driver,
    /// Where it registered from; `None` while it is not registered.
    pub address: Option<String>,
    /// Whether it answers, as far as Asterisk asks.
    pub answers: Option<bool>,
    /// What it says it is.
    pub user_agent: Option<String>,
    /// The phone, where the driver knows it: `SEP001122334455`.
    pub device: Option<String>,
}

/// The channel driver of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Driver {
    /// chan_sip.
    Sip,
    /// chan_pjsip.
    Pjsip,
}

impl Peer {
    /// It is registered, and it is not known to be silent.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        self.address.is_some() && self.answers != Some(false)
    }
}

impl Asterisk {
    /// Every peer of either driver. A driver that is not loaded has none.
    ///
    /// # Errors
    /// Why nobody knows.
    pub async fn peers(&self) -> Result<Vec<Peer>, Trouble> {
        let ask = async |name: &str| match self.list(Action::new(name)).await {
            // The driver, or this action of it, is not there.
            Err(Trouble::Cannot { .. }) => Ok(Vec::new()),
            answer => answer,
        };
        let (sip, endpoints, contacts) =
            tokio::try_join!(ask("SIPpeers"), ask("PJSIPShowEndpoints"), ask("PJSIPShowContacts"))?;
        let mut peers: Vec<Peer> = sip.iter().filter_map(sip_peer).collect();
        peers.extend(pjsip(&endpoints, &contacts));
        Ok(peers)
    }
}

/// `PeerEntry` of chan_sip as it comes, `SIPPeer` of the patched one.
fn sip_peer(event: &Message) -> Option<Peer> {
    let patched = event.is_event("SIPPeer");
    if !patched && !event.is_event("PeerEntry") {
        return None;
    }
    let text = |key: &str| event.get(key).filter(|text| !text.is_empty());
    let (name, address, port) = if patched {
        (text("Name")?, text("Address"), text("AddressPort"))
    } else {
        (text("ObjectName")?, text("IPaddress"), text("IPport"))
    };
    let address = address.filter(|address| !matches!(*address, "-none-" | "(null)" | "(Unspecified)"));
    Some(Peer {
        name: name.to_owned(),
        driver: Driver::Sip,
        address: address.map(|address| with_port(address, port)),
        answers: answers(text("Status").unwrap_or_default()),
        user_agent: text("UserAgent").map(str::to_owned),
        device: text("DeviceName").map(str::to_owned),
    })
}

/// `OK (12 ms)`, `LAGGED (2100 ms)`, `UNREACHABLE`, `UNKNOWN`, `Unmonitored`.
fn answers(status: &str) -> Option<bool> {
    let word = status.split(' ').next().unwrap_or_default().to_ascii_uppercase();
    match word.as_str() {
        "OK" | "LAGGED" | "REACHABLE" => Some(true),
        "UNREACHABLE" => Some(false),
        _ => None,
    }
}

/// Endpoints say that they exist, contacts where they are.
fn pjsip(endpoints: &[Message], contacts: &[Message]) -> Vec<Peer> {
    let mut peers: BTreeMap<String, Peer> = BTreeMap::new();
    let new = |name: &str| Peer {
        name: name.to_owned(),
        driver: Driver::Pjsip,
        address: None,
        answers: None,
        user_agent: None,
        device: None,
    };
    for event in endpoints.iter().filter(|event| event.is_event("EndpointList")) {
        if let Some(name) = event.get("ObjectName") {
            peers.insert(name.to_owned(), new(name));
        }
    }
    for event in contacts.iter().filter(|event| event.is_event("ContactList")) {
        let text = |key: &str| event.get(key).filter(|text| !text.is_empty());
        let Some(name) = text("Endpoint") else { continue };
        let peer = peers.entry(name.to_owned()).or_insert_with(|| new(name));
        let answers = answers(text("Status").unwrap_or_default());
        // Of several contacts the one that answers counts.
        if peer.address.is_some() && answers != Some(true) {
            continue;
        }
        let via = text("ViaAddr").map(|address| with_port(address, text("ViaPort")));
        peer.address = via.or_else(|| text("Uri").map(place_of));
        peer.answers = answers;
        peer.user_agent = text("UserAgent").map(str::to_owned);
    }
    peers.into_values().collect()
}

fn with_port(address: &str, port: Option<&str>) -> String {
    let address = if address.contains(':') && !address.starts_with('[') {
        format!("[{address}]")
    } else {
        address.to_owned()
    };
    match port.filter(|port| *port != "0") {
        Some(port) => format!("{address}:{port}"),
        None => address,
    }
}

/// `192.0.2.7:5060` of `sip:201@192.0.2.7:5060;transport=udp`.
fn place_of(uri: &str) -> String {
    let place = uri.rsplit_once('@').map_or(uri, |(_, place)| place);
    place.split([';', '>']).next().unwrap_or(place).trim_start_matches("sip:").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(fields: &[(&str, &str)]) -> Message {
        fields.iter().copied().collect()
    }

    #[test]
    fn both_kinds_of_chan_sip_are_understood() {
        let stock = event(&[
            ("Event", "PeerEntry"),
            ("ObjectName", "101"),
            ("IPaddress", "192.0.2.7"),
            ("IPport", "5060"),
            ("Status", "OK (12 ms)"),
        ]);
        let away =
            event(&[("Event", "PeerEntry"), ("ObjectName", "102"), ("IPaddress", "-none-"), ("IPport", "0")]);
        let patched = event(&[
            ("Event", "SIPPeer"),
            ("Name", "103"),
            ("Address", "2001:db8::7"),
            ("AddressPort", "49152"),
            ("Status", "UNREACHABLE"),
            ("DeviceName", "SEP001122334455"),
        ]);
        let peers: Vec<Peer> = [&stock, &away, &patched].into_iter().filter_map(sip_peer).collect();
        let shown: Vec<_> =
            peers.iter().map(|peer| (&*peer.name, peer.address.as_deref(), peer.is_registered())).collect();
        assert_eq!(
            shown,
            [
                ("101", Some("192.0.2.7:5060"), true),
                ("102", None, false),
                ("103", Some("[2001:db8::7]:49152"), false)
            ]
        );
        assert_eq!(peers[2].device.as_deref(), Some("SEP001122334455"));
    }

    #[test]
    fn the_contact_that_answers_counts() {
        let endpoints = ["201", "202"].map(|name| event(&[("Event", "EndpointList"), ("ObjectName", name)]));
        let contact = |uri: &str, status: &str| {
            event(&[
                ("Event", "ContactList"),
                ("Endpoint", "201"),
                ("Uri", uri),
                ("Status", status),
                ("UserAgent", "Cisco-CP8851/14.2.1"),
            ])
        };
        let contacts = [
            contact("sip:201@192.0.2.8:5060", "Unreachable"),
            contact("sip:201@192.0.2.9:5070;transport=tcp", "Reachable"),
            contact("sip:201@192.0.2.10", "NonQualified"),
        ];
        let peers = pjsip(&endpoints, &contacts);
        assert_eq!(peers[0].address.as_deref(), Some("192.0.2.9:5070"));
        assert!(peers[0].is_registered() && !peers[1].is_registered());
        assert_eq!(peers[0].user_agent.as_deref(), Some("Cisco-CP8851/14.2.1"));
    }
}
