//! The ports: whether offhook holds them, who else does, and whether others than this machine can come to them.

use std::net::SocketAddr;

use super::{Finding, Site};
use crate::listener::bind::{self, BindError};
use crate::listener::{Name, occupant};

pub(super) fn look(site: &Site) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut silent, mut only_here, mut any) = (Vec::new(), Vec::new(), Vec::new());
    for name in Name::ALL {
        let addresses = site.addresses(name);
        if addresses.is_empty() {
            findings.extend((name != Name::Admin).then(|| {
                Finding::note(format!("{name} is turned off"), format!("listen.{name} turns it on"))
            }));
            continue;
        }
        for address in &addresses {
            if address.port() == 0 {
                any.push(name.to_string());
                continue;
            }
            match held(name, *address) {
                Some(finding) => findings.push(finding),
                None => silent.push((name, *address)),
            }
        }
        if addresses.iter().all(|address| address.ip().is_loopback()) && name != Name::Admin {
            only_here.push(name.to_string());
        }
    }
    if !any.is_empty() {
        let text = format!("{} may take any free port, and nobody here knows which", any.join(", "));
        findings.push(Finding::note(text, "give --ready-file with what `offhook serve --ready-file` wrote"));
    }
    if !only_here.is_empty() {
        let text = format!("no phone can come to {}: for this machine only", only_here.join(", "));
        findings
            .push(Finding::wrong(text, "let them listen on [::] or an address of this machine, in [listen]"));
    }
    findings.extend(nobody(&silent, site));
    findings
}

/// Who holds a port, if anybody does.
fn held(name: Name, address: SocketAddr) -> Option<Finding> {
    let who = occupant::find(name.is_udp(), address.port())?;
    Some(if who.program.starts_with("offhook") {
        Finding::good(format!("{name} on {address}: {who}"))
    } else {
        let advice = format!("stop that program, or choose another port with listen.{name}");
        Finding::wrong(format!("{name} on {address}: the port is held by {who}"), advice)
    })
}

/// Ports that nobody holds, or that this user may not see the holder of.
fn nobody(silent: &[(Name, SocketAddr)], site: &Site) -> Vec<Finding> {
    let mut free = Vec::new();
    let mut findings = Vec::new();
    for (name, address) in silent {
        let tried = match site.bound {
            // It told where it listens: nothing is to be tried there.
            Some(_) => Ok(()),
            None if name.is_udp() => bind::udp(*name, &[*address]).map(drop),
            None => bind::tcp(*name, &[*address]).map(drop),
        };
        match tried {
            Ok(()) => free.push(format!("{name} ({})", address.port())),
            Err(BindError { why: bind::Why::InUse(None), .. }) => findings.push(Finding::note(
                format!("{name} on {address}: somebody holds the port, and this user may not see who"),
                "run the doctor as root",
            )),
            Err(error) => findings.push(Finding::wrong(
                format!("{name} cannot listen on {address}: {}", error.why),
                error.remedy(),
            )),
        }
    }
    if !free.is_empty() {
        let text = format!("nobody listens on {}", free.join(", "));
        findings
            .push(Finding::wrong(text, "start the server: `offhook serve`, or `systemctl start offhook`"));
    }
    findings
}
