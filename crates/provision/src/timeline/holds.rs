//! The conditions of the rules: each looks at the facts, and gives what it found.

use super::event::Stage;
use super::facts::{Facts, REGISTERS, Registration, SETTLED, Sight, Standing};
use super::moment::{ago, span};
use super::verdict::Found;
use super::{MANY, Outcome, Via, What};
use crate::artifact::{Form, Kind};
use crate::ledger::erasing;

const DAY: i64 = 86_400_000;
const MONTH: i64 = 30 * DAY;

/// Why somebody was turned away, as the events of the door name it.
const NOT_ALLOWED: &str = "not_allowed";
const HANDSHAKE: &str = "handshake";

pub(super) fn retired<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let heard = facts.boots.last().map(|boot| ago(boot.ended(), facts.known.now));
    let asked =
        heard.map_or_else(|| "it has not asked since".to_owned(), |when| format!("it last asked {when}"));
    (facts.known.standing == Standing::Retired).then(|| last(facts).with("asked", asked))
}

pub(super) fn scanning<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let is_strange = matches!(facts.known.standing, Standing::Unknown | Standing::Waiting(_));
    let asks_only_that = !facts.last.is_empty() && facts.last.iter().all(Sight::is_configuration);
    let event = facts.last.last()?.event;
    let found = Found::new().with("address", event.address.to_string()).by(event);
    let count = facts.known.crowd;
    (is_strange && asks_only_that && count >= MANY).then(|| found.with("count", count.to_string()))
}

pub(super) fn not_allowed<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let is_asked = |one: &&Sight<'_>| one.event.what != What::Registration;
    let event = facts.last.iter().rfind(is_asked)?.event;
    let listener = match event.via {
        Via::Tftp => "tftp",
        Via::Http => "provisioning",
        Via::Https => "secure_provisioning",
        other => other.word(),
    };
    let found = Found::new().with("address", event.address.to_string()).with("listener", listener);
    (event.what == What::Door && event.name == NOT_ALLOWED)
        .then(|| found.with("road", event.via.title()).by(event))
}

pub(super) fn waiting<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let Standing::Waiting(code) = &facts.known.standing else { return None };
    Some(last(facts).with("code", code.as_str()))
}

pub(super) fn unknown<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let asked = facts.last.iter().rfind(|one| one.is_configuration())?;
    let without = facts.known.standing == Standing::Unknown && facts.given(&facts.last).is_none();
    without.then(|| Found::new().by(asked.event))
}

pub(super) fn config_broken<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let failed = |one: &Sight<'_>| one.is_configuration() && one.event.outcome == Outcome::Failed;
    let failed = facts.unmended(failed).filter(|_| facts.given(&facts.last).is_none())?;
    Some(Found::new().with("reason", sentence(&failed.event.reason)).by(failed.event))
}

pub(super) fn firmware_missing<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let lacks = |one: &Sight<'_>| one.is(Kind::Firmware) && one.is_lacking();
    let missing = facts.unmended(lacks)?;
    let boots = match facts.boots.iter().rev().take_while(|boot| asks(boot, &missing.event.name)).count() {
        0 | 1 => String::new(),
        count => format!(" ({count} times in a row by now)"),
    };
    Some(Found::new().with("file", bare(missing)).with("boots", boots).by(missing.event))
}

fn asks(boot: &super::Boot, name: &str) -> bool {
    boot.events.iter().any(|event| event.name == name && event.outcome == Outcome::Missing)
}

pub(super) fn transfer_cut<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let counts = |one: &Sight<'_>| {
        let list = matches!(one.file, Some((Kind::TrustList(_), _)));
        one.event.outcome == Outcome::Cut && (list || one.is_configuration() || one.is(Kind::Firmware))
    };
    let cut = facts.unmended(counts)?;
    // A phone that goes on has what it needs, by whatever road.
    let lives = cut.is_configuration() && facts.given(&facts.last).is_some() || facts.is_registered();
    let found =
        Found::new().with("file", bare(cut)).with("reason", sentence(&cut.event.reason)).by(cut.event);
    (!lives).then_some(found)
}

pub(super) fn tvs_refused<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let refused =
        |one: &Sight<'_>| one.event.what == What::Certificate && one.event.outcome == Outcome::Refused;
    let refused = facts.unmended(refused).filter(|_| !facts.went_on(&facts.last))?.event;
    let found = Found::new().with("certificate", refused.name.as_str());
    Some(found.with("reason", sentence(&refused.reason)).by(refused))
}

pub(super) fn enrolment_failed<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let events = facts.boots.iter().flat_map(|boot| &boot.events);
    let event = events.rev().find(|event| event.what == What::Enrolment)?;
    let found = Found::new().with("when", ago(event.at, facts.known.now)).by(event);
    (!event.outcome.is_good()).then(|| found.with("reason", sentence(&event.reason)))
}

pub(super) fn encrypted_unread<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let given = facts.given(&facts.last)?.event;
    (facts.known.is_encrypted && facts.is_stuck()).then(|| Found::new().by(given))
}

pub(super) fn date_refused<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let by_date = |one: &&Sight<'_>| is_handshake(one) && one.event.reason.contains("certificate expired");
    let lives = facts.is_registered() || facts.went_on(&facts.last);
    let event = facts.last.iter().rfind(by_date).filter(|_| !lives)?.event;
    Some(Found::new().with("road", event.via.title()).by(event))
}

pub(super) fn foreign_trust<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let found = Found::new().with("erase", steps(facts));
    let distrusts = |one: &&Sight<'_>| {
        is_handshake(one)
            && ["does not trust", "bad certificate"].iter().any(|words| one.event.reason.contains(words))
    };
    let lives = facts.is_registered() || facts.went_on(&facts.last);
    if let Some(refused) = facts.last.iter().rfind(distrusts).filter(|_| !lives) {
        let evidence = format!("it does not accept the certificate of {}", refused.event.via.title());
        return Some(found.with("evidence", evidence).by(refused.event));
    }
    let given = facts.given(&facts.last)?;
    // Over HTTPS the phone took our certificate, so it trusts us.
    let is_signed = given.stage == Stage::Configuration(Form::Signed) && given.event.via != Via::Https;
    if !is_signed || facts.known.is_encrypted || !facts.is_stuck() {
        return None;
    }
    let list = facts
        .last
        .iter()
        .find(|one| matches!(one.file, Some((Kind::TrustList(_), _))) && one.event.outcome.is_good());
    let evidence = match list {
        Some(_) => "it took the trust list and the signed configuration it was given, and goes no further",
        None => "it asks for signed files though no trust list was given to it, and goes no further",
    };
    let found = found.with("evidence", evidence);
    Some(list.map_or(Found::new(), |list| Found::new().by(list.event)).by(given.event).and(found))
}

/// What somebody does on the phone to make it forget whom it trusts.
fn steps(facts: &Facts<'_>) -> String {
    let erasing = erasing(facts.known.model);
    let mut steps = erasing.steps.join("; ");
    if !erasing.is_sure {
        steps.push_str(" (as on related models)");
    }
    format!("{steps}. If that does not help, {}", erasing.otherwise)
}

pub(super) fn config_refused<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let given = facts.given(&facts.last)?.event;
    let why = match &facts.known.unreadable {
        Some(fault) => format!("the file for it in the document root is no configuration: {fault}"),
        None => "most likely it dropped the document".to_owned(),
    };
    let found =
        Found::new().with("when", ago(given.at, facts.known.now)).with("why", sentence(&why)).by(given);
    facts.is_stuck().then_some(found)
}

pub(super) fn registration_refused<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let told = facts.boots.iter().rev().flat_map(|boot| boot.events.iter().rev());
    let mut told = told.filter(|event| event.what == What::Registration);
    let event = told.next().filter(|event| event.outcome == Outcome::Refused)?;
    let found = Found::new().with("reason", sentence(&event.reason)).by(event);
    (!facts.is_registered() && event.at >= facts.boots.last()?.began()).then_some(found)
}

pub(super) fn never_asked<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let is_unheard = facts.boots.is_empty() && facts.known.fetched.is_none() && !facts.is_registered();
    (is_unheard && facts.is_served()).then(Found::new)
}

/// When it took its configuration last, as far as anybody knows.
fn taken<'a>(facts: &Facts<'a>) -> Option<(i64, Found<'a>)> {
    let given = facts.boots.iter().rev().flat_map(|boot| boot.events.iter().rev());
    let mut given =
        given.filter(|event| matches!(event.stage(), Stage::Configuration(_)) && event.outcome.is_good());
    match given.next() {
        Some(event) => Some((event.at.max(facts.known.fetched.unwrap_or_default()), Found::new().by(event))),
        None => facts.known.fetched.map(|at| (at, Found::new())),
    }
}

pub(super) fn no_lines<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let wanted = facts.known.wanted.as_ref()?;
    let (_, found) = taken(facts).filter(|_| facts.is_served())?;
    (wanted.lines.is_empty() && !wanted.is_stub && !facts.is_registered()).then_some(found)
}

pub(super) fn no_peer<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let (_, found) = taken(facts).filter(|_| facts.is_served())?;
    (facts.known.registration == Registration::NoPeer).then(|| found.with("lines", lines(facts)))
}

pub(super) fn gone<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let heard = facts.boots.last().map(super::Boot::ended).max(facts.known.fetched)?;
    let silent = facts.known.now.saturating_sub(heard);
    let is_gone = facts.known.registration == Registration::Absent && silent >= DAY && facts.is_served();
    is_gone.then(|| last(facts).with("days", span(silent).unwrap_or_default()))
}

pub(super) fn not_registered<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let (at, found) = taken(facts).filter(|_| facts.is_served())?;
    let now = facts.known.now;
    let is_late = now.saturating_sub(at) >= REGISTERS && facts.is_settled();
    let is_absent = facts.known.registration == Registration::Absent;
    (is_absent && is_late).then(|| found.with("when", ago(at, now)).with("lines", lines(facts)))
}

pub(super) fn old_config<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let (at, found) = taken(facts).filter(|_| facts.is_served())?;
    let is_old = facts.known.is_current == Some(false) && (facts.is_settled() || facts.is_through());
    is_old.then(|| found.with("when", ago(at, facts.known.now)))
}

pub(super) fn certificate_expired<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let ends = facts.known.certificate_ends.filter(|ends| *ends <= facts.known.now)?;
    Some(Found::new().with("when", ago(ends, facts.known.now)))
}

pub(super) fn old_tls<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let is_old = |one: &&Sight<'_>| {
        is_handshake(one) && ["TLS version", "no cipher"].iter().any(|words| one.event.reason.contains(words))
    };
    let event = facts.last.iter().rfind(is_old)?.event;
    Some(Found::new().with("road", event.via.title()).with("reason", sentence(&event.reason)).by(event))
}

pub(super) fn http_blocked<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let asks_http = facts.known.model.is_some_and(|model| model.http.value.starts_with("yes"));
    let given = facts.given(&facts.last)?.event;
    let is_over = facts.went_on(&facts.last) || facts.is_settled() || facts.is_registered();
    (asks_http && is_over && facts.is_tftp_only()).then(|| Found::new().by(given))
}

pub(super) fn locale_missing<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let missing = facts.unmended(|one| one.event.lacks_locale())?;
    Some(Found::new().with("file", bare(missing)).by(missing.event))
}

pub(super) fn booting<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let boot = facts.boots.last()?;
    let is_young = facts.quiet().is_some_and(|quiet| quiet < SETTLED);
    let event = boot.events.iter().rfind(|event| event.stage() != Stage::Use)?;
    let is_done = match facts.known.registration {
        // One that starts anew is told as registered until Asterisk misses it.
        Registration::Here { .. } => facts.went_on(&facts.last),
        // Nobody can say more than that it has what it wants.
        Registration::Unasked | Registration::Away(_) => facts.is_through(),
        Registration::Absent | Registration::NoPeer => false,
    };
    let found = Found::new().with("file", event.name.trim_start_matches('/')).by(event);
    (is_young && !is_done && facts.is_served()).then(|| found.with("when", ago(event.at, facts.known.now)))
}

pub(super) fn registered<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let Registration::Here { line, address } = &facts.known.registration else { return None };
    let found = taken(facts).map_or_else(Found::new, |(_, found)| found);
    Some(found.with("line", line.as_str()).with("address", address.as_str()))
}

pub(super) fn quiet<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let (_, found) = taken(facts).filter(|_| facts.is_served())?;
    let heard = facts.boots.last().map(super::Boot::ended).max(facts.known.fetched)?;
    let silent = facts.known.now.saturating_sub(heard);
    let unasked = facts.known.registration == Registration::Unasked;
    (unasked && silent >= MONTH).then(|| found.with("days", span(silent).unwrap_or_default()))
}

pub(super) fn configured<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let (at, found) = taken(facts).filter(|_| facts.is_served())?;
    let why = match &facts.known.registration {
        Registration::Unasked => ", because no Asterisk is configured".to_owned(),
        Registration::Away(why) => format!(", because {why}"),
        _ => " yet".to_owned(),
    };
    Some(found.with("when", ago(at, facts.known.now)).with("why", why))
}

pub(super) fn not_fetched<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    let event = facts.boots.last()?.events.last().filter(|_| facts.is_served())?;
    let file = event.name.trim_start_matches('/');
    Some(Found::new().with("file", file).with("when", ago(event.at, facts.known.now)).by(event))
}

pub(super) fn unheard<'a>(facts: &Facts<'a>) -> Option<Found<'a>> {
    Some(last(facts))
}

/// The last that was heard of it.
fn last<'a>(facts: &Facts<'a>) -> Found<'a> {
    let event = facts.boots.last().and_then(|boot| boot.events.last());
    event.map_or_else(Found::new, |event| Found::new().by(event))
}

fn lines(facts: &Facts<'_>) -> String {
    facts.known.wanted.as_ref().map(|wanted| wanted.lines.join(", ")).unwrap_or_default()
}

fn bare(sight: &Sight<'_>) -> String {
    sight.event.name.trim_start_matches('/').to_owned()
}

fn is_handshake(sight: &Sight<'_>) -> bool {
    sight.event.what == What::Door && sight.event.name == HANDSHAKE
}

/// A reason as the end of a sentence.
fn sentence(reason: &str) -> String {
    let reason = reason.trim().trim_end_matches('.');
    if reason.is_empty() { "nobody said why.".to_owned() } else { format!("{reason}.") }
}
