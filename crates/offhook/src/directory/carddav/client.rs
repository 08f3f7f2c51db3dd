//! HTTP to a server of somebody else: one connection, kept while it lasts; every wait has its deadline and every answer a size.
//!
//! The password goes to the server it was meant for and to no other, wherever that one leads.

use std::path::Path;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, LOCATION, USER_AGENT, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use pki::tls::WebClient;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::trouble::Trouble;
use crate::directory::Url;

/// Name and connection; a server that is there answers far sooner.
const CONNECT: Duration = Duration::from_secs(5);
/// Until an answer begins: large address books are searched first.
const BEGIN: Duration = Duration::from_secs(60);
/// Between two pieces of an answer.
const PIECE: Duration = Duration::from_secs(15);
/// No server leads on more often and means well.
const REDIRECTS: usize = 5;
/// A list of a hundred thousand cards, or a hundred cards with pictures.
const LARGEST: usize = 64 << 20;
/// An authority is a few kilobytes; all that a system has, a few hundred.
const LARGEST_AUTHORITY: u64 = 4 << 20;

/// The way to one server.
pub(super) struct Client {
    tls: WebClient,
    authorization: Option<HeaderValue>,
    /// The open connection, and where it goes.
    open: Option<(Url, SendRequest<Full<Bytes>>)>,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask<'a> {
    pub(super) method: &'a str,
    /// How far below the address.
    pub(super) depth: &'a str,
    pub(super) body: &'a str,
}

/// What came back, and from where after all redirects.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) url: Url,
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

impl Client {
    /// A client that says who it is; nobody in particular without a user.
    pub(super) fn new(user: &str, password: &str, authority: Option<&Path>) -> Result<Self, Trouble> {
        let tls = match authority {
            None => WebClient::of_this_machine()
                .map_err(|error| Trouble::Authority("of this machine".to_owned(), error.to_string()))?,
            Some(path) => {
                trusting(path).map_err(|why| Trouble::Authority(path.display().to_string(), why))?
            }
        };
        let authorization = (!user.is_empty()).then(|| {
            let said = pki::digest::base64(format!("{user}:{password}").as_bytes());
            let mut value = HeaderValue::try_from(format!("Basic {said}")).expect("base64 is plain letters");
            value.set_sensitive(true);
            value
        });
        Ok(Self { tls, authorization, open: None })
    }

    /// Asks, and follows where the server leads, as long as it stays the same.
    pub(super) async fn ask(&mut self, url: &Url, ask: Ask<'_>) -> Result<Answer, Trouble> {
        let mut at = url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.send(&at, ask).await?;
            let status = response.status();
            if !matches!(status.as_u16(), 301 | 302 | 307 | 308) {
                self.check(&at, &response)?;
                let body = body(&at, response).await?;
                return Ok(Answer { url: at, status, body });
            }
            let said = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
            let to = at.join(said).map_err(|why| Trouble::Nonsense(at.clone(), why))?;
            // The rest of this answer would have to be read first.
            self.open = None;
            if !to.host.eq_ignore_ascii_case(&url.host)
                || (url.secure && !to.is_beside(url))
                || (!to.secure && !to.is_beside(url))
            {
                return Err(Trouble::Elsewhere(url.clone(), to.to_string()));
            }
            at = to;
        }
        Err(Trouble::Loop(url.clone()))
    }

    fn check(&self, url: &Url, response: &Response<Incoming>) -> Result<(), Trouble> {
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(());
        }
        let offers = response.headers().get_all(WWW_AUTHENTICATE);
        let is_basic = |offer: &HeaderValue| offer.as_bytes().to_ascii_lowercase().starts_with(b"basic");
        let other_only = offers.iter().next().is_some() && !offers.iter().any(is_basic);
        Err(if other_only { Trouble::NoBasic(url.clone()) } else { Trouble::Refused(url.clone()) })
    }

    /// A server may have closed a connection that was kept; the question is then asked once more.
    async fn send(&mut self, url: &Url, ask: Ask<'_>) -> Result<Response<Incoming>, Trouble> {
        if let Some((_, mut kept)) =
            self.open.take().filter(|(to, kept)| to.is_beside(url) && !kept.is_closed())
            && let Ok(response) = self.exchange(url, &mut kept, ask).await
        {
            self.open = Some((url.clone(), kept));
            return Ok(response);
        }
        let mut new = self.connect(url).await?;
        let response = self.exchange(url, &mut new, ask).await?;
        self.open = Some((url.clone(), new));
        Ok(response)
    }

    async fn exchange(
        &self,
        url: &Url,
        sender: &mut SendRequest<Full<Bytes>>,
        ask: Ask<'_>,
    ) -> Result<Response<Incoming>, Trouble> {
        let away = |error: hyper::Error| Trouble::Away(url.authority(), error.to_string());
        let request = self.request(url, ask)?;
        let sent = async {
            sender.ready().await?;
            sender.send_request(request).await
        };
        timeout(BEGIN, sent).await.map_err(|_| Trouble::Slow(url.authority()))?.map_err(away)
    }

    fn request(&self, url: &Url, ask: Ask<'_>) -> Result<Request<Full<Bytes>>, Trouble> {
        let nonsense = |why: String| Trouble::Nonsense(url.clone(), why);
        let method =
            Method::from_bytes(ask.method.as_bytes()).map_err(|error| nonsense(error.to_string()))?;
        let mut request = Request::builder().method(method).uri(&url.path).header(HOST, url.authority());
        request = request.header(USER_AGENT, "offhook").header("Depth", ask.depth);
        request =
            request.header(CONTENT_TYPE, "application/xml; charset=utf-8").header(CONNECTION, "keep-alive");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let body = Full::new(Bytes::copy_from_slice(ask.body.as_bytes()));
        request.body(body).map_err(|error| nonsense(error.to_string()))
    }

    async fn connect(&self, url: &Url) -> Result<SendRequest<Full<Bytes>>, Trouble> {
        let slow = |_| Trouble::Slow(url.authority());
        let away = |why: String| Trouble::Away(url.authority(), why);
        let stream =
            timeout(CONNECT, TcpStream::connect((url.host.as_str(), url.port))).await.map_err(slow)?;
        let stream = stream.map_err(|error| away(error.to_string()))?;
        if !url.secure {
            let (sender, connection) =
                http1::handshake(TokioIo::new(stream)).await.map_err(|error| away(error.to_string()))?;
            // Ends with the sender, or when the server closes.
            tokio::spawn(connection);
            return Ok(sender);
        }
        let stream = timeout(CONNECT, self.tls.connect(stream, &url.host)).await.map_err(slow)?;
        let stream = stream.map_err(|error| away(error.to_string()))?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| away(error.to_string()))?;
        tokio::spawn(connection);
        Ok(sender)
    }
}

async fn body(url: &Url, response: Response<Incoming>) -> Result<Bytes, Trouble> {
    let mut body = response.into_body();
    let mut bytes = BytesMut::new();
    loop {
        let frame = timeout(PIECE, body.frame()).await.map_err(|_| Trouble::Slow(url.authority()))?;
        let Some(frame) = frame else { return Ok(bytes.freeze()) };
        let frame = frame.map_err(|error| Trouble::Away(url.authority(), error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > LARGEST {
            return Err(Trouble::TooLarge(url.clone(), LARGEST));
        }
        bytes.extend_from_slice(&data);
    }
}

fn trusting(path: &Path) -> Result<WebClient, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST_AUTHORITY {
        return Err(format!("it has {size} bytes"));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    WebClient::trusting(&bytes).map_err(|error| error.to_string())
}
