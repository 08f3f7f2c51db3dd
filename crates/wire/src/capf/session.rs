//! The server's end of one enrolment: what to say next, what to ask the caller, and when to give up.
//!
//! The caller reads bytes from its stream and hands them to [`Session::handle`], then calls [`Session::poll`] until it
//! says [`Action::Wait`] or [`Action::Done`]. An [`Action::Event`] asks for something this machine has no means for (a
//! decision, a certificate, a record) and stands still until it is answered.

use std::time::{Duration, Instant};

use super::element::{CertificateType, Element, Reason};
use super::message::{Command, KeySpec, Message};
use super::{AuthType, Framing, VERSION};

mod event;
mod failure;

pub use event::{Authentication, CertificateProof, Event, Secret, SudiProof};
pub use failure::{Failure, Step};

/// How long a phone may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For one answer, from the request to its last byte.
    pub answer: Duration,
    /// For making a key, however often it says that it is at work.
    pub key: Duration,
}

impl Default for Limits {
    /// A call manager gives phones 30 minutes for a key; the oldest need several for 2,048 bits.
    fn default() -> Self {
        Self { answer: Duration::from_secs(30), key: Duration::from_secs(30 * 60) }
    }
}

/// What the caller decides once it has seen the authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Make a key and take a certificate for it.
    Install(KeySpec),
    /// Show the certificate.
    Fetch,
    /// Forget the certificate.
    Delete,
    /// Nothing is scheduled.
    Nothing,
    /// The server does not know the phone.
    Unknown,
    /// The phone did not prove what it had to.
    Refuse,
}

/// What was achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// The phone has stored its new certificate, and that is on record.
    Installed,
    /// The phone showed its certificate, and that is on record.
    Fetched,
    /// The phone has deleted its certificate, and that is on record.
    Deleted,
    /// There was nothing to do.
    Nothing,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this in one write.
    Send(Vec<u8>),
    /// Answer this.
    Event(Event),
    /// Read on, until then; then call [`Session::handle_timeout`].
    Wait(Instant),
    /// The session is over: close.
    Done(Result<Done, Failure>),
}

/// The server's end of one enrolment.
#[derive(Debug)]
pub struct Session {
    id: u32,
    limits: Limits,
    framing: Framing,
    state: State,
    say: Option<Vec<u8>>,
    event: Option<Event>,
    deadline: Instant,
    end: Option<Result<Done, Failure>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// For the phone's answer.
    Waiting(Step),
    /// For the caller's answer to an event.
    Asking(Asked),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Decision,
    Certificate,
    Record(Done),
}

impl Session {
    /// A session that begins now; its number is the caller's to draw.
    #[must_use]
    pub fn new(id: u32, limits: Limits, now: Instant) -> Self {
        let mut session = Self {
            id,
            limits,
            framing: Framing::default(),
            state: State::Over,
            say: None,
            event: None,
            deadline: now,
            end: None,
        };
        let elements = [Element::Version(VERSION), Element::AuthType(AuthType::None)];
        session.ask(Step::Authentication, &elements, limits.answer, now);
        session
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What to do next. Sends come before events, and both before the end.
    pub fn poll(&mut self) -> Action {
        if let Some(bytes) = self.say.take() {
            return Action::Send(bytes);
        }
        if let Some(event) = self.event.take() {
            return Action::Event(event);
        }
        match &self.end {
            Some(end) => Action::Done(*end),
            None => Action::Wait(self.deadline),
        }
    }

    /// Bytes came from the phone.
    pub fn handle(&mut self, bytes: &[u8], now: Instant) {
        self.framing.push(bytes);
        while self.state != State::Over {
            match self.framing.next_message() {
                Ok(None) => return,
                Ok(Some(message)) => {
                    if let Err(failure) = self.message(&message, now) {
                        self.fail(failure);
                    }
                }
                Err(error) => self.fail(Failure::Message(error)),
            }
        }
    }

    /// The phone closed its end, or the connection broke.
    pub fn handle_closed(&mut self) {
        if self.state != State::Over {
            let step = self.step();
            self.finish(Err(Failure::Closed(step)), None);
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let State::Waiting(step) = self.state
            && now >= self.deadline
        {
            self.fail(Failure::Silent(step));
        }
    }

    /// Answers [`Event::Authenticate`].
    pub fn decide(&mut self, order: Order, now: Instant) {
        if self.state != State::Asking(Asked::Decision) {
            return;
        }
        let answer = self.limits.answer;
        match order {
            Order::Install(spec) => self.ask(Step::Key, &spec.elements(), self.limits.key, now),
            Order::Fetch => self.ask(Step::Fetch, &[], answer, now),
            Order::Delete => self.ask(Step::Delete, &[], answer, now),
            Order::Nothing => self.finish(Ok(Done::Nothing), Some(Reason::NoAction)),
            Order::Unknown => self.finish(Err(Failure::Unknown), Some(Reason::UnknownDevice)),
            Order::Refuse => self.fail(Failure::Refused),
        }
    }

    /// Answers [`Event::Issue`]: the certificate, DER, or nothing when none is issued for that key.
    pub fn issued(&mut self, certificate: Option<&[u8]>, now: Instant) {
        if self.state != State::Asking(Asked::Certificate) {
            return;
        }
        match certificate {
            Some(der) => {
                let elements = [Element::CertificateType(CertificateType::Lsc), Element::Certificate(der)];
                self.ask(Step::Store, &elements, self.limits.answer, now);
            }
            None => self.fail(Failure::NotIssued),
        }
    }

    /// Answers [`Event::Stored`], [`Event::Fetched`] and [`Event::Deleted`]: whether it is on record. The phone is told
    /// of success only then.
    pub fn recorded(&mut self, recorded: bool) {
        let State::Asking(Asked::Record(done)) = self.state else { return };
        match (recorded, done) {
            (false, _) => self.fail(Failure::NotRecorded),
            // A call manager ends a fetch with "no action".
            (true, Done::Fetched | Done::Nothing) => self.finish(Ok(done), Some(Reason::NoAction)),
            (true, Done::Installed | Done::Deleted) => self.finish(Ok(done), Some(Reason::Success)),
        }
    }

    /// The caller wants no more of this session: another of the same phone took over, or the server stops.
    pub fn give_up(&mut self, failure: Failure) {
        if self.state != State::Over {
            self.fail(failure);
        }
    }

    fn message(&mut self, bytes: &[u8], now: Instant) -> Result<(), Failure> {
        let message = Message::decode(bytes).map_err(Failure::Message)?;
        let State::Waiting(step) = self.state else {
            return Err(Failure::Unexpected { command: message.command, step: self.step() });
        };
        if message.session != self.id {
            return Err(Failure::OtherSession { ours: self.id, theirs: message.session });
        }
        if message.command == Command::AbortRequest {
            return Err(Failure::Aborted(step));
        }
        if step == Step::Key && message.command == Command::InProgress {
            // The deadline stays: a phone that is forever at work gets no certificate either.
            return Ok(());
        }
        if message.command != step.answer() {
            return Err(Failure::Unexpected { command: message.command, step });
        }
        // A key is answered without a reason when there is one.
        let success = step == Step::Key && message.public_key().is_some() && message.reason().is_none();
        if !success && message.reason() != Some(Reason::Success) {
            return Err(Failure::Phone { step, reason: message.reason() });
        }
        let (asked, event) = event::of(step, &message)?;
        (self.state, self.event) = (State::Asking(asked), Some(event));
        self.deadline = now + self.limits.answer;
        Ok(())
    }

    /// Asks the phone for the next thing.
    fn ask(&mut self, step: Step, elements: &[Element<'_>], time: Duration, now: Instant) {
        match Message::new(step.request(), self.id, elements).encode() {
            Ok(bytes) => {
                self.say = Some(bytes);
                self.state = State::Waiting(step);
                self.deadline = now + time;
            }
            Err(error) => self.fail(Failure::CannotSay(error)),
        }
    }

    /// What it stands at.
    #[must_use]
    pub fn step(&self) -> Step {
        match self.state {
            State::Waiting(step) => step,
            State::Asking(Asked::Decision) => Step::Authentication,
            State::Asking(Asked::Certificate) => Step::Key,
            State::Asking(Asked::Record(Done::Fetched)) => Step::Fetch,
            State::Asking(Asked::Record(Done::Deleted)) => Step::Delete,
            State::Asking(Asked::Record(_)) | State::Over => Step::Store,
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.finish(Err(failure), Some(Reason::InvalidElement));
    }

    fn finish(&mut self, end: Result<Done, Failure>, reason: Option<Reason>) {
        let goodbye = reason.map(|reason| {
            let message = Message::new(Command::EndSession, self.id, [Element::Reason(reason)]);
            message.encode().expect("a reason fits into a message")
        });
        (self.say, self.event, self.state) = (goodbye, None, State::Over);
        self.end = Some(end);
    }
}
