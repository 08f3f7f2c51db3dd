//! What the tests of this crate share: throw-away identities, trust lists of them, and a server that is a map.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use pki::{Curve, Identity, KeyKind, Request, Subject};
use wire::{
    signature::{Digest, Version},
    trust_list::{self, Kind, Record, Role},
};

use crate::{
    ask::{Ask, Transport, Trouble},
    boot::{Answer, Boot, Flash, Phone},
    mac::Mac,
    models::find,
    report::Report,
    trust::Checks,
    tvs::{Question, Told},
};

/// The time all tests live in.
pub(crate) const NOW: u32 = 1_700_000_000;
pub(crate) const V1_0: Version = Version { major: 1, minor: 0 };
pub(crate) const V1_1: Version = Version { major: 1, minor: 1 };
pub(crate) const MAC: &str = "001122334455";

/// Keys are dear, so every test of this process uses the same.
pub(crate) struct Keys {
    pub(crate) sast: Identity,
    pub(crate) next_sast: Identity,
    pub(crate) third_sast: Identity,
    pub(crate) tftp: Identity,
    pub(crate) stranger: Identity,
    pub(crate) phone: Identity,
    pub(crate) web: Identity,
}

pub(crate) static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys {
    sast: identity("sast-1", KeyKind::Rsa(1024)),
    next_sast: identity("sast-2", KeyKind::Rsa(1024)),
    third_sast: identity("sast-3", KeyKind::Rsa(1024)),
    tftp: identity("tftp", KeyKind::Rsa(1024)),
    stranger: identity("stranger", KeyKind::Rsa(1024)),
    phone: identity("SEP001122334455", KeyKind::Rsa(1024)),
    web: identity("provisioning", KeyKind::Ec(Curve::P256)),
});

pub(crate) fn identity(name: &str, key: KeyKind) -> Identity {
    let subject = Subject { cn: name.to_owned(), o: "Example".to_owned(), ou: "Telephones".to_owned() };
    Identity::self_signed(&Request { subject, names: vec![], key, days: 30 }, i64::from(NOW)).unwrap()
}

/// A list of these certificates, signed by the first.
pub(crate) fn list(kind: Kind, version: Version, of: &[(Role, &Identity)]) -> Vec<u8> {
    let records: Vec<Record> = of.iter().map(|(role, identity)| identity.certificate.record(*role)).collect();
    list_of(kind, version, &records, of[0].1)
}

/// A list of any records, also of such that no phone takes.
pub(crate) fn list_of(kind: Kind, version: Version, records: &[Record], signer: &Identity) -> Vec<u8> {
    let signing = signer.signing(Digest::Sha1, NOW);
    signer.sign(trust_list::build_unchecked(kind, version, records, &signing).unwrap()).unwrap()
}

/// The usual list: two SASTs, a signer of files, and a web server if the version allows its EC certificate.
pub(crate) fn usual_list(version: Version) -> Vec<u8> {
    let keys = &*KEYS;
    let mut of = vec![(Role::Sast, &keys.sast), (Role::Sast, &keys.next_sast), (Role::Tftp, &keys.tftp)];
    if version == V1_1 {
        of.push((Role::Tftp, &keys.web));
    }
    list(Kind::Itl, version, &of)
}

/// A file as the usual signer signs it.
pub(crate) fn signed(name: &str, payload: &[u8]) -> Vec<u8> {
    KEYS.tftp.sign_file(name, payload, Digest::Sha1, NOW).unwrap()
}

pub(crate) const CONFIGURATION: &str = "<device><devicePool><callManagerGroup><members><member priority='0'>\
    <callManager><ports><sipPort>5060</sipPort></ports><processNodeName>192.0.2.10</processNodeName></callManager>\
    </member></members></callManagerGroup></devicePool><sipProfile><sipLines><line button='1'>\
    <featureID>9</featureID><featureLabel>Reception</featureLabel><name>100</name></line></sipLines>\
    <dialTemplate>DialTemplate.xml</dialTemplate><softKeyFile>SoftKeys.xml</softKeyFile></sipProfile>\
    <featurePolicyFile>FeaturePolicy.xml</featurePolicyFile>\
    <userLocale><name>New_Zealand</name></userLocale><networkLocaleInfo><name>New_Zealand</name></networkLocaleInfo>\
    </device>";

/// Answers what is in it, over all roads but those that are down.
#[derive(Default)]
pub(crate) struct Server {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) down: Vec<Transport>,
    pub(crate) silent: bool,
    /// What its HTTPS shows; nothing means: what the phone likes to see.
    pub(crate) shows: Option<&'static Identity>,
    /// Whom its Trust Verification Service vouches for; nothing means that there is none.
    pub(crate) vouches: Option<Vec<(&'static Identity, Vec<Role>)>>,
}

impl Server {
    pub(crate) fn with(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self { files: files.into_iter().collect(), ..Self::default() }
    }

    pub(crate) fn put(&mut self, name: &str, bytes: impl Into<Vec<u8>>) -> &mut Self {
        self.files.insert(name.to_owned(), bytes.into());
        self
    }

    fn answer(&self, ask: &Ask, trusted: Option<Vec<pki::Certificate>>) -> Result<Vec<u8>, Trouble> {
        if self.silent {
            return Err(Trouble::Silent(Duration::from_secs(5)));
        }
        if self.down.contains(&ask.transport) {
            return Err(Trouble::Refused);
        }
        if let (Transport::Https, Some(shown), Some(trusted)) = (ask.transport, self.shows, trusted)
            && !trusted.contains(&shown.certificate)
        {
            return Err(Trouble::Untrusted(Box::new(shown.certificate.clone())));
        }
        let plain = ask.bare_name().strip_suffix(".sgn");
        let wanted = match plain {
            // 6971 gives a configuration as it is: the connection vouches for it.
            Some(plain) if ask.transport == Transport::Https && plain.starts_with("SEP") => plain,
            _ => ask.bare_name(),
        };
        self.files.get(wanted).cloned().ok_or_else(|| Trouble::Missing("404".to_owned()))
    }
}

impl Server {
    fn vouch(&self, question: &Question) -> Result<Told, Trouble> {
        let known = self.vouches.as_ref().ok_or(Trouble::Refused)?;
        let is_meant = |certificate: &pki::Certificate| match question {
            Question::Verify(shown) => shown == certificate,
            Question::Query(signer) => certificate.signer() == *signer,
        };
        let found = known.iter().find(|(identity, _)| is_meant(&identity.certificate));
        Ok(found.map_or(Told::Invalid, |(identity, roles)| Told::Vouched {
            certificate: identity.certificate.clone(),
            roles: roles.clone(),
            ttl: TTL,
        }))
    }
}

/// How long what is vouched for may be believed.
pub(crate) const TTL: u32 = 3600;

/// What a scripted boot did.
pub(crate) struct Boots {
    /// `HTTP CTLSEP….tlv`, one a request.
    pub(crate) asked: Vec<String>,
    pub(crate) report: Report,
    pub(crate) flash: Flash,
}

impl Boots {
    /// What the phone concluded of the last request for a file whose name begins so.
    pub(crate) fn note(&self, file: &str) -> &str {
        &self.report.steps.iter().rfind(|step| step.file.starts_with(file)).unwrap().note
    }
}

pub(crate) fn phone(model: &str) -> Phone {
    Phone::new(find(model).unwrap(), MAC.parse::<Mac>().unwrap(), NOW)
}

pub(crate) fn boot(model: &str, server: &Server) -> Boots {
    boot_with(phone(model), Flash::default(), server)
}

pub(crate) fn boot_with(phone: Phone, flash: Flash, server: &Server) -> Boots {
    let mut boot = Boot::new(phone, flash, Arc::new(Checks::default()));
    let mut asked = vec![];
    while let Some(ask) = boot.next() {
        assert!(asked.len() < 100, "the boot never ends: {asked:?}");
        asked.push(format!("{} {}", ask.transport, ask.name));
        let file = server.answer(&ask, boot.trusted_servers());
        let file = file.as_ref().map(Vec::as_slice);
        boot.answer(Answer { file, elapsed: Duration::from_millis(1), remark: None });
        while let Some(question) = boot.question().cloned() {
            asked.push(match &question {
                Question::Verify(shown) => format!("TVS verify {}", shown.subject()),
                Question::Query(signer) => format!("TVS query {}", signer.subject),
            });
            boot.told(server.vouch(&question));
        }
    }
    let (report, flash) = boot.finish();
    Boots { asked, report, flash }
}
