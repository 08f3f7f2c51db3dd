//! The name phones know this server by: whether it leads here, and whether the certificates vouch for it.

use std::net::{IpAddr, ToSocketAddrs};

use pki::Name;

use super::{Finding, Site};
use crate::inventory::surroundings;
use crate::trust::{self, Certificates, server_names};

/// Whether the name leads here.
pub(super) fn server(site: &Site) -> Vec<Finding> {
    let server = surroundings(&site.resolved).server;
    let own: Vec<IpAddr> = own_addresses(site);
    if let Ok(address) = server.parse::<IpAddr>() {
        return vec![match site.resolved.provisioning.server_name {
            None => Finding::note(
                format!("phones are told the address {address}, because provisioning.server_name is not set"),
                "set it: a name survives a new address of this machine",
            ),
            Some(_) if own.contains(&address) => {
                Finding::good(format!("{address} is an address of this machine"))
            }
            Some(_) => elsewhere(&server, &[address]),
        }];
    }
    // The deadline of the whole look is the deadline of the name server, too.
    let found: Vec<IpAddr> = match (server.as_str(), 0).to_socket_addrs() {
        Ok(found) => found.map(|address| address.ip()).collect(),
        Err(error) => {
            let text = format!("{server} is not known to the name server of this machine: {error}");
            return vec![Finding::wrong(text, "enter it into the DNS, or correct provisioning.server_name")];
        }
    };
    let here: Vec<_> =
        found.iter().filter(|address| own.contains(address)).map(ToString::to_string).collect();
    if here.is_empty() {
        return vec![elsewhere(&server, &found)];
    }
    vec![Finding::good(format!("{server} is {}, this machine", here.join(" and ")))]
}

fn elsewhere(server: &str, found: &[IpAddr]) -> Finding {
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    if found.iter().all(IpAddr::is_loopback) {
        let text = format!("{server} is {} here, and a phone would ask itself", shown.join(" and "));
        return Finding::note(
            text,
            "see that phones are told another address: /etc/hosts says this one only here",
        );
    }
    let text = format!("{server} is {}, and this machine has no such address", shown.join(" and "));
    Finding::note(
        text,
        "right behind address translation or a balancer; else correct the DNS or provisioning.server_name",
    )
}

/// Addresses by which others reach this machine.
pub(super) fn own_addresses(site: &Site) -> Vec<IpAddr> {
    let names = server_names(&site.resolved).into_iter();
    let configured =
        site.resolved.provisioning.server_name.as_deref().and_then(|name| name.parse::<IpAddr>().ok());
    let addresses = names.filter_map(|name| match name {
        Name::Ip(address) => Some(address),
        Name::Dns(_) => None,
    });
    // It stands among them because it was configured, not because it is there.
    let mut seen = configured.is_none();
    addresses.filter(|address| std::mem::replace(&mut seen, true) || Some(*address) != configured).collect()
}

/// Whether the certificates of the HTTPS listeners vouch for the name.
pub(super) fn certificates(site: &Site) -> Vec<Finding> {
    let Some(name) = site.resolved.provisioning.server_name.as_deref() else { return Vec::new() };
    let Ok(wanted) = name.parse::<Name>() else { return Vec::new() };
    let Ok(certificates) = Certificates::open(&trust::certificates_folder(&site.resolved.data_dir)) else {
        return Vec::new();
    };
    let shown = ["provisioning", "provisioning-rsa", "application", "tvs"];
    let of_server = certificates.iter().filter(|stored| shown.contains(&&*stored.name));
    let without: Vec<&str> = of_server
        .filter(|stored| !stored.certificate.names().contains(&wanted))
        .map(|stored| stored.name.as_str())
        .collect();
    if without.is_empty() {
        return vec![Finding::good(format!("they vouch for {name}"))];
    }
    let text = format!("{} does not vouch for {name}", without.join(", "));
    let advice = "phones trust it by their list and not by its name; for browsers and programs make it again with `offhook cert make`";
    vec![Finding::note(text, advice)]
}
