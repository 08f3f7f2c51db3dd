//! One request for a page: who asks, from where, with what.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::HOST;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use provision::objects::{Asker, Base, Parameters, Phone, Target};

use super::Fault;
use crate::listener::App;

/// A form filled in on a phone has five fields.
const LONGEST_FORM: usize = 16 << 10;

/// A request, as a page sees it.
#[derive(Debug)]
pub struct Ask {
    /// Settings, files, counters.
    pub app: App,
    /// What the phone says of itself.
    pub asker: Asker,
    /// Its address.
    pub peer: SocketAddr,
    /// Whether it came over HTTPS.
    pub secure: bool,
    /// Whether it brings a body that counts.
    pub is_post: bool,
    /// All its headers.
    pub headers: HeaderMap,
    base: Base,
    body: Option<Incoming>,
}

/// Where a connection begins and ends.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// The phone.
    pub peer: SocketAddr,
    /// This end.
    pub local: SocketAddr,
    /// Whether it is HTTPS.
    pub secure: bool,
    /// The number of the connection.
    pub connection: u64,
}

impl Ask {
    /// Reads what the request says.
    #[must_use]
    pub fn new(app: App, way: Way, request: http::Request<Incoming>) -> Self {
        let (parts, body) = request.into_parts();
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let asker = Asker::parse(headers, parts.uri.query().unwrap_or_default().as_bytes());
        let is_post = parts.method == http::Method::POST;
        let base = Base::new(parts.headers.get(HOST).map(http::HeaderValue::as_bytes), way.local, way.secure);
        Self {
            app,
            asker,
            peer: way.peer,
            secure: way.secure,
            is_post,
            headers: parts.headers,
            base,
            body: Some(body),
        }
    }

    /// The phone, as objects need it.
    #[must_use]
    pub fn phone(&self) -> Phone {
        self.asker.phone
    }

    /// A parameter of the query.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.asker.parameters.get(name)
    }

    /// A parameter that is a number, such as a page; anything else is none.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<usize> {
        self.parameter(name)?.parse().ok()
    }

    /// The absolute address of another page of this server, as this phone reaches it.
    ///
    /// # Errors
    /// When the parameters make it too long for a phone.
    pub fn link(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Target, Fault> {
        let device = self.asker.device.map(|mac| mac.device_name());
        let mut parameters = parameters.to_vec();
        // The next page must know, too, who asks: phones tell it only to addresses of their configuration.
        if let Some(device) = device.as_deref().filter(|_| parameters.iter().all(|(name, _)| *name != "name"))
        {
            parameters.push(("name", device));
        }
        Ok(self.base.page(path, &parameters)?)
    }

    /// Where this phone finds this server: `http://192.0.2.5:6972`.
    #[must_use]
    pub fn base(&self) -> &str {
        self.base.as_str()
    }

    /// The body, once; then there is none.
    pub fn body(&mut self) -> Option<Incoming> {
        self.body.take()
    }

    /// The parameters of a form that was sent with POST, behind those of the query.
    ///
    /// # Errors
    /// When it is too long, or stops half-way.
    pub async fn form(&mut self) -> Result<Parameters, Fault> {
        let mut bytes = Vec::new();
        if let Some(mut body) = self.body() {
            let patience = self.app.config.load().limits.header;
            while let Some(data) = next(&mut body, patience).await? {
                if bytes.len() + data.len() > LONGEST_FORM {
                    return Err(Fault::TooLarge(LONGEST_FORM as u64));
                }
                bytes.extend_from_slice(&data);
            }
        }
        Ok(Parameters::parse(&bytes))
    }
}

/// The next piece of a body; a peer that stops half-way is waited for only so long.
pub(super) async fn next(body: &mut Incoming, patience: Duration) -> Result<Option<Bytes>, Fault> {
    loop {
        let frame = tokio::time::timeout(patience, body.frame()).await.map_err(|_| Fault::Stopped)?;
        match frame {
            None => return Ok(None),
            Some(Err(_)) => return Err(Fault::Stopped),
            // Trailers say nothing we would ask for.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}
