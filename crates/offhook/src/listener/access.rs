//! Who may talk to a listener: CIDR lists.

use std::net::IpAddr;

use ipnet::IpNet;

/// Whether `peer` may talk to a listener with this list; an empty list lets everyone in.
///
/// A dual-stack socket shows IPv4 peers as `::ffff:10.0.0.1`; they are measured by their IPv4 address.
#[must_use]
pub fn allowed(allow: &[IpNet], peer: IpAddr) -> bool {
    allow.is_empty() || {
        let peer = peer.to_canonical();
        allow.iter().any(|network| network.contains(&peer))
    }
}

/// Reads `10.0.0.0/8`, `2001:db8::/32` or a lone address; `None` if it is neither.
///
/// Networks written in the mapped form become the IPv4 networks they mean, and host bits are cut off.
#[must_use]
pub fn network(text: &str) -> Option<IpNet> {
    let network = match text.parse::<IpNet>() {
        Ok(network) => network,
        Err(_) => IpNet::from(text.parse::<IpAddr>().ok()?),
    };
    Some(unmapped(network).trunc())
}

fn unmapped(network: IpNet) -> IpNet {
    // The 96 bits before the IPv4 address are the mapped form itself.
    const MAPPED: u8 = 96;
    let IpNet::V6(six) = network else { return network };
    match (six.addr().to_ipv4_mapped(), six.prefix_len().checked_sub(MAPPED)) {
        (Some(four), Some(prefix)) => IpNet::new(IpAddr::V4(four), prefix).unwrap_or(network),
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn list(networks: &[&str]) -> Vec<IpNet> {
        networks.iter().map(|text| network(text).unwrap()).collect()
    }

    #[test]
    fn an_empty_list_lets_everyone_in() {
        assert!(allowed(&[], "192.0.2.1".parse().unwrap()));
        assert!(allowed(&[], "2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn peers_are_measured_by_their_own_family() {
        let allow = list(&["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]);
        for (peer, expected) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("11.0.0.1", false),
            ("::ffff:11.0.0.1", false),
            ("2001:db8:1::9", true),
            ("2001:db9::9", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
        ] {
            assert_eq!(allowed(&allow, peer.parse().unwrap()), expected, "{peer}");
        }
    }

    #[test]
    fn mapped_networks_mean_their_ipv4_networks() {
        assert_eq!(network("::ffff:10.0.0.0/104"), "10.0.0.0/8".parse().ok());
        assert_eq!(network("10.1.2.3/8"), "10.0.0.0/8".parse().ok());
        // Shorter than the mapped prefix: an IPv6 network that happens to start alike.
        assert_eq!(network("::/0").map(|n| n.prefix_len()), Some(0));
        assert_eq!(network("10.0.0.0/33"), None);
        assert_eq!(network("phones"), None);
    }
}
