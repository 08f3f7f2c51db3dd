//! What offhook asks of Asterisk: who registers, which calls are parked, how a call goes, who has a voicemail box.
//!
//! One connection is kept and made again when it breaks, over TCP (`link`) or HTTP (`mxml`); answers become values in
//! [`peers`], [`parked`], [`voicemail`] and [`statistics`], whichever version they come from. Nobody waits for an Asterisk that is away:
//! a question then fails at once, and one that is not answered fails within [`PATIENCE`].

mod address;
mod link;
mod mxml;
pub mod parked;
pub mod peers;
pub mod restart;
pub mod statistics;
pub mod voicemail;

use std::sync::Arc;
use std::time::Duration;

pub use address::{Address, Scheme};
pub use link::Link;
use tokio::sync::broadcast;
use wire::ami::{Action, Message};

/// A phone shows nothing while it waits, so it must have an answer within a second, whatever it says.
pub const PATIENCE: Duration = Duration::from_millis(800);

/// The way to one Asterisk. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Asterisk(Option<Arc<Way>>);

#[derive(Debug)]
enum Way {
    Tcp(Link),
    Http(mxml::Session),
}

/// What the configuration says of Asterisk. `Debug` does not tell the secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where its manager listens; `None` is no Asterisk.
    pub address: Option<Address>,
    /// The user in `manager.conf`.
    pub username: String,
    /// Its secret.
    pub secret: String,
}

/// Who logs in to the manager. `Debug` does not tell the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Where it listens.
    pub address: Address,
    /// The user in `manager.conf`.
    pub username: String,
    /// Its secret.
    pub secret: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No Asterisk is configured.
    #[error("no Asterisk is configured: set asterisk.url, asterisk.username and asterisk.secret")]
    None,
    /// It cannot be reached.
    #[error("Asterisk at {address} is away: {why}")]
    Away {
        /// Where it should be.
        address: String,
        /// What happened.
        why: String,
    },
    /// It does not let us in.
    #[error("Asterisk at {address} refuses the user {username}: {why}; see manager.conf")]
    Refused {
        /// Where it is.
        address: String,
        /// Who asked to be let in.
        username: String,
        /// What it says.
        why: String,
    },
    /// It did not answer in time.
    #[error("Asterisk does not answer {0} in time")]
    Slow(String),
    /// It answered that it cannot.
    #[error("Asterisk cannot do {action}: {why}")]
    Cannot {
        /// What was asked.
        action: String,
        /// What it says.
        why: String,
    },
    /// What it said is not what a manager interface says.
    #[error("what answers at {address} is no manager interface: {why}")]
    Nonsense {
        /// Who answers.
        address: String,
        /// What is wrong.
        why: String,
    },
}

impl Asterisk {
    /// The way to that Asterisk. It is looked for at once, on the runtime this is called on, until the last clone is gone.
    #[must_use]
    pub fn open(account: Account) -> Self {
        let way = match account.address.scheme {
            Scheme::Tcp => Way::Tcp(Link::open(account)),
            Scheme::Http => Way::Http(mxml::Session::new(account)),
        };
        Self(Some(Arc::new(way)))
    }

    /// Whether there is one to ask.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        self.0.is_some()
    }

    /// Asks for one thing; the answer is one block.
    ///
    /// # Errors
    /// Within [`PATIENCE`], why there is no answer.
    pub async fn ask(&self, action: Action) -> Result<Message, Trouble> {
        Ok(self.exchange(action, false).await?.swap_remove(0))
    }

    /// Asks for a list; the answer is its events.
    ///
    /// # Errors
    /// As [`Asterisk::ask`].
    pub async fn list(&self, action: Action) -> Result<Vec<Message>, Trouble> {
        let mut answer = self.exchange(action, true).await?;
        answer.remove(0);
        Ok(answer)
    }

    /// Everything Asterisk tells by itself; `None` when it is asked over HTTP, which tells nothing.
    #[must_use]
    pub fn events(&self) -> Option<broadcast::Receiver<Arc<Message>>> {
        match self.0.as_deref()? {
            Way::Tcp(link) => Some(link.events()),
            Way::Http(_) => None,
        }
    }

    async fn exchange(&self, action: Action, list: bool) -> Result<Vec<Message>, Trouble> {
        let way = self.0.as_deref().ok_or(Trouble::None)?;
        let name = action.name().to_owned();
        let answer = async {
            match way {
                Way::Tcp(link) => link.exchange(action, list).await,
                Way::Http(session) => session.exchange(&action).await,
            }
        };
        let answer =
            tokio::time::timeout(PATIENCE, answer).await.map_err(|_| Trouble::Slow(name.clone()))??;
        let first = answer.first().ok_or_else(|| Trouble::Slow(name.clone()))?;
        if first.get("Response").is_some_and(|response| response.eq_ignore_ascii_case("Error")) {
            let why = first.get("Message").unwrap_or("it does not say why").to_owned();
            return Err(Trouble::Cannot { action: name, why });
        }
        Ok(answer)
    }
}

impl Settings {
    /// Who logs in where, if anybody does.
    #[must_use]
    pub fn account(&self) -> Option<Account> {
        let address = self.address.clone()?;
        Some(Account { address, username: self.username.clone(), secret: self.secret.clone() })
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.account(), f)
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("address", &self.address)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}
