//! Carrying requests to a server, over HTTP or HTTPS, as phones do: one connection for each.

use std::net::IpAddr;
use std::time::Duration;

use pki::{Certificate, tls};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::object::Refusal;
use super::request::{Caller, Request, Response, is_old};
use crate::models::{Model, Tls};

/// The way to servers.
#[derive(Debug)]
pub struct Fetcher {
    client: tls::Client,
    /// Certificates that HTTPS servers may show; none lets them show any.
    trusted: Option<Vec<Certificate>>,
    patience: Duration,
}

/// Larger answers are "too large"; the largest picture for a phone has some 400 KB.
const LARGEST: usize = 2 << 20;
/// Heads of real servers have some 500 bytes.
const LONGEST_HEAD: usize = 16 << 10;
/// As a phone waits.
const PATIENCE: Duration = Duration::from_secs(10);

impl Fetcher {
    /// A way for a phone of this model, which trusts these servers over HTTPS.
    pub fn new(model: &Model, trusted: Option<Vec<Certificate>>) -> Result<Self, tls::TlsError> {
        let policy = match model.tls {
            Tls::V1_0 => tls::ClientPolicy::phone_7900(),
            Tls::V1_2 => tls::ClientPolicy::phone_8800(),
        };
        Ok(Self { client: tls::Client::new(policy)?, trusted, patience: PATIENCE })
    }

    /// Fetches one answer.
    pub async fn fetch(&self, request: &Request) -> Result<Response, Refusal> {
        let place = Place::parse(&request.url)?;
        let bytes = place.request(request);
        self.carry(&place, &bytes).await
    }

    /// Uploads a problem report, with values wrapped as phones do it: newer ones begin with a line break, older ones are quoted.
    pub async fn report(&self, url: &str, caller: &Caller, file: &[u8]) -> Result<Response, Refusal> {
        let place = Place::parse(url)?;
        let bytes = place.report(caller, file);
        self.carry(&place, &bytes).await
    }

    async fn carry(&self, place: &Place, bytes: &[u8]) -> Result<Response, Refusal> {
        let connecting = TcpStream::connect((place.host.trim_matches(['[', ']']), place.port));
        let stream = match timeout(self.patience, connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(no_connection(place, &error.to_string())),
            Err(_) => return Err(no_connection(place, "no answer")),
        };
        if !place.secure {
            return self.exchange(stream, bytes).await;
        }
        let trusted = self.trusted.clone();
        let is_trusted = move |shown: &Certificate| trusted.as_ref().is_none_or(|list| list.contains(shown));
        let host_not_found = |why: String| Refusal { shown: "Host Not Found", why };
        match timeout(self.patience, self.client.connect(stream, &place.host, is_trusted)).await {
            Ok(Ok(stream)) => self.exchange(stream, bytes).await,
            Ok(Err(error)) => Err(host_not_found(format!("no TLS connection to {}: {error}", place.host))),
            Err(_) => Err(host_not_found(format!("no TLS connection to {}: no answer", place.host))),
        }
    }

    async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut stream: S,
        bytes: &[u8],
    ) -> Result<Response, Refusal> {
        let broken = |why: &str| Refusal { shown: "HTTP Error[10]: Connection Failed", why: why.to_owned() };
        let mut buffer = Vec::new();
        let talk = async {
            stream.write_all(bytes).await.map_err(|error| broken(&error.to_string()))?;
            stream.flush().await.map_err(|error| broken(&error.to_string()))?;
            let head = loop {
                if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                    break at + 4;
                }
                if buffer.len() > LONGEST_HEAD {
                    return Err(broken("the head of the answer has no end"));
                }
                read(&mut stream, &mut buffer).await?;
            };
            let mut response = parse_head(&buffer[..head]).ok_or_else(|| broken("the answer is no HTTP"))?;
            let length: usize = response
                .header("content-length")
                .and_then(|length| length.trim().parse().ok())
                .ok_or_else(|| broken("the answer has no Content-Length"))?;
            if length > LARGEST {
                return Err(Refusal { shown: "Data too large!", why: format!("{length} bytes") });
            }
            while buffer.len() < head + length {
                read(&mut stream, &mut buffer).await?;
            }
            response.body = buffer[head..head + length].to_vec();
            Ok(response)
        };
        timeout(self.patience, talk)
            .await
            .unwrap_or_else(|_| Err(broken("the answer did not come to its end")))
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> Result<(), Refusal> {
    let count = stream.read_buf(buffer).await.unwrap_or(0);
    let ended = || Refusal {
        shown: "HTTP Error[10]: Connection Failed",
        why: "the server closed the connection".to_owned(),
    };
    if count > 0 { Ok(()) } else { Err(ended()) }
}

fn parse_head(bytes: &[u8]) -> Option<Response> {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let mut lines = text.split("\r\n");
    let mut words = lines.next()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    let status = words.next()?.parse().ok()?;
    let header = |line: &str| {
        line.split_once(':').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
    };
    Some(Response { status, headers: lines.filter_map(header).collect(), body: Vec::new() })
}

fn no_connection(place: &Place, why: &str) -> Refusal {
    Refusal {
        shown: "HTTP Error[10]: Connection Failed",
        why: format!("{}:{}: {why}", place.host, place.port),
    }
}

/// The parts of an address.
struct Place {
    secure: bool,
    host: String,
    port: u16,
    target: String,
}

impl Place {
    fn parse(url: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal { shown: "Host Not Found", why: format!("no address of a server: {url}") };
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let secure = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(wrong()),
        };
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(at);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().map_err(|_| wrong())?),
            _ => (authority, if secure { 443 } else { 80 }),
        };
        let bare = host.trim_matches(['[', ']']);
        if bare.is_empty() || (host.starts_with('[') && bare.parse::<IpAddr>().is_err()) {
            return Err(wrong());
        }
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Ok(Self { secure, host: host.to_owned(), port, target })
    }

    fn request(&self, request: &Request) -> Vec<u8> {
        let method = if request.form.is_some() { "POST" } else { "GET" };
        let mut text = format!("{method} {} HTTP/1.1\r\nHost:{}:{}\r\n", self.target, self.host, self.port);
        for (name, value) in &request.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let form = request.form.as_deref().unwrap_or_default();
        if request.form.is_some() {
            let kind = "application/x-www-form-urlencoded";
            text.push_str(&format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", form.len()));
        }
        text.push_str("\r\n");
        text.push_str(form);
        text.into_bytes()
    }

    fn report(&self, caller: &Caller, file: &[u8]) -> Vec<u8> {
        const BOUNDARY: &str = "----------------------------7f0a1b2c3d4e";
        let wrapped =
            |value: &str| if is_old(caller.model) { format!("\"{value}\"") } else { format!("\n{value}") };
        let mut body = Vec::new();
        for (name, value) in [("devicename", &*caller.device), ("serialno", "FCH00112233"), ("username", "")]
        {
            let value = wrapped(value);
            let part =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.as_bytes());
        }
        let part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"prt_file\"; filename=\"probrep-20261123-061200.tar.gz\"\r\n\
             Content-Type: application/x-gzip\r\n\r\n"
        );
        body.extend(part.as_bytes());
        body.extend(file);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let head = format!(
            "POST {} HTTP/1.1\r\nHost:{}:{}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.target,
            self.host,
            self.port,
            body.len()
        );
        [head.into_bytes(), body].concat()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn addresses_have_parts() {
        let place = |url| Place::parse(url).map(|place| (place.secure, place.host, place.port, place.target));
        assert_eq!(
            place("http://192.0.2.5:6972/a?b").unwrap(),
            (false, "192.0.2.5".into(), 6972, "/a?b".into())
        );
        assert_eq!(
            place("https://[2001:db8::1]:6973").unwrap(),
            (true, "[2001:db8::1]".into(), 6973, "/".into())
        );
        assert_eq!(place("http://pbx?x").unwrap(), (false, "pbx".into(), 80, "/?x".into()));
        for url in ["ftp://x/", "http:///x", "x", "http://x:99999/", "http://[x]/"] {
            assert!(Place::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn requests_are_whole() {
        let request =
            Request { url: String::new(), form: Some("a=b".into()), headers: vec![("Accept", "*/*".into())] };
        let bytes = Place::parse("http://x:1/y").unwrap().request(&request);
        let expected = "POST /y HTTP/1.1\r\nHost:x:1\r\nAccept: */*\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}
