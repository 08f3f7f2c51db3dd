//! What the Trust Verification Service says about a certificate, and to whom.
//!
//! A certificate has roles because trust lists carry it in them, and may have more besides: those are vouched for here
//! and stand in no list. A phone that has a trust list of its own is answered by that one instead of the common list.

mod name;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

pub use name::Name;

/// SHA-256 of a certificate's DER form.
pub type Fingerprint = [u8; 32];

/// A certificate that somebody knows, and its roles, numbered as in trust lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What people call it.
    pub name: String,
    /// Its DER form.
    pub certificate: Vec<u8>,
    /// What it is found by when a phone shows it.
    pub fingerprint: Fingerprint,
    /// Who issued it.
    pub issuer: Name,
    /// Its number in each form a phone may know it by; leading zeros mean nothing.
    pub serials: Vec<Vec<u8>>,
    /// Its roles in the trust list.
    pub listed: Vec<u16>,
    /// Its roles that stand in no list.
    pub besides: Vec<u16>,
    /// How many seconds a phone may believe what is said about it, when that differs from the usual.
    pub ttl: Option<u32>,
}

/// The certificates of one place: the store, or one phone's own list.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    known: Vec<Known>,
    by_fingerprint: HashMap<Fingerprint, usize>,
    by_serial: HashMap<Vec<u8>, Vec<usize>>,
}

/// How a phone names a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question<'a> {
    /// It has the certificate.
    Shown(Fingerprint),
    /// It knows who issued it, and its number.
    Named {
        /// As the phone writes it.
        issuer: &'a str,
        /// Big-endian.
        serial: &'a [u8],
    },
}

/// Which trust list the phone that asks is given.
#[derive(Clone, Copy, Debug)]
pub enum List<'a> {
    /// That of everybody.
    Common,
    /// One of its own, which holds these.
    Own(&'a Directory),
    /// None.
    None,
}

/// A certificate is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Its DER form.
    pub certificate: &'a [u8],
    /// For what: one byte a role, in rising order, never none.
    pub roles: Vec<u8>,
    /// For how many seconds this may be believed.
    pub ttl: u32,
}

/// Why a certificate is not vouched for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody knows it.
    #[error("no such certificate is known here; `offhook cert import` makes it known")]
    Unknown,
    /// It is known, and good for nothing.
    #[error("the certificate {0} has no role; `offhook cert role add` gives it one")]
    NoRole(String),
    /// The common list has it; the phone's own does not.
    #[error("the certificate {0} is not in the trust list of this phone's own")]
    NotInOwnList(String),
    /// The phone is given no list at all.
    #[error("this phone is given no trust list; `offhook trust enable --phone` changes that")]
    NoList,
}

impl Directory {
    /// A directory of these; of two that are the same certificate, the first counts.
    #[must_use]
    pub fn new(known: Vec<Known>) -> Self {
        let mut directory = Self::default();
        for (number, one) in known.iter().enumerate() {
            directory.by_fingerprint.entry(one.fingerprint).or_insert(number);
            for serial in &one.serials {
                let numbers = directory.by_serial.entry(bare(serial).to_vec()).or_default();
                if !numbers.contains(&number) {
                    numbers.push(number);
                }
            }
        }
        directory.known = known;
        directory
    }

    /// The certificate that a question is about.
    #[must_use]
    pub fn find(&self, question: Question<'_>) -> Option<&Known> {
        match question {
            Question::Shown(fingerprint) => self.known.get(*self.by_fingerprint.get(&fingerprint)?),
            Question::Named { issuer, serial } => {
                let issuer = Name::parse(issuer);
                let numbers = self.by_serial.get(bare(serial))?;
                numbers.iter().filter_map(|number| self.known.get(*number)).find(|one| one.issuer == issuer)
            }
        }
    }

    /// What a phone that is given this list is told, to be believed for `usual_ttl` seconds if nothing else is said.
    ///
    /// # Errors
    /// The certificate is not vouched for; the refusal is for the administrator, phones are not told why.
    pub fn answer<'a>(
        &'a self,
        question: Question<'_>,
        list: List<'a>,
        usual_ttl: u32,
    ) -> Result<Vouched<'a>, Refusal> {
        let stored = self.find(question);
        let (known, listed) = match list {
            List::None => return Err(Refusal::NoList),
            List::Common => (stored, stored),
            List::Own(own) => {
                let listed = own.find(question);
                (stored.or(listed), listed)
            }
        };
        let known = known.ok_or(Refusal::Unknown)?;
        let listed = listed.map(|one| one.listed.as_slice()).unwrap_or_default();
        let besides = stored.map(|one| one.besides.as_slice()).unwrap_or_default();
        let roles = roles(listed, besides);
        if roles.is_empty() {
            let name = known.name.clone();
            let is_listed = !known.listed.is_empty() && matches!(list, List::Own(_));
            return Err(if is_listed { Refusal::NotInOwnList(name) } else { Refusal::NoRole(name) });
        }
        Ok(Vouched {
            name: &known.name,
            certificate: &known.certificate,
            roles,
            ttl: known.ttl.unwrap_or(usual_ttl),
        })
    }
}

/// All roles in rising order; a role has one byte here, so greater numbers are left to the lists.
fn roles(listed: &[u16], besides: &[u16]) -> Vec<u8> {
    let mut roles: Vec<u8> =
        listed.iter().chain(besides).filter_map(|role| u8::try_from(*role).ok()).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// A number without leading zeros: some write one before a high bit, as DER does.
fn bare(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|byte| **byte == 0).count();
    serial.get(zeros..).unwrap_or_default()
}
