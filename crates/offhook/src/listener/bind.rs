//! Binding sockets, and saying what to do when that fails.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::{fmt, io};

use nix::errno::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use super::Name;
use super::occupant::{self, Occupant};
use crate::config::keys::ENVIRONMENT;

/// How many connections may wait to be accepted; the kernel cuts it to `net.core.somaxconn`. A thousand phones
/// that come back after a power cut connect within the same second.
const BACKLOG: i32 = 4096;

/// Why a listener has no socket, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{name} cannot listen on {address}: {why}; {}", self.remedy())]
pub struct BindError {
    /// Which listener.
    pub name: Name,
    /// Where.
    pub address: SocketAddr,
    /// Why not.
    pub why: Why,
}

/// What is in the way of a socket.
#[derive(Debug)]
pub enum Why {
    /// Somebody has it; `None` if this user may not see who.
    InUse(Option<Occupant>),
    /// The system does not let us.
    NotPermitted,
    /// The address is not of this machine.
    NoSuchAddress,
    /// What else the system said.
    Other(io::Error),
}

impl BindError {
    /// What the system's refusal means.
    #[must_use]
    pub fn new(name: Name, address: SocketAddr, error: io::Error) -> Self {
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => Why::InUse(occupant::find(name.is_udp(), address.port())),
            io::ErrorKind::PermissionDenied => Why::NotPermitted,
            io::ErrorKind::AddrNotAvailable => Why::NoSuchAddress,
            _ => Why::Other(error),
        };
        Self { name, address, why }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        let name = self.name;
        let variable = format!("{}LISTEN__{}", ENVIRONMENT, name.as_str().to_uppercase());
        match &self.why {
            Why::InUse(_) => {
                format!(
                    "stop that program, or choose another address with listen.{name} (environment: {variable})"
                )
            }
            Why::NotPermitted => format!(
                "ports below 1024 need root or CAP_NET_BIND_SERVICE: start as root with `user = \"…\"`, or choose a \
                 higher port with listen.{name}"
            ),
            Why::NoSuchAddress | Why::Other(_) => format!("correct listen.{name} (environment: {variable})"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(Some(who)) => write!(f, "the port is in use by {who}"),
            Self::InUse(None) => f.write_str("the port is in use by another program"),
            Self::NotPermitted => f.write_str("not permitted"),
            Self::NoSuchAddress => f.write_str("this machine has no such address"),
            Self::Other(error) => write!(f, "{error}"),
        }
    }
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
    addresses.iter().map(|address| bind(address).map_err(|e| BindError::new(name, *address, e))).collect()
}

/// Binds UDP sockets on all `addresses`, as [`tcp`] does.
pub fn udp(name: Name, addresses: &[SocketAddr]) -> Result<Vec<UdpSocket>, BindError> {
    let bind = |address: &SocketAddr| {
        let socket = socket(*address, Type::DGRAM, addresses)?;
        bind_to(&socket, *address)?;
        Ok(UdpSocket::from(socket))
    };
    addresses.iter().map(|address| bind(address).map_err(|e| BindError::new(name, *address, e))).collect()
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
        assert!(matches!(error.why, Why::NoSuchAddress), "{error}");
    }
}
