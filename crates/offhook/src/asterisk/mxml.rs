//! The manager interface over HTTP: one connection and one log-in are kept; an expired log-in is renewed once a question.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{COOKIE, HOST, SET_COOKIE};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use wire::ami::{Action, Message};

use super::{Account, Trouble};

/// A list of ten thousand peers is about this long.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
/// A log-in that takes longer than this will not come.
const LOGIN: Duration = Duration::from_secs(5);
/// So long nobody tries again with a secret that is wrong.
const REFUSED: Duration = Duration::from_secs(15);
/// What needs no escape in a query.
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A log-in that is kept. Whoever is not logged in is asked to be; nobody logs in for each question.
#[derive(Clone, Debug)]
pub(super) struct Session(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    account: Account,
    /// Taken while it is used: a question that is given up takes its connection along.
    open: Mutex<Option<Open>>,
    /// Asterisk takes its time to refuse somebody, longer than a phone waits: whoever asks next is told.
    refused: std::sync::Mutex<Option<(Instant, Trouble)>>,
}

#[derive(Debug)]
struct Open {
    sender: SendRequest<Empty<Bytes>>,
    cookie: Option<HeaderValue>,
}

impl Session {
    /// A session that is opened by the first question.
    pub(super) fn new(account: Account) -> Self {
        Self(Arc::new(Shared { account, open: Mutex::new(None), refused: std::sync::Mutex::new(None) }))
    }

    /// The response and, behind it, the events of a list.
    pub(super) async fn exchange(&self, action: &Action) -> Result<Vec<Message>, Trouble> {
        let shared = &self.0;
        let mut kept = shared.open.lock().await;
        if let Some(open) = kept.take().filter(|open| !open.sender.is_closed())
            && let Ok((open, answer)) = shared.ask(open, action).await
            && !is_locked_out(&answer)
        {
            *kept = Some(open);
            return Ok(answer);
        }
        if let Some(trouble) = shared.lately_refused() {
            return Err(trouble);
        }
        let open = self.log_in().await?;
        let (open, answer) = shared.ask(open, action).await?;
        *kept = Some(open);
        Ok(answer)
    }

    /// Goes on when nobody waits for it any more, to learn whether we are refused.
    async fn log_in(&self) -> Result<Open, Trouble> {
        let shared = self.0.clone();
        let task = tokio::spawn(async move {
            let logged_in = tokio::time::timeout(LOGIN, shared.log_in()).await;
            let logged_in = logged_in.unwrap_or_else(|_| Err(Trouble::Slow("Login".to_owned())));
            if let Err(trouble @ Trouble::Refused { .. }) = &logged_in {
                tracing::warn!(%trouble, "no Asterisk to ask");
                *shared.refused.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((Instant::now(), trouble.clone()));
            }
            logged_in
        });
        task.await.map_err(|_| Trouble::Slow("Login".to_owned()))?
    }
}

impl Shared {
    fn lately_refused(&self) -> Option<Trouble> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, trouble) = refused.as_ref()?;
        (at.elapsed() < REFUSED).then(|| trouble.clone())
    }

    async fn log_in(&self) -> Result<Open, Trouble> {
        let stream =
            TcpStream::connect(self.account.address.place()).await.map_err(|error| self.away(&error))?;
        stream.set_nodelay(true).map_err(|error| self.away(&error))?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.away(&error))?;
        // Ends with the sender, or when Asterisk closes.
        tokio::spawn(connection);
        let login = Action::new("Login")
            .with("Username", &self.account.username)
            .with("Secret", &self.account.secret);
        let (open, answer) = self.ask(Open { sender, cookie: None }, &login).await?;
        match answer.first() {
            Some(first) if first.get("response") == Some("Success") => Ok(open),
            first => Err(Trouble::Refused {
                address: self.account.address.to_string(),
                username: self.account.username.clone(),
                why: first.and_then(|first| first.get("message")).unwrap_or("it says nothing").to_owned(),
            }),
        }
    }

    async fn ask(&self, mut open: Open, action: &Action) -> Result<(Open, Vec<Message>), Trouble> {
        let request = self.request(action, open.cookie.as_ref())?;
        open.sender.ready().await.map_err(|error| self.away(&error))?;
        let response = open.sender.send_request(request).await.map_err(|error| self.away(&error))?;
        if !response.status().is_success() {
            return Err(self.nonsense(&format!("it says {}", response.status())));
        }
        if let Some(cookie) = cookie_of(&response) {
            open.cookie = Some(cookie);
        }
        let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
        let body = body.map_err(|error| self.away(error.as_ref()))?.to_bytes();
        let answer = read(&body).map_err(|problem| self.nonsense(&problem))?;
        Ok((open, answer))
    }

    fn request(
        &self,
        action: &Action,
        cookie: Option<&HeaderValue>,
    ) -> Result<Request<Empty<Bytes>>, Trouble> {
        let account = &self.account.address;
        let mut target = format!("{}?action={}", account.path, escaped(action.name()));
        for (key, value) in action.fields() {
            target.push_str(&format!("&{}={}", escaped(key), escaped(value)));
        }
        let mut request = Request::get(target).header(HOST, format!("{}:{}", account.host, account.port));
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        request
            .body(Empty::new())
            .map_err(|error| Trouble::Cannot { action: action.name().to_owned(), why: error.to_string() })
    }

    fn away(&self, error: &(impl std::fmt::Display + ?Sized)) -> Trouble {
        Trouble::Away { address: self.account.address.to_string(), why: error.to_string() }
    }

    fn nonsense(&self, why: &str) -> Trouble {
        Trouble::Nonsense { address: self.account.address.to_string(), why: why.to_owned() }
    }
}

/// Versions say it differently, and always with status 200.
fn is_locked_out(answer: &[Message]) -> bool {
    answer.first().is_none_or(|first| {
        first.get("response") == Some("Error")
            && matches!(first.get("message"), Some("Permission denied" | "Authentication Required"))
    })
}

fn cookie_of(response: &Response<Incoming>) -> Option<HeaderValue> {
    let cookie = response.headers().get(SET_COOKIE)?.to_str().ok()?;
    HeaderValue::from_str(cookie.split(';').next()?).ok()
}

fn escaped(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, &PLAIN)
}

/// `<ajax-response><response …><generic key='value' …/></response>…`: a message for each `generic`.
fn read(xml: &[u8]) -> Result<Vec<Message>, String> {
    let mut reader = Reader::from_reader(xml);
    let (mut messages, mut begun) = (Vec::new(), false);
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(element) if element.name().as_ref() == "ajax-response" => begun = true,
            Event::Start(_) | Event::Empty(_) if !begun => return Err("no <ajax-response>".to_owned()),
            Event::Start(element) | Event::Empty(element) if element.name().as_ref() == "generic" => {
                messages.push(message(&element)?);
            }
            Event::Eof if begun => return Ok(messages),
            Event::Eof => return Err("no <ajax-response>".to_owned()),
            _ => {}
        }
    }
}

fn message(element: &BytesStart<'_>) -> Result<Message, String> {
    let mut message = Message::default();
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        message.push(attribute.key.as_ref(), value);
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn answers_are_messages() {
        let xml = "<ajax-response>\n<response type='object' id='unknown'><generic response='Success' eventlist='start' \
                   /></response>\n<response type='object' id='unknown'><generic event='VoicemailUserEntry' \
                   fullname='Bob &amp; Sons &lt;Sales&gt;' voicemailbox='102' /></response>\n</ajax-response>\n";
        let messages = read(xml.as_bytes()).unwrap();
        assert_eq!(messages.len(), 2);
        assert_eq!(messages[1].get("Fullname"), Some("Bob & Sons <Sales>"));
        assert!(!is_locked_out(&messages));
        let locked = |message: &str| {
            let xml = format!(
                "<ajax-response><response><generic response='Error' message='{message}'/></response></ajax-response>"
            );
            is_locked_out(&read(xml.as_bytes()).unwrap())
        };
        assert!(
            locked("Permission denied") && locked("Authentication Required") && !locked("Invalid command")
        );
        assert!(is_locked_out(&read(b"<ajax-response/>").unwrap_or_default()));
        for wrong in ["", "<html><body/></html>", "<ajax-response><response", "not XML"] {
            assert!(read(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }
}
