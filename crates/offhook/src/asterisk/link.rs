//! The connection over TCP: one task owns it, logs in, tells answers from events, and makes it again when it breaks.

mod session;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use wire::ami::{Action, Message};

use super::{Account, Trouble};
use session::Session;

/// Questions that wait for the connection; more than phones that look at one time.
const MOST_WAITING: usize = 1024;
/// Events kept for listeners that are behind; a slow one loses the oldest and is told so.
const EVENTS_KEPT: usize = 1024;
/// The first pause before another try, and the longest.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));

/// The way to the task that owns the connection.
#[derive(Debug)]
pub struct Link {
    questions: mpsc::Sender<Question>,
    state: watch::Receiver<State>,
    events: broadcast::Sender<Arc<Message>>,
}

/// How things stand.
#[derive(Clone, Debug)]
enum State {
    /// Nobody knows yet.
    Trying,
    /// Logged in.
    Up,
    /// Away, and why.
    Down(Trouble),
}

/// One question and where its answer goes.
#[derive(Debug)]
struct Question {
    action: Action,
    list: bool,
    reply: oneshot::Sender<Result<Vec<Message>, Trouble>>,
}

/// What the task and those who ask share.
struct Owner {
    account: Account,
    questions: mpsc::Receiver<Question>,
    state: watch::Sender<State>,
    events: broadcast::Sender<Arc<Message>>,
    last: Mutex<Option<Trouble>>,
}

impl Link {
    /// A link that is made at once and kept as long as somebody may ask.
    pub(super) fn open(account: Account) -> Self {
        let (ask, questions) = mpsc::channel(MOST_WAITING);
        let (told, state) = watch::channel(State::Trying);
        let (events, _) = broadcast::channel(EVENTS_KEPT);
        let owner = Owner { account, questions, state: told, events: events.clone(), last: Mutex::default() };
        tokio::spawn(owner.run());
        Self { questions: ask, state, events }
    }

    /// Everything Asterisk tells by itself.
    pub(super) fn events(&self) -> broadcast::Receiver<Arc<Message>> {
        self.events.subscribe()
    }

    /// The response, and the events of a list behind it.
    pub(super) async fn exchange(&self, action: Action, list: bool) -> Result<Vec<Message>, Trouble> {
        let mut state = self.state.clone();
        let ended = || Trouble::Slow(action.name().to_owned());
        let settled =
            state.wait_for(|state| !matches!(state, State::Trying)).await.map_err(|_| ended())?.clone();
        if let State::Down(trouble) = settled {
            return Err(trouble);
        }
        let (reply, answer) = oneshot::channel();
        let name = action.name().to_owned();
        let sent = self.questions.try_send(Question { action, list, reply });
        sent.map_err(|_| Trouble::Slow(name.clone()))?;
        answer.await.map_err(|_| Trouble::Slow(name))?
    }
}

impl Owner {
    async fn run(mut self) {
        let mut pause = BACK_OFF.0;
        loop {
            let trouble = match Session::open(&self.account).await {
                Ok(session) => {
                    pause = BACK_OFF.0;
                    tracing::info!(asterisk = %self.account.address, "logged in to Asterisk");
                    self.tell(State::Up);
                    session.serve(&mut self.questions, &self.events).await
                }
                Err(trouble) => trouble,
            };
            if self.questions.is_closed() {
                return;
            }
            self.remember(&trouble);
            self.tell(State::Down(trouble.clone()));
            self.refuse_for(pause, &trouble).await;
            pause = (pause * 2).min(BACK_OFF.1);
        }
    }

    fn tell(&self, state: State) {
        let _ = self.state.send(state);
    }

    /// One line for each new trouble, not one for each try.
    fn remember(&self, trouble: &Trouble) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() != Some(trouble) {
            tracing::warn!(%trouble, "no Asterisk to ask; trying again");
            *last = Some(trouble.clone());
        }
    }

    /// Nobody waits for a connection that is not there.
    async fn refuse_for(&mut self, pause: Duration, trouble: &Trouble) {
        let refuse = async {
            while let Some(question) = self.questions.recv().await {
                let _ = question.reply.send(Err(trouble.clone()));
            }
        };
        let _ = tokio::time::timeout(pause, refuse).await;
    }
}
