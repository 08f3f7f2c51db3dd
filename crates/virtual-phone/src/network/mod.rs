//! The network side of a virtual phone: one file a call, the way phones fetch it.

mod capf;
mod http;
mod https;
mod tftp;
mod tvs;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use pki::{Certificate, tls};
use tokio::net::{TcpSocket, TcpStream};

use crate::{
    ask::{Ask, Transport, Trouble},
    models::{Model, Tls},
};

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name or address as given; sent to HTTPS servers when it is a name.
    pub name: String,
    /// Its address.
    pub address: IpAddr,
    /// Its HTTP port.
    pub http: u16,
    /// Its HTTPS port.
    pub https: u16,
    /// Its TFTP port.
    pub tftp: u16,
    /// Its port for the Trust Verification Service.
    pub tvs: u16,
}

/// How long a phone waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a TCP connection, and for a TLS handshake.
    pub connect: Duration,
    /// For the next bytes of an answer.
    pub idle: Duration,
    /// Until it says again over TFTP what it said last.
    pub tftp_retry: Duration,
    /// How often it does so.
    pub tftp_retries: u32,
}

impl Default for Patience {
    /// 500 ms are in the traces; the other times are not, and chosen so that a dead server is told in seconds.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(4),
            idle: Duration::from_secs(10),
            tftp_retry: Duration::from_millis(500),
            tftp_retries: 9,
        }
    }
}

pub use tvs::Reply;

/// A server, and how to reach it. Shared by all phones of a storm.
#[derive(Debug)]
pub struct Network {
    server: Server,
    patience: Patience,
    retransmissions: AtomicU64,
    old_tls: OnceLock<Result<tls::Client, String>>,
    new_tls: OnceLock<Result<tls::Client, String>>,
}

/// Who asks: what decides about the connection and not about the file.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The model decides about TLS.
    pub model: &'a Model,
    /// The address it calls from, if that matters.
    pub from: Option<IpAddr>,
    /// The certificates it accepts of an HTTPS server; `None` accepts any.
    pub trusted: Option<&'a [Certificate]>,
}

/// A file that came.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Where in the buffer it begins; what stands before is the head of the answer.
    pub start: usize,
    /// What is worth telling about the connection.
    pub remark: Option<String>,
}

impl Network {
    /// A network with one server in it.
    #[must_use]
    pub fn new(server: Server, patience: Patience) -> Self {
        Self {
            server,
            patience,
            retransmissions: AtomicU64::new(0),
            old_tls: OnceLock::new(),
            new_tls: OnceLock::new(),
        }
    }

    /// The server.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// How many datagrams were sent again so far, by all phones together.
    #[must_use]
    pub fn retransmissions(&self) -> u64 {
        self.retransmissions.load(Ordering::Relaxed)
    }

    /// Fetches a file into `buffer`, whose old contents go.
    pub async fn fetch(
        &self,
        ask: &Ask,
        caller: Caller<'_>,
        buffer: &mut Vec<u8>,
    ) -> Result<Fetched, Trouble> {
        buffer.clear();
        match ask.transport {
            Transport::Http => self.fetch_http(ask, caller, buffer).await,
            Transport::Https => self.fetch_https(ask, caller, buffer).await,
            Transport::Tftp => self.fetch_tftp(ask, caller, buffer).await,
        }
    }

    /// Each file has its own connection; the phone closes it once it has the body.
    async fn connect(&self, port: u16, from: Option<IpAddr>) -> Result<TcpStream, Trouble> {
        let to = SocketAddr::new(self.server.address, port);
        let connecting = async {
            let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            if let Some(from) = from {
                socket.bind(SocketAddr::new(from, 0))?;
            }
            socket.connect(to).await
        };
        match tokio::time::timeout(self.patience.connect, connecting).await {
            Ok(connected) => connected.map_err(|e| no_connection(&e)),
            Err(_) => Err(Trouble::Silent(self.patience.connect)),
        }
    }

    fn tls_client(&self, tls: Tls) -> Result<&tls::Client, Trouble> {
        let (cell, policy): (_, fn() -> tls::ClientPolicy) = match tls {
            Tls::V1_0 => (&self.old_tls, tls::ClientPolicy::phone_7900),
            Tls::V1_2 => (&self.new_tls, tls::ClientPolicy::phone_8800),
        };
        let client = cell.get_or_init(|| tls::Client::new(policy()).map_err(|e| e.to_string()));
        client.as_ref().map_err(|e| Trouble::Here(e.clone()))
    }
}

/// The address to bind when nothing is said: of the same family as the server's.
fn unspecified(address: IpAddr) -> IpAddr {
    if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }
}

fn no_connection(error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Trouble::Refused,
        io::ErrorKind::TimedOut => Trouble::Broken("the network gave up".to_owned()),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            Trouble::Broken("the server broke the connection".to_owned())
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Trouble::Broken("there is no way to that address".to_owned())
        }
        _ => Trouble::Here(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
