//! Asking the Trust Verification Service: when the signer of a file, or an HTTPS server, stands in no list that the phone
//! holds, and one of the lists names such a service.
//!
//! A file that came, or a connection that was broken off, waits until the answer is there, and is looked at once more.

use std::time::Duration;

use wire::{
    encrypted::Encrypted,
    signature::Signer,
    signed::Signed,
    trust_list::{Role, TrustList},
};

use super::{Answer, Boot, Want};
use crate::{
    ask::{Purpose, Transport, Trouble},
    trust::{Entry, FILE_ROLES, Vouched},
    tvs::{Question, Told},
};

/// What waits for the answer to a question.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    question: Question,
    want: Want,
    file: Result<Vec<u8>, Trouble>,
    elapsed: Duration,
    remark: Option<String>,
}

impl Boot {
    /// What the phone asks the Trust Verification Service now. While there is such a question, [`Boot::told`] goes before
    /// [`Boot::next`].
    #[must_use]
    pub fn question(&self) -> Option<&Question> {
        self.waiting.as_ref().map(|waiting| &waiting.question)
    }

    /// The name under which it asks.
    #[must_use]
    pub fn tvs_name(&self) -> String {
        format!("CP-{}-{}", self.phone.model.name, self.phone.mac.device_name())
    }

    /// The certificates it takes of the service itself.
    #[must_use]
    pub fn trusted_tvs(&self) -> Vec<pki::Certificate> {
        self.flash.trust.tvs().cloned().collect()
    }

    /// Takes the answer to [`Boot::question`], and goes on with what waited for it.
    pub fn told(&mut self, told: Result<Told, Trouble>) {
        let Some(waiting) = self.waiting.take() else { return };
        let whom = waiting.question.named().subject;
        self.tvs_says = Some(match told {
            Ok(Told::Vouched { certificate, roles, ttl }) => {
                let names: Vec<String> = roles.iter().map(Role::to_string).collect();
                let until = self.phone.now.saturating_add(ttl);
                let entry = |role| Entry { role, certificate: certificate.clone() };
                let vouched = roles.into_iter().map(|role| Vouched { entry: entry(role), until });
                self.flash.trust.vouched.extend(vouched);
                format!("the trust verification service vouches for {whom} as {}", names.join(" and "))
            }
            Ok(Told::Invalid) => format!("the trust verification service does not vouch for {whom}"),
            Err(trouble) => format!("the trust verification service was asked in vain: {trouble}"),
        });
        self.asked.push(waiting.question);
        let Waiting { want, file, elapsed, remark, .. } = waiting;
        if let Err(Trouble::Untrusted(shown)) = &file
            && self.trusted_servers().is_some_and(|trusted| trusted.contains(shown))
        {
            self.wants.push_front(want);
            return;
        }
        let file = file.as_ref().map(Vec::as_slice);
        self.settle(want, Answer { file, elapsed, remark: remark.as_deref() });
    }

    /// Lets an answer wait if the phone has something to ask before it can conclude anything.
    pub(super) fn waits(&mut self, want: &Want, answer: Answer<'_>) -> bool {
        let question = match answer.file {
            Err(Trouble::Untrusted(shown)) => Some(Question::Verify((**shown).clone())),
            Ok(file) => self.unknown_signer(want, file).map(Question::Query),
            Err(_) => None,
        };
        let question = question.filter(|one| self.flash.trust.names_tvs() && !self.asked.contains(one));
        self.waiting = question.map(|question| Waiting {
            question,
            want: want.clone(),
            file: answer.file.map(<[u8]>::to_vec).map_err(Clone::clone),
            elapsed: answer.elapsed,
            remark: answer.remark.map(str::to_owned),
        });
        self.waiting.is_some()
    }

    /// The signer of a file, if the phone knows nobody by that name.
    fn unknown_signer(&self, want: &Want, file: &[u8]) -> Option<Signer> {
        let over_https = want.roads.first() == Some(&Transport::Https);
        let signer = match want.purpose {
            Purpose::Ctl | Purpose::Itl => TrustList::parse(file).ok()?.signer,
            Purpose::EncryptedConfiguration => Encrypted::parse(file).ok()?.signer,
            // What comes over HTTPS is bare.
            Purpose::Configuration if over_https => return None,
            purpose if purpose.is_signed() && want.name.ends_with(".sgn") => Signed::parse(file).ok()?.signer,
            _ => return None,
        };
        (!self.flash.trust.knows(&signer)).then_some(signer)
    }

    /// The servers that the service vouched for.
    pub(super) fn vouched_servers(&self) -> impl Iterator<Item = &pki::Certificate> {
        let entries = self.flash.trust.vouched.iter().map(|vouched| &vouched.entry);
        entries.filter(|entry| FILE_ROLES.contains(&entry.role)).map(|entry| &entry.certificate)
    }
}
