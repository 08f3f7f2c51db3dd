//! The inventory of this installation: where it is kept, and what its phones are told about this server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use provision::render::Surroundings;
use store::Store;

use crate::config::{Listener, Resolved};

mod delivery;
pub mod fingerprint;
mod ledger;
mod live;
mod protection;
pub mod restart;
mod told;

pub use delivery::{Delivery, Recording};
pub use ledger::Bookkeeping;
pub use live::{Inventory, Silence};
pub use protection::Guard;
pub use told::{Documents, Told, What};

/// Opens the inventory, and makes or prepares its database first where that is needed.
pub async fn open(resolved: &Resolved) -> store::Result<Store> {
    Store::open_or_create(resolved.database.url()).await
}

/// What phones are told about the server of these settings.
#[must_use]
pub fn surroundings(resolved: &Resolved) -> Surroundings {
    let port = |listener: Option<&Listener>| Some(listener?.addresses.first()?.port());
    Surroundings {
        server: server(resolved),
        services: port(resolved.listen.services.as_ref()),
        secure_services: port(resolved.listen.secure_services.as_ref()),
        tvs: port(resolved.listen.tvs.as_ref()),
        capf: port(resolved.listen.capf.as_ref()),
    }
}

/// The configured name; else the address at which files are served; else this machine's address.
fn server(resolved: &Resolved) -> String {
    if let Some(name) = &resolved.provisioning.server_name {
        return name.clone();
    }
    let listeners =
        [&resolved.listen.provisioning, &resolved.listen.secure_provisioning, &resolved.listen.tftp];
    let served = listeners.into_iter().flatten().flat_map(|listener| &listener.addresses);
    let mut named = served.map(|address| address.ip().to_canonical()).filter(|ip| !ip.is_unspecified());
    named.next().unwrap_or_else(own_address).to_string()
}

/// The address by which this machine would talk to others; nothing is sent to find out.
fn own_address() -> IpAddr {
    // Addresses of the documentation: nobody is there, and the way to them is the way to everybody.
    let four = outgoing((Ipv4Addr::UNSPECIFIED, 0).into(), "192.0.2.1:9");
    let six = || outgoing((Ipv6Addr::UNSPECIFIED, 0).into(), "[2001:db8::1]:9");
    four.or_else(six).unwrap_or(Ipv4Addr::LOCALHOST.into())
}

fn outgoing(from: std::net::SocketAddr, to: &str) -> Option<IpAddr> {
    let socket = UdpSocket::bind(from).ok()?;
    socket.connect(to).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified() && !address.is_loopback()).then_some(address)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn phones_are_told_the_name_else_the_address_that_serves_them() {
        let mut resolved = Resolved::default();
        assert!(surroundings(&resolved).server.parse::<IpAddr>().is_ok_and(|ip| !ip.is_unspecified()));
        resolved.listen.provisioning = Some(Listener::on("192.0.2.5".parse().unwrap(), 6970));
        assert_eq!(surroundings(&resolved).server, "192.0.2.5");
        resolved.provisioning.server_name = Some("provision.example.net".to_owned());
        assert_eq!(surroundings(&resolved).server, "provision.example.net");
    }

    #[test]
    fn a_listener_that_is_off_is_not_told() {
        let mut resolved = Resolved::default();
        assert_eq!(surroundings(&resolved).tvs, Some(2445));
        resolved.listen.tvs = None;
        assert_eq!(surroundings(&resolved).tvs, None);
    }
}
