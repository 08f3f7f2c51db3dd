//! Where DHCP should send phones: this server, by its configuration.

use std::net::Ipv4Addr;

use provision::dhcp::Target;

use crate::config::Resolved;
use crate::inventory::surroundings;

/// The address and the name of this server as phones in its network see them.
#[must_use]
pub fn target(resolved: &Resolved) -> Target {
    let mut nameless = resolved.clone();
    let name = nameless.provisioning.server_name.take();
    let given: Option<Ipv4Addr> = name.as_deref().and_then(|name| name.parse().ok());
    // Where a server listens for its own machine only, no phone can go.
    let elsewhere = |address: &Ipv4Addr| !address.is_loopback();
    let own = || {
        surroundings(&nameless)
            .server
            .parse()
            .ok()
            .filter(elsewhere)
            .or_else(|| own_address().filter(elsewhere))
    };
    // A name that is an IPv6 address is none for option 66.
    let name = name.filter(|name| name.parse::<std::net::IpAddr>().is_err());
    Target { servers: given.or_else(own).into_iter().collect(), name, phones_only: false }
}

/// The address by which others reach this machine.
fn own_address() -> Option<Ipv4Addr> {
    let nowhere = Resolved::default();
    surroundings(&nowhere).server.parse().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::config::Listener;

    #[test]
    fn the_configuration_says_where_phones_go() {
        let mut resolved = Resolved::default();
        resolved.listen.provisioning = Some(Listener::on("192.0.2.5".parse().unwrap(), 6970));
        let five: Ipv4Addr = "192.0.2.5".parse().unwrap();
        assert_eq!((target(&resolved).servers, target(&resolved).name), (vec![five], None));
        resolved.provisioning.server_name = Some("pbx.example.net".to_owned());
        assert_eq!(target(&resolved).name.as_deref(), Some("pbx.example.net"));
        assert_eq!(target(&resolved).servers, [five]);
        resolved.provisioning.server_name = Some("192.0.2.7".to_owned());
        let seven: Ipv4Addr = "192.0.2.7".parse().unwrap();
        assert_eq!((target(&resolved).servers, target(&resolved).name), (vec![seven], None));
        resolved.provisioning.server_name = Some("2001:db8::5".to_owned());
        assert_eq!((target(&resolved).servers, target(&resolved).name), (vec![five], None));
    }
}
