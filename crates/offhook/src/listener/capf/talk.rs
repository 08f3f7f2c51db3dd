//! One enrolment over one connection: the machine says what is next, this does it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pki::tls::Stream;
use provision::inventory::State;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use wire::capf::{Action, Authentication, Done, Event, Failure, Limits, Session, Step};

use crate::enrol::{Desk, Office, Refused};
use crate::listener::App;
use crate::listener::permits::Progress;
use crate::trust::calendar;

/// The target of the line each enrolment leaves, so that a filter can name it.
const TARGET: &str = "offhook::enrol";
/// A goodbye is a kindness: nobody waits long for it to be taken.
const FAREWELL: Duration = Duration::from_secs(2);
/// Enough for any message of a phone's in one read; more comes in the next.
const BUFFER: usize = 4096;

/// One enrolment.
pub(super) struct Talk {
    app: App,
    peer: SocketAddr,
    progress: Arc<Progress>,
    desk: Desk,
    session: Session,
    stall: Duration,
    /// Who the phone says it is.
    device: String,
    /// Why it was refused, in our own words.
    refused: Option<Refused>,
}

impl Talk {
    pub(super) fn new(office: Arc<Office>, app: App, peer: SocketAddr, progress: Arc<Progress>) -> Self {
        let (stall, days) = {
            let config = app.config.load();
            (config.limits.stall, config.capf.days)
        };
        let id = pki::random_u32();
        let limits = Limits { answer: stall, ..Limits::default() };
        let session = Session::new(id, limits, Instant::now());
        let desk = office.desk(id, peer.ip(), days);
        Self { app, peer, progress, desk, session, stall, device: String::new(), refused: None }
    }

    /// Talks to the end.
    pub(super) async fn with(mut self, mut stream: Stream<TcpStream>, stop: CancellationToken) {
        let began = Instant::now();
        let ended = loop {
            match self.session.poll() {
                Action::Send(bytes) => self.send(&mut stream, &bytes).await,
                Action::Event(event) => self.answer(event).await,
                Action::Wait(deadline) => self.wait(&mut stream, deadline, &stop).await,
                Action::Done(ended) => break ended,
            }
        };
        // A phone may be gone already.
        let _ = timeout(FAREWELL, stream.shutdown()).await;
        self.note(ended, began.elapsed()).await;
    }

    /// One write for each message: phones stall when header and body arrive apart.
    async fn send(&mut self, stream: &mut Stream<TcpStream>, bytes: &[u8]) {
        let sent = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        match timeout(self.stall, sent).await {
            Ok(Ok(())) => self.progress.moved(),
            _ => self.session.handle_closed(),
        }
    }

    async fn wait(&mut self, stream: &mut Stream<TcpStream>, deadline: Instant, stop: &CancellationToken) {
        let mut buffer = [0; BUFFER];
        // A phone that is storing its certificate is waited for: half a minute now saves it a new key later.
        let may_stop = !matches!(self.session.step(), Step::Store | Step::Delete);
        let superseded = self.desk.superseded();
        let superseded = async {
            match &superseded {
                Some(superseded) => superseded.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(0) | Err(_) => self.session.handle_closed(),
                Ok(len) => {
                    self.progress.moved();
                    self.session.handle(&buffer[..len], Instant::now());
                }
            },
            () = sleep_until(deadline.into()) => self.session.handle_timeout(Instant::now()),
            () = superseded => self.session.give_up(Failure::Superseded),
            () = stop.cancelled(), if may_stop => self.session.give_up(Failure::Stopped),
        }
    }

    /// Answers the machine.
    async fn answer(&mut self, event: Event) {
        match event {
            Event::Authenticate(said) => self.authenticated(&said).await,
            event => self.answered(event).await,
        }
    }

    async fn is_in_inventory(&self, said: &Authentication) -> bool {
        let Some(inventory) = self.app.artifacts.inventory() else { return false };
        let Some(phone) = said.device.strip_prefix("SEP").and_then(provision::mac::Mac::from_digits) else {
            return false;
        };
        match timeout(self.stall, inventory.store().phone(phone)).await {
            Ok(Ok(phone)) => phone.is_some_and(|phone| phone.state != State::Retired),
            // A database that is away makes no phone unknown for good: it comes again.
            Ok(Err(error)) => {
                tracing::warn!(%error, phone = said.device, "the inventory cannot be asked about a phone that enrols");
                false
            }
            Err(_) => false,
        }
    }

    async fn authenticated(&mut self, said: &Authentication) {
        let in_inventory = self.is_in_inventory(said).await;
        self.device.clone_from(&said.device);
        let (order, refused) = self.desk.authenticate(said, in_inventory, calendar::now()).await;
        self.refused = refused;
        self.session.decide(order, Instant::now());
    }

    async fn answered(&mut self, event: Event) {
        let now = calendar::now();
        let done = match event {
            Event::Authenticate(_) => return,
            Event::Issue(key) => {
                let certificate = self.desk.issue(key, now).await;
                self.session.issued(certificate.as_ref().ok().map(pki::Certificate::der), Instant::now());
                certificate.map(drop)
            }
            Event::Stored => self.desk.stored(now).await,
            Event::Fetched(certificate) => self.desk.fetched(certificate, now).await,
            Event::Deleted => self.desk.deleted(now).await,
        };
        self.session.recorded(done.is_ok());
        self.refused = done.err();
    }

    /// Counts the end, writes its line, and keeps it with the phone.
    async fn note(self, ended: Result<Done, Failure>, took: Duration) {
        let Self { app, peer, desk, device, refused, .. } = self;
        let why = refused.map(|refused| refused.to_string());
        app.metrics.capf.ended(&ended).inc();
        let result = match (&ended, &why) {
            (Ok(done), _) => word(*done).to_owned(),
            (Err(_), Some(why)) => why.clone(),
            (Err(failure), None) => failure.to_string(),
        };
        let did = ended.as_ref().map(|done| *done != Done::Nothing).map_err(drop);
        app.timeline.enrolled(peer, &device, did, &result, took);
        let (phone, ms) = (device.as_str(), took.as_millis());
        match &ended {
            Ok(Done::Nothing) => tracing::info!(target: TARGET, phone, %peer, ms, "nothing to enrol"),
            Ok(_) => tracing::info!(target: TARGET, phone, %peer, ms, "{result}"),
            Err(Failure::NotRecorded) => {
                tracing::error!(target: TARGET, phone, %peer, ms, reason = result, "not enrolled")
            }
            Err(_) => tracing::warn!(target: TARGET, phone, %peer, ms, reason = result, "not enrolled"),
        }
        if matches!(ended, Ok(_) | Err(Failure::Unknown)) || device.is_empty() {
            return;
        }
        if let Err(error) = desk.note(&device, &result, calendar::now()).await {
            tracing::error!(%error, "how an enrolment ended could not be kept");
        }
    }
}

fn word(done: Done) -> &'static str {
    match done {
        Done::Installed => "certificate installed",
        Done::Fetched => "certificate fetched",
        Done::Deleted => "certificate deleted",
        Done::Nothing => "nothing to do",
    }
}
