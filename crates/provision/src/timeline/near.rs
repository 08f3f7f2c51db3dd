//! For each rule something that is nearly what makes it hold, and does not.

use std::collections::HashSet;

use super::facts::Facts;
use super::testing::{asked, missed, story};
use super::tests::*;
use super::*;
use crate::models;

/// Which rule does not hold, what is known, what happened, and which rule holds instead.
type Near = (&'static str, Known, Vec<Event>, &'static str);

const NOW: i64 = 10 * MINUTE;

fn late(standing: Standing) -> Known {
    Known { standing, ..known(NOW) }
}

/// Who it is, and whether it is let in.
fn at_the_door() -> Vec<Near> {
    let mended = vec![Event { outcome: Outcome::Failed, ..asked(0, CONFIG.0) }];
    vec![
        ("retired", known(NOW), vec![missed(0, CONFIG.0)], "not-fetched"),
        ("scanning", Known { crowd: MANY - 1, ..stranger(NOW) }, vec![missed(0, CONFIG.0)], "unknown"),
        // It asks for its lists, as phones do; or somebody knows it.
        (
            "scanning",
            Known { crowd: 40, ..stranger(NOW) },
            vec![missed(0, CTL.0), missed(9, CONFIG.0)],
            "unknown",
        ),
        ("scanning", Known { crowd: 40, ..known(NOW) }, happy(0), "configured"),
        (
            "not-allowed",
            known(NOW),
            [vec![door(0, Via::Http, "not_allowed", "")], happy(500)].concat(),
            "configured",
        ),
        (
            "not-allowed",
            known(NOW),
            [happy(0), vec![door(9_000, Via::Http, "too_many", "")]].concat(),
            "configured",
        ),
        ("waiting", late(Standing::Active), happy(0), "configured"),
        ("unknown", stranger(NOW), vec![missed(0, CTL.0)], "unheard"),
        ("unknown", stranger(NOW), story(0, &[CTL, CONFIG]), "unheard"),
        ("config-broken", known(NOW), [mended, happy(500)].concat(), "configured"),
        ("never-asked", Known { fetched: Some(0), ..known(NOW) }, vec![], "configured"),
        ("never-asked", stranger(NOW), vec![], "unheard"),
        ("unheard", known(NOW), vec![], "never-asked"),
    ]
}

/// Files that are missing or broke off.
fn with_files() -> Vec<Near> {
    let over_tftp = ("tftp:sip88xx.14-2.loads", Outcome::Sent);
    let found = story(0, &[CONFIG, ("sip88xx.14-2.loads", Outcome::Missing), over_tftp, DIAL]);
    let before = [story(0, &[CONFIG, ("a.loads", Outcome::Missing), DIAL]), happy(30_000)].concat();
    let whole = ("tftp:SEP020000000001.cnf.xml", Outcome::Sent);
    let cut_once = story(0, &[CTL, ("SEP020000000001.cnf.xml", Outcome::Cut), whole, DIAL]);
    let a_ring = [happy(0), story(4_000, &[("Ring1.raw", Outcome::Cut)])].concat();
    let locale = |name| [happy(0), story(4_000, &[(name, Outcome::NormalMiss)])].concat();
    let one_over_http = story(0, &[("tftp:CTLSEP020000000001.tlv", Outcome::NormalMiss), whole, DIAL]);
    vec![
        ("firmware-missing", known(NOW), found, "configured"),
        // That was before, and it wants it no more.
        ("firmware-missing", known(NOW), before, "configured"),
        ("transfer-cut", known(NOW), cut_once, "configured"),
        ("transfer-cut", known(NOW), a_ring, "configured"),
        // Built in, or asked for by a phone that was told of none.
        ("locale-missing", known(NOW), locale("English_United_States/be-sip.jar"), "configured"),
        ("locale-missing", known(NOW), locale("United_States/g3-tones.xml"), "configured"),
        ("locale-missing", known(NOW), locale("/mk-sip.jar"), "configured"),
        ("http-blocked", known(NOW), one_over_http, "configured"),
        (
            "http-blocked",
            Known { model: models::find("7942"), ..known(NOW) },
            happy(0).into_iter().map(|event| Event { via: Via::Tftp, ..event }).collect(),
            "configured",
        ),
    ]
}

/// Whom it trusts, and what it makes of what it is given.
fn with_trust() -> Vec<Near> {
    let is_encrypted = || Known { is_encrypted: true, ..known(NOW) };
    let encrypted = ("SEP020000000001.cnf.xml.enc.sgn", Outcome::Sent);
    let tvs =
        |at, outcome| other(at, Via::Tvs, What::Certificate, "CN=tftp", outcome, "nobody here knows it");
    let capf = |at, outcome| other(at, Via::Capf, What::Enrolment, "", outcome, "wrong password");
    let broke_off = |reason| [vec![door(400, Via::Https, "handshake", reason)], happy(1_000)].concat();
    let ended = |ends| Known { certificate_ends: Some(ends), ..known(NOW) };
    let stays = Known { is_current: Some(true), ..known(NOW) };
    let comes = Known { is_current: Some(false), ..known(2_000) };
    let names_nothing = Known { wanted: Some(Wanted::default()), model: models::find("7942"), ..known(NOW) };
    vec![
        ("tvs-refused", known(NOW), [vec![tvs(0, Outcome::Refused)], happy(500)].concat(), "configured"),
        (
            "tvs-refused",
            known(NOW),
            [vec![tvs(0, Outcome::Refused), tvs(300, Outcome::Sent)], foreign(500)].concat(),
            "foreign-trust",
        ),
        (
            "enrolment-failed",
            known(NOW),
            [happy(0), vec![capf(3_000, Outcome::Refused), capf(9_000, Outcome::Unchanged)]].concat(),
            "configured",
        ),
        ("encrypted-unread", is_encrypted(), story(0, &[CTL, ITL, SIGNED, encrypted, DIAL]), "configured"),
        ("encrypted-unread", known(NOW), story(0, &[CTL, ITL, SIGNED]), "foreign-trust"),
        (
            "date-refused",
            known(NOW),
            broke_off("certificate expired, or its clock is wrong (alert 45)"),
            "configured",
        ),
        ("foreign-trust", known(NOW), broke_off("it does not trust this certificate"), "configured"),
        ("foreign-trust", known(NOW), story(0, &[CTL, ITL, SIGNED, DIAL]), "configured"),
        ("foreign-trust", with(here()), foreign(0), "registered"),
        ("config-refused", names_nothing, story(0, &[CTL, CONFIG]), "no-lines"),
        // Somebody behind the same address went on, and nobody knows who.
        ("config-refused", among(), story(0, &[CTL, CONFIG]), "configured"),
        ("foreign-trust", among(), foreign(0), "configured"),
        ("encrypted-unread", Known { is_encrypted: true, ..among() }, story(0, &[CTL, SIGNED]), "configured"),
        // It can read what we cannot.
        (
            "config-refused",
            Known { wanted: None, unreadable: Some("line 3".into()), ..known(NOW) },
            happy(0),
            "configured",
        ),
        ("config-refused", known(1_500), story(0, &[CTL, NO_ITL, CONFIG]), "booting"),
        ("old-config", stays, happy(0), "configured"),
        ("old-config", comes, story(0, &[CTL, CONFIG]), "booting"),
        ("certificate-expired", ended(NOW + 1), happy(0), "configured"),
        ("old-tls", known(NOW), broke_off("the other side hung up during the handshake"), "configured"),
    ]
}

/// A phone of several behind one address.
fn among() -> Known {
    Known { unclaimed: story(5_000, &[DIAL]), ..known(NOW) }
}

/// Lines, and silence.
fn with_lines() -> Vec<Near> {
    let absent = |now| Known { now, ..with(Registration::Absent) };
    let away = Registration::Away("Asterisk is away".into());
    let told = |at, outcome| other(at, Via::Sip, What::Registration, "1001", outcome, "wrong password");
    let stub = Wanted { is_stub: true, lines: vec![], ..known(0).wanted.unwrap_or_default() };
    let refused_once =
        [happy(0), vec![told(4_000, Outcome::Refused), told(5_000, Outcome::Missing)]].concat();
    let refused_before = [happy(0), vec![told(4_000, Outcome::Refused)], happy(60_000)].concat();
    vec![
        (
            "registration-refused",
            with(here()),
            [happy(0), vec![told(4_000, Outcome::Refused)]].concat(),
            "registered",
        ),
        ("registration-refused", with(Registration::Absent), refused_once, "not-registered"),
        ("registration-refused", with(Registration::Absent), refused_before, "not-registered"),
        ("no-lines", Known { wanted: Some(stub), ..known(NOW) }, happy(0), "configured"),
        ("no-peer", with(Registration::Absent), happy(0), "not-registered"),
        ("gone", absent(DAY - 1), happy(0), "not-registered"),
        ("gone", with(Registration::Unasked), happy(0), "configured"),
        ("not-registered", absent(50_000), happy(0), "configured"),
        ("not-registered", with(away.clone()), happy(0), "configured"),
        ("booting", absent(40_000), story(0, &[CTL, NO_ITL]), "not-fetched"),
        ("registered", absent(5_000), happy(0), "booting"),
        ("quiet", known(29 * DAY), happy(0), "configured"),
        ("quiet", Known { now: 40 * DAY, ..with(away) }, happy(0), "configured"),
        ("configured", known(NOW), story(0, &[CTL, NO_ITL]), "not-fetched"),
        ("not-fetched", known(NOW), happy(0), "configured"),
        ("not-fetched", stranger(NOW), story(0, &[CTL, NO_ITL]), "unheard"),
    ]
}

#[test]
fn what_others_did_before_or_besides_excuses_nobody() {
    for unclaimed in [story(-5_000, &[DIAL]), story(5_000, &[NO_LIST])] {
        let known = Known { unclaimed, ..known(NOW) };
        let verdict = judge(&known, &boots(story(0, &[CTL, CONFIG])));
        assert!(verdict.rule.id == "config-refused" && verdict.rests_on_silence(), "{}", verdict.sentence);
    }
}

#[test]
fn nearly_is_not_enough() {
    let mut seen = HashSet::new();
    for (id, known, events, instead) in [at_the_door(), with_files(), with_trust(), with_lines()].concat() {
        let boots = boots(events);
        let verdict = judge(&known, &boots);
        assert_eq!(verdict.rule.id, instead, "nearly {id}: {}", verdict.sentence);
        // Of rules that come later it is not enough that another one was first.
        let place = |id| RULES.iter().position(|rule| rule.id == id);
        let holds = RULES
            .iter()
            .find(|rule| rule.id == id)
            .is_some_and(|rule| (rule.holds)(&Facts::new(&known, &boots)).is_some());
        assert!(
            !holds || place(id) > place(instead) && matches!(id, "configured" | "not-fetched" | "unheard"),
            "{id} holds as well"
        );
        seen.insert(id);
    }
    let all: HashSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(seen, all, "a rule without a near miss");
}

/// What phones miss in every boot is shown as normal, and no verdict rests on it.
#[test]
fn normal_misses_are_normal() {
    let events = story(
        0,
        &[
            CTL,
            NO_ITL,
            NO_LIST,
            CONFIG,
            ("/mk-sip.jar", Outcome::NormalMiss),
            DIAL,
            RULES_FILE,
            ("defaultheadsetconfig.json", Outcome::NormalMiss),
            ("Ringlist.xml", Outcome::NormalMiss),
        ],
    );
    assert!(events.iter().all(Event::is_normal));
    let verdict = judge(&known(NOW), &boots(events));
    assert_eq!(verdict.rule.id, "configured");
    assert!(verdict.evidence.iter().all(|event| event.outcome == Outcome::Sent), "{:?}", verdict.evidence);
    // These are not.
    for one in story(
        0,
        &[
            ("German_Germany/be-sip.jar", Outcome::NormalMiss),
            ("a.loads", Outcome::Missing),
            ("x", Outcome::Refused),
        ],
    ) {
        assert!(!one.is_normal(), "{}", one.name);
    }
}
