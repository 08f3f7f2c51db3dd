//! One request and its answer: read, decided, written, recorded.

use std::fmt;
use std::net::SocketAddr;
use std::time::Instant;

use pki::{Certificate, digest};
use provision::mac::Mac;
use provision::tvs::{Directory, List, Question, Refusal, Vouched};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use wire::trust_list::Kind;
use wire::tvs::{self, Answer, Ask, Request, Response};

use super::ending::Ending;
use crate::artifact::{How, Transport};
use crate::listener::App;
use crate::record;
use crate::trust::{self, Current, Reach};

/// Answers one whole message.
pub(super) async fn give(
    app: &App,
    message: &[u8],
    peer: SocketAddr,
    stream: &mut (impl AsyncWrite + Unpin),
) -> Result<(), Ending> {
    let began = Instant::now();
    let request = Request::decode(message).map_err(Ending::NotUnderstood)?;
    let current = app.artifacts.trust().current();
    let device = Mac::from_digits(request.device.device().trim_start_matches("SEP"));
    let (ask, question) = question(&request.question);
    let own = own_list(app, device, peer).await;
    let answer = match &current {
        Ok(current) => {
            let list = list(current, device, own.as_ref());
            current.directory().answer(question, list, app.config.load().trust.tvs_ttl)
        }
        Err(error) => {
            tracing::error!(%peer, %error, "the certificates cannot be read, so nothing is vouched for");
            Err(Refusal::Unknown)
        }
    };
    let response = Response { session: request.session, answer: said(ask, &answer) }.encode()?;
    let sent = async {
        stream.write_all(&response).await?;
        stream.flush().await
    };
    let sent = sent.await;
    let asked = record::tvs::Asked {
        peer,
        device: request.device,
        ask,
        about: &About(&request.question),
        answer: &answer,
        took: began.elapsed(),
    };
    record::tvs::asked(&app.metrics, &asked);
    app.timeline.vouched(&asked);
    sent.map_err(Ending::NotTaken)
}

/// The question as it is decided.
fn question<'a>(asked: &tvs::Question<'a>) -> (Ask, Question<'a>) {
    match asked {
        tvs::Question::Verify { certificate } => (Ask::Verify, Question::Shown(digest::sha256(certificate))),
        tvs::Question::Query(query) => {
            (Ask::Query, Question::Named { issuer: query.issuer, serial: query.serial })
        }
    }
}

/// The answer as it is sent.
fn said<'a>(ask: Ask, answer: &'a Result<Vouched<'a>, Refusal>) -> Answer<'a> {
    let Ok(Vouched { certificate, roles, ttl, .. }) = answer else { return Answer::Invalid(ask) };
    let vouched = tvs::Vouched { roles, ttl: *ttl };
    match ask {
        Ask::Verify => Answer::Verified(vouched),
        Ask::Query => Answer::Found { certificate, vouched },
    }
}

/// Which list the phone is given: its own, else that of everybody, unless trust is for other phones only. While trust is
/// off, phones that got a list earlier are answered, as they are given signed files.
fn list<'a>(current: &Current, device: Option<Mac>, own: Option<&'a Directory>) -> List<'a> {
    match (own, &current.state.reach) {
        (Some(own), _) => List::Own(own),
        (None, Reach::Phones(_)) if !current.state.serves(device) => List::None,
        _ => List::Common,
    }
}

/// What the administrator's own lists for this phone hold, if there are any in the document root.
async fn own_list(app: &App, device: Option<Mac>, peer: SocketAddr) -> Option<Directory> {
    let device = device?.device_name();
    let mut files = Vec::new();
    for kind in [Kind::Itl, Kind::Ctl] {
        let name = format!("{kind}{device}.tlv");
        // Not asked for otherwise: a list that offhook makes would be signed for nothing.
        if app.config.load().document_root.join(&name).exists() {
            let fetched = app.artifacts.fetch(name.as_bytes(), peer.ip(), Transport::Tftp).await;
            files.extend(fetched.ok().filter(|file| file.how == How::Override));
        }
    }
    match trust::own_list(files.iter().map(|file| file.bytes.as_ref())) {
        Ok(list) => list,
        Err(error) => {
            tracing::warn!(phone = device, %error, "the trust list of this phone's own cannot be read");
            None
        }
    }
}

/// What a question is about, for people.
struct About<'a>(&'a tvs::Question<'a>);

impl fmt::Display for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            tvs::Question::Verify { certificate } => {
                match Certificate::from_der(certificate) {
                    Ok(certificate) => f.write_str(certificate.subject())?,
                    Err(_) => write!(f, "{} bytes that are no certificate", certificate.len())?,
                }
                write!(f, " sha256 {}", digest::hex(&digest::sha256(certificate)))
            }
            tvs::Question::Query(query) => {
                write!(f, "issuer {} serial {}", query.issuer, digest::hex(query.serial))
            }
        }
    }
}
