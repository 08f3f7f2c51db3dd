//! TFTP as phones speak it: octet, no options, a new port for each file.

use std::{
    net::{IpAddr, SocketAddr},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use nix::sys::socket::{setsockopt, sockopt};
use tokio::{net::UdpSocket, time::timeout_at};
use wire::tftp::{Action, Download, ErrorCode, Failure, Mode, Options, Request, Wanted};

use super::{Caller, Fetched, Network, no_connection, unspecified};
use crate::ask::{Ask, Trouble};

/// A datagram of 512 bytes and its head, with room to see that one is longer than it should be.
const LONGEST_DATAGRAM: usize = 2048;

impl Network {
    pub(super) async fn fetch_tftp(
        &self,
        ask: &Ask,
        caller: Caller<'_>,
        buffer: &mut Vec<u8>,
    ) -> Result<Fetched, Trouble> {
        let server = SocketAddr::new(self.server.address, self.server.tftp);
        let from = caller.from.unwrap_or_else(|| unspecified(server.ip()));
        let socket = socket(from).await.map_err(|e| Trouble::Here(e.to_string()))?;
        let wanted = Wanted {
            server,
            request: Request { name: ask.name.as_bytes(), mode: Mode::Octet, options: Options::default() },
            retry: self.patience.tftp_retry,
            retries: self.patience.tftp_retries,
            max_size: ask.purpose.limit(),
        };
        let mut download = Download::new(&wanted, now()).map_err(|e| Trouble::Here(e.to_string()))?;
        let end = drive(&mut download, &socket).await;
        let again = download.retransmissions();
        self.retransmissions.fetch_add(again, Ordering::Relaxed);
        match end? {
            Ok(()) => {
                *buffer = download.into_content();
                let remark = (again > 0).then(|| format!("{again} datagrams sent again"));
                Ok(Fetched { start: 0, remark })
            }
            Err(failure) => Err(self.trouble(failure)),
        }
    }

    fn trouble(&self, failure: Failure) -> Trouble {
        match failure {
            Failure::Refused { code: ErrorCode::FileNotFound, message } => Trouble::Missing(message),
            Failure::Refused { code, message } => Trouble::TftpError(code.to_string(), message),
            Failure::Silent { .. } => Trouble::Silent(self.silence()),
            Failure::TooLarge { limit } => Trouble::TooBig(limit),
            other => Trouble::Broken(other.to_string()),
        }
    }

    fn silence(&self) -> Duration {
        self.patience.tftp_retry * (self.patience.tftp_retries + 1)
    }
}

/// A socket of its own for each file. It hears of a port where nobody listens, which saves a person the wait.
async fn socket(from: IpAddr) -> std::io::Result<UdpSocket> {
    let socket = UdpSocket::bind(SocketAddr::new(from, 0)).await?;
    match from {
        IpAddr::V4(_) => setsockopt(&socket, sockopt::Ipv4RecvErr, &true)?,
        IpAddr::V6(_) => setsockopt(&socket, sockopt::Ipv6RecvErr, &true)?,
    }
    Ok(socket)
}

async fn drive(download: &mut Download, socket: &UdpSocket) -> Result<Result<(), Failure>, Trouble> {
    let mut datagram = [0; LONGEST_DATAGRAM];
    let mut out = Vec::with_capacity(64);
    loop {
        match download.poll(now()) {
            Action::Send(message) => {
                out.clear();
                download.write(&message, &mut out);
                // A datagram that could not be sent is one that was lost; the machine says it again.
                let _ = socket.send_to(&out, message.to).await;
            }
            Action::Wait(until) => match timeout_at(until.into(), socket.recv_from(&mut datagram)).await {
                Ok(Ok((len, from))) => download.handle(&datagram[..len], from, now()),
                Ok(Err(e)) => return Err(no_connection(&e)),
                Err(_) => download.handle_timeout(now()),
            },
            Action::Done(end) => return Ok(end),
        }
    }
}

/// The runtime's clock, which tests can turn.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
