//! One connection to a server's API for each question.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinHandle;

use crate::admin::api::BASE;
use crate::admin::api::{PERSON, VERSION};
use crate::command::{Context, WrongUse, author};
use crate::listener::local;

/// A large import is taken and read within this; a server that is dead must not be waited for longer.
const PATIENCE: Duration = Duration::from_secs(120);
/// The export of a hundred thousand phones is half of that.
const MOST_BYTES: usize = 256 << 20;

/// A server says every few seconds that a command still runs.
const SILENCE: Duration = Duration::from_secs(60);
/// No line is longer than the largest file that a command gives, in hexadecimal.
const LONGEST_LINE: usize = 520 << 20;

/// A server, and what is shown to it.
pub(in crate::command) struct Client {
    place: Place,
    authority: String,
    token: Option<String>,
}

enum Place {
    /// Elsewhere, or here over the network.
    Net { host: String, port: u16 },
    /// On this machine, and whoever may open the socket may do everything.
    Socket(PathBuf),
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Net { .. } => write!(f, "the server at http://{}", self.authority),
            Place::Socket(path) => write!(f, "the server at {}", path.display()),
        }
    }
}

/// An answer that comes line by line.
pub(in crate::command) struct Lines {
    pub(in crate::command) status: StatusCode,
    /// Which offhook answers, if it says so.
    pub(in crate::command) server: Option<String>,
    body: Incoming,
    read: BytesMut,
    moving: JoinHandle<()>,
    from: String,
}

/// What it says.
pub(in crate::command) struct Reply {
    pub(super) status: StatusCode,
    pub(super) is_json: bool,
    pub(super) body: Bytes,
}

impl Client {
    pub(in crate::command) fn new(server: &str, token: &str) -> anyhow::Result<Self> {
        let wrong =
            |why: &str| WrongUse(format!("{server:?} is no server{why}: write http://pbx.example.net:8080"));
        let uri: Uri = server.parse().map_err(|_| wrong(""))?;
        if uri.scheme() != Some(&http::uri::Scheme::HTTP) {
            return Err(wrong(" that is spoken to here").into());
        }
        let authority = uri.authority().ok_or_else(|| wrong(""))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(80);
        let place = Place::Net { host, port };
        Ok(Self { place, authority: authority.to_string(), token: Some(token.to_owned()) })
    }

    /// A server that somebody named, with the token they have for it.
    pub(in crate::command) fn elsewhere(server: &str, context: &Context) -> anyhow::Result<Self> {
        // Who mistypes the address is told that first.
        let mut client = Self::new(server, "")?;
        let token = match &context.token_file {
            Some(file) => {
                let text = std::fs::read_to_string(file);
                text.with_context(|| format!("cannot read {}", file.display()))?
            }
            None => std::env::var("OFFHOOK_TOKEN").map_err(|_| {
                WrongUse("there is no token: set OFFHOOK_TOKEN, or name a file by --token-file; `offhook token add` makes one".to_owned())
            })?,
        };
        client.token = Some(token.trim().to_owned());
        if client.is_overheard() {
            context.output.remark(
                "note: the token goes over the network as it is; a tunnel or a proxy with TLS hides it",
            );
        }
        Ok(client)
    }

    /// The server of this machine that serves what is in `data_dir`, if one runs. A socket that nobody listens to any more is
    /// none.
    pub(in crate::command) fn local(data_dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = local::path(data_dir);
        match local::connect(data_dir).map(drop) {
            Ok(()) => {
                Ok(Some(Self { place: Place::Socket(path), authority: "localhost".to_owned(), token: None }))
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && path.exists() => bail!(
                "a server runs here, and {} may not use {}: run this as root or as the user of the server; --server with a \
                 token works for everybody",
                author::own_name(),
                path.display()
            ),
            Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
                bail!(
                    "the server at {} does not take a connection: it hangs, or has too much to do; --direct does it without the \
                 server",
                    path.display()
                )
            }
            Err(_) => Ok(None),
        }
    }

    /// Whether others could read the token on its way.
    pub(in crate::command) fn is_overheard(&self) -> bool {
        let Place::Net { host, .. } = &self.place else { return false };
        let here = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        !here && host != "localhost"
    }

    /// Asks once.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<(String, Vec<u8>)>,
    ) -> anyhow::Result<Reply> {
        match tokio::time::timeout(PATIENCE, self.exchange(method, path, body)).await {
            Ok(reply) => reply.with_context(|| format!("cannot ask http://{}", self.authority)),
            Err(_) => {
                bail!("http://{} does not answer within {} seconds", self.authority, PATIENCE.as_secs())
            }
        }
    }

    /// Asks, and reads the answer while it comes.
    pub(in crate::command) async fn stream(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> anyhow::Result<Lines> {
        let asked = async {
            let request = self.request(method, path, Some(("application/json".to_owned(), body)))?;
            let (mut sender, moving) = self.connect().await?;
            Ok((sender.send_request(request).await?, moving))
        };
        let answered: anyhow::Result<_> = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(answered) => answered,
            Err(_) => bail!("{self} does not answer within {} seconds", PATIENCE.as_secs()),
        };
        let (answer, moving) = answered.with_context(|| format!("cannot ask {self}"))?;
        let (parts, body) = answer.into_parts();
        let server = parts.headers.get(VERSION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (read, from) = (BytesMut::new(), self.to_string());
        Ok(Lines { status: parts.status, server, body, read, moving, from })
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<(String, Vec<u8>)>,
    ) -> anyhow::Result<Request<Full<Bytes>>> {
        let target = format!("{BASE}/{}", path.trim_start_matches('/'));
        let mut request = Request::builder().method(method).uri(target).header(HOST, &self.authority);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if matches!(self.place, Place::Socket(_)) {
            request = request.header(PERSON, author::person());
        }
        if let Some((kind, _)) = &body {
            request = request.header(CONTENT_TYPE, kind);
        }
        let bytes = Bytes::from(body.map(|(_, bytes)| bytes).unwrap_or_default());
        Ok(request.body(Full::new(bytes)).map_err(|_| WrongUse(format!("{path:?} is no address")))?)
    }

    async fn connect(&self) -> anyhow::Result<(SendRequest<Full<Bytes>>, JoinHandle<()>)> {
        match &self.place {
            Place::Net { host, port } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                shake(stream).await
            }
            Place::Socket(path) => {
                let folder = path.parent().unwrap_or(Path::new("."));
                let stream = local::connect(folder)?;
                stream.set_nonblocking(true)?;
                shake(UnixStream::from_std(stream)?).await
            }
        }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<(String, Vec<u8>)>,
    ) -> anyhow::Result<Reply> {
        let request = self.request(method, path, body)?;
        let (mut sender, moving) = self.connect().await?;
        let answer = sender.send_request(request).await?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MOST_BYTES).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes();
        moving.abort();
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        Ok(Reply { status: parts.status, is_json: kind.starts_with("application/json"), body })
    }
}

async fn shake<S>(stream: S) -> anyhow::Result<(SendRequest<Full<Bytes>>, JoinHandle<()>)>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It moves the bytes while the answer is read, and ends with it.
    let moving = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection to the server ended");
        }
    });
    Ok((sender, moving))
}

impl Lines {
    /// The next line; nothing at the end.
    pub(in crate::command) async fn next(&mut self) -> anyhow::Result<Option<Bytes>> {
        let mut looked = 0;
        loop {
            if let Some(end) = self.read[looked..].iter().position(|byte| *byte == b'\n') {
                let mut line = self.read.split_to(looked + end + 1);
                line.truncate(looked + end);
                return Ok(Some(line.freeze()));
            }
            looked = self.read.len();
            if looked > LONGEST_LINE {
                bail!("{} sends a line without end", self.from);
            }
            if !self.more().await? {
                return Ok(None);
            }
        }
    }

    /// Everything that still comes, where that is a short text.
    pub(in crate::command) async fn rest(&mut self) -> anyhow::Result<Bytes> {
        while self.read.len() < 1 << 20 && self.more().await? {}
        Ok(self.read.split().freeze())
    }

    async fn more(&mut self) -> anyhow::Result<bool> {
        let Ok(frame) = tokio::time::timeout(SILENCE, self.body.frame()).await else {
            bail!("{} said nothing for {} seconds", self.from, SILENCE.as_secs());
        };
        match frame {
            None => Ok(false),
            Some(frame) => {
                let frame = frame.with_context(|| format!("{} broke off", self.from))?;
                if let Some(data) = frame.data_ref() {
                    self.read.extend_from_slice(data);
                }
                Ok(true)
            }
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.moving.abort();
    }
}
