//! Names, and every answer to every kind of phone.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;

use proptest::{collection::vec, prelude::*};

use super::*;

fn same(one: &str, other: &str) -> bool {
    Name::parse(one) == Name::parse(other)
}

#[test]
fn names_are_the_same_whatever_the_order_and_the_separator() {
    let reference = "CN=ucm11pub.stormin.local,OU=IST,O=Stormin,L=Brisbane,ST=QLD,C=AU";
    for other in [
        "CN=ucm11pub.stormin.local;OU=IST;O=Stormin;L=Brisbane;ST=QLD;C=AU",
        "C=AU,ST=QLD,L=Brisbane,O=Stormin,OU=IST,CN=ucm11pub.stormin.local",
        "C=AU; ST=QLD ; L = Brisbane; O=Stormin; OU=IST; CN=ucm11pub.stormin.local",
        "/C=AU/ST=QLD/L=Brisbane/O=Stormin/OU=IST/CN=ucm11pub.stormin.local",
        "c=AU+s=QLD+l=Brisbane+o=Stormin+ou=IST+cn=ucm11pub.stormin.local",
        "2.5.4.6=AU,2.5.4.8=QLD,2.5.4.7=Brisbane,2.5.4.10=Stormin,2.5.4.11=IST,OID.2.5.4.3=ucm11pub.stormin.local",
        "CN=\"ucm11pub.stormin.local\",OU=IST,O=Stormin,L=Brisbane,ST=QLD,C=AU",
        // The case of letters tells no names apart, neither of types nor of values.
        "cn=UCM11PUB.Stormin.Local;ou=ist;O=STORMIN;l=BRISBANE;St=qld;c=au",
    ] {
        assert!(same(reference, other), "{other}");
    }
    for other in [
        "",
        "CN=ucm11pub.stormin.local;OU=IST;O=Stormin;L=Brisbane;ST=QLD",
        "CN=ucm11pub.stormin.local;OU=IST;O=Stormin;L=Brisbane;ST=QLD;C=AU;C=AU",
        "CN=ucm11pub.stormin.local;OU=Stormin;O=IST;L=Brisbane;ST=QLD;C=AU",
        "CN=ucm11pub.stormin.local;OU=IST;O=Stormin;L=Brisbane;ST=QLD;C=A",
        "CN=ucm11pub.storminlocal;OU=IST;O=Stormin;L=Brisbane;ST=QLD;C=AU",
        "CN=ucm11pub.stormin.local OU=IST O=Stormin L=Brisbane ST=QLD C=AU",
    ] {
        assert!(!same(reference, other), "{other}");
    }
}

#[test]
fn values_are_the_same_whatever_their_escapes() {
    for (ours, theirs) in [
        ("O=Example\\, Inc.,C=NZ", "O=Example, Inc.;C=NZ"),
        ("O=Example\\, Inc.,C=NZ", "C=NZ;O=\"Example, Inc.\""),
        ("O=Example\\, Inc.", "O=Example\\2C Inc."),
        ("O=Zürich", "O=Z\\xC3\\xBCrich"),
        ("O=Zürich", "O=Z\\C3\\BCrich"),
        ("O=a\\+b\\;c", "O=a+b;c"),
        ("O=\\\"quoted\\\"", "O=\\22quoted\\22"),
        ("CN=\\ a\\ ", "CN=\" a \""),
        ("1.2.840.113549.1.9.1=a@b.c", "emailAddress=a@b.c"),
        ("1.2.840.113549.1.9.1=a@b.c", "E=a@b.c"),
        ("2.5.4.5=PID:CP-8851 SN:1", "serialNumber=PID:CP-8851 SN:1"),
        ("CN=a=b", "CN=a\\=b"),
        ("O=6\\\" pipes,C=NZ", "O=6\" pipes;C=NZ"),
        ("OID.OID.2.5.4.3=x", "CN=x"),
        ("CN=http://x/y", "CN=http:\\/\\/x\\/y"),
        ("O=ZÜRICH", "o=zürich"),
        ("O=Example  Voice", "O=example voice"),
        ("CN=\\ a", "CN=a"),
    ] {
        assert!(same(ours, theirs), "{ours} and {theirs}: {:?} {:?}", Name::parse(ours), Name::parse(theirs));
    }
    assert!(!same("O=Example Voice", "O=ExampleVoice"), "a blank within counts");
    assert!(!same("O=Straße", "O=Strasse"), "letters are not spelt out");
    assert!(!same("CN=\\\\", "CN=\\ "));
    assert!(same("nonsense", " nonsense "));
    assert!(!same("CN=", ""));
}

#[test]
fn equal_names_are_one_key_and_are_shown_as_written() {
    let keys = |names: &[&str]| names.iter().map(|name| Name::parse(name)).collect::<HashSet<_>>().len();
    assert_eq!(keys(&["CN=Asterisk,O=Example", "o=EXAMPLE;cn=asterisk", "/CN=ASTERISK/O=example"]), 1);
    assert_eq!(keys(&["CN=Asterisk,O=Example", "CN=Asterisk", "O=Asterisk,CN=Example"]), 3);
    assert_eq!(Name::parse("o=Example;cn=CAPF").to_string(), "CN=CAPF,O=Example");
}

proptest! {
    #[test]
    fn any_name_survives_being_shown(text in "\\PC{0,60}") {
        let name = Name::parse(&text);
        prop_assert_eq!(Name::parse(&name.to_string()), name);
    }

    #[test]
    fn any_attributes_in_any_order_are_the_same(
        attributes in vec(("(CN|O|OU|DC|C|1\\.2\\.3)", "[ -~äöü€]{0,12}"), 1..6).prop_shuffle(),
    ) {
        let escaped = |value: &str| value.chars().flat_map(|char| ['\\', char]).collect::<String>();
        let escaped = |value: &str| if value.bytes().any(|b| b.is_ascii_hexdigit() || b == b'x') {
            value.bytes().map(|byte| format!("\\{byte:02x}")).collect()
        } else {
            escaped(value)
        };
        let written = |separator: &str, attributes: &[(String, String)]| {
            let all: Vec<String> = attributes.iter().map(|(kind, value)| format!("{kind}={}", escaped(value))).collect();
            all.join(separator)
        };
        let mut turned = attributes.clone();
        turned.reverse();
        prop_assert_eq!(Name::parse(&written(",", &attributes)), Name::parse(&written(" ; ", &turned)));
        turned.push(("L".to_owned(), "more".to_owned()));
        prop_assert_ne!(Name::parse(&written(",", &attributes)), Name::parse(&written(";", &turned)));
    }
}

fn known(number: u8, listed: &[u16], besides: &[u16]) -> Known {
    Known {
        name: format!("certificate-{number}"),
        certificate: vec![number; 9],
        fingerprint: [number; 32],
        issuer: Name::parse("CN=Authority,O=Example"),
        serials: vec![vec![number, 0]],
        listed: listed.to_vec(),
        besides: besides.to_vec(),
        ttl: (number > 1).then_some(100 + u32::from(number)),
    }
}

fn shown(number: u8) -> Question<'static> {
    Question::Shown([number; 32])
}

fn told<'a>(answer: &Result<Vouched<'a>, Refusal>) -> (&'a str, Vec<u8>, u32) {
    let vouched = answer.as_ref().unwrap();
    (vouched.name, vouched.roles.clone(), vouched.ttl)
}

fn store() -> Directory {
    Directory::new(vec![
        known(1, &[7], &[]),
        known(2, &[3], &[1, 3, 300]),
        known(3, &[], &[]),
        known(4, &[], &[0]),
        known(5, &[300], &[]),
    ])
}

#[test]
fn roles_of_lists_and_those_besides_are_told_in_rising_order() {
    let store = store();
    let answer = |number| store.answer(shown(number), List::Common, 101);
    assert_eq!(told(&answer(1)), ("certificate-1", vec![7], 101));
    assert_eq!(told(&answer(2)), ("certificate-2", vec![1, 3], 102));
    assert_eq!(told(&answer(4)), ("certificate-4", vec![0], 104));
    assert_eq!(answer(1).unwrap().certificate, [1; 9]);
    assert_eq!(answer(3), Err(Refusal::NoRole("certificate-3".to_owned())));
    assert_eq!(answer(5), Err(Refusal::NoRole("certificate-5".to_owned())), "a role has one byte here");
    assert_eq!(answer(9), Err(Refusal::Unknown));
}

#[test]
fn a_certificate_is_found_by_issuer_and_number() {
    let mut negative = known(6, &[7], &[]);
    // -129: the magnitude, and the bytes that stand in the certificate.
    negative.serials = vec![vec![0x81], vec![0xff, 0x7f]];
    let mut other = known(7, &[7], &[]);
    (other.serials, other.issuer) = (vec![vec![1, 0]], Name::parse("CN=Other"));
    let huge = known(8, &[7], &[]);
    let huge = Known { serials: vec![vec![0xa5; 300]], ..huge };
    let none = Known { serials: vec![vec![0]], ..known(9, &[7], &[]) };
    let store = Directory::new(vec![known(1, &[7], &[]), negative, other, huge, none]);
    let named = |issuer, serial| {
        store.find(Question::Named { issuer, serial }).map(|one| one.fingerprint.first().copied().unwrap())
    };
    assert_eq!(named("O=Example;CN=Authority", &[1, 0]), Some(1));
    assert_eq!(named("O=Example;CN=Authority", &[0, 0, 1, 0]), Some(1), "a zero before a high bit");
    assert_eq!(named("CN=Other", &[1, 0]), Some(7), "numbers are those of their issuer");
    assert_eq!(named("CN=Authority", &[1, 0]), None);
    assert_eq!(named("CN=Authority,O=Example", &[1]), None);
    assert_eq!(named("CN=Authority,O=Example", &[0x81]), Some(6));
    assert_eq!(named("CN=Authority,O=Example", &[0xff, 0x7f]), Some(6));
    assert_eq!(named("CN=Authority,O=Example", &[0xa5; 300]), Some(8));
    assert_eq!(named("CN=Authority,O=Example", &[0]), Some(9));
    assert_eq!(named("CN=Authority,O=Example", &[]), Some(9), "the number zero");
}

#[test]
fn a_phone_with_a_list_of_its_own_is_answered_by_that() {
    let store = store();
    let stranger = Known { ttl: Some(77), ..known(20, &[1], &[]) };
    let own = Directory::new(vec![known(1, &[3], &[]), known(3, &[4], &[]), stranger]);
    let answer = |number| store.answer(shown(number), List::Own(&own), 101);
    assert_eq!(told(&answer(1)), ("certificate-1", vec![3], 101), "its own list counts, not the common one");
    assert_eq!(told(&answer(3)), ("certificate-3", vec![4], 103));
    assert_eq!(told(&answer(20)), ("certificate-20", vec![1], 77), "only its own list knows it");
    assert_eq!(told(&answer(2)).1, [1, 3], "what stands in no list is told to everybody");
    let missing = Directory::new(vec![]);
    let answer = store.answer(shown(1), List::Own(&missing), 101);
    assert_eq!(answer, Err(Refusal::NotInOwnList("certificate-1".to_owned())));
    assert_eq!(store.answer(shown(9), List::Own(&own), 101), Err(Refusal::Unknown));
}

#[test]
fn a_phone_that_is_given_no_list_is_told_nothing() {
    assert_eq!(store().answer(shown(1), List::None, 101), Err(Refusal::NoList));
}

#[test]
fn of_the_same_certificate_twice_the_first_counts() {
    let again = Known { name: "again".to_owned(), ..known(1, &[1], &[]) };
    let store = Directory::new(vec![known(1, &[7], &[]), again]);
    assert_eq!(store.find(shown(1)).unwrap().name, "certificate-1");
}
