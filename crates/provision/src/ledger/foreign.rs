//! Phones that hold a list which is not ours.

use super::entry::Entry;
use super::erase::{Erasing, erasing};
use crate::models::Model;

/// How a phone behaves, as far as it decides whose list it holds.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// Its model, where known: it decides how a list is erased.
    pub model: Option<&'static Model>,
    /// Its last request for its configuration was for the signed form.
    pub asks_signed: bool,
    /// It was given a list here before it ever asked for a signed file.
    pub had_our_list: bool,
    /// It took a file that we signed: it went on with what stands in it, or registered.
    pub took_our_files: bool,
}

/// A phone that still trusts another call manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignTrust {
    /// What is known, for people.
    pub why: &'static str,
    /// How the list is erased on the phone.
    pub erasing: &'static Erasing,
}

/// Whether a phone still trusts another call manager: it asks for signed files, and no list of ours made it do so.
///
/// Such a phone refuses whatever we sign, and nothing on this side helps: its list is erased on the phone.
#[must_use]
pub fn foreign_trust(behaviour: &Behaviour) -> Option<ForeignTrust> {
    let Behaviour { model, asks_signed, had_our_list, took_our_files } = *behaviour;
    let is_foreign = asks_signed && !had_our_list && !took_our_files;
    is_foreign.then(|| ForeignTrust {
        why: "it asks for signed files though it was never given a trust list here: it still trusts another call manager",
        erasing: erasing(model),
    })
}

impl Entry {
    /// What the ledger knows of a phone's behaviour.
    #[must_use]
    pub fn behaviour(&self, model: Option<&'static Model>) -> Behaviour {
        Behaviour {
            model,
            asks_signed: self.signed_at > self.plain_at,
            had_our_list: self.fetched.is_some() && self.foreign.is_none(),
            took_our_files: self.held.is_some(),
        }
    }
}
