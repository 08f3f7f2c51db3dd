//! The phone's own web server, as far as pushes go: who sends something to `/CGI/Execute` is asked about at the
//! authenticationURL, letter by letter, and then the phone does what it knows.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::fetch::Fetcher;
use super::request::{Caller, Request, escape};
use super::tree::Node;
use super::uri;
use crate::models::{Model, Series};

/// A phone that can be pushed to.
#[derive(Debug)]
pub struct Desk {
    caller: Caller,
    fetcher: Fetcher,
    authentication: Option<String>,
    told: mpsc::UnboundedSender<Pushed>,
}

/// What a phone was made to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// By whom.
    pub user: String,
    /// What, as it was written, with the priority of addresses on servers.
    pub items: Vec<(String, u8)>,
}

/// Older books say 512 bytes.
const LONGEST_OLD: usize = 512;
const LONGEST_NEW: usize = 40 << 10;
const LONGEST_HEAD: usize = 8 << 10;
const MOST_ITEMS: usize = 3;
/// Whoever sends slower than this is given up.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

impl Desk {
    /// A phone that asks at `authentication` whether somebody may; without it everybody may. What it does is told to the
    /// receiver.
    #[must_use]
    pub fn new(
        caller: Caller,
        fetcher: Fetcher,
        authentication: Option<String>,
    ) -> (Self, mpsc::UnboundedReceiver<Pushed>) {
        let (told, hear) = mpsc::unbounded_channel();
        (Self { caller, fetcher, authentication, told }, hear)
    }

    /// Takes pushes over HTTP until the listener breaks, or over HTTPS if there is a server for it.
    pub async fn serve(self, listener: TcpListener, tls: Option<pki::tls::Server>) {
        let desk = Arc::new(self);
        while let Ok((stream, _)) = listener.accept().await {
            let (desk, tls) = (desk.clone(), tls.clone());
            tokio::spawn(async move {
                // A peer that breaks off or falls silent is nobody to answer.
                let talk = async {
                    match tls {
                        None => desk.talk(stream).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => desk.talk(stream).await,
                            Err(_) => Ok(()),
                        },
                    }
                };
                let _ = timeout(PATIENCE, talk).await;
            });
        }
    }

    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) -> std::io::Result<()> {
        let (status, kind, body) = match read(&mut stream).await? {
            Some((head, body)) => self.answer(&head, &body).await,
            None => ("400 Bad Request", "text/html", String::new()),
        };
        let more = if status.starts_with("401") { "WWW-Authenticate: Basic realm=\"user\"\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.shutdown().await
    }

    async fn answer(&self, head: &str, body: &[u8]) -> (&'static str, &'static str, String) {
        let mut lines = head.lines();
        if !lines.next().unwrap_or_default().starts_with("POST /CGI/Execute ") {
            return ("404 Not Found", "text/html", String::new());
        }
        let header = |wanted: &str| {
            let mut found = head.lines().filter_map(|line| line.split_once(':'));
            found.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
        };
        let basic = header("authorization").and_then(|value| value.strip_prefix("Basic ")).and_then(decoded);
        let Some((user, password)) = basic.as_deref().and_then(|text| text.split_once(':')) else {
            return ("401 Unauthorized", "text/html", String::new());
        };
        let xml = |text: String| {
            ("200 OK", "text/xml", format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{text}\n"))
        };
        if !self.may(user, password).await {
            return xml("<CiscoIPPhoneError Number=\"4\" />".to_owned());
        }
        match self.items(body) {
            Some(items) => {
                let done = items.iter().map(|(url, _)| self.does(url)).collect::<String>();
                // Whoever listens no more does not mind.
                let _ = self.told.send(Pushed { user: user.to_owned(), items });
                xml(format!("<CiscoIPPhoneResponse>\n{done}</CiscoIPPhoneResponse>"))
            }
            None => xml("<CiscoIPPhoneError Number=\"1\" />".to_owned()),
        }
    }

    async fn may(&self, user: &str, password: &str) -> bool {
        let Some(url) = &self.authentication else { return true };
        let joint = if url.contains('?') { '&' } else { '?' };
        let url = format!(
            "{url}{joint}UserID={}&Password={}&devicename={}",
            escape(user),
            escape(password),
            self.caller.device
        );
        let request = Request { url, form: None, headers: self.caller.headers(&[]) };
        self.fetcher
            .fetch(&request)
            .await
            .is_ok_and(|answer| answer.status == 200 && answer.body == b"AUTHORIZED")
    }

    /// The things of an Execute object, if it is one this phone reads.
    fn items(&self, body: &[u8]) -> Option<Vec<(String, u8)>> {
        let form = std::str::from_utf8(body).ok()?;
        let text = form.split('&').find_map(|pair| pair.strip_prefix("XML="))?;
        let text = unescaped(text)?;
        let most = if self.is_old() { LONGEST_OLD } else { LONGEST_NEW };
        if text.len() > most {
            return None;
        }
        let root = Node::parse(&text).ok().filter(|root| root.name == "CiscoIPPhoneExecute")?;
        let mut items = Vec::new();
        for child in &root.children {
            let attribute = |wanted: &str| {
                child.attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
            };
            let priority = attribute("Priority")
                .map_or(Some(0), |text| text.parse().ok())
                .filter(|level| *level <= 2)?;
            if child.name != "ExecuteItem" {
                return None;
            }
            items.push((attribute("URL")?.clone(), priority));
        }
        let on_servers = items.iter().filter(|(url, _)| uri::is_http(url)).count();
        ((1..=MOST_ITEMS).contains(&items.len()) && on_servers <= 1).then_some(items)
    }

    fn is_old(&self) -> bool {
        matches!(self.caller.model.series, Series::S6900 | Series::S7900)
    }

    /// What it says to one thing. A key it lacks is ignored without a word.
    fn does(&self, url: &str) -> String {
        let scheme = url.split(':').next().unwrap_or_default();
        let known = uri::check(url).is_ok() && knows(self.caller.model, scheme);
        let (status, data) = if known { (0, "Success") } else { (1, "Invalid URI") };
        let shown = url.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        format!("<ResponseItem Status=\"{status}\" Data=\"{data}\" URL=\"{shown}\" />\n")
    }
}

/// URIs that some series lack.
fn knows(model: &Model, scheme: &str) -> bool {
    match scheme {
        "Notify" | "QueryStringParam" => false,
        "SoftKey" | "Vibrate" => model.name.starts_with("8821"),
        "SendDigits" | "Display" | "App" | "Device" => model.series != Series::S7800,
        _ => true,
    }
}

/// A head and a body, or none if they are too long or no HTTP.
async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if bytes.len() > LONGEST_HEAD || stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().filter_map(|line| line.split_once(':'));
    let length = length.clone().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0);
    // Three letters for each byte of the largest object, at most.
    if length > LONGEST_NEW * 3 {
        return Ok(None);
    }
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some((head, bytes[end..end + length].to_vec())))
}

/// What stands behind `Basic`.
fn decoded(text: &str) -> Option<String> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for letter in text.trim().bytes().filter(|letter| *letter != b'=') {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        bits = (bits << 6 | u32::try_from(value).ok()?) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::models::find;

    fn desk(model: &str) -> Desk {
        let model = find(model).unwrap();
        Desk::new(Caller::new(model, "SEP001122334455"), Fetcher::new(model, None).unwrap(), None).0
    }

    fn form(xml: &str) -> Vec<u8> {
        format!("XML={}", escape(xml)).into_bytes()
    }

    #[tokio::test]
    async fn what_it_knows_is_done_and_the_rest_refused() {
        let basic = "POST /CGI/Execute HTTP/1.1\r\nAuthorization: Basic YW5uYTp4\r\n\r\n";
        let xml = "<CiscoIPPhoneExecute><ExecuteItem URL=\"Key:Services\"/><ExecuteItem URL=\"Display:Off:1\"/></CiscoIPPhoneExecute>";
        let (_, _, new) = desk("8845").answer(basic, &form(xml)).await;
        assert_eq!(new.matches("Status=\"0\"").count(), 2, "{new}");
        let (_, _, small) = desk("7821").answer(basic, &form(xml)).await;
        assert!(small.contains("Status=\"1\" Data=\"Invalid URI\" URL=\"Display:Off:1\""), "{small}");
        for wrong in [
            "<CiscoIPPhoneText/>",
            "<CiscoIPPhoneExecute></CiscoIPPhoneExecute>",
            "<CiscoIPPhoneExecute><ExecuteItem/></CiscoIPPhoneExecute>",
            "<CiscoIPPhoneExecute><ExecuteItem URL=\"http://a/\"/><ExecuteItem URL=\"http://b/\"/></CiscoIPPhoneExecute>",
            "x",
        ] {
            assert!(desk("8845").answer(basic, &form(wrong)).await.2.contains("Number=\"1\""), "{wrong}");
        }
        let long = format!(
            "<CiscoIPPhoneExecute><ExecuteItem URL=\"Dial:{}\"/></CiscoIPPhoneExecute>",
            "1".repeat(500)
        );
        assert!(
            desk("7942").answer(basic, &form(&long)).await.2.contains("Number=\"1\""),
            "old phones take 512 bytes"
        );
        assert!(desk("8845").answer(basic, &form(&long)).await.2.contains("Status=\"0\""));
        assert!(desk("8845").answer("POST /CGI/Execute HTTP/1.1\r\n\r\n", b"").await.0.starts_with("401"));
        assert!(desk("8845").answer("GET / HTTP/1.1\r\n\r\n", b"").await.0.starts_with("404"));
    }

    #[test]
    fn credentials_are_read() {
        assert_eq!(decoded("YW5uYTpzM2NyZXQ=").as_deref(), Some("anna:s3cret"));
        assert_eq!(decoded("YTpi").as_deref(), Some("a:b"));
        assert_eq!(
            (decoded("!"), unescaped("%4"), unescaped("a+%C3%BC").as_deref()),
            (None, None, Some("a ü"))
        );
    }
}
