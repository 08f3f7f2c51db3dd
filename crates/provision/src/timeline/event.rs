//! One thing that a phone did, as any listener tells it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::wanted::BUILT_IN;
use crate::artifact::{Artifact, Form, Kind};
use crate::mac::Mac;
use crate::name::{FileName, From};

/// Something that happened, whoever saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it was over, in milliseconds since 1970.
    pub at: i64,
    /// The phone, if it is known which.
    pub phone: Option<Mac>,
    /// How that is known.
    pub known_by: KnownBy,
    /// The address it came from.
    pub address: IpAddr,
    /// Over what.
    pub via: Via,
    /// What it was about.
    pub what: What,
    /// The file, the page, the certificate, or why somebody was turned away.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, when it did not end well.
    pub reason: String,
    /// Bytes that were sent.
    pub bytes: u64,
    /// How long it took, in microseconds.
    pub took: u64,
    /// What the phone says it is; empty when it says nothing, as most do.
    pub agent: String,
}

/// Declares an enum whose values are written as words, both ways.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $value:ident = $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $value),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// As it is written and kept.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$value => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().copied().find(|one| one.word() == word);
                found.ok_or_else(|| format!("{word:?} is none of what there is"))
            }
        }
    };
}

words! {
    /// How it is known which phone it was.
    KnownBy {
        /// It is not.
        Nothing = "",
        /// It said its name.
        Name = "name",
        /// By its address: shortly before, it had said its name.
        Address = "address",
    }
}

words! {
    /// Over what something came: the listener, or Asterisk.
    Via {
        /// Files over TFTP.
        Tftp = "tftp",
        /// Files over HTTP.
        Http = "http",
        /// Files over HTTPS.
        Https = "https",
        /// Pages over HTTP.
        Services = "services",
        /// Pages over HTTPS.
        SecureServices = "secure_services",
        /// The Trust Verification Service.
        Tvs = "tvs",
        /// Certificate enrolment.
        Capf = "capf",
        /// What Asterisk tells.
        Sip = "sip",
    }
}

words! {
    /// What it was about.
    What {
        /// A file; the name tells which.
        File = "file",
        /// A page for the screen, or something reported.
        Page = "page",
        /// Whether a certificate is to be trusted.
        Certificate = "certificate",
        /// A certificate of the phone's own.
        Enrolment = "enrolment",
        /// Somebody who was turned away before asking for anything.
        Door = "door",
        /// A registration that came or went.
        Registration = "registration",
    }
}

words! {
    /// How something ended.
    Outcome {
        /// As the phone wanted it.
        Sent = "sent",
        /// The phone has it already.
        Unchanged = "unchanged",
        /// There is none, and that is normal.
        NormalMiss = "normal_miss",
        /// There is none, and the phone will miss it.
        Missing = "missing",
        /// It was not allowed, or not vouched for.
        Refused = "refused",
        /// It broke off.
        Cut = "cut",
        /// offhook failed.
        Failed = "failed",
    }
}

impl Outcome {
    /// Whether the phone has what it wanted.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Sent | Self::Unchanged)
    }
}

impl Via {
    /// As people say it, the port included.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Tftp => "TFTP",
            Self::Http => "HTTP 6970",
            Self::Https => "HTTPS 6971",
            Self::Services => "services 6972",
            Self::SecureServices => "services 6973",
            Self::Tvs => "TVS 2445",
            Self::Capf => "CAPF 3804",
            Self::Sip => "SIP",
        }
    }
}

/// Where a request belongs in a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The first thing that a phone which starts asks for: its trust lists.
    List(Form, crate::artifact::List),
    /// Its own configuration, in that form.
    Configuration(Form),
    /// Something else that phones ask for when they start.
    Boot,
    /// What is asked when its configuration was read: the files it names.
    Behind,
    /// Anything else.
    Use,
}

impl Event {
    /// What kind of file it was about, if it was about one that can be.
    #[must_use]
    pub fn file(&self) -> Option<(Kind, Form)> {
        if self.what != What::File {
            return None;
        }
        let from = if self.via == Via::Tftp { From::Plain } else { From::Percent };
        let name = FileName::parse(self.name.as_bytes(), from).ok()?;
        let artifact = Artifact::parse(&name);
        Some((artifact.kind, artifact.form))
    }

    /// The phone that the name of the file names.
    #[must_use]
    pub fn named(&self) -> Option<Mac> {
        let from = if self.via == Via::Tftp { From::Plain } else { From::Percent };
        if self.what != What::File {
            return None;
        }
        let name = FileName::parse(self.name.as_bytes(), from).ok()?;
        Artifact::parse(&name).device()
    }

    /// Whether this is what phones do that are well: a miss that is normal counts, too, unless it leaves them without
    /// their language.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        self.outcome.is_good() || self.outcome == Outcome::NormalMiss && !self.lacks_locale()
    }

    /// Whether a file of a locale is not here that the firmware does not have, either. Phones that were told of no locale
    /// ask for files without a folder, and need none.
    pub(super) fn lacks_locale(&self) -> bool {
        let is_lacking = matches!(self.outcome, Outcome::Missing | Outcome::NormalMiss);
        let folder = self.name.trim_start_matches('/').split_once('/').map_or("", |(folder, _)| folder);
        let is_built_in = BUILT_IN.iter().any(|one| one.eq_ignore_ascii_case(folder));
        is_lacking && !is_built_in && self.file().is_some_and(|(kind, _)| kind == Kind::Locale)
    }

    /// How it ended, in a word or two.
    #[must_use]
    pub fn ending(&self) -> &'static str {
        match (self.what, self.outcome) {
            (What::Certificate, Outcome::Sent) => "vouched for",
            (What::Certificate, Outcome::Refused) => "not vouched for",
            (What::Registration, Outcome::Sent) => "registered",
            (What::Registration, Outcome::Missing) => "gone",
            (_, Outcome::Sent) => "sent",
            (_, Outcome::Unchanged) => "unchanged",
            (_, Outcome::NormalMiss) if self.is_normal() => "none, normal",
            (_, Outcome::Missing | Outcome::NormalMiss) => "missing",
            (_, Outcome::Refused) => "refused",
            (_, Outcome::Cut) => "cut short",
            (_, Outcome::Failed) => "failed",
        }
    }

    /// What it is, in a word or two.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match (self.what, self.file().map(|(kind, _)| kind)) {
            (What::Page, _) => "page",
            (What::Certificate, _) => "vouching",
            (What::Enrolment, _) => "enrolment",
            (What::Door, _) => "turned away",
            (What::Registration, _) => "registration",
            (What::File, Some(kind)) => kind_title(kind),
            (What::File, None) => "file",
        }
    }

    pub(super) fn stage(&self) -> Stage {
        let Some((kind, form)) = self.file() else {
            let begins = matches!(self.what, What::Enrolment | What::Certificate | What::Door);
            return if begins { Stage::Boot } else { Stage::Use };
        };
        match kind {
            Kind::TrustList(list) if list.device.is_some() && !list.extended => Stage::List(form, list.list),
            Kind::PhoneConfiguration(_) => Stage::Configuration(form),
            Kind::TrustList(_) | Kind::DefaultConfiguration | Kind::Legacy | Kind::Firmware => Stage::Boot,
            Kind::SoftKeys
            | Kind::DialTemplate
            | Kind::FeaturePolicy
            | Kind::DialRules
            | Kind::HeadsetDefaults
            | Kind::Locale => Stage::Behind,
            _ => Stage::Use,
        }
    }
}

fn kind_title(kind: Kind) -> &'static str {
    match kind {
        Kind::TrustList(_) => "trust list",
        Kind::PhoneConfiguration(_) => "configuration",
        Kind::DefaultConfiguration => "default",
        Kind::SoftKeys => "soft keys",
        Kind::DialTemplate => "dial template",
        Kind::FeaturePolicy => "features",
        Kind::DialRules => "dial rules",
        Kind::RingList => "ring list",
        Kind::Ring => "ring",
        Kind::BackgroundList => "wallpapers",
        Kind::Image => "picture",
        Kind::HeadsetDefaults => "headset",
        Kind::Locale => "locale",
        Kind::Firmware => "firmware",
        Kind::Legacy => "old phones",
        Kind::Plain => "file",
    }
}
