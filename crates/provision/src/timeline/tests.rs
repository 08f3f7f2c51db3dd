//! Each rule holds for the sequences that phones make, and for every sequence there is one verdict.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;

use proptest::prelude::*;

use super::facts::Facts;
use super::testing::{asked, mac, missed, story};
use super::*;
use crate::models;

pub(super) const MINUTE: i64 = 60_000;
pub(super) const DAY: i64 = 86_400_000;

pub(super) const CTL: (&str, Outcome) = ("CTLSEP020000000001.tlv", Outcome::NormalMiss);
pub(super) const NO_ITL: (&str, Outcome) = ("ITLSEP020000000001.tlv", Outcome::NormalMiss);
pub(super) const NO_LIST: (&str, Outcome) = ("ITLFile.tlv", Outcome::NormalMiss);
pub(super) const ITL: (&str, Outcome) = ("ITLSEP020000000001.tlv", Outcome::Sent);
pub(super) const CONFIG: (&str, Outcome) = ("SEP020000000001.cnf.xml", Outcome::Sent);
pub(super) const SIGNED: (&str, Outcome) = ("SEP020000000001.cnf.xml.sgn", Outcome::Sent);
pub(super) const DIAL: (&str, Outcome) = ("DialTemplate.xml", Outcome::Sent);
pub(super) const RULES_FILE: (&str, Outcome) = ("AppDialRules.xml", Outcome::NormalMiss);

/// An 8851 in the inventory with a line and files to ask for, no Asterisk.
pub(super) fn known(now: i64) -> Known {
    Known {
        standing: Standing::Active,
        model: models::find("8851"),
        wanted: Some(Wanted {
            files: vec!["DialTemplate.xml".into()],
            lines: vec!["1001".into()],
            ..Wanted::default()
        }),
        ..Known::nothing(mac(1), now)
    }
}

pub(super) fn stranger(now: i64) -> Known {
    Known::nothing(mac(1), now)
}

pub(super) fn with(registration: Registration) -> Known {
    Known { registration, ..known(10 * MINUTE) }
}

pub(super) fn here() -> Registration {
    Registration::Here { line: "1001".into(), address: "192.0.2.1:5060".into() }
}

/// Something that is no file.
pub(super) fn other(at: i64, via: Via, what: What, name: &str, outcome: Outcome, reason: &str) -> Event {
    Event { via, what, outcome, reason: reason.into(), ..asked(at, name) }
}

pub(super) fn door(at: i64, via: Via, name: &str, reason: &str) -> Event {
    other(at, via, What::Door, name, Outcome::Refused, reason)
}

pub(super) fn happy(at: i64) -> Vec<Event> {
    story(at, &[CTL, NO_ITL, NO_LIST, CONFIG, DIAL, RULES_FILE])
}

pub(super) fn foreign(at: i64) -> Vec<Event> {
    story(at, &[CTL, NO_ITL, NO_LIST, SIGNED])
}

/// Every rule, with what makes it hold: what is known, what happened, and words that must be said.
fn table() -> Vec<(&'static str, Known, Vec<Event>, &'static str)> {
    let now = 10 * MINUTE;
    let late = |standing| Known { standing, ..known(now) };
    let wanted = |wanted: Wanted| Known { wanted: Some(wanted), ..known(now) };
    let is_encrypted = Known { is_encrypted: true, ..known(now) };
    let itl_refused = story(0, &[CTL, ITL, SIGNED]);
    let mut over_tftp = happy(0);
    over_tftp.iter_mut().for_each(|event| event.via = Via::Tftp);
    let firmware = |at| story(at, &[CONFIG, ("sip88xx.14-2.loads", Outcome::Missing), DIAL]);
    let expired = Known { certificate_ends: Some(now - 3 * DAY), ..known(now) };
    let cut = story(0, &[CTL, NO_ITL, ("SEP020000000001.cnf.xml", Outcome::Cut)]);
    let broken =
        vec![Event { outcome: Outcome::Failed, reason: "it cannot be signed".into(), ..asked(0, CONFIG.0) }];
    let tvs = other(2_000, Via::Tvs, What::Certificate, "CN=tftp", Outcome::Refused, "nobody here knows it");
    let capf = other(2_000, Via::Capf, What::Enrolment, "", Outcome::Refused, "wrong password");
    let sip = other(2_900, Via::Sip, What::Registration, "1001", Outcome::Refused, "wrong password for 1001");
    let old_tls = door(400, Via::Https, "handshake", "the other side speaks no TLS version allowed here");
    let expired_there = "the other side refused: certificate expired, or its clock is wrong (alert 45)";
    let alert = "the other side refused: unknown authority: it does not trust this certificate (alert 48)";
    vec![
        (
            "retired",
            late(Standing::Retired),
            vec![missed(0, CONFIG.0)],
            "given nothing; it last asked 10 minutes ago",
        ),
        ("retired", late(Standing::Retired), vec![], "given nothing; it has not asked since"),
        (
            "scanning",
            Known { crowd: 25, ..stranger(now) },
            vec![missed(0, CONFIG.0)],
            "within a minute, 192.0.2.1 asked for the configurations of 25",
        ),
        (
            "not-allowed",
            known(now),
            [happy(0), vec![door(9_000, Via::Http, "not_allowed", "")]].concat(),
            "access list of HTTP 6970",
        ),
        ("waiting", late(Standing::Waiting("K7QM4X".into())), story(0, &[CTL, CONFIG]), "K7QM4X"),
        (
            "unknown",
            stranger(now),
            vec![missed(0, CTL.0), missed(9, CONFIG.0)],
            "Nobody has added this phone",
        ),
        ("config-broken", known(now), broken, "it cannot be signed."),
        (
            "firmware-missing",
            known(now),
            [firmware(0), firmware(30_000)].concat(),
            "sip88xx.14-2.loads, which is not here, and looks for it at every start (2 times",
        ),
        ("transfer-cut", known(now), cut, "SEP020000000001.cnf.xml breaks off"),
        (
            "tvs-refused",
            known(now),
            [itl_refused.clone(), vec![tvs]].concat(),
            "trust CN=tftp, and was told no: nobody here knows it.",
        ),
        ("enrolment-failed", known(now), [happy(0), vec![capf]].concat(), "wrong password."),
        (
            "encrypted-unread",
            is_encrypted,
            story(0, &[CTL, ITL, SIGNED]),
            "another certificate than the one on record",
        ),
        (
            "date-refused",
            known(3_000),
            [
                story(0, &[CTL, ITL]),
                vec![door(1_500, Via::Https, "handshake", expired_there)],
                story(2_000, &[SIGNED]),
            ]
            .concat(),
            "certificate of HTTPS 6971: by the phone's clock it has expired",
        ),
        ("foreign-trust", known(now), foreign(0), "asks for signed files though no trust list was given"),
        ("foreign-trust", known(now), itl_refused, "took the trust list"),
        (
            "foreign-trust",
            known(3_000),
            [
                story(0, &[CTL, ITL]),
                vec![door(1_500, Via::Https, "handshake", alert)],
                story(2_000, &[SIGNED]),
            ]
            .concat(),
            "certificate of HTTPS 6971",
        ),
        ("config-refused", known(now), story(0, &[CTL, NO_ITL, NO_LIST, CONFIG]), "dropped the document"),
        (
            "config-refused",
            known(now),
            story(0, &[CTL, ITL, ("https:SEP020000000001.cnf.xml.sgn", Outcome::Sent)]),
            "dropped the document",
        ),
        (
            "config-refused",
            Known {
                standing: Standing::OwnFile,
                wanted: None,
                unreadable: Some("line 3".into()),
                ..known(now)
            },
            story(0, &[CTL, NO_ITL, NO_LIST, CONFIG]),
            "in the document root is no configuration: line 3.",
        ),
        (
            "registration-refused",
            with(Registration::Absent),
            [happy(0), vec![sip]].concat(),
            "wrong password for 1001.",
        ),
        ("never-asked", known(now), vec![], "never asked"),
        ("no-lines", wanted(Wanted { lines: vec![], ..known(0).wanted.unwrap() }), happy(0), "no line"),
        ("no-peer", with(Registration::NoPeer), happy(0), "(1001)"),
        ("gone", Known { now: 9 * DAY, ..with(Registration::Absent) }, happy(0), "for 8 days"),
        ("not-registered", with(Registration::Absent), happy(0), "has not registered (1001)"),
        ("old-config", Known { is_current: Some(false), ..known(now) }, happy(0), "older configuration"),
        ("certificate-expired", expired, happy(0), "expired 3 days ago"),
        ("old-tls", known(now), [happy(0), vec![old_tls]].concat(), "older TLS than HTTPS 6971"),
        ("http-blocked", known(now), over_tftp, "TFTP only"),
        (
            "locale-missing",
            known(now),
            [happy(0), story(4_000, &[("German_Germany/be-sip.jar", Outcome::NormalMiss)])].concat(),
            "German_Germany/be-sip.jar is not here",
        ),
        ("booting", known(2_000), story(0, &[CTL, NO_ITL]), "starting: it asked for ITLSEP020000000001.tlv"),
        ("registered", with(here()), happy(0), "registered as 1001 from 192.0.2.1:5060"),
        ("quiet", known(40 * DAY), happy(0), "for 39 days"),
        ("configured", known(now), happy(0), "because no Asterisk is configured"),
        (
            "configured",
            with(Registration::Away("Asterisk is away".into())),
            happy(0),
            "because Asterisk is away",
        ),
        (
            "configured",
            Known { fetched: Some(0), ..known(now) },
            vec![],
            "took its configuration 10 minutes ago",
        ),
        ("not-fetched", known(now), story(0, &[CTL, NO_ITL]), "did not take its configuration"),
        ("unheard", stranger(now), vec![], "Nobody has added"),
    ]
}

#[test]
fn every_rule_holds_for_what_phones_do() {
    let mut seen = HashSet::new();
    for (id, known, events, said) in table() {
        let verdict = judge(&known, &boots(events));
        assert_eq!(verdict.rule.id, id, "{}", verdict.sentence);
        assert!(verdict.sentence.contains(said), "{id}: {}", verdict.sentence);
        let text = format!("{} {}", verdict.sentence, verdict.next.clone().unwrap_or_default());
        assert!(!text.contains(['{', '}', '?']) && !text.contains("  "), "{id}: {text}");
        assert!(verdict.sentence.ends_with('.'), "{id}: {text}");
        let is_fine = matches!(verdict.rule.severity, Severity::Fine) || id == "booting";
        assert_eq!(verdict.next.is_none(), is_fine, "{id}: whoever is needed is told what to do");
        seen.insert(id);
    }
    let all: HashSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(seen, all, "a rule without a sequence that makes it hold");
    assert_eq!(all.len(), RULES.len(), "ids are given once");
}

/// What is nearly the same and means something else.
#[test]
fn what_looks_like_trouble_and_is_none() {
    let now = 10 * MINUTE;
    let soon = |events: Vec<Event>| events.last().unwrap().at + 1_000;
    let firmware_over_tftp =
        story(0, &[CONFIG, ("a.loads", Outcome::Missing), ("tftp:a.loads", Outcome::Sent), DIAL]);
    let capf_mended = [
        happy(0),
        vec![other(3_000, Via::Capf, What::Enrolment, "", Outcome::Refused, "wrong password")],
        vec![other(9_000, Via::Capf, What::Enrolment, "", Outcome::Sent, "")],
    ];
    let over_tftp_7942 =
        story(0, &[CTL, NO_ITL, CONFIG, DIAL]).into_iter().map(|event| Event { via: Via::Tftp, ..event });
    let locale_mended =
        story(0, &[CONFIG, DIAL, ("/mk-sip.jar", Outcome::NormalMiss), ("tftp:mk-sip.jar", Outcome::Sent)]);
    let names_nothing = Known {
        wanted: Some(Wanted { lines: vec!["1".into()], ..Wanted::default() }),
        model: models::find("7942"),
        ..known(now)
    };
    for (id, known, events) in [
        // One that only begins is not judged by what it has not asked for yet; the second time round it is.
        ("booting", known(soon(foreign(0))), foreign(0)),
        ("foreign-trust", known(soon(foreign(45_000))), [foreign(0), foreign(45_000)].concat()),
        ("booting", known(soon(happy(0))), happy(0)[..4].to_vec()),
        // It has all that its configuration names, and nobody can be asked whether it registered.
        ("configured", known(soon(happy(0))), happy(0)),
        ("configured", known(now), story(0, &[CTL, ITL, SIGNED, DIAL])),
        ("configured", known(now), firmware_over_tftp),
        ("configured", known(now), capf_mended.concat()),
        ("configured", Known { model: models::find("7942"), ..known(now) }, over_tftp_7942.collect()),
        ("configured", known(now), locale_mended),
        // Nothing follows a configuration that names nothing.
        ("configured", names_nothing, story(0, &[CTL, SIGNED])),
        // Asterisk knows better than silence.
        ("registered", with(here()), foreign(0)),
        ("registered", Known { now: 40 * DAY, ..with(here()) }, happy(0)),
        // Registering takes a moment, and a phone that just booted is not gone.
        ("booting", Known { now: 20_000, ..with(Registration::Absent) }, happy(0)),
        ("configured", Known { now: 50_000, ..with(Registration::Absent) }, happy(0)),
        // A waiting phone behind a busy address is a phone if it asks as phones do.
        (
            "waiting",
            Known { standing: Standing::Waiting("K7QM4X".into()), crowd: 40, ..known(now) },
            story(0, &[CTL, CONFIG]),
        ),
        // It was kept out once, and is let in now.
        ("configured", known(now), [vec![door(0, Via::Http, "not_allowed", "")], happy(400_000)].concat()),
    ] {
        let verdict = judge(&known, &boots(events));
        assert_eq!(verdict.rule.id, id, "{}", verdict.sentence);
    }
}

#[test]
fn a_foreign_phone_is_told_how_to_forget_by_its_model() {
    let next = |model: &str| {
        let known = Known { model: models::find(model), ..known(10 * MINUTE) };
        judge(&known, &boots(foreign(0))).next.unwrap()
    };
    assert!(next("8851").contains("Reset settings"), "{}", next("8851"));
    assert!(next("7945").contains("**#"), "{}", next("7945"));
}

fn any_event() -> impl Strategy<Value = Event> {
    const NAMES: [&str; 14] = [
        "CTLSEP020000000001.tlv",
        "ITLSEP020000000001.tlv",
        "ITLFile.tlv",
        "SEP020000000001.cnf.xml",
        "SEP020000000001.cnf.xml.sgn",
        "SEP020000000001.cnf.xml.enc.sgn",
        "XMLDefault.cnf.xml",
        "DialTemplate.xml",
        "/mk-sip.jar",
        "sip88xx.14-2.loads",
        "Ringlist.xml",
        "handshake",
        "not_allowed",
        "{phone}{",
    ];
    let pick = |len: usize| 0..len;
    let (via, what, outcome) = (pick(Via::ALL.len()), pick(What::ALL.len()), pick(Outcome::ALL.len()));
    let reason =
        prop_oneof![Just(String::new()), Just("it does not trust this certificate".to_owned()), ".*"];
    (0..40 * DAY, pick(NAMES.len()), via, what, outcome, reason).prop_map(
        |(at, name, via, what, outcome, reason)| Event {
            at: if name % 2 == 0 { at } else { at % (3 * MINUTE) },
            via: Via::ALL[via],
            what: What::ALL[what],
            outcome: Outcome::ALL[outcome],
            reason,
            ..asked(0, NAMES[name])
        },
    )
}

fn any_known() -> impl Strategy<Value = Known> {
    let registrations = prop_oneof![
        Just(Registration::Unasked),
        Just(Registration::Away("away".into())),
        Just(Registration::NoPeer),
        Just(Registration::Absent),
        Just(here()),
    ];
    let standings = prop_oneof![
        Just(Standing::Unknown),
        Just(Standing::Waiting("K7QM4X".into())),
        Just(Standing::Active),
        Just(Standing::OwnFile),
        Just(Standing::Retired),
    ];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<Option<bool>>(), any::<Option<i64>>());
    (any::<i64>(), standings, registrations, flags, 0..30_usize).prop_map(
        |(now, standing, registration, flags, crowd)| {
            let (has_model, wants, is_encrypted, is_current, fetched) = flags;
            let base = known(if crowd % 2 == 0 { now } else { now.rem_euclid(41 * DAY) });
            Known {
                standing,
                registration,
                model: base.model.filter(|_| has_model),
                wanted: base.wanted.clone().filter(|_| wants),
                is_encrypted,
                is_current,
                fetched,
                certificate_ends: fetched,
                crowd,
                ..base
            }
        },
    )
}

proptest! {
    #[test]
    fn any_sequence_gives_exactly_one_verdict(known in any_known(), events in proptest::collection::vec(any_event(), 0..40)) {
        let count = events.len();
        let boots = boots(events);
        prop_assert_eq!(boots.iter().map(|boot| boot.events.len()).sum::<usize>(), count, "no event is lost");
        let verdict = judge(&known, &boots);
        // The first that holds, and the same each time.
        let facts = Facts::new(&known, &boots);
        let first = RULES.iter().find(|rule| (rule.holds)(&facts).is_some()).unwrap();
        prop_assert_eq!(first.id, verdict.rule.id);
        prop_assert!(!verdict.sentence.is_empty());
        prop_assert_eq!(&judge(&known, &boots).sentence, &verdict.sentence);
        for event in &verdict.evidence {
            prop_assert!(boots.iter().any(|boot| boot.events.contains(event)));
        }
    }

    #[test]
    fn whatever_is_tied_was_seen_there(events in proptest::collection::vec((any_event(), 0..4_u8), 0..60)) {
        let mut ties = Ties::new(3);
        let mut seen = HashSet::new();
        for (mut event, place) in events {
            event.address = [192, 0, 2, place].into();
            let named = event.named();
            ties.tie(&mut event);
            seen.extend(named.map(|phone| (event.address, phone)));
            if let Some(phone) = event.phone {
                prop_assert!(seen.contains(&(event.address, phone)));
                prop_assert_eq!(event.known_by == KnownBy::Name, named.is_some());
            }
        }
    }

    #[test]
    fn words_are_read_again(place in 0..100_usize) {
        let via = Via::ALL[place % Via::ALL.len()];
        prop_assert_eq!(via.word().parse(), Ok(via));
        let what = What::ALL[place % What::ALL.len()];
        prop_assert_eq!(what.word().parse(), Ok(what));
        let outcome = Outcome::ALL[place % Outcome::ALL.len()];
        prop_assert_eq!(outcome.word().parse(), Ok(outcome));
    }
}
