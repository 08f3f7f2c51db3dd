//! The set of certificates a first start makes.

use pki::{Curve, Identity, KeyKind, Name, Request, Subject};
use wire::trust_list::Role;

use super::Error;

/// One certificate of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name in the store.
    pub name: &'static str,
    /// What it is for, for people.
    pub purpose: &'static str,
    /// Its role in trust lists.
    pub role: Role,
    label: &'static str,
    key: KeyKind,
    years: u32,
    shows_host: bool,
    only_for_legacy_tls: bool,
}

const fn kind(name: &'static str, label: &'static str, role: Role, purpose: &'static str) -> Kind {
    let key = KeyKind::Rsa(2048);
    Kind { name, label, role, purpose, key, years: 10, shows_host: true, only_for_legacy_tls: false }
}

/// The whole set, in the order people read it.
///
/// `provisioning-rsa` is there because RSA key exchange, which old phones need, lets anybody on the network ask the
/// server to decrypt. A key that does that must not be `tftp`, whose signatures phones take their configuration from.
pub const SET: [Kind; 8] = [
    Kind { years: 20, shows_host: false, ..kind("sast-1", "SAST-1", Role::Sast, "signs trust lists") },
    Kind {
        years: 20,
        shows_host: false,
        ..kind("sast-2", "SAST-2", Role::Sast, "recovery: takes over from sast-1")
    },
    Kind { shows_host: false, ..kind("tftp", "TFTP", Role::Tftp, "signs the files phones load") },
    Kind {
        key: KeyKind::Ec(Curve::P256),
        ..kind("provisioning", "Provisioning", Role::Tftp, "HTTPS provisioning on 6971")
    },
    Kind {
        only_for_legacy_tls: true,
        ..kind("provisioning-rsa", "Provisioning RSA", Role::Tftp, "HTTPS provisioning for old phones")
    },
    kind("application", "Application", Role::AppServer, "XML services over HTTPS"),
    kind("tvs", "TVS", Role::Tvs, "vouches for other certificates"),
    kind("capf", "CAPF", Role::Capf, "enrols phones"),
];

impl Kind {
    /// The kind of this name, when it is one of the set.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        SET.iter().find(|kind| kind.name == name)
    }

    /// Whether a server needs it.
    pub(super) fn is_wanted(&self, legacy_tls: bool) -> bool {
        legacy_tls || !self.only_for_legacy_tls
    }

    /// What to ask for when it is made. Subjects differ within the set: old TLS stacks look certificates up by subject.
    #[must_use]
    pub fn request(&self, names: &[Name]) -> Request {
        let host = names.first().map(Name::to_string).filter(|host| host.len() <= 64);
        let host = host.unwrap_or_else(|| "offhook".to_owned());
        let (cn, ou) =
            if self.shows_host { (host, self.label.to_owned()) } else { (self.label.to_owned(), host) };
        Request {
            subject: Subject { cn, o: "offhook".to_owned(), ou },
            names: names.to_vec(),
            key: self.key,
            days: self.years * 365 + self.years / 4,
        }
    }
}

/// Makes several at a time: finding primes takes a while.
pub(super) fn make(
    wanted: &[&'static Kind],
    names: &[Name],
    now: i64,
) -> Result<Vec<(&'static str, Identity)>, Error> {
    let failed = |kind: &Kind, source| Error::Request { name: kind.name.to_owned(), source };
    std::thread::scope(|scope| {
        let making: Vec<_> = wanted
            .iter()
            .map(|kind| (*kind, scope.spawn(|| Identity::self_signed(&kind.request(names), now))))
            .collect();
        let made = making.into_iter().map(|(kind, making)| {
            let made = making.join().expect("making a certificate does not panic");
            Ok((kind.name, made.map_err(|source| failed(kind, source))?))
        });
        made.collect()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_of_the_set_have_the_same_subject() {
        for names in [vec![], vec![Name::Dns("pbx".to_owned())], vec![Name::Dns("a".repeat(63) + ".example")]]
        {
            let subjects: HashSet<_> = SET
                .iter()
                .map(|kind| kind.request(&names).subject)
                .map(|subject| (subject.cn, subject.o, subject.ou))
                .collect();
            assert_eq!(subjects.len(), SET.len());
        }
    }

    #[test]
    fn keys_are_what_phones_take() {
        for kind in SET {
            let request = kind.request(&[]);
            assert!(matches!(request.key, KeyKind::Rsa(2048) | KeyKind::Ec(Curve::P256)), "{}", kind.name);
            assert!(request.days >= 3652);
            assert_eq!(Kind::named(kind.name), Some(Kind::named(kind.name).unwrap_or(&SET[0])));
        }
        assert_eq!(Kind::named("nobody"), None);
    }
}
