//! Accepting connections: who may, how many, and what to do when the system itself runs short.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::permits::{Permit, Permits, Progress};
use super::{App, Name, access, bind};
use crate::config::Resolved;
use crate::metrics::Refused;

/// Pause after running out of descriptors or memory: long enough for some connection to end.
const SHORTAGE_PAUSE: Duration = Duration::from_millis(50);

/// The bound sockets of one listener.
#[derive(Debug)]
pub struct Sockets {
    name: Name,
    sockets: Vec<std::net::TcpListener>,
}

/// A connection that was let in.
pub struct Accepted {
    /// The connection.
    pub stream: TcpStream,
    /// Whose it is: an IPv4 phone has an IPv4 address, whatever the socket.
    pub peer: SocketAddr,
    /// Tells it from all others of this listener, those before it, too: ports are used again.
    pub number: u64,
    /// To be told when it moves.
    pub progress: Arc<Progress>,
}

impl Sockets {
    /// Binds all addresses of the listener `name`, or gives `None` when it is turned off.
    ///
    /// # Errors
    /// Names the address and what is in the way.
    pub fn bind(name: Name, config: &Resolved) -> Result<Option<Self>, bind::BindError> {
        let Some(listener) = name.of(&config.listen) else { return Ok(None) };
        Ok(Some(Self { name, sockets: bind::tcp(name, &listener.addresses)? }))
    }

    /// The addresses really bound.
    #[must_use]
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect()
    }
}

/// Accepts on all `sockets` and gives each connection to `handle`, until `stop`; then waits for those that run.
///
/// # Errors
/// When a socket fails for good.
pub async fn serve<H, F>(sockets: Sockets, app: App, stop: CancellationToken, handle: H) -> io::Result<()>
where
    H: Fn(App, Accepted, CancellationToken) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let door = Door {
        name: sockets.name,
        app,
        stop: stop.clone(),
        permits: Permits::default(),
        running: TaskTracker::new(),
    };
    let mut loops = JoinSet::new();
    for socket in sockets.sockets {
        // The last, short segment of a file must not wait for an acknowledgement; connections inherit this.
        SockRef::from(&socket).set_tcp_nodelay(true)?;
        let socket = TcpListener::from_std(socket)?;
        loops.spawn(door.clone().accept(socket, handle.clone()));
    }
    while let Some(ended) = loops.join_next().await {
        ended.map_err(io::Error::other)??;
    }
    door.running.close();
    door.running.wait().await;
    Ok(())
}

/// What every accept loop of one listener shares.
#[derive(Clone)]
struct Door {
    name: Name,
    app: App,
    stop: CancellationToken,
    permits: Permits,
    running: TaskTracker,
}

impl Door {
    async fn accept<H, F>(self, socket: TcpListener, handle: H) -> io::Result<()>
    where
        H: Fn(App, Accepted, CancellationToken) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        loop {
            let accepted = tokio::select! {
                accepted = socket.accept() => accepted,
                () = self.stop.cancelled() => return Ok(()),
            };
            match accepted {
                Ok((stream, peer)) => {
                    if let Some((accepted, permit)) = self.let_in(stream, peer) {
                        let task = permit.task();
                        let work = handle(self.app.clone(), accepted, self.stop.clone());
                        let opened = self.app.metrics.listener(self.name).opened();
                        let running = self.running.spawn(async move {
                            let _held = (permit, opened);
                            work.await;
                        });
                        // Nobody else sets it.
                        let _ = task.set(running.abort_handle());
                    }
                }
                Err(error) => self.outlast(error).await?,
            }
        }
    }

    /// Decides about one connection; dropping the stream closes it.
    fn let_in(&self, stream: TcpStream, peer: SocketAddr) -> Option<(Accepted, Permit)> {
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let config = self.app.config.load();
        let allowed =
            self.name.of(&config.listen).is_some_and(|listener| access::allowed(&listener.allow, peer.ip()));
        if !allowed {
            self.refuse(peer, Refused::NotAllowed);
            return None;
        }
        let limits = config.limits;
        let admitted =
            self.permits.admit(peer.ip(), limits.connections, limits.connections_per_address, Instant::now());
        let permit = admitted.map_err(|reason| self.refuse(peer, reason)).ok()?;
        let (number, progress) = (permit.number, permit.progress.clone());
        Some((Accepted { stream, peer, number, progress }, permit))
    }

    fn refuse(&self, peer: SocketAddr, reason: Refused) {
        self.app.metrics.listener(self.name).refused(reason).inc();
        self.app.timeline.turned_away(self.name, peer, reason, None, &"the connection was closed at once");
        tracing::debug!(%peer, listener = self.name.as_str(), %reason, "connection refused");
    }

    /// Goes on after an error that concerns one connection or passes by itself.
    async fn outlast(&self, error: io::Error) -> io::Result<()> {
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM) => {
                tracing::warn!(listener = self.name.as_str(), %error, "cannot accept for now");
                tokio::time::sleep(SHORTAGE_PAUSE).await;
                Ok(())
            }
            Some(Errno::EBADF | Errno::EINVAL | Errno::ENOTSOCK | Errno::EOPNOTSUPP) | None => Err(error),
            // The rest tells of a connection that died before it was taken (accept(2) lists a dozen).
            Some(_) => Ok(()),
        }
    }
}
