//! One log-in over TCP, from greeting to end.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::timeout;
use wire::ami::{Action, Decoder, Item, Message};

use super::Question;
use crate::asterisk::{Account, Trouble};

/// A host that does not answer by now is not there; phones are waiting.
const CONNECT: Duration = Duration::from_millis(700);
/// Greeting and log-in together.
const LOGIN: Duration = Duration::from_secs(3);
/// Asterisk takes what is asked, or it is stuck.
const WRITE: Duration = Duration::from_secs(2);
/// A connection that has been silent so long is asked whether it lives, and given as long again to say so.
const SILENCE: Duration = Duration::from_secs(20);
/// Answers that are still coming; those nobody waits for any more are forgotten with their end.
const MOST_PENDING: usize = 4096;
/// A list of more than this is no list that a phone could show, nor a PBX that one machine serves.
const MOST_EVENTS: usize = 200_000;

/// A connection that is logged in.
pub(super) struct Session {
    stream: TcpStream,
    decoder: Decoder,
    address: String,
    next: u64,
    pending: HashMap<String, Pending>,
}

struct Pending {
    list: bool,
    answer: Vec<Message>,
    reply: oneshot::Sender<Result<Vec<Message>, Trouble>>,
}

impl Session {
    /// Connects and logs in.
    pub(super) async fn open(account: &Account) -> Result<Self, Trouble> {
        let address = account.address.to_string();
        let away = |error: io::Error| Trouble::Away { address: address.clone(), why: error.to_string() };
        let connected = timeout(CONNECT, TcpStream::connect(account.address.place())).await;
        let stream = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(away)?;
        // A question is one short segment.
        stream.set_nodelay(true).map_err(away)?;
        let mut session = Self {
            stream,
            decoder: Decoder::default(),
            address: address.clone(),
            next: 0,
            pending: HashMap::new(),
        };
        let logged_in = timeout(LOGIN, session.login(account)).await;
        logged_in.map_err(|_| away(io::ErrorKind::TimedOut.into()))??;
        Ok(session)
    }

    async fn login(&mut self, account: &Account) -> Result<(), Trouble> {
        let action = Action::new("Login")
            .with("Username", &account.username)
            .with("Secret", &account.secret)
            .with("Events", "on");
        let id = self.send(&action).await?;
        loop {
            let Item::Message(message) = self.item().await? else { continue };
            if message.get("ActionID") != Some(&id) {
                continue;
            }
            if message.get("Response").is_some_and(|response| response.eq_ignore_ascii_case("Success")) {
                return Ok(());
            }
            return Err(Trouble::Refused {
                address: self.address.clone(),
                username: account.username.clone(),
                why: message.get("Message").unwrap_or_default().to_owned(),
            });
        }
    }

    /// Asks and answers until the connection breaks; says why it did.
    pub(super) async fn serve(
        mut self,
        questions: &mut mpsc::Receiver<Question>,
        events: &broadcast::Sender<Arc<Message>>,
    ) -> Trouble {
        let mut asked_whether_it_lives = false;
        loop {
            let step = tokio::select! {
                question = questions.recv() => match question {
                    Some(question) => self.question(question).await,
                    None => return self.away("nobody asks any more"),
                },
                read = timeout(SILENCE, self.read()) => match read {
                    Ok(read) => {
                        asked_whether_it_lives = false;
                        read.and_then(|()| self.hear(events))
                    }
                    Err(_) if asked_whether_it_lives => Err(self.away("it has fallen silent")),
                    Err(_) => {
                        asked_whether_it_lives = true;
                        self.send(&Action::new("Ping")).await.map(drop)
                    }
                },
            };
            if let Err(trouble) = step {
                for (_, pending) in self.pending.drain() {
                    let _ = pending.reply.send(Err(trouble.clone()));
                }
                return trouble;
            }
        }
    }

    async fn question(&mut self, question: Question) -> Result<(), Trouble> {
        self.pending.retain(|_, pending| pending.list || !pending.reply.is_closed());
        let name = question.action.name();
        if self.pending.len() >= MOST_PENDING {
            let _ = question.reply.send(Err(Trouble::Slow(name.to_owned())));
            return Ok(());
        }
        match self.send(&question.action).await {
            Ok(id) => {
                let pending = Pending { list: question.list, answer: Vec::new(), reply: question.reply };
                self.pending.insert(id, pending);
                Ok(())
            }
            // It is the question that is wrong, not the connection.
            Err(trouble @ Trouble::Cannot { .. }) => {
                let _ = question.reply.send(Err(trouble));
                Ok(())
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Sends an action; gives the id that its answers carry.
    async fn send(&mut self, action: &Action) -> Result<String, Trouble> {
        self.next += 1;
        let id = format!("offhook-{}", self.next);
        let block = action
            .encode(&id)
            .map_err(|error| Trouble::Cannot { action: action.name().to_owned(), why: error.to_string() })?;
        match timeout(WRITE, self.stream.write_all(&block)).await {
            Ok(Ok(())) => Ok(id),
            Ok(Err(error)) => Err(self.away(&error.to_string())),
            Err(_) => Err(self.away("it takes nothing")),
        }
    }

    /// Takes whatever has come. May be dropped half-way: bytes are only taken whole.
    async fn read(&mut self) -> Result<(), Trouble> {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes).await {
            Ok(0) => Err(self.away("it closed the connection")),
            Ok(count) => {
                self.decoder.push(&bytes[..count]);
                Ok(())
            }
            Err(error) => Err(self.away(&error.to_string())),
        }
    }

    /// Gives every whole block to whom it belongs.
    fn hear(&mut self, events: &broadcast::Sender<Arc<Message>>) -> Result<(), Trouble> {
        while let Some(item) = self.decoded()? {
            let Item::Message(message) = item else { continue };
            let id = message.get("ActionID").filter(|id| self.pending.contains_key(*id)).map(str::to_owned);
            match id {
                Some(id) => self.answer(&id, message),
                None if message.event().is_some() => {
                    // Nobody listens: then nobody is told.
                    let _ = events.send(Arc::new(message));
                }
                None => {}
            }
        }
        Ok(())
    }

    fn answer(&mut self, id: &str, message: Message) {
        let Some(pending) = self.pending.get_mut(id) else { return };
        let done = pending.is_ended_by(&message);
        pending.answer.push(message);
        if (done || pending.answer.len() > MOST_EVENTS)
            && let Some(mut pending) = self.pending.remove(id)
        {
            // The end of a list says how long it was, nothing more.
            if pending.list && pending.answer.len() > 1 {
                pending.answer.pop();
            }
            let _ = pending.reply.send(Ok(pending.answer));
        }
    }

    async fn item(&mut self) -> Result<Item, Trouble> {
        loop {
            if let Some(item) = self.decoded()? {
                return Ok(item);
            }
            self.read().await?;
        }
    }

    fn decoded(&mut self) -> Result<Option<Item>, Trouble> {
        let address = self.address.clone();
        self.decoder.next_item().map_err(|error| Trouble::Nonsense { address, why: error.to_string() })
    }

    fn away(&self, why: &str) -> Trouble {
        Trouble::Away { address: self.address.clone(), why: why.to_owned() }
    }
}

impl Pending {
    /// Versions before 13 announce no list, but all end one with an event that says so.
    fn is_ended_by(&self, message: &Message) -> bool {
        match message.event() {
            Some(event) => event.ends_with("Complete") || message.get("EventList") == Some("Complete"),
            None => {
                let failed =
                    message.get("Response").is_some_and(|response| response.eq_ignore_ascii_case("Error"));
                !self.list || failed
            }
        }
    }
}
