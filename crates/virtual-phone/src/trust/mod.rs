//! What a phone trusts: the lists it holds, and every check of a list or a signed file it is served.

mod checks;
mod distrust;
mod list;

use std::sync::Arc;

use pki::Certificate;
use wire::{
    signature::Signer,
    trust_list::{Kind, Role},
};

pub use checks::Checks;
pub use distrust::{Distrust, Holder, Roles};
pub use list::{Entry, List};

use list::find_signer;

#[cfg(test)]
mod tests;

/// Phones no longer register with a list of more certificates.
const MOST_RECORDS: usize = 39;
/// Two may sign the next list: the one in use, and the one to come.
const MOST_SASTS: usize = 2;
/// The roles whose holders may sign files and be the HTTPS provisioning server.
pub(crate) const FILE_ROLES: [Role; 2] = [Role::Tftp, Role::CcmTftp];

/// The lists a phone holds.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The one call-manager security makes.
    pub ctl: Option<Arc<List>>,
    /// The one every phone but two models knows.
    pub itl: Option<Arc<List>>,
    /// What the Trust Verification Service said, for as long as that may be believed.
    pub vouched: Vec<Vouched>,
}

/// A certificate in no list held, and one thing the Trust Verification Service says it may be trusted for.
#[derive(Clone, Debug)]
pub struct Vouched {
    /// Which, and for what.
    pub entry: Entry,
    /// Until when, in Unix seconds.
    pub until: u32,
}

/// How a new list comes to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The phone held none, so it believed the first one it was given.
    LeapOfFaith,
    /// The list held lets go: no TFTP and no TVS in it, so any list may follow.
    Released,
    /// A SAST of the list held signed it.
    Vouched,
    /// Somebody signed it whom the Trust Verification Service knows as a SAST.
    VouchedByTvs,
    /// It is the list held already.
    Unchanged,
}

impl Trust {
    /// Whether the phone holds any list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ctl.is_none() && self.itl.is_none()
    }

    /// Whether the phone asks for the signed form of files: an RSA certificate may sign them.
    #[must_use]
    pub fn wants_signed(&self) -> bool {
        self.servers().any(|certificate| certificate.key_kind().is_rsa())
    }

    /// Whether the phone fetches its configuration over HTTPS.
    #[must_use]
    pub fn wants_https(&self) -> bool {
        self.lists().iter().any(|list| list.is_1_1())
    }

    /// The certificates a provisioning server may show and files may be signed with.
    pub fn servers(&self) -> impl Iterator<Item = &Certificate> {
        [&self.ctl, &self.itl].into_iter().flatten().flat_map(|list| list.with_role(&FILE_ROLES))
    }

    /// Whether some trust verification service could vouch for a signer the list does not know.
    #[must_use]
    pub fn names_tvs(&self) -> bool {
        self.tvs().next().is_some()
    }

    /// The certificates that such a service may show.
    pub fn tvs(&self) -> impl Iterator<Item = &Certificate> {
        [&self.ctl, &self.itl].into_iter().flatten().flat_map(|list| list.with_role(&[Role::Tvs]))
    }

    /// Whether the phone has the certificate of this signer, whatever it trusts it for; a phone without a list does not
    /// care.
    pub(crate) fn knows(&self, signer: &Signer) -> bool {
        let is_signer = |entry: &Entry| entry.is(signer);
        self.is_empty()
            || self.entries().any(is_signer)
            || self.vouched.iter().any(|one| one.entry.is(signer))
    }

    /// What the service said counts no longer than it said.
    pub(crate) fn forget_what_is_old(&mut self, now: u32) {
        self.vouched.retain(|vouched| vouched.until > now);
    }

    /// Decides about a list that keeps all the rules for itself, and holds it from now on if it may.
    pub fn take(&mut self, next: Arc<List>) -> Result<Taken, Distrust> {
        let taken = self.admits(&next)?;
        let place = match next.kind {
            Kind::Ctl => &mut self.ctl,
            Kind::Itl => &mut self.itl,
        };
        *place = Some(next);
        Ok(taken)
    }

    fn admits(&self, next: &List) -> Result<Taken, Distrust> {
        let held = self.lists();
        let same = held.iter().any(|list| list.kind == next.kind && list.bytes == next.bytes);
        if held.is_empty() {
            return Ok(Taken::LeapOfFaith);
        }
        if same {
            return Ok(Taken::Unchanged);
        }
        // A CTL never lets go; it is taken off by hand.
        if self.ctl.is_none() && self.servers().next().is_none() && !self.names_tvs() {
            return Ok(Taken::Released);
        }
        let signed = |signer| next.check_signature(signer);
        let signer = find_signer(&next.signer, self.entries(), &[Role::Sast], Holder::HeldLists);
        match self.or_vouched(signer, &next.signer, &[Role::Sast])? {
            (signer, Holder::Tvs) => signed(signer).map(|()| Taken::VouchedByTvs),
            (signer, _) => signed(signer).map(|()| Taken::Vouched),
        }
    }

    /// What was found in the lists, or else what the service vouched for.
    fn or_vouched<'a>(
        &'a self,
        listed: Result<&'a Certificate, Distrust>,
        signer: &Signer,
        needed: &[Role],
    ) -> Result<(&'a Certificate, Holder), Distrust> {
        let unknown = match listed {
            Err(unknown @ Distrust::UnknownSigner { .. }) => unknown,
            listed => return listed.map(|certificate| (certificate, Holder::HeldLists)),
        };
        let vouched = self.vouched.iter().map(|vouched| &vouched.entry);
        match find_signer(signer, vouched, needed, Holder::Tvs) {
            Err(Distrust::UnknownSigner { .. }) => Err(unknown),
            found => found.map(|certificate| (certificate, Holder::Tvs)),
        }
    }

    /// The certificate of somebody who may sign files.
    fn file_signer(&self, signer: &Signer) -> Result<Certificate, Distrust> {
        let listed = find_signer(signer, self.entries(), &FILE_ROLES, Holder::HeldLists);
        self.or_vouched(listed, signer, &FILE_ROLES).map(|(certificate, _)| certificate.clone())
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        [&self.ctl, &self.itl].into_iter().flatten().flat_map(|list| &list.entries)
    }

    fn lists(&self) -> Vec<&List> {
        [&self.ctl, &self.itl].into_iter().flatten().map(Arc::as_ref).collect()
    }
}
