//! One refusal for each way a message can be wrong: where, which field, how.

use wire::tvs::{DecodeError, Fault, Field, MAX_BODY, Request, Response};

use crate::{PHONE, element, hex, message, named};

fn refused(offset: usize, field: Field, fault: Fault) -> DecodeError {
    DecodeError { offset, field, fault }
}

fn verify(body: &[&[u8]]) -> DecodeError {
    Request::decode(&message(1, 1, &body.concat())).unwrap_err()
}

fn query(body: &[&[u8]]) -> DecodeError {
    Request::decode(&message(3, 1, &[&named(PHONE)[..], &body.concat()].concat())).unwrap_err()
}

fn response(command: u8, body: &str) -> DecodeError {
    Response::decode(&message(command, 1, &hex(body))).unwrap_err()
}

/// Where the element behind a device name has its value.
const BEHIND: usize = 10 + 27 + 3;

#[test]
fn headers() {
    for (bytes, field, fault) in [
        ("58010100000000010000", Field::Protocol, Fault::Value { found: 0x58 }),
        ("57020100000000010000", Field::Version, Fault::TooNew { found: 2 }),
        ("57010000000000010000", Field::Command, Fault::Value { found: 0 }),
        ("57010200000000010000", Field::Command, Fault::Value { found: 2 }),
        ("57010500000000010000", Field::Command, Fault::Value { found: 5 }),
        ("57010100000000015001", Field::BodyLength, Fault::TooLong { announced: MAX_BODY + 1 }),
        ("5701010000000001000a", Field::BodyLength, Fault::Truncated { wanted: 10, left: 0 }),
        ("570101000000000100000a", Field::BodyLength, Fault::Trailing { len: 1 }),
    ] {
        let error = Request::decode(&hex(bytes)).unwrap_err();
        assert_eq!((error.field, error.fault), (field, fault), "{bytes}");
    }
    let error = Response::decode(&hex("57010100000000010000")).unwrap_err();
    assert_eq!(error, refused(2, Field::Command, Fault::Value { found: 1 }));
    assert_eq!(
        Response::decode(&hex("5703")).unwrap_err(),
        refused(1, Field::Version, Fault::TooNew { found: 3 })
    );
}

#[test]
fn device_names() {
    let certificate = element(2, b"DER");
    let with = |name: &[u8]| verify(&[&element(1, name), &certificate]);
    assert_eq!(verify(&[&certificate]), refused(16, Field::DeviceName, Fault::Missing));
    assert_eq!(with(b""), refused(13, Field::DeviceName, Fault::Empty));
    assert_eq!(with(b"CP-8845-SEP58971ECC97C1"), refused(13, Field::DeviceName, Fault::Mark { found: b'C' }));
    for name in [&b"\x01"[..], b"\x01SEP58971ECC97C1", b"\x01CP-8845-SEP58971ECC97C1\0", b"\x01\xff\xfe"] {
        assert_eq!(with(name), refused(13, Field::DeviceName, Fault::NotADeviceName));
    }
    let name = named(PHONE);
    assert_eq!(verify(&[&name, &name, &certificate]), refused(37, Field::DeviceName, Fault::Repeated));
}

#[test]
fn certificates() {
    let name = named(PHONE);
    assert_eq!(verify(&[&name]), refused(37, Field::Certificate, Fault::Missing));
    assert_eq!(verify(&[&name, &element(2, b"")]), refused(BEHIND, Field::Certificate, Fault::Empty));
    let certificate = element(2, b"DER");
    assert_eq!(
        verify(&[&name, &certificate, &certificate]),
        refused(43, Field::Certificate, Fault::Repeated)
    );
    // Cut short within the value, the length, and behind the tag.
    for (cut, offset, wanted, left) in [(1, BEHIND, 3, 2), (4, 38, 2, 1), (5, 38, 2, 0)] {
        let body = [&name[..], &certificate].concat();
        let body = &body[..body.len() - cut];
        assert_eq!(verify(&[body]), refused(offset, Field::Certificate, Fault::Truncated { wanted, left }));
    }
    let too_long = [2, 0, 4, b'D', b'E', b'R'];
    assert_eq!(
        verify(&[&name, &too_long]),
        refused(BEHIND, Field::Certificate, Fault::Truncated { wanted: 4, left: 3 })
    );
}

#[test]
fn elements_of_another_command() {
    let (name, certificate) = (named(PHONE), element(2, b"DER"));
    assert_eq!(verify(&[&name, &certificate, &element(7, &[0])]), refused(46, Field::Status, Fault::Foreign));
    assert_eq!(
        verify(&[&name, &element(4, b"CN=x\0"), &certificate]),
        refused(BEHIND, Field::IssuerOrSerial(4), Fault::Foreign)
    );
    let (issuer, serial) = (element(4, b"CN=x\0"), element(5, &[1]));
    assert_eq!(query(&[&certificate, &issuer, &serial]), refused(BEHIND, Field::Certificate, Fault::Foreign));
    assert_eq!(
        response(2, "07000101 08000107"),
        refused(17, Field::Roles, Fault::Foreign),
        "an invalid answer says nothing else"
    );
    assert_eq!(response(2, "07000100 02000144 08000107 09000400015180").field, Field::Certificate);
}

#[test]
fn queries() {
    let (issuer, serial) = (element(4, b"CN=x\0"), element(5, &[1]));
    assert_eq!(query(&[&serial]), refused(41, Field::Issuer, Fault::Missing));
    assert_eq!(query(&[&issuer]), refused(45, Field::Serial, Fault::Missing));
    assert_eq!(query(&[&issuer, &element(5, b"CN=y\0")]), refused(48, Field::Issuer, Fault::Repeated));
    assert_eq!(query(&[&issuer, &serial, &element(6, &[1])]), refused(52, Field::Serial, Fault::Repeated));
    assert_eq!(query(&[&issuer, &issuer, &serial]).fault, Fault::Repeated);
    assert_eq!(query(&[&issuer, &element(5, b"")]), refused(48, Field::IssuerOrSerial(5), Fault::Empty));
    // Without its NUL a name is a number like any other bytes.
    assert_eq!(query(&[&element(4, b"CN=x"), &serial]), refused(48 - 1, Field::Serial, Fault::Repeated));
    for (subject, fault) in [
        (&b""[..], Fault::Empty),
        (b"CN=x", Fault::NoNul),
        (b"CN=x\0y\0", Fault::InnerNul),
        (b"CN=\xff\0", Fault::NotText),
        (b"CN=x\n\0", Fault::NotText),
    ] {
        assert_eq!(query(&[&element(3, subject), &issuer, &serial]), refused(BEHIND, Field::Subject, fault));
    }
}

#[test]
fn responses() {
    for (body, field, fault) in [
        ("", Field::Status, Fault::Missing),
        ("07000102", Field::Status, Fault::Value { found: 2 }),
        ("070000", Field::Status, Fault::Truncated { wanted: 1, left: 0 }),
        ("0700020000", Field::Status, Fault::Trailing { len: 1 }),
        ("07000100", Field::Roles, Fault::Missing),
        ("07000100 080000 09000400015180", Field::Roles, Fault::Empty),
        ("07000100 08000107", Field::Ttl, Fault::Missing),
        ("07000100 08000107 090003015180", Field::Ttl, Fault::Truncated { wanted: 4, left: 3 }),
        ("07000100 08000107 0900050001518000", Field::Ttl, Fault::Trailing { len: 1 }),
        ("07000100 07000100 08000107 09000400015180", Field::Status, Fault::Repeated),
    ] {
        let error = response(2, body);
        assert_eq!((error.field, error.fault), (field, fault), "{body}");
    }
    let error = response(4, "07000100 08000107 09000400015180");
    assert_eq!((error.field, error.fault), (Field::Certificate, Fault::Missing));
    let error = response(4, "07000100 020000 08000107 09000400015180");
    assert_eq!((error.field, error.fault), (Field::Certificate, Fault::Empty));
}

#[test]
fn messages_are_sentences() {
    for (error, sentence) in [
        (verify(&[]), "byte 10: the device name is missing"),
        (
            Request::decode(&hex("57090100000000010000")).unwrap_err(),
            "byte 1: the version is 9; 1 is the newest known here",
        ),
        (
            Request::decode(&hex("5701010000000001ffff")).unwrap_err(),
            "byte 8: the length of the body is 65535; 20480 is the most that is taken",
        ),
    ] {
        assert_eq!(error.to_string(), sentence);
    }
}
