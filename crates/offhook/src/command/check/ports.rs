//! The ports: free, or taken by whom.

use super::Finding;
use crate::config::Resolved;
use crate::listener::Name;
use crate::listener::bind::{self, BindError, Why};

const PORTS: &str = "ports";

/// What is said about the addresses of all listeners.
pub(super) fn look(resolved: &Resolved) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in Name::ALL {
        let Some(listener) = name.of(&resolved.listen) else {
            findings.push(Finding::note(
                PORTS,
                format!("{name} is turned off"),
                format!("listen.{name} turns it on"),
            ));
            continue;
        };
        let bound = if name.is_udp() {
            bind::udp(name, &listener.addresses).map(drop)
        } else {
            bind::tcp(name, &listener.addresses).map(drop)
        };
        let shown: Vec<String> = listener.addresses.iter().map(ToString::to_string).collect();
        findings.push(match bound {
            Ok(()) => Finding::ok(PORTS, format!("{name} can listen on {}", shown.join(" "))),
            Err(error) => refused(name, &error),
        });
    }
    if Name::ALL.iter().all(|name| name.of(&resolved.listen).is_none()) {
        findings.push(Finding::problem(PORTS, "every listener is turned off", "turn one on in [listen]"));
    }
    findings
}

fn refused(name: Name, error: &BindError) -> Finding {
    match &error.why {
        Why::InUse(Some(who)) if who.program == "offhook" => {
            Finding::ok(PORTS, format!("{name} is served by {who}"))
        }
        why => Finding::problem(
            PORTS,
            format!("{name} cannot listen on {}: {why}", error.address),
            error.remedy(),
        ),
    }
}
