//! The names and addresses this machine's certificates vouch for.

use std::net::IpAddr;

use pki::Name;

use crate::config::Resolved;

/// What phones may call this server: the configured name first, then the machine's own name and its addresses.
#[must_use]
pub fn server_names(resolved: &Resolved) -> Vec<Name> {
    let configured = resolved.provisioning.server_name.as_deref().and_then(|name| name.parse().ok());
    let mut names: Vec<Name> = configured.into_iter().chain(host_name()).collect();
    for address in addresses() {
        if !names.contains(&Name::Ip(address)) {
            names.push(Name::Ip(address));
        }
    }
    names.dedup();
    names
}

/// The machine's name, if it is one that phones could use.
fn host_name() -> Option<Name> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    match name.trim().parse() {
        Ok(Name::Dns(name)) if name != "localhost" && name != "(none)" => Some(Name::Dns(name)),
        _ => None,
    }
}

/// Addresses by which other machines reach this one.
fn addresses() -> Vec<IpAddr> {
    let interfaces = nix::ifaddrs::getifaddrs().into_iter().flatten();
    let addresses = interfaces.filter_map(|interface| {
        let address = interface.address?;
        let four = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
        four.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())))
    });
    let mut addresses: Vec<IpAddr> = addresses.filter(is_reachable).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

fn is_reachable(address: &IpAddr) -> bool {
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !address.is_loopback() && !address.is_unspecified() && !is_link_local
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_configured_name_comes_first() {
        let mut resolved = Resolved::default();
        resolved.provisioning.server_name = Some("provision.example.net".to_owned());
        let names = server_names(&resolved);
        assert_eq!(names[0], "provision.example.net".parse().unwrap());
        resolved.provisioning.server_name = Some("192.0.2.7".to_owned());
        assert_eq!(server_names(&resolved)[0], Name::Ip([192, 0, 2, 7].into()));
    }

    #[test]
    fn what_nobody_else_can_reach_is_left_out() {
        for (address, reachable) in [
            ("127.0.0.1", false),
            ("169.254.1.1", false),
            ("fe80::1", false),
            ("::1", false),
            ("10.0.0.1", true),
            ("fd00::1", true),
        ] {
            assert_eq!(is_reachable(&address.parse().unwrap()), reachable, "{address}");
        }
    }
}
