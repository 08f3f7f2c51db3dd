//! Decisions of the ledger.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::models;

fn list(digest: &str, signer: &str, sasts: &[&str], tvs: &[&str]) -> Contents {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Contents {
        digest: digest.to_owned(),
        signer: signer.to_owned(),
        sasts: texts(sasts),
        tvs: texts(tvs),
        vouches_for_files: true,
    }
}

fn released(digest: &str, signer: &str) -> Contents {
    Contents { vouches_for_files: false, ..list(digest, signer, &[signer, "s2"], &[]) }
}

fn a() -> Contents {
    list("a", "s1", &["s1", "s2"], &["t1"])
}

fn b() -> Contents {
    list("b", "s1", &["s1", "s3"], &["t1"])
}

fn c() -> Contents {
    list("c", "s3", &["s3", "s2"], &["t1"])
}

fn fetch(contents: Contents, at: i64) -> Event {
    let (name, source) = ("ITLSEP001122AABBCC.tlv".to_owned(), "192.0.2.7".to_owned());
    Event::Fetched(Fetch { contents, name, at, source })
}

fn signed(at: i64) -> Event {
    Event::Asked(Asked::Signed, at)
}

fn plain(at: i64) -> Event {
    Event::Asked(Asked::Plain, at)
}

fn encrypted(at: i64) -> Event {
    Event::Asked(Asked::Encrypted, at)
}

fn entry(events: impl IntoIterator<Item = Event>) -> Entry {
    let mut entry = Entry::default();
    for event in events {
        entry.note(event, |_| None);
    }
    entry
}

fn held(entry: &Entry) -> Option<&str> {
    entry.held.as_ref().map(|held| held.contents.digest.as_str())
}

fn verdict(entry: &Entry, next: &Contents) -> Standing {
    standing(Some(entry), &Next { contents: next, vouching: None, past: None })
}

#[test]
fn a_phone_that_asks_for_its_encrypted_configuration_has_taken_the_list_before_it() {
    // As such phones do at every start: the list, then the encrypted file, and nothing else.
    let took = entry([fetch(a(), 10), encrypted(11)]);
    assert_eq!((held(&took), took.signed_at, took.is_open()), (Some("a"), Some(11), false));
    let went_on = entry([fetch(a(), 10), encrypted(11), fetch(b(), 20), encrypted(21)]);
    assert_eq!(held(&went_on), Some("b"));
    // It was without a list until then.
    assert_eq!(held(&entry([plain(5), encrypted(6), fetch(a(), 10), encrypted(11)])), Some("a"));

    // Whoever asked in the clear behind the list did not take it, and was sent to the encrypted file by a stub.
    let stub = entry([fetch(a(), 10), plain(11), encrypted(12)]);
    assert_eq!((held(&stub), stub.signed_at, stub.foreign), (None, None, None));
    // Without a list of ours it says nothing: neither that it holds one, nor that it is another's.
    assert_eq!(entry([encrypted(5)]), Entry::default());
    let let_go = entry([fetch(released("r", "s1"), 10), encrypted(11)]);
    assert_eq!((held(&let_go), let_go.signed_at), (None, None));
    // The list on its way is none that was taken.
    assert_eq!(held(&entry([encrypted(5), fetch(a(), 10)])), None);
}

#[test]
fn a_phone_takes_what_its_list_or_its_service_vouches_for() {
    use Verdict::{Accepts, Refuses};
    for (holds, next, vouching, expected) in [
        (a(), a(), None, Accepts(Way::Same)),
        (a(), b(), None, Accepts(Way::Signer)),
        (b(), c(), None, Accepts(Way::Signer)),
        (a(), c(), None, Refuses(Why::UnknownSigner)),
        (a(), c(), Some("t1"), Accepts(Way::Vouched)),
        (a(), c(), Some("t2"), Refuses(Why::UnknownSigner)),
        (released("r", "s1"), list("x", "other", &["other"], &[]), None, Accepts(Way::Released)),
        (list("n", "s1", &["s1"], &[]), c(), Some("t1"), Refuses(Why::UnknownSigner)),
        // What is not signed yet is the same as nothing.
        (list("", "s9", &["s9"], &["t1"]), list("", "s3", &["s3"], &[]), None, Refuses(Why::UnknownSigner)),
    ] {
        assert_eq!(judge(&holds, &next, vouching), expected, "{holds:?} {next:?}");
    }
}

#[test]
fn a_signed_request_after_a_list_shows_that_it_was_taken() {
    let first = entry([fetch(a(), 10), signed(11)]);
    assert_eq!((held(&first), first.held.as_ref().unwrap().since), (Some("a"), 11));
    // One before it shows nothing, and neither does the list alone.
    assert_eq!(held(&entry([fetch(a(), 10)])), None);
    assert!(entry([fetch(a(), 10)]).is_open());
    let then = entry([fetch(a(), 10), signed(11), fetch(b(), 20), signed(21)]);
    assert_eq!(held(&then), Some("b"));
    assert!(!then.is_open());
    // The same list again changes nothing.
    let again = entry([fetch(a(), 10), signed(11), fetch(a(), 20), signed(21)]);
    assert_eq!((held(&again), again.held.as_ref().unwrap().since, again.is_open()), (Some("a"), 11, false));
}

#[test]
fn a_list_of_a_signer_it_does_not_know_leaves_it_with_the_old_one() {
    let stays = entry([fetch(a(), 10), signed(11), fetch(c(), 20), signed(21)]);
    assert_eq!((held(&stays), stays.is_open()), (Some("a"), false));
    let mut vouched = entry([fetch(a(), 10), signed(11), fetch(c(), 20)]);
    vouched.note(signed(21), |next| (next.signer == "s3").then(|| "t1".to_owned()));
    assert_eq!(held(&vouched), Some("c"));
}

#[test]
fn a_phone_that_asks_signed_before_any_list_is_somebody_elses() {
    let foreign = entry([signed(5), fetch(a(), 10), signed(11)]);
    assert_eq!(foreign.foreign, Some(5));
    assert_eq!(held(&foreign), None);
    assert_eq!(verdict(&foreign, &b()), Standing { verdict: Verdict::Refuses(Why::Foreign), is_lost: false });
    // Its list was erased: it comes without a signature, or shows over HTTPS that it trusts us.
    assert_eq!(entry([signed(5), plain(6)]).foreign, None);
    assert_eq!(held(&entry([signed(5), plain(6), fetch(a(), 7), signed(8)])), Some("a"));
    let secure = entry([signed(5), fetch(a(), 10), Event::Asked(Asked::Secure, 11)]);
    assert_eq!((secure.foreign, held(&secure)), (None, Some("a")));
}

#[test]
fn an_erased_list_is_seen_and_forgotten_on_demand() {
    assert_eq!(held(&entry([fetch(a(), 10), signed(11), plain(20)])), None);
    let mut stuck = entry([fetch(a(), 10), signed(11), fetch(c(), 20), signed(21)]);
    stuck.forget();
    assert_eq!(stuck, Entry::default());
}

#[test]
fn a_released_phone_comes_without_signature_and_takes_any_list() {
    let to = released("r", "s1");
    let gone = entry([fetch(a(), 10), signed(11), fetch(to.clone(), 20), plain(21)]);
    assert_eq!(held(&gone), Some("r"));
    let stranger = list("x", "other", &["other"], &[]);
    assert_eq!(verdict(&gone, &stranger).verdict, Verdict::Accepts(Way::Released));
    // One that still asks for signed files did not take it.
    let stays = entry([fetch(a(), 10), signed(11), fetch(to.clone(), 20), signed(21)]);
    assert_eq!(held(&stays), Some("a"));
    // Restarting does not change what it holds, and then it comes back.
    let back = entry([
        fetch(a(), 10),
        signed(11),
        fetch(to.clone(), 20),
        plain(21),
        fetch(to, 30),
        plain(31),
        fetch(c(), 40),
        signed(41),
    ]);
    assert_eq!(held(&back), Some("c"));
}

#[test]
fn late_news_do_not_undo_what_is_known() {
    let entry = entry([fetch(b(), 20), fetch(a(), 10), signed(21), signed(3)]);
    assert_eq!((held(&entry), entry.signed_at), (Some("b"), Some(21)));
}

#[test]
fn the_order_in_which_two_servers_tell_of_a_boot_does_not_matter() {
    let crossed = entry([signed(11), fetch(a(), 10)]);
    assert_eq!(crossed, entry([fetch(a(), 10), signed(11)]));
    let then = entry([fetch(a(), 10), signed(11), signed(21), fetch(b(), 20)]);
    assert_eq!(held(&then), Some("b"));
    // Whoever asked long before is somebody else's all the same.
    assert_eq!(entry([signed(5), signed(21), fetch(a(), 20)]).foreign, Some(5));
}

#[test]
fn who_missed_the_first_list_of_a_roll_over_is_lost() {
    let ready = entry([fetch(a(), 10), signed(11), fetch(b(), 20), signed(21)]);
    let missed = entry([fetch(a(), 10), signed(11)]);
    let not_back = entry([fetch(a(), 10), signed(11), fetch(b(), 20)]);
    let next = c();
    assert_eq!(verdict(&ready, &next), Standing { verdict: Verdict::Accepts(Way::Signer), is_lost: false });
    let lost = Standing { verdict: Verdict::Refuses(Why::UnknownSigner), is_lost: true };
    assert_eq!(verdict(&missed, &next), lost);
    let maybe = Standing { verdict: Verdict::Unknown(Doubt::NotBack), is_lost: true };
    assert_eq!(verdict(&not_back, &next), maybe);
    // A list that both would take takes them along.
    assert_eq!(verdict(&not_back, &b()).verdict, Verdict::Accepts(Way::Same));
    let phones = vec![(1, verdict(&ready, &next)), (2, lost), (3, maybe)];
    let totals = Plan { phones }.totals();
    assert_eq!((totals.accepts, totals.refuses, totals.unknown, totals.lost), (1, 1, 1, 2));
}

#[test]
fn a_phone_never_seen_is_lost_only_if_it_may_hold_an_old_list() {
    let (past, same, other) = (a(), b(), c());
    for (contents, past, vouching, is_lost) in [
        (&same, None, None, false),
        (&same, Some(&past), None, false),
        (&other, None, None, false),
        (&other, Some(&past), None, true),
        (&other, Some(&past), Some("t1"), false),
    ] {
        let next = Next { contents, vouching, past };
        let expected = Standing { verdict: Verdict::Unknown(Doubt::NeverSeen), is_lost };
        assert_eq!(standing(None, &next), expected);
        assert_eq!(standing(Some(&Entry::default()), &next), expected);
    }
    // One that came and never took a list takes the first it is given.
    assert_eq!(verdict(&entry([plain(3)]), &other).verdict, Verdict::Accepts(Way::NoList));
}

#[test]
fn a_phone_that_trusts_another_cluster_is_told_apart() {
    let behaviour = Behaviour {
        model: models::find("7942"),
        asks_signed: true,
        had_our_list: false,
        took_our_files: false,
    };
    let foreign = foreign_trust(&behaviour).unwrap();
    assert!(foreign.erasing.steps.iter().any(|step| step.contains("**#")));
    for (asks_signed, had_our_list, took_our_files) in
        [(false, false, false), (true, true, false), (true, false, true), (true, true, true)]
    {
        let behaviour = Behaviour { asks_signed, had_our_list, took_our_files, ..behaviour };
        assert_eq!(foreign_trust(&behaviour), None);
    }
    let of = |entry: &Entry| foreign_trust(&entry.behaviour(models::find("8845"))).is_some();
    assert!(of(&entry([signed(5)])) && of(&entry([signed(5), fetch(a(), 10), signed(11)])));
    assert!(!of(&entry([fetch(a(), 10), signed(11)])) && !of(&entry([signed(5), plain(6)])));
}

#[test]
fn every_model_has_its_steps() {
    for model in models::all() {
        let erasing = erasing(Some(model));
        assert!(!erasing.steps.is_empty() && !erasing.otherwise.is_empty(), "{}", model.name);
        let has_list_menu = erasing.steps.iter().any(|step| step.contains("**#"));
        assert_eq!(has_list_menu, model.series == "7900", "{}", model.name);
    }
    assert!(erasing(None).steps[1].contains("Reset settings"));
}

#[test]
fn a_list_is_counted_before_it_is_signed() {
    assert_eq!(fits(39, 65_535), Ok(()));
    assert_eq!(fits(40, 1), Err(Full::Certificates(40)));
    assert_eq!(fits(39, 65_536), Err(Full::Bytes(65_536)));
    assert!(fits(40, 1).unwrap_err().to_string().contains("up to 39"));
}

#[test]
fn what_differs_is_certificates_in_roles() {
    let one = |name: &str, role: &str, sha256: &str| Listed {
        name: name.to_owned(),
        role: role.to_owned(),
        sha256: sha256.to_owned(),
    };
    let before = [one("tftp", "TFTP", "1"), one("tvs", "TVS", "2"), one("old", "SAST", "3")];
    let after = [
        one("old", "SAST", "3"),
        one("tftp", "TFTP", "4"),
        one("also-tvs", "TVS", "2"),
        one("tvs", "CCM", "2"),
    ];
    let difference_is = difference(&before, &after);
    assert_eq!(difference_is.added, [one("tftp", "TFTP", "4"), one("tvs", "CCM", "2")]);
    assert_eq!(difference_is.removed, [one("tftp", "TFTP", "1")]);
    assert!(!difference_is.is_none() && difference(&before, &before).is_none());
}
