#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

const NOW: i64 = 1_800_000_000;
const INSTALL: Operation = Operation::Install(Key::Rsa(2048));

fn password() -> Required {
    Required::Password(Password::new("123456").unwrap())
}

fn known(required: Required) -> Known {
    Known { schedule: Some(Schedule::new(INSTALL, required)), held: None }
}

fn typed(password: &str) -> Claim<'_> {
    Claim { password: Some(password.as_bytes()), ..Claim::default() }
}

fn shown(certificate: Proof, sudi: Proof) -> Claim<'static> {
    Claim { password: None, certificate, sudi }
}

fn told(known: &Known, claim: Claim<'_>) -> Decision {
    decide(Some(known), &claim, NOW)
}

const fn no(refusal: Refusal) -> Decision {
    Decision::Refuse(refusal)
}

#[test]
fn passwords_open_only_what_they_are_for() {
    let known = known(password());
    assert_eq!(told(&known, typed("123456")), Decision::Do(INSTALL));
    for wrong in ["123457", "12345", "1234567", "0", &"1".repeat(40), "123456\0"] {
        assert_eq!(told(&known, typed(wrong)), no(Refusal::WrongPassword), "{wrong}");
    }
    assert_eq!(told(&known, Claim::default()), no(Refusal::NoPassword));
    // A certificate is no password.
    assert_eq!(told(&known, shown(Proof::Lsc, Proof::Mic)), no(Refusal::NoPassword));
}

#[test]
fn a_locked_enrolment_stays_locked_for_the_right_password_too() {
    for failures in 0..=MOST_FAILURES + 1 {
        let schedule = Schedule { failures, ..Schedule::new(INSTALL, password()) };
        let known = Known { schedule: Some(schedule), held: None };
        let expected = if failures < MOST_FAILURES { Decision::Do(INSTALL) } else { no(Refusal::Locked) };
        assert_eq!(told(&known, typed("123456")), expected, "{failures}");
    }
}

#[test]
fn every_proof_against_every_requirement() {
    use Proof::{Absent, Lsc, Mic, Wrong};
    for certificate in [Absent, Lsc, Mic, Wrong] {
        for sudi in [Absent, Mic, Wrong] {
            let claim = shown(certificate, sudi);
            let (lsc, mic) = (certificate == Lsc, certificate == Mic || sudi == Mic);
            let wrong = certificate == Wrong || sudi == Wrong;
            for (required, holds) in [
                (Required::Nothing, true),
                (Required::Certificate, lsc || mic),
                (Required::Lsc, lsc),
                (Required::Mic, mic),
            ] {
                let decision = told(&known(required.clone()), claim);
                let expected = match (wrong, holds, certificate, sudi) {
                    (true, ..) => no(Refusal::WrongCertificate),
                    (_, true, ..) => Decision::Do(INSTALL),
                    (_, _, Absent, Absent) => no(Refusal::NoCertificate),
                    _ => no(Refusal::OtherCertificate),
                };
                assert_eq!(decision, expected, "{required:?} {certificate:?} {sudi:?}");
            }
        }
    }
}

#[test]
fn nothing_scheduled_is_nothing_to_do_and_unknown_is_another_thing() {
    assert_eq!(decide(None, &typed("123456"), NOW), Decision::Unknown);
    assert_eq!(told(&Known::default(), Claim::default()), Decision::Nothing);
    let nothing = Schedule::new(Operation::Nothing, password());
    assert_eq!(told(&Known { schedule: Some(nothing), held: None }, Claim::default()), Decision::Nothing);
    let until = |until| Known {
        schedule: Some(Schedule { until: Some(until), ..Schedule::new(INSTALL, password()) }),
        held: None,
    };
    assert_eq!(told(&until(NOW), typed("123456")), Decision::Do(INSTALL));
    assert_eq!(told(&until(NOW - 1), typed("123456")), Decision::Nothing);
    // A false proof is refused even then.
    assert_eq!(told(&Known::default(), shown(Proof::Wrong, Proof::Absent)), no(Refusal::WrongCertificate));
}

#[test]
fn every_operation_is_done_as_scheduled() {
    for operation in [Operation::Fetch, Operation::Delete, Operation::Install(Key::P384)] {
        let known = Known { schedule: Some(Schedule::new(operation, Required::Nothing)), held: None };
        assert_eq!(told(&known, Claim::default()), Decision::Do(operation));
    }
}

#[test]
fn a_certificate_near_its_end_is_renewed_for_whoever_holds_it() {
    let held = |end| Known { schedule: None, held: Some((Key::P256, end)) };
    let lsc = shown(Proof::Lsc, Proof::Absent);
    assert_eq!(told(&held(NOW + RENEWAL), lsc), Decision::Nothing);
    let renewed = Decision::Do(Operation::Install(Key::P256));
    assert_eq!(told(&held(NOW + RENEWAL - 1), lsc), renewed);
    for other in [Claim::default(), shown(Proof::Mic, Proof::Mic), typed("123456")] {
        assert_eq!(told(&held(NOW + 1), other), Decision::Nothing);
    }
}

#[test]
fn passwords_are_digits_and_hidden() {
    for wrong in ["", "123", "1234567890123456", "12 34", "abcd", "12345\n", "١٢٣٤"] {
        assert_eq!(Password::new(wrong), Err(PasswordError), "{wrong}");
    }
    let password = Password::new("0000").unwrap();
    assert!(password.is(b"0000") && !password.is(b"00000") && !password.is(b"000") && !password.is(b""));
    assert!(!password.is(&[0; 4]) && !password.is(b"0000\0"));
    assert_eq!(format!("{password:?}"), "Password(hidden)");
}

#[test]
fn keys_read_as_they_print() {
    for (key, word) in KEYS {
        assert_eq!((word.parse(), key.to_string()), (Ok(key), word.to_owned()));
    }
    for wrong in ["rsa512", "rsa", "2048", "p256", "", "RSA2048"] {
        assert!(wrong.parse::<Key>().is_err(), "{wrong}");
    }
}
