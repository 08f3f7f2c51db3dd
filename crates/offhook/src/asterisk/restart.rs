//! Telling a phone through its PBX to restart: a SIP NOTIFY in the dialog-less form that call managers send.
//!
//! Phones look whether it names the Call-ID of their own registration. PJSIP tells that one with its contacts, the patched
//! chan_sip by a function; without it a phone can only be asked to look for another configuration.

use std::net::IpAddr;

use wire::ami::{Action, Message};

use super::{Asterisk, Trouble};

/// What a phone is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// To read its configuration again, without losing more than it must.
    Restart,
    /// To start from the beginning.
    Reset,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notified {
    /// The peer or endpoint through which it went.
    pub peer: String,
    /// What the phone was told.
    pub told: Told,
}

/// What a phone was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// What was wanted.
    Order,
    /// To look for another configuration: this PBX does not tell what phones check an order by.
    Check,
}

/// Why a phone was told nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untold {
    /// The PBX.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// It is not registered.
    #[error("no line of it is registered in Asterisk: looked for {0}")]
    NotRegistered(String),
    /// Several phones have the line, and none of them is where this one was.
    #[error(
        "several phones are registered as {peer}, at {places}, and none where this phone took its configuration"
    )]
    Several {
        /// The endpoint.
        peer: String,
        /// Where they are.
        places: String,
    },
}

/// A registration with PJSIP.
struct Contact {
    endpoint: String,
    host: Option<IpAddr>,
    call_id: String,
}

/// All zero: whatever the phone has is old.
const STALE: &str = "{00000000-0000-0000-0000-000000000000}";
const STAMPS: [&str; 4] =
    ["ConfigVersionStamp", "DialplanVersionStamp", "SoftkeyVersionStamp", "FeatureControlVersionStamp"];
/// How the patched chan_sip tells the Call-ID of a registration; the name changed.
const FUNCTIONS: [(&str, &str); 2] = [("SIP_PEER", "register_callid"), ("SIPPEER", "regcallid")];

impl Order {
    fn word(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Reset => "reset",
        }
    }
}

impl Asterisk {
    /// Tells the phone that registers as one of `peers`; `address` is where it was seen last.
    ///
    /// # Errors
    /// When it is not registered, cannot be told apart, or the PBX does not do it.
    pub async fn order(
        &self,
        peers: &[String],
        address: Option<IpAddr>,
        order: Order,
    ) -> Result<Notified, Untold> {
        let contacts = match self.list(Action::new("PJSIPShowContacts")).await {
            Ok(events) => contacts(&events, peers),
            // The driver is not there.
            Err(Trouble::Cannot { .. }) => Vec::new(),
            Err(trouble) => return Err(trouble.into()),
        };
        if let Some(contact) = chosen(&contacts, address)? {
            let call_id = Some(&contact.call_id).filter(|id| !id.is_empty());
            let action = Action::new("PJSIPNotify").with("Endpoint", &contact.endpoint);
            let told = self.notify(action, call_id.map(String::as_str), order).await?;
            return Ok(Notified { peer: contact.endpoint.clone(), told });
        }
        for peer in peers {
            let shown = match self.ask(Action::new("SIPShowPeer").with("Peer", peer)).await {
                Ok(shown) => shown,
                Err(Trouble::Cannot { .. }) => continue,
                Err(trouble) => return Err(trouble.into()),
            };
            if !is_there(&shown) {
                continue;
            }
            let call_id = self.call_id_of(peer).await?;
            let action = Action::new("SIPnotify").with("Channel", peer);
            let told = self.notify(action, call_id.as_deref(), order).await?;
            return Ok(Notified { peer: peer.clone(), told });
        }
        Err(Untold::NotRegistered(peers.join(", ")))
    }

    async fn notify(&self, action: Action, call_id: Option<&str>, order: Order) -> Result<Told, Trouble> {
        let (variables, told) = match call_id {
            Some(call_id) => (service_control(call_id, order), Told::Order),
            None => {
                (vec!["Event=check-sync".to_owned(), "Subscription-State=terminated".to_owned()], Told::Check)
            }
        };
        let action = variables.iter().fold(action, |action, one| action.with("Variable", one));
        self.ask(action).await.map(|_| told)
    }

    /// The Call-ID under which a peer of the patched chan_sip registered.
    async fn call_id_of(&self, peer: &str) -> Result<Option<String>, Trouble> {
        for (function, item) in FUNCTIONS {
            let variable = format!("{function}({peer},{item})");
            match self.ask(Action::new("Getvar").with("Variable", &variable)).await {
                Ok(answer) => {
                    let value = answer.get("Value").map(str::trim).filter(|value| is_call_id(value));
                    if let Some(value) = value {
                        return Ok(Some(value.to_owned()));
                    }
                }
                Err(Trouble::Cannot { .. }) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(None)
    }
}

fn service_control(call_id: &str, order: Order) -> Vec<String> {
    let mut variables = vec![
        "Event=service-control".to_owned(),
        "Subscription-State=active".to_owned(),
        "Content-Type=text/plain".to_owned(),
        format!("Content=action={}", order.word()),
        format!("Content=RegisterCallId={{{call_id}}}"),
    ];
    variables.extend(STAMPS.map(|stamp| format!("Content={stamp}={STALE}")));
    variables
}

/// It has no sign in it that means something to whoever divides variables.
fn is_call_id(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, ',' | '"' | '\\' | '{' | '}');
    (4..=256).contains(&text.len()) && text.chars().all(fits) && !text.starts_with('(')
}

fn contacts(events: &[Message], peers: &[String]) -> Vec<Contact> {
    let mine = events.iter().filter(|event| event.is_event("ContactList")).filter_map(|event| {
        let endpoint = event.get("Endpoint")?;
        let place = peers.iter().position(|peer| peer.eq_ignore_ascii_case(endpoint))?;
        let call_id = event.get("CallID").filter(|id| is_call_id(id)).unwrap_or_default();
        let uri = event.get("Uri").unwrap_or_default();
        let host = event.get("ViaAddr").and_then(host).or_else(|| host(host_of(uri)));
        Some((place, Contact { endpoint: endpoint.to_owned(), host, call_id: call_id.to_owned() }))
    });
    let mut mine: Vec<(usize, Contact)> = mine.collect();
    mine.sort_by_key(|(place, _)| *place);
    mine.into_iter().map(|(_, contact)| contact).collect()
}

/// The registration of this phone among those of its lines: where it was seen, or the only one of an endpoint.
fn chosen(contacts: &[Contact], address: Option<IpAddr>) -> Result<Option<&Contact>, Untold> {
    let here = contacts.iter().find(|contact| contact.host.is_some() && contact.host == address);
    if here.is_some() || contacts.is_empty() {
        return Ok(here);
    }
    let only = contacts.iter().find(|one| {
        contacts.iter().filter(|other| other.endpoint.eq_ignore_ascii_case(&one.endpoint)).count() == 1
    });
    let first = &contacts[0].endpoint;
    let places =
        || contacts.iter().filter_map(|one| one.host).map(|host| host.to_string()).collect::<Vec<_>>();
    only.map(Some).ok_or_else(|| Untold::Several { peer: first.clone(), places: places().join(", ") })
}

fn host(text: &str) -> Option<IpAddr> {
    text.trim_matches(['[', ']']).parse::<IpAddr>().ok().map(|host| host.to_canonical())
}

/// `sip:201@192.0.2.9:5060;transport=tcp`: the host.
fn host_of(uri: &str) -> &str {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let end = match rest.find(']') {
        Some(at) => at + 1,
        None => rest.find([':', ';', '>']).unwrap_or(rest.len()),
    };
    &rest[..end]
}

/// A peer of chan_sip that is registered.
fn is_there(peer: &Message) -> bool {
    let address = ["Address-IP", "IPaddress", "Address"].into_iter().find_map(|key| peer.get(key));
    address.is_some_and(|address| !matches!(address.trim(), "" | "-none-" | "(null)" | "(Unspecified)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(endpoint: &str, host: &str, call_id: &str) -> Message {
        Message::from_iter([
            ("Event", "ContactList"),
            ("Endpoint", endpoint),
            ("Uri", &format!("sip:{endpoint}@{host}:5060;transport=tcp")),
            ("CallID", call_id),
        ])
    }

    #[test]
    fn the_phone_among_those_that_share_a_line_is_told() {
        let events = [
            contact("201", "192.0.2.7", "aa-1@192.0.2.7"),
            contact("201", "[2001:db8::9]", "bb-2@x"),
            contact("300", "192.0.2.8", "cc-3@x"),
            contact("202", "192.0.2.7", "dd-4@x"),
        ];
        let peers = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let told = |names: &[&str], at: &str| {
            let contacts = contacts(&events, &peers(names));
            chosen(&contacts, at.parse().ok()).map(|one| one.map(|one| one.call_id.clone()))
        };
        assert_eq!(told(&["201", "202"], "192.0.2.7"), Ok(Some("aa-1@192.0.2.7".into())));
        assert_eq!(told(&["201"], "2001:db8::9"), Ok(Some("bb-2@x".into())));
        assert_eq!(told(&["300"], "192.0.2.99"), Ok(Some("cc-3@x".into())), "it moved, and is the only one");
        assert_eq!(told(&["201", "202"], ""), Ok(Some("dd-4@x".into())), "its own line tells it");
        assert_eq!(told(&["999"], "192.0.2.7"), Ok(None));
        let problem = told(&["201"], "192.0.2.99");
        assert!(problem.is_err_and(|untold| untold.to_string().contains("192.0.2.7, 2001:db8::9")));
    }

    #[test]
    fn an_order_names_the_registration() {
        let variables = service_control("aa-1@192.0.2.7", Order::Reset);
        assert_eq!(variables[3..5], ["Content=action=reset", "Content=RegisterCallId={aa-1@192.0.2.7}"]);
        assert_eq!(variables.len(), 9);
        for bad in ["", "a,b=c", "x}", "(null)", "a b c d", &"x".repeat(300)] {
            assert!(!is_call_id(bad), "{bad}");
        }
    }
}
