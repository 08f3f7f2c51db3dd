//! A running listener, and a phone to ask it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use offhook::listener::{App, tftp};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wire::tftp::{Action, Download, Failure, Mode, Options, Packet, Request, Wanted};

use crate::support::Site;

/// Nothing here takes so long unless something is broken.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A listener that serves until it is dropped.
pub(crate) struct Server {
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) app: App,
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinHandle<std::io::Result<()>>,
    pub(crate) runtime: Runtime,
}

impl Server {
    pub(crate) fn start(site: &Site) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let bound = tftp::bind(&site.config).unwrap().unwrap();
        let addresses = bound.local_addrs();
        let (app, stop) = (site.app(), CancellationToken::new());
        let task = runtime.spawn(bound.serve(app.clone(), stop.clone()));
        Self { addresses, app, stop, task, runtime }
    }

    /// Where a phone finds it: IPv4, unless the site says otherwise.
    pub(crate) fn address(&self) -> SocketAddr {
        *self.addresses.first().unwrap()
    }

    /// The whole text of the metrics has this line, once everything sent so far has been heard.
    #[track_caller]
    pub(crate) fn counts(&self, line: &str) {
        // The listener hears what transfers have to say before what comes anew.
        Client::of(self.address()).heard_nothing();
        let text = self.app.metrics.encode();
        assert!(text.lines().any(|counted| counted == line), "{line} in\n{text}");
    }
}

/// A site that listens on these addresses only.
pub(crate) fn site_on(addresses: &[&str]) -> Site {
    let mut site = Site::new();
    let listener = site.config.listen.tftp.as_mut().unwrap();
    listener.addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
    site
}

/// Bytes in which no two blocks are alike.
pub(crate) fn content(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * 31 + at / 251 + at / 65_521) as u8).collect()
}

/// A client that decides about every single packet.
pub(crate) struct Client {
    pub(crate) socket: UdpSocket,
    pub(crate) server: SocketAddr,
}

impl Client {
    pub(crate) fn of(server: SocketAddr) -> Self {
        let any = if server.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
        let socket = UdpSocket::bind(any).unwrap();
        socket.set_read_timeout(Some(LONG)).unwrap();
        Self { socket, server }
    }

    pub(crate) fn send(&self, to: SocketAddr, packet: &Packet<'_>) {
        let mut datagram = Vec::new();
        packet.encode(&mut datagram).unwrap();
        self.socket.send_to(&datagram, to).unwrap();
    }

    pub(crate) fn ask(&self, name: &str) {
        self.ask_with(name, Options::default());
    }

    pub(crate) fn ask_with(&self, name: &str, options: Options) {
        self.send(self.server, &Packet::Read(Request { name: name.as_bytes(), mode: Mode::Octet, options }));
    }

    pub(crate) fn ack(&self, to: SocketAddr, block: u16) {
        self.send(to, &Packet::Ack { block });
    }

    /// What comes next, and from where.
    #[track_caller]
    pub(crate) fn hear(&self) -> (Vec<u8>, SocketAddr) {
        let mut buffer = vec![0; 65_536];
        let (len, from) = self.socket.recv_from(&mut buffer).expect("something comes");
        buffer.truncate(len);
        (buffer, from)
    }

    /// The number of the block that comes next, and from where.
    #[track_caller]
    pub(crate) fn block(&self) -> (u16, SocketAddr) {
        let (datagram, from) = self.hear();
        match Packet::decode(&datagram) {
            Ok(Packet::Data { block, .. }) => (block, from),
            other => panic!("not a block: {other:?}"),
        }
    }

    /// The error that comes next.
    #[track_caller]
    pub(crate) fn error(&self) -> (u16, String) {
        let (datagram, _) = self.hear();
        match Packet::decode(&datagram) {
            Ok(Packet::Error { code, message }) => {
                (code.into(), String::from_utf8(message.to_vec()).unwrap())
            }
            other => panic!("not an error: {other:?}"),
        }
    }

    /// Asserts that nothing has come, by asking for something afterwards that is answered at once: the listener
    /// answers in order.
    #[track_caller]
    pub(crate) fn heard_nothing(&self) {
        self.send(
            self.server,
            &Packet::Write(Request { name: b"", mode: Mode::Octet, options: Options::default() }),
        );
        let (code, text) = self.error();
        assert_eq!((code, text.as_str()), (2, "files here are only read"));
    }

    /// Whether a request is answered at all.
    pub(crate) fn answered_within(&self, time: Duration, request: Request<'_>) -> bool {
        self.socket.set_read_timeout(Some(time)).unwrap();
        self.send(self.server, &Packet::Read(request));
        self.socket.recv_from(&mut [0; 600]).is_ok()
    }

    /// The same, but errors about transfers that are over are expected.
    #[track_caller]
    pub(crate) fn heard_only_late_errors(&self) {
        self.send(
            self.server,
            &Packet::Write(Request { name: b"", mode: Mode::Octet, options: Options::default() }),
        );
        while self.error().0 == 5 {}
    }

    /// Everything that `request` brings, and which addresses it came from.
    pub(crate) fn fetch(&self, request: Request<'_>) -> (Result<Vec<u8>, Failure>, Vec<SocketAddr>) {
        let wanted = Wanted {
            server: self.server,
            request,
            retry: Duration::from_secs(5),
            retries: 2,
            max_size: 64 << 20,
        };
        let mut download = Download::new(&wanted, Instant::now()).unwrap();
        let (mut buffer, mut datagram, mut froms) = (vec![0; 65_536], Vec::new(), Vec::new());
        loop {
            match download.poll(Instant::now()) {
                Action::Send(message) => {
                    datagram.clear();
                    download.write(&message, &mut datagram);
                    self.socket.send_to(&datagram, message.to).unwrap();
                }
                Action::Wait(_) => match self.socket.recv_from(&mut buffer) {
                    Ok((len, from)) => {
                        if !froms.contains(&from) {
                            froms.push(from);
                        }
                        download.handle(&buffer[..len], from, Instant::now());
                    }
                    Err(_) => download.handle_timeout(Instant::now()),
                },
                Action::Done(end) => return (end.map(|()| download.into_content()), froms),
            }
        }
    }
}

/// What a phone sends: octets and no options.
pub(crate) fn plain(name: &str) -> Request<'_> {
    Request { name: name.as_bytes(), mode: Mode::Octet, options: Options::default() }
}
