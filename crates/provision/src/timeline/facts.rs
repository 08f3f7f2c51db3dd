//! What a verdict rests on: what is known of a phone, and what its last two boots show.

use super::event::Stage;
use super::{Boot, Event, Outcome, Via, Wanted, What};
use crate::artifact::{Form, Kind};
use crate::mac::Mac;
use crate::models::Model;

/// A phone asks for the next file within seconds: after this it has made up its mind.
pub(super) const SETTLED: i64 = 30_000;
/// A phone that read its configuration registers within this.
pub(super) const REGISTERS: i64 = 60_000;

/// All that is known of a phone beside what it did.
#[derive(Debug, Clone)]
pub struct Known {
    /// Which phone.
    pub phone: Mac,
    /// Now, in milliseconds since 1970.
    pub now: i64,
    /// What the inventory says of it.
    pub standing: Standing,
    /// Its model, where somebody said so.
    pub model: Option<&'static Model>,
    /// What its configuration makes it do; `None` when it has none, or one that cannot be read.
    pub wanted: Option<Wanted>,
    /// Why the file that an administrator put there for it is no configuration; it is given all the same.
    pub unreadable: Option<String>,
    /// When it took its configuration last, as long as that is remembered, in milliseconds.
    pub fetched: Option<i64>,
    /// Whether what it took is what it would get now.
    pub is_current: Option<bool>,
    /// What Asterisk says.
    pub registration: Registration,
    /// When its certificate ends, in milliseconds.
    pub certificate_ends: Option<i64>,
    /// Whether its configuration is encrypted.
    pub is_encrypted: bool,
    /// What was asked for from its address, and nobody knows by whom: several phones stand behind it. Only what rests on
    /// silence needs it.
    pub unclaimed: Vec<Event>,
    /// How many names nobody knows were asked for from its address in the same minute, without being asked as phones do.
    pub crowd: usize,
}

/// What the inventory says of a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Unknown,
    /// It waits to be claimed by this code.
    Waiting(String),
    /// It is served.
    Active,
    /// It is served from a file in the document root.
    OwnFile,
    /// It gets nothing.
    Retired,
}

/// What Asterisk says of the lines of a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    /// No Asterisk is configured.
    Unasked,
    /// It cannot be asked, and why.
    Away(String),
    /// It knows none of the lines.
    NoPeer,
    /// None of the lines is registered.
    Absent,
    /// A line is registered.
    Here {
        /// Its name in Asterisk.
        line: String,
        /// Where from.
        address: String,
    },
}

impl Known {
    /// A phone of which nothing is known.
    #[must_use]
    pub fn nothing(phone: Mac, now: i64) -> Self {
        Self {
            phone,
            now,
            standing: Standing::Unknown,
            model: None,
            wanted: None,
            unreadable: None,
            fetched: None,
            is_current: None,
            registration: Registration::Unasked,
            certificate_ends: None,
            is_encrypted: false,
            unclaimed: Vec::new(),
            crowd: 0,
        }
    }
}

/// An event, and what its name means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight<'a> {
    pub(super) event: &'a Event,
    pub(super) stage: Stage,
    pub(super) file: Option<(Kind, Form)>,
}

impl Sight<'_> {
    pub(super) fn is(&self, kind: Kind) -> bool {
        self.file.is_some_and(|(of, _)| of == kind)
    }

    pub(super) fn is_configuration(&self) -> bool {
        matches!(self.stage, Stage::Configuration(_))
    }

    pub(super) fn is_lacking(&self) -> bool {
        matches!(self.event.outcome, Outcome::Missing | Outcome::NormalMiss)
    }
}

/// What the conditions look at.
pub(super) struct Facts<'a> {
    pub(super) known: &'a Known,
    pub(super) boots: &'a [Boot],
    /// What the phone did in its last boot, and in the one before. Registrations are not its doing.
    pub(super) last: Vec<Sight<'a>>,
    pub(super) prior: Vec<Sight<'a>>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(known: &'a Known, boots: &'a [Boot]) -> Self {
        let sights = |boot: Option<&'a Boot>| {
            let events = boot.into_iter().flat_map(|boot| &boot.events);
            events.map(|event| Sight { event, stage: event.stage(), file: event.file() }).collect()
        };
        let prior = boots.len().checked_sub(2).and_then(|place| boots.get(place));
        Self { known, boots, last: sights(boots.last()), prior: sights(prior) }
    }

    /// When the last boot was over, as far as it went.
    pub(super) fn booted(&self) -> Option<i64> {
        self.boots.last().map(Boot::booted)
    }

    /// How long nothing of a boot was asked.
    pub(super) fn quiet(&self) -> Option<i64> {
        self.booted().map(|booted| self.known.now.saturating_sub(booted))
    }

    /// Whether the phone had the time to go on, and did not.
    pub(super) fn is_settled(&self) -> bool {
        self.quiet().is_none_or(|quiet| quiet >= SETTLED)
    }

    pub(super) fn is_registered(&self) -> bool {
        matches!(self.known.registration, Registration::Here { .. })
    }

    /// Whether it is to be served.
    pub(super) fn is_served(&self) -> bool {
        matches!(self.known.standing, Standing::Active | Standing::OwnFile)
    }

    /// The request by which the phone got its configuration in this boot.
    pub(super) fn given<'s>(&self, boot: &'s [Sight<'a>]) -> Option<&'s Sight<'a>> {
        boot.iter().rfind(|sight| sight.is_configuration() && sight.event.outcome.is_good())
    }

    /// Whether the phone went on with what its configuration names.
    pub(super) fn went_on(&self, boot: &[Sight<'a>]) -> bool {
        let Some(given) = boot.iter().position(|one| one.is_configuration() && one.event.outcome.is_good())
        else {
            return false;
        };
        let goes_on = |sight: &Sight<'_>| match sight.event.what {
            What::Registration => sight.event.outcome.is_good(),
            What::Page => true,
            _ => matches!(sight.stage, Stage::Behind | Stage::Use) || sight.is(Kind::Firmware),
        };
        boot[given..].iter().any(goes_on)
    }

    /// Whether the phone asked for everything that its configuration names, so that nothing more is to come.
    pub(super) fn is_through(&self) -> bool {
        let Some(wanted) = self.known.wanted.as_ref().filter(|wanted| !wanted.files.is_empty()) else {
            return false;
        };
        let asked = |file: &String| {
            let is_it = |sight: &Sight<'_>| {
                let name = sight.event.name.trim_start_matches('/');
                name == file || name.strip_suffix(".sgn") == Some(file.as_str())
            };
            self.last.iter().any(is_it)
        };
        self.went_on(&self.last) && wanted.files.iter().all(asked)
    }

    /// Whether phones with this configuration ask for something after it.
    fn would_go_on(&self) -> bool {
        let names = self.known.wanted.as_ref().is_some_and(|wanted| !wanted.files.is_empty());
        // These ask for rules for dialled numbers at every start.
        let always = self.known.model.is_some_and(|model| matches!(model.series, "7800" | "8800"));
        // What we cannot read, no phone can use; if it goes on all the same, nothing is said.
        names || always && self.known.wanted.is_some() || self.known.unreadable.is_some()
    }

    /// Whether somebody at its address went on with what configurations name, and it may have been this phone.
    fn may_have_gone_on(&self) -> bool {
        let Some(given) = self.given(&self.last) else { return false };
        let goes_on = |event: &Event| {
            let is_firmware = event.file().is_some_and(|(kind, _)| kind == Kind::Firmware);
            is_firmware || matches!(event.stage(), Stage::Behind | Stage::Use)
        };
        self.known.unclaimed.iter().any(|event| event.at >= given.event.at && goes_on(event))
    }

    /// Whether it took its configuration and did nothing with it: for good, or twice in a row.
    pub(super) fn is_stuck(&self) -> bool {
        let stops = |boot: &[Sight<'a>]| self.given(boot).is_some() && !self.went_on(boot);
        let is_sure = self.is_settled() || stops(&self.prior);
        let did_nothing = stops(&self.last) && !self.may_have_gone_on();
        self.would_go_on() && !self.is_registered() && did_nothing && is_sure
    }

    /// The last of those that hold in the last boot, unless the same name came well afterwards.
    pub(super) fn unmended(&self, holds: impl Fn(&Sight<'a>) -> bool) -> Option<&Sight<'a>> {
        let bare = |sight: &Sight<'a>| sight.event.name.trim_start_matches('/');
        let (place, found) = self.last.iter().enumerate().rfind(|(_, sight)| holds(sight))?;
        let mut behind = self.last[place..].iter();
        let mended = behind.any(|one| one.event.outcome.is_good() && bare(one) == bare(found));
        (!mended).then_some(found)
    }

    /// Whether every file of the last boot came over TFTP.
    pub(super) fn is_tftp_only(&self) -> bool {
        let mut files = self.last.iter().filter(|sight| sight.event.what == What::File).peekable();
        files.peek().is_some() && files.all(|sight| sight.event.via == Via::Tftp)
    }
}
