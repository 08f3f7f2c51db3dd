//! What a phone would do with the next list.

use std::fmt;

use super::Contents;
use super::entry::Entry;

/// The list that is to come.
#[derive(Clone, Copy, Debug)]
pub struct Next<'a> {
    /// What will be in it.
    pub contents: &'a Contents,
    /// The certificate of the Trust Verification Service that vouches for its signer as a SAST, if one does.
    pub vouching: Option<&'a str>,
    /// What was given out before anybody wrote down to whom, if anything was.
    pub past: Option<&'a Contents>,
}

/// What a phone would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It takes the list.
    Accepts(Way),
    /// It keeps what it holds.
    Refuses(Why),
    /// Nobody can say.
    Unknown(Doubt),
}

/// Why a phone takes a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It holds none, and believes the first.
    NoList,
    /// It holds this one.
    Same,
    /// The one it holds lets go.
    Released,
    /// The list it holds knows the signer.
    Signer,
    /// It asks the Trust Verification Service, which vouches for the signer.
    Vouched,
}

/// Why a phone refuses a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The list it holds does not know the signer, and no service that it knows vouches for it.
    UnknownSigner,
    /// It holds the list of another call manager.
    Foreign,
}

/// Why nobody can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It was never seen here.
    NeverSeen,
    /// It was given a list and has not come back since: it holds that one, or the one of before.
    NotBack,
}

/// What a phone would do, and whether publishing would lose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it would do.
    pub verdict: Verdict,
    /// Whether it follows us now, and would, or might, not do so any more.
    pub is_lost: bool,
}

/// How many phones would do what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Would take it.
    pub accepts: u64,
    /// Would keep what they hold.
    pub refuses: u64,
    /// Nobody can say.
    pub unknown: u64,
    /// Would be lost, or might be.
    pub lost: u64,
}

/// What a phone that holds `held` would do with `next`; `vouching` is the certificate of the Trust Verification Service that
/// vouches for the signer, if one does.
#[must_use]
pub fn judge(held: &Contents, next: &Contents, vouching: Option<&str>) -> Verdict {
    let knows = |certificates: &[String], one: &str| certificates.iter().any(|known| known == one);
    if !next.digest.is_empty() && held.digest == next.digest {
        return Verdict::Accepts(Way::Same);
    }
    if held.releases() {
        return Verdict::Accepts(Way::Released);
    }
    if knows(&held.sasts, &next.signer) {
        return Verdict::Accepts(Way::Signer);
    }
    match vouching {
        Some(service) if knows(&held.tvs, service) => Verdict::Accepts(Way::Vouched),
        _ => Verdict::Refuses(Why::UnknownSigner),
    }
}

/// What the phone of this entry would do with `next`; without an entry it was never seen.
#[must_use]
pub fn standing(entry: Option<&Entry>, next: &Next<'_>) -> Standing {
    let judge = |held: &Contents| judge(held, next.contents, next.vouching);
    let Some(entry) = entry.filter(|entry| **entry != Entry::default()) else {
        // It may hold a list of before the record began.
        let past = next.past.map(judge);
        let is_lost = past.is_some_and(|verdict| !matches!(verdict, Verdict::Accepts(_)));
        return Standing { verdict: Verdict::Unknown(Doubt::NeverSeen), is_lost };
    };
    if entry.foreign.is_some() {
        return Standing { verdict: Verdict::Refuses(Why::Foreign), is_lost: false };
    }
    let held = entry.held.as_ref().map_or(Verdict::Accepts(Way::NoList), |held| judge(&held.contents));
    let open = entry.fetched.as_ref().filter(|_| entry.is_open());
    let verdict = match open.map(|fetched| judge(&fetched.contents)) {
        Some(Verdict::Accepts(way)) if matches!(held, Verdict::Accepts(_)) => Verdict::Accepts(way),
        Some(Verdict::Refuses(why)) if matches!(held, Verdict::Refuses(_)) => Verdict::Refuses(why),
        Some(_) => Verdict::Unknown(Doubt::NotBack),
        None => held,
    };
    Standing { verdict, is_lost: !matches!(verdict, Verdict::Accepts(_)) }
}

/// All phones, as they would take one list.
#[derive(Clone, Debug)]
pub struct Plan<K> {
    /// Each with what it would do.
    pub phones: Vec<(K, Standing)>,
}

impl<K> Plan<K> {
    /// How all of them would take it.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for (_, standing) in &self.phones {
            match standing.verdict {
                Verdict::Accepts(_) => totals.accepts += 1,
                Verdict::Refuses(_) => totals.refuses += 1,
                Verdict::Unknown(_) => totals.unknown += 1,
            }
            totals.lost += u64::from(standing.is_lost);
        }
        totals
    }
}

impl Verdict {
    /// One word, for tables and programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepts(_) => "accepts",
            Self::Refuses(_) => "refuses",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Accepts(Way::NoList) => "it holds no list, and believes the first",
            Self::Accepts(Way::Same) => "it holds this list already",
            Self::Accepts(Way::Released) => "the list it holds lets it follow anybody",
            Self::Accepts(Way::Signer) => "the list it holds names the signer",
            Self::Accepts(Way::Vouched) => "it asks the trust verification service, which vouches for the signer",
            Self::Refuses(Why::UnknownSigner) => {
                "the list it holds does not name the signer, and no service it knows vouches for it"
            }
            Self::Refuses(Why::Foreign) => {
                "it still trusts another call manager: its list must be erased on the phone"
            }
            Self::Unknown(Doubt::NeverSeen) => "it was never seen to fetch anything since this is written down",
            Self::Unknown(Doubt::NotBack) => {
                "it fetched the last list and has not come back since: restart it, and it is known which one it holds"
            }
        })
    }
}
