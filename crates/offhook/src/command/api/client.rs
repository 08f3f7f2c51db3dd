//! One connection to a server's API for each question.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::admin::api::BASE;
use crate::command::WrongUse;

/// A large import is taken and read within this; a server that is dead must not be waited for longer.
const PATIENCE: Duration = Duration::from_secs(120);
/// The export of a hundred thousand phones is half of that.
const MOST_BYTES: usize = 256 << 20;

/// A server, and what is shown to it.
pub(super) struct Client {
    host: String,
    port: u16,
    authority: String,
    token: String,
}

/// What it says.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) is_json: bool,
    pub(super) body: Bytes,
}

impl Client {
    pub(super) fn new(server: &str, token: &str) -> anyhow::Result<Self> {
        let wrong =
            |why: &str| WrongUse(format!("{server:?} is no server{why}: write http://pbx.example.net:8080"));
        let uri: Uri = server.parse().map_err(|_| wrong(""))?;
        if uri.scheme() != Some(&http::uri::Scheme::HTTP) {
            return Err(wrong(" that is spoken to here").into());
        }
        let authority = uri.authority().ok_or_else(|| wrong(""))?;
        Ok(Self {
            host: authority.host().trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: authority.port_u16().unwrap_or(80),
            authority: authority.to_string(),
            token: token.to_owned(),
        })
    }

    /// Whether others could read the token on its way.
    pub(super) fn is_overheard(&self) -> bool {
        let here = self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        !here && self.host != "localhost"
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

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<(String, Vec<u8>)>,
    ) -> anyhow::Result<Reply> {
        let target = format!("{BASE}/{}", path.trim_start_matches('/'));
        let request = Request::builder().method(method).uri(target).header(HOST, &self.authority);
        let request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        let request = match &body {
            Some((kind, _)) => request.header(CONTENT_TYPE, kind),
            None => request,
        };
        let bytes = Bytes::from(body.map(|(_, bytes)| bytes).unwrap_or_default());
        let request =
            request.body(Full::new(bytes)).map_err(|_| WrongUse(format!("{path:?} is no address")))?;
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // It moves the bytes while the answer is read, and ends with it.
        let moving = tokio::spawn(connection);
        let answer = sender.send_request(request).await?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MOST_BYTES).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes();
        moving.abort();
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        Ok(Reply { status: parts.status, is_json: kind.starts_with("application/json"), body })
    }
}
