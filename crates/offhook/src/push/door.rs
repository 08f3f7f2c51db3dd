//! The web server of a phone, as far as pushes go: `POST /CGI/Execute`.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use pki::tls::{Client, ClientPolicy};
use provision::mac::Mac;
use provision::objects::{Execute, ObjectError, Phone, Priority, Refusal, Response, Target};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Credentials;

/// A phone on the same site answers at once; one that is off never does.
const CONNECT: Duration = Duration::from_secs(5);
/// The phone asks its authenticationURL first, and plays a ring to its end before it answers.
const ANSWER: Duration = Duration::from_secs(30);
/// An answer for three things has some 500 bytes.
const LONGEST_ANSWER: usize = 64 << 10;

/// Where a phone lets itself be pushed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door {
    /// The phone.
    pub phone: Mac,
    /// Its address and port.
    pub address: SocketAddr,
    /// Whether over HTTPS.
    pub secure: bool,
    /// Whether it speaks nothing newer than TLS 1.0.
    pub old: bool,
}

/// Why nothing was pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// Nobody is there.
    #[error("{phone} cannot be reached at {address}: {why}; is it on, and `web_access` too?")]
    Away {
        /// Which phone.
        phone: String,
        /// Where it should be.
        address: SocketAddr,
        /// What happened.
        why: String,
    },
    /// No encrypted connection.
    #[error("{phone} at {address}: no encrypted connection: {why}")]
    Tls {
        /// Which phone.
        phone: String,
        /// Where it is.
        address: SocketAddr,
        /// What happened.
        why: String,
    },
    /// A status other than success.
    #[error("{phone} at {address} answers with status {status}{}", if *status == 401 { ": it does not let this user in" } else { "" })]
    Status {
        /// Which phone.
        phone: String,
        /// Where it is.
        address: SocketAddr,
        /// The status.
        status: u16,
    },
    /// Something that is no answer to a push.
    #[error("what {phone} at {address} says is no answer to a push")]
    Nonsense {
        /// Which phone.
        phone: String,
        /// Where it is.
        address: SocketAddr,
    },
    /// The phone did nothing, and says why.
    #[error("{phone}: {refusal}{}", hint(refusal))]
    Refused {
        /// Which phone.
        phone: String,
        /// Why.
        refusal: Refusal,
    },
    /// What was to be pushed cannot be.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

fn hint(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotAuthorized => {
            ". It must lead to this offhook, which must be running: `offhook phone render` shows it"
        }
        _ => "",
    }
}

impl Door {
    /// Pushes one object; gives what the phone says to each thing in it.
    ///
    /// # Errors
    /// When the phone did nothing of it.
    pub async fn push(
        &self,
        credentials: &Credentials,
        what: &Execute,
    ) -> Result<Vec<provision::objects::Done>, PushError> {
        let form = what.form()?;
        let stream = match timeout(CONNECT, TcpStream::connect(self.address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.away(&error)),
            Err(_) => return Err(self.away(&"no answer")),
        };
        let exchange = async {
            if !self.secure {
                return self.exchange(stream, credentials, form).await;
            }
            let stream = self.encrypted(stream).await?;
            self.exchange(stream, credentials, form).await
        };
        let answer = timeout(ANSWER, exchange).await.unwrap_or_else(|_| Err(self.away(&"no answer")))?;
        match Response::parse(&answer) {
            Some(Response::Items(items)) => Ok(items),
            Some(Response::Refused(refusal)) => {
                Err(PushError::Refused { phone: self.phone.device_name(), refusal })
            }
            None => Err(PushError::Nonsense { phone: self.phone.device_name(), address: self.address }),
        }
    }

    /// Certificates of phones name their phone. That keeps listeners out; whoever makes a certificate in its name is let in,
    /// and learns a password that is good for this phone and a few minutes.
    async fn encrypted(
        &self,
        stream: TcpStream,
    ) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + use<>, PushError> {
        let phone = self.phone.device_name();
        let tls =
            |why: String| PushError::Tls { phone: self.phone.device_name(), address: self.address, why };
        let policy = if self.old { ClientPolicy::phone_7900() } else { ClientPolicy::phone_8800() };
        let client = Client::new(policy).map_err(|error| tls(error.to_string()))?;
        let names = move |shown: &pki::Certificate| shown.subject().to_ascii_uppercase().contains(&phone);
        let server = self.address.ip().to_string();
        client.connect(stream, &server, names).await.map_err(|error| tls(error.to_string()))
    }

    async fn exchange<S>(
        &self,
        stream: S,
        credentials: &Credentials,
        form: String,
    ) -> Result<Bytes, PushError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http1::Builder::new();
        // The servers of phones are as old as they are.
        builder.title_case_headers(true);
        let (mut sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(|error| self.away(&error))?;
        let connection = tokio::spawn(connection);
        let said = format!("{}:{}", credentials.user, credentials.password);
        let request = Request::post("/CGI/Execute")
            .header(HOST, self.address.to_string())
            .header(AUTHORIZATION, format!("Basic {}", pki::digest::base64(said.as_bytes())))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(form)))
            .map_err(|error| self.away(&error))?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(|error| self.away(&error))?;
            if response.status() != StatusCode::OK {
                let (phone, status) = (self.phone.device_name(), response.status().as_u16());
                return Err(PushError::Status { phone, address: self.address, status });
            }
            let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
            Ok(body.map_err(|error| self.away(&error))?.to_bytes())
        };
        let answer = answer.await;
        connection.abort();
        answer
    }

    fn away(&self, why: &dyn std::fmt::Display) -> PushError {
        PushError::Away { phone: self.phone.device_name(), address: self.address, why: why.to_string() }
    }
}

/// Divides what is to be done into pushes, each as large as old phones take it, in order.
///
/// # Errors
/// When the phone cannot be pushed one of these.
pub fn pushes(phone: Phone, targets: &[Target], priority: Priority) -> Result<Vec<Execute>, ObjectError> {
    let mut pushes: Vec<Execute> = Vec::new();
    for target in targets {
        let alone = Execute::new(phone).item(target.clone(), priority)?;
        alone.form()?;
        let with = pushes.last().and_then(|last| last.clone().item(target.clone(), priority).ok());
        match (with.filter(|with| with.form().is_ok()), pushes.last_mut()) {
            (Some(with), Some(last)) => *last = with,
            _ => pushes.push(alone),
        }
    }
    Ok(pushes)
}

/// What a phone says to one thing it was to do, in words.
#[must_use]
pub fn meaning(done: &provision::objects::Done) -> String {
    let more = if done.data.is_empty() { String::new() } else { format!(": {}", done.data) };
    match done.status {
        0 => "done".to_owned(),
        1 if done.url.starts_with("RTP") => format!("that stream is there already{more}"),
        4 if done.url.starts_with("RTP") => format!("there is a call{more}"),
        1 => format!("the phone does not know it{more}"),
        6 => format!("the phone could not do it{more}"),
        other => format!("status {other}{more}"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use provision::objects::Done;

    use super::*;

    #[test]
    fn many_things_become_pushes_that_old_phones_take() {
        let targets =
            |texts: &[&str]| texts.iter().map(|text| Target::parse(text).unwrap()).collect::<Vec<_>>();
        let pushed =
            |texts: &[&str]| pushes(Phone::of("7942"), &targets(texts), Priority::Now).unwrap().len();
        assert_eq!(pushed(&[]), 0);
        assert_eq!(pushed(&["Key:Settings", "Key:KeyPadStar", "Key:KeyPadStar"]), 1);
        assert_eq!(pushed(&["Key:Settings", "Key:KeyPadStar", "Key:KeyPadStar", "Key:KeyPadPound"]), 2);
        assert_eq!(
            pushed(&["http://192.0.2.5/a", "http://192.0.2.5/b", "Key:Services"]),
            2,
            "one address in each"
        );
        let long = format!("Dial:{}", "1".repeat(200));
        assert_eq!(pushed(&[&long, &long, &long]), 2, "512 bytes are enough for two");
        let vibrate = targets(&["Vibrate:1:1:1"]);
        assert!(pushes(Phone::of("7942"), &vibrate, Priority::Now).is_err());
    }

    #[test]
    fn what_a_phone_says_is_told_in_words() {
        let told =
            |status, data: &str, url: &str| meaning(&Done { status, data: data.into(), url: url.into() });
        assert_eq!(told(0, "Success", "Key:Services"), "done");
        assert_eq!(told(1, "", "Fly:Up"), "the phone does not know it");
        assert_eq!(told(6, "URI not found", "Play:x"), "the phone could not do it: URI not found");
        assert_eq!(told(1, "", "RTPRx:192.0.2.1:20480"), "that stream is there already");
    }
}
