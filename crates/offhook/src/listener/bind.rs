//! Binding sockets, and saying what to do when that fails.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use nix::errno::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use super::{Name, occupant};

/// How many connections may wait to be accepted; the kernel cuts it to `net.core.somaxconn`. A thousand phones
/// that come back after a power cut connect within the same second.
const BACKLOG: i32 = 4096;

/// Why a listener has no socket.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else has it.
    #[error(
        "{name} cannot listen on {address}: the port is in use{by}; stop that program, or choose another address with \
         listen.{name} (environment: OFFHOOK__LISTEN__{upper})", upper = name.as_str().to_uppercase()
    )]
    InUse {
        /// Which listener.
        name: Name,
        /// Where.
        address: SocketAddr,
        /// ` by nginx (pid 7)`, or nothing if nobody can be seen.
        by: String,
    },
    /// The system does not let us.
    #[error(
        "{name} cannot listen on {address}: not permitted; ports below 1024 need root or CAP_NET_BIND_SERVICE: start \
         as root with `user = \"…\"`, or choose a higher port with listen.{name}"
    )]
    NotPermitted {
        /// Which listener.
        name: Name,
        /// Where.
        address: SocketAddr,
    },
    /// The address is not of this machine.
    #[error("{name} cannot listen on {address}: this machine has no such address; correct listen.{name}")]
    NoSuchAddress {
        /// Which listener.
        name: Name,
        /// Where.
        address: SocketAddr,
    },
    /// Anything else.
    #[error("{name} cannot listen on {address}: {source}")]
    Other {
        /// Which listener.
        name: Name,
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// Binds TCP listeners on all `addresses`; `[::]` also takes IPv4 unless `0.0.0.0` is listed beside it.
///
/// The sockets do not block, so they can be handed to tokio.
pub fn tcp(name: Name, addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, BindError> {
    let bind = |address: &SocketAddr| {
        let socket = socket(*address, Type::STREAM, addresses)?;
        socket.set_reuse_address(true)?;
        bind_to(&socket, *address)?;
        socket.listen(BACKLOG)?;
        Ok(TcpListener::from(socket))
    };
    addresses.iter().map(|address| bind(address).map_err(|e| explain(name, *address, e))).collect()
}

/// Binds UDP sockets on all `addresses`, as [`tcp`] does.
pub fn udp(name: Name, addresses: &[SocketAddr]) -> Result<Vec<UdpSocket>, BindError> {
    let bind = |address: &SocketAddr| {
        let socket = socket(*address, Type::DGRAM, addresses)?;
        bind_to(&socket, *address)?;
        Ok(UdpSocket::from(socket))
    };
    addresses.iter().map(|address| bind(address).map_err(|e| explain(name, *address, e))).collect()
}

fn socket(address: SocketAddr, kind: Type, all: &[SocketAddr]) -> io::Result<Socket> {
    let protocol = if kind == Type::STREAM { Protocol::TCP } else { Protocol::UDP };
    let socket = match Socket::new(Domain::for_address(address), kind, Some(protocol)) {
        // A kernel without IPv6: everywhere then means everywhere in IPv4.
        Err(e) if e.raw_os_error() == Some(Errno::EAFNOSUPPORT as i32) && everywhere(address) => {
            Socket::new(Domain::IPV4, kind, Some(protocol))?
        }
        other => other?,
    };
    if address.is_ipv6() && socket.domain()? == Domain::IPV6 {
        let beside = |other: &SocketAddr| other.is_ipv4() && other.port() == address.port();
        socket.set_only_v6(all.iter().any(beside))?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn bind_to(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    let fell_back = address.is_ipv6() && socket.domain()? == Domain::IPV4;
    let address = if fell_back { SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())) } else { address };
    socket.bind(&address.into())
}

fn everywhere(address: SocketAddr) -> bool {
    matches!(address.ip(), IpAddr::V6(ip) if ip.is_unspecified())
}

fn explain(name: Name, address: SocketAddr, source: io::Error) -> BindError {
    match source.kind() {
        io::ErrorKind::AddrInUse => {
            let by = occupant::find(name.is_udp(), address.port()).map(|who| format!(" by {who}"));
            BindError::InUse { name, address, by: by.unwrap_or_default() }
        }
        io::ErrorKind::PermissionDenied => BindError::NotPermitted { name, address },
        io::ErrorKind::AddrNotAvailable => BindError::NoSuchAddress { name, address },
        _ => BindError::Other { name, address, source },
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::net::{TcpStream, UdpSocket};

    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|a| a.parse().unwrap()).collect()
    }

    #[test]
    fn everywhere_takes_both_families() {
        let bound = tcp(Name::Provisioning, &addresses(&["[::]:0"])).unwrap();
        let port = bound[0].local_addr().unwrap().port();
        TcpStream::connect(("127.0.0.1", port)).unwrap();
        let bound = udp(Name::Tftp, &addresses(&["[::]:0"])).unwrap();
        let port = bound[0].local_addr().unwrap().port();
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.send_to(b"x", ("127.0.0.1", port)).unwrap();
        bound[0].set_nonblocking(false).unwrap();
        let mut byte = [0];
        assert!(bound[0].recv_from(&mut byte).unwrap().1.ip().to_canonical().is_ipv4());
    }

    #[test]
    fn both_families_can_be_listed_side_by_side() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let both = addresses(&[&format!("[::]:{free}"), &format!("0.0.0.0:{free}")]);
        assert_eq!(tcp(Name::Provisioning, &both).unwrap().len(), 2);
    }

    #[test]
    fn an_occupied_port_is_named_with_its_occupant() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let holder = TcpListener::bind(taken).unwrap();
        let text = tcp(Name::Provisioning, &[taken]).unwrap_err().to_string();
        drop(holder);
        assert!(text.contains(&taken.to_string()), "{text}");
        assert!(text.contains(&format!("pid {}", std::process::id())), "{text}");
        assert!(text.contains("listen.provisioning"), "{text}");
        assert!(text.contains("OFFHOOK__LISTEN__PROVISIONING"), "{text}");
    }

    #[test]
    fn an_address_of_another_machine_is_said_to_be_one() {
        let error = tcp(Name::Admin, &addresses(&["192.0.2.1:0"])).unwrap_err();
        assert!(matches!(error, BindError::NoSuchAddress { .. }), "{error}");
    }
}
