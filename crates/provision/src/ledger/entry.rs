//! One phone's page in the ledger, and what each of its requests writes there. Times are milliseconds since 1970: a virtual
//! phone boots twice within a second.

use serde::{Deserialize, Serialize};

use super::Contents;
use super::judge::{Verdict, judge};

/// A list that a phone fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// What is in it.
    pub contents: Contents,
    /// Under which name.
    pub name: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// From which address.
    pub source: String,
}

/// The list that a phone holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// What is in it.
    pub contents: Contents,
    /// When its requests first showed that it was taken, in milliseconds since 1970.
    pub since: i64,
}

/// What is known of one phone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The list it fetched last.
    pub fetched: Option<Fetch>,
    /// The list it holds, as far as its requests tell.
    pub held: Option<Held>,
    /// When it last asked for its configuration signed.
    pub signed_at: Option<i64>,
    /// When it last asked for it without a signature.
    pub plain_at: Option<i64>,
    /// Since when it asks for signed files without having been given a list here: it holds somebody else's.
    pub foreign: Option<i64>,
}

/// How a phone asked for its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Without a signature: it holds no list, or one that lets go.
    Plain,
    /// Signed: it holds a list.
    Signed,
    /// Over HTTPS, and it took the certificate of the server: the list it holds is one of ours.
    Secure,
    /// Encrypted: the name says signed, and phones without a list ask for it, too. It tells something only behind a list.
    Encrypted,
}

/// What a phone did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It fetched a list, whole.
    Fetched(Fetch),
    /// It asked for its configuration.
    Asked(Asked, i64),
}

impl Event {
    /// When, in milliseconds since 1970.
    #[must_use]
    pub fn at(&self) -> i64 {
        match self {
            Self::Fetched(fetch) => fetch.at,
            Self::Asked(_, at) => *at,
        }
    }
}

impl Entry {
    /// Writes down what the phone did. `vouching` names the certificate of the Trust Verification Service that vouches for
    /// the signer of a list, if one does.
    pub fn note(&mut self, event: Event, vouching: impl Fn(&Contents) -> Option<String>) {
        match event {
            Event::Fetched(fetch) => {
                let at = fetch.at;
                if self.fetched.as_ref().is_some_and(|last| last.at > at) {
                    return;
                }
                self.fetched = Some(fetch);
                // News of two servers may come in the wrong order.
                if self.foreign.is_some_and(|since| at <= since) {
                    self.foreign = None;
                }
                if let Some(signed_at) = self.signed_at.filter(|signed_at| at <= *signed_at) {
                    self.came_signed(Asked::Signed, signed_at, vouching);
                }
            }
            Event::Asked(Asked::Plain, at) => {
                self.plain_at = self.plain_at.max(Some(at));
                self.came_plain(at);
            }
            Event::Asked(Asked::Encrypted, at) if !self.shows_a_list(at) => {}
            Event::Asked(asked, at) => {
                self.signed_at = self.signed_at.max(Some(at));
                self.came_signed(asked, at, vouching);
            }
        }
    }

    /// Whether it was given a list and has not been seen since.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let Some(fetched) = &self.fetched else { return false };
        let held = self.held.as_ref().map(|held| &held.contents.digest);
        held != Some(&fetched.contents.digest) && self.signed_at.max(self.plain_at) < Some(fetched.at)
    }

    /// Somebody erased the list on the phone, and it begins anew.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Whether somebody who asks now must have taken the last list: it binds, and nothing was asked for in the clear since.
    fn shows_a_list(&self, at: i64) -> bool {
        let binds = |fetch: &&Fetch| fetch.at <= at && !fetch.contents.releases();
        let fetched = self.fetched.as_ref().filter(binds).map(|fetch| fetch.at);
        fetched.is_some_and(|fetched| self.plain_at < Some(fetched))
    }

    fn came_plain(&mut self, at: i64) {
        // Erased by hand, or never taken: it holds none.
        self.foreign = None;
        let released = self.fetched.as_ref().filter(|list| list.at <= at && list.contents.releases());
        let held = self.held.take().filter(|held| held.contents.releases());
        self.held = match released {
            Some(list) if held.as_ref().is_none_or(|held| held.contents != list.contents) => {
                Some(Held { contents: list.contents.clone(), since: at })
            }
            _ => held,
        };
    }

    fn came_signed(&mut self, asked: Asked, at: i64, vouching: impl Fn(&Contents) -> Option<String>) {
        let Some(fetched) = self.fetched.as_ref().filter(|fetched| fetched.at <= at) else {
            let is_first = self.held.is_none() && self.fetched.is_none() && asked != Asked::Secure;
            self.foreign = self.foreign.or(is_first.then_some(at));
            return;
        };
        self.foreign = self.foreign.filter(|_| asked != Asked::Secure);
        // Whoever took a list that lets go would not ask for signed files.
        if self.foreign.is_some() || fetched.contents.releases() {
            return;
        }
        let next = &fetched.contents;
        let takes = match &self.held {
            None => true,
            Some(held) if held.contents.digest == next.digest => false,
            Some(held) => {
                matches!(judge(&held.contents, next, vouching(next).as_deref()), Verdict::Accepts(_))
            }
        };
        if takes {
            self.held = Some(Held { contents: next.clone(), since: at });
        }
    }
}
