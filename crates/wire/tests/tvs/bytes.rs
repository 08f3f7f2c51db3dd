//! Bytes and what they mean, both ways.

use wire::tvs::{Answer, Ask, DeviceName, Query, QueryTags, Question, Request, Response, Vouched};

use crate::{element, hex, message, named, phone};

const ISSUER: &str = "CN=stormin-WIN2012-CA";
const SUBJECT: &str = "CN=ucm11pub.stormin.local;OU=IST;O=Stormin;L=Brisbane;ST=QLD;C=AU";

fn nul(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

/// The query of an 8861 as it was seen, put together again from its parts: 153 bytes.
fn seen() -> Vec<u8> {
    let body = [
        hex("010018 01"),
        b"CP-8861-SEPB000B4BA0AEE".to_vec(),
        hex("030042"),
        nul(SUBJECT),
        hex("040016"),
        nul(ISSUER),
        hex("050013 24000000179479B8F124AC3F3B000000000017"),
    ];
    [hex("57010300 000003e9 008f"), body.concat()].concat()
}

#[test]
fn a_query_that_was_seen_is_read_and_written_byte_for_byte() {
    let bytes = seen();
    assert_eq!(bytes.len(), 153);
    let serial = hex("24000000179479B8F124AC3F3B000000000017");
    let query = Query { subject: Some(SUBJECT), issuer: ISSUER, serial: &serial, tags: QueryTags::default() };
    let request = Request {
        session: 1001,
        device: DeviceName::parse("CP-8861-SEPB000B4BA0AEE").unwrap(),
        question: Question::Query(query),
    };
    assert_eq!(Request::decode(&bytes), Ok(request.clone()));
    assert_eq!(request.encode().unwrap(), bytes);
}

#[test]
fn issuer_and_serial_number_are_known_by_what_they_hold() {
    let serial = [0x3d, 0x17, 0];
    let name = nul(ISSUER);
    for (issuer, number) in [(4, 5), (5, 4), (4, 6), (6, 4), (5, 6), (6, 5)] {
        let mut elements = [element(issuer, &name), element(number, &serial)];
        if issuer > number {
            elements.reverse();
        }
        let bytes = message(3, 7, &[named("CP-7942G-SEP001122AABBCC"), elements.concat()].concat());
        let tags = QueryTags { issuer, serial: number };
        let query = Query { subject: None, issuer: ISSUER, serial: &serial, tags };
        let request = Request {
            session: 7,
            device: DeviceName::parse("CP-7942G-SEP001122AABBCC").unwrap(),
            question: Question::Query(query),
        };
        assert_eq!(Request::decode(&bytes), Ok(request.clone()), "{tags:?}");
        assert_eq!(request.encode().unwrap(), bytes, "{tags:?}");
    }
}

#[test]
fn elements_may_come_in_any_order_with_unknown_ones_between() {
    let (name, certificate) = (named(crate::PHONE), element(2, b"DER"));
    let expected =
        Request { session: 9, device: phone(), question: Question::Verify { certificate: b"DER" } };
    let unknown =
        [element(10, b"?"), element(0, b""), element(10, b"again"), element(255, &[0; 300])].concat();
    for body in [
        [&name[..], &certificate].concat(),
        [&certificate[..], &name].concat(),
        [&unknown[..], &certificate, &unknown, &name].concat(),
    ] {
        assert_eq!(Request::decode(&message(1, 9, &body)), Ok(expected.clone()));
    }
}

#[test]
fn a_lower_version_and_noise_in_the_fourth_byte_are_taken() {
    let mut bytes = message(1, 9, &[named(crate::PHONE), element(2, b"DER")].concat());
    bytes[1] = 0;
    bytes[3] = 0xf7;
    assert_eq!(Request::decode(&bytes).unwrap().session, 9);
    let mut bytes = hex("57010200 00000001 000f 070001 00 080001 07 090004 00015180");
    bytes[3] = 0xf7;
    assert!(Response::decode(&bytes).is_ok());
}

#[test]
fn responses_have_their_elements_in_one_order() {
    let vouched = Vouched { roles: &[0, 3], ttl: 86_400 };
    for (answer, bytes) in [
        (Answer::Verified(vouched), "57010200 ffffffff 0010 070001 00 080002 0003 090004 00015180"),
        (
            Answer::Found { certificate: b"DER", vouched },
            "57010400 ffffffff 0016 070001 00 020003 444552 080002 0003 090004 00015180",
        ),
        (Answer::Invalid(Ask::Verify), "57010200 ffffffff 0004 070001 01"),
        (Answer::Invalid(Ask::Query), "57010400 ffffffff 0004 070001 01"),
    ] {
        let response = Response { session: u32::MAX, answer };
        assert_eq!(response.encode().unwrap(), hex(bytes));
        assert_eq!(Response::decode(&hex(bytes)), Ok(response));
    }
}

#[test]
fn what_cannot_be_said_is_not_written() {
    let ask = |question| Request { session: 1, device: phone(), question }.encode().unwrap_err().to_string();
    let answer = |answer| Response { session: 1, answer }.encode().unwrap_err().to_string();
    let query = |query| ask(Question::Query(query));
    let good = Query { subject: None, issuer: ISSUER, serial: &[1], tags: QueryTags::default() };
    assert_eq!(ask(Question::Verify { certificate: b"" }), "the certificate is empty");
    let big = vec![0; 70_000];
    assert_eq!(
        ask(Question::Verify { certificate: &big }),
        "the certificate would have 70000 bytes; a message carries 20480 at most"
    );
    assert_eq!(
        ask(Question::Verify { certificate: &big[..20_480] }),
        "the length of the body would have 20510 bytes; a message carries 20480 at most"
    );
    assert_eq!(query(Query { subject: Some("a\0b"), ..good.clone() }), "the subject has a NUL in it");
    assert_eq!(query(Query { serial: &[], ..good.clone() }), "element 5 (issuer or serial number) is empty");
    assert_eq!(
        query(Query { issuer: "nobody", ..good.clone() }),
        "the issuer would be taken for the other of issuer and serial number"
    );
    assert_eq!(
        query(Query { serial: b"CN=x\0", ..good.clone() }),
        "the serial number would be taken for the other of issuer and serial number"
    );
    for (issuer, serial) in [(4, 4), (3, 4), (4, 7)] {
        let tags = QueryTags { issuer, serial };
        assert!(query(Query { tags, ..good.clone() }).contains("two different tags"));
    }
    for ttl in [0, 2_592_001] {
        let told = answer(Answer::Verified(Vouched { roles: &[7], ttl }));
        assert!(told.contains("1 to 2592000"), "{told}");
    }
    assert_eq!(answer(Answer::Verified(Vouched { roles: &[], ttl: 1 })), "the list of roles is empty");
    let vouched = Vouched { roles: &[7], ttl: 1 };
    assert_eq!(answer(Answer::Found { certificate: b"", vouched }), "the certificate is empty");
}
