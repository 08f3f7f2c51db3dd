//! The phone's end of one enrolment: what a phone answers, and what it distrusts in a server.
//!
//! Used by the virtual phone and by load programs. It shares the codec with the server's end and nothing else.

use std::time::{Duration, Instant};

use super::element::{CertificateType, Element, Password, Reason, Sudi, Tag};
use super::message::{Command, DecodeError, EncodeError, KeySpec, Message};
use super::{Framing, VERSION};

/// What the server wants of the phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Prove yourself, in the session of this number; [`Answer::Proof`].
    Authenticate {
        /// The number SUDI signatures are over.
        session: u32,
    },
    /// Make a key; [`Answer::Key`], and [`Answer::InProgress`] before if it takes long.
    Generate(KeySpec),
    /// Store this certificate, DER; [`Answer::Done`].
    Store(Vec<u8>),
    /// Show your certificate; [`Answer::Certificate`].
    Fetch,
    /// Delete your certificate; [`Answer::Done`].
    Delete,
}

/// How a phone proves itself beside its name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// What somebody typed; empty for nothing.
    pub password: Vec<u8>,
    /// Its certificate and the signatures over name and certificate, SHA-1 and SHA-512.
    pub certificate: Option<[Vec<u8>; 3]>,
    /// The certificate it was made with and the signatures over session and certificate, SHA-1 and SHA-512.
    pub sudi: Option<[Vec<u8>; 3]>,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proof")
            .field("certificate", &self.certificate.is_some())
            .field("sudi", &self.sudi.is_some())
            .finish_non_exhaustive()
    }
}

/// What the phone answers to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Who it is.
    Proof(Proof),
    /// Still at work on the key.
    InProgress,
    /// Its public key, DER SubjectPublicKeyInfo.
    Key(Vec<u8>),
    /// Its certificate, DER.
    Certificate(Vec<u8>),
    /// It is done.
    Done,
    /// It cannot.
    Failed(Reason),
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Send this.
    Send(Vec<u8>),
    /// Do this, and [`Enrolment::answer`].
    Task(Task),
    /// Read on, until then.
    Wait(Instant),
    /// The server ended the session with this reason.
    Ended(Reason),
    /// A phone would give up here.
    Trouble(Trouble),
}

/// What a phone does not bear in a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Bytes that are no message.
    #[error("the server sent what is no CAPF message: {0}")]
    Message(DecodeError),
    /// A message that has no place here.
    #[error("the server sent \"{0}\", which has no place here")]
    Unexpected(Command),
    /// A message without what it is for.
    #[error("the server's \"{command}\" has no {tag} that makes sense")]
    Missing {
        /// Which message.
        command: Command,
        /// What is not in it.
        tag: Tag,
    },
    /// The number of the session changed.
    #[error("the server changed the session from {first} to {now}")]
    OtherSession {
        /// What it was.
        first: u32,
        /// What it is.
        now: u32,
    },
    /// Another version than the one phones know.
    #[error("the server speaks version {0} of the protocol")]
    Version(u8),
    /// No certificate of the phone's own.
    #[error("the server wants a certificate stored that is no LSC")]
    NotAnLsc,
    /// The server told the phone to come again.
    #[error("the server tells the phone to come again later")]
    RetryLater,
    /// Nothing in time.
    #[error("the server said nothing in time")]
    Silent,
    /// The connection ended.
    #[error("the server closed the connection before the end of the session")]
    Closed,
    /// An answer that cannot be expressed.
    #[error("the phone's answer could not be made: {0}")]
    CannotSay(EncodeError),
}

/// The phone's end of one enrolment.
#[derive(Debug)]
pub struct Enrolment {
    device: String,
    patience: Duration,
    framing: Framing,
    session: Option<u32>,
    /// What the server asked and was not answered yet.
    asked: Option<Command>,
    authenticated: bool,
    say: Option<Vec<u8>>,
    task: Option<Task>,
    deadline: Instant,
    end: Option<Result<Reason, Trouble>>,
}

impl Enrolment {
    /// A phone of this name that has just connected. The server speaks first.
    #[must_use]
    pub fn new(device: impl Into<String>, patience: Duration, now: Instant) -> Self {
        Self {
            device: device.into(),
            patience,
            framing: Framing::default(),
            session: None,
            asked: None,
            authenticated: false,
            say: None,
            task: None,
            deadline: now + patience,
            end: None,
        }
    }

    /// What happens next.
    pub fn poll(&mut self) -> Happening {
        if let Some(bytes) = self.say.take() {
            return Happening::Send(bytes);
        }
        if let Some(task) = self.task.take() {
            return Happening::Task(task);
        }
        match self.end {
            Some(Ok(reason)) => Happening::Ended(reason),
            Some(Err(trouble)) => Happening::Trouble(trouble),
            None => Happening::Wait(self.deadline),
        }
    }

    /// Bytes came from the server.
    pub fn handle(&mut self, bytes: &[u8], now: Instant) {
        self.framing.push(bytes);
        while self.end.is_none() {
            let read = match self.framing.next_message() {
                Ok(None) => return,
                Ok(Some(message)) => self.message(&message, now),
                Err(error) => Err(Trouble::Message(error)),
            };
            if let Err(trouble) = read {
                self.end = Some(Err(trouble));
            }
        }
    }

    /// The server closed the connection.
    pub fn handle_closed(&mut self) {
        self.end.get_or_insert(Err(Trouble::Closed));
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.asked.is_none() && now >= self.deadline {
            self.end.get_or_insert(Err(Trouble::Silent));
        }
    }

    /// Answers the task; an answer to nothing is not sent.
    pub fn answer(&mut self, answer: &Answer, now: Instant) {
        let (Some(asked), Some(session), None) = (self.asked, self.session, self.end) else { return };
        let success = Element::Reason(Reason::Success);
        let (command, elements) = match answer {
            Answer::InProgress => (Command::InProgress, Vec::new()),
            Answer::Proof(proof) => (Command::AuthResponse, self.proof(proof)),
            Answer::Key(key) => (response(asked), vec![Element::PublicKey(key)]),
            Answer::Certificate(der) => (response(asked), vec![success, Element::Certificate(der)]),
            Answer::Done => (response(asked), vec![success]),
            Answer::Failed(reason) => (response(asked), vec![Element::Reason(*reason)]),
        };
        match Message::new(command, session, elements).encode() {
            Ok(bytes) => self.say.get_or_insert_default().extend(bytes),
            Err(error) => self.end = Some(Err(Trouble::CannotSay(error))),
        }
        if command != Command::InProgress {
            self.asked = None;
            self.deadline = now + self.patience;
        }
    }

    /// The elements of the authentication, in the order of their tags.
    fn proof<'a>(&'a self, proof: &'a Proof) -> Vec<Element<'a>> {
        let mut elements = vec![Element::Reason(Reason::Success)];
        if let Some([certificate, sha1, _]) = &proof.certificate {
            elements.extend([Element::Certificate(certificate), Element::SignedData(sha1)]);
        }
        elements.extend([
            Element::Version(VERSION),
            Element::Password(Password(&proof.password)),
            Element::DeviceName(&self.device),
        ]);
        if let Some([certificate, sha1, sha512]) = &proof.sudi {
            elements.push(Element::Sudi(Sudi { certificate, sha1, sha512 }));
        }
        if let Some([.., sha512]) = &proof.certificate {
            elements.push(Element::Sha2SignedData { digest: super::SHA512, signature: sha512 });
        }
        elements
    }

    fn message(&mut self, bytes: &[u8], now: Instant) -> Result<(), Trouble> {
        let message = Message::decode(bytes).map_err(Trouble::Message)?;
        let first = *self.session.get_or_insert(message.session);
        if first != message.session {
            return Err(Trouble::OtherSession { first, now: message.session });
        }
        let command = message.command;
        let missing = |tag| Trouble::Missing { command, tag };
        // While the phone is at work a server has nothing to ask; it may end.
        let free = self.asked.is_none();
        let task = match command {
            Command::EndSession => {
                self.end = Some(Ok(message.reason().ok_or(missing(Tag::Reason))?));
                return Ok(());
            }
            Command::RetryLater => return Err(Trouble::RetryLater),
            Command::AuthRequest if free && !self.authenticated => {
                match message.version().ok_or(missing(Tag::Version))? {
                    VERSION => Task::Authenticate { session: message.session },
                    other => return Err(Trouble::Version(other)),
                }
            }
            Command::KeyGenerateRequest if free && self.authenticated => {
                Task::Generate(message.key_spec().ok_or(missing(Tag::KeyType))?)
            }
            Command::StoreRequest if free && self.authenticated => {
                if message.certificate_type() != Some(CertificateType::Lsc) {
                    return Err(Trouble::NotAnLsc);
                }
                Task::Store(message.certificate().ok_or(missing(Tag::Certificate))?.to_vec())
            }
            Command::FetchRequest if free && self.authenticated => Task::Fetch,
            Command::DeleteRequest if free && self.authenticated => Task::Delete,
            other => return Err(Trouble::Unexpected(other)),
        };
        self.authenticated = true;
        (self.asked, self.task) = (Some(command), Some(task));
        self.deadline = now + self.patience;
        Ok(())
    }
}

/// The answer to a request has the number after it.
fn response(request: Command) -> Command {
    (u8::from(request) + 1).into()
}
