//! The codec: bytes and values both ways, one refusal per error.

use wire::capf::{
    AuthType, CertificateType, Command, Curve, DecodeError, Element, EncodeError, KeySpec, KeyType, MAX_BODY,
    Message, Password, Reason, SHA512, Sudi, Tag,
};

use crate::common::{From, Transcript, hex};

fn message<'a>(command: Command, elements: impl Into<Vec<Element<'a>>>) -> Message<'a> {
    Message::new(command, 7, elements)
}

#[test]
fn bytes_and_values_both_ways() {
    let sudi = Sudi { certificate: b"0c", sha1: b"s1", sha512: b"s512" };
    let table: Vec<(&str, Message<'_>)> = vec![
        ("5501 00000007 0008 07 0001 03 08 0001 00", {
            message(Command::AuthRequest, [Element::Version(3), Element::AuthType(AuthType::None)])
        }),
        (
            "5502 00000007 0020 01 0001 01 07 0001 02 0b 0002 3100 0d 0010 534550303031313232333334343535 00",
            {
                let name = Element::DeviceName("SEP001122334455");
                let password = Element::Password(Password(b"1"));
                message(
                    Command::AuthResponse,
                    [Element::Reason(Reason::Success), Element::Version(2), password, name],
                )
            },
        ),
        ("5503 00000007 0009 0a 0002 0800 11 0001 00", {
            message(Command::KeyGenerateRequest, KeySpec::Rsa(2048).elements())
        }),
        ("5503 00000007 0008 11 0001 01 12 0001 01", {
            message(Command::KeyGenerateRequest, KeySpec::Ec(Curve::Secp384r1).elements())
        }),
        ("5511 00000007 0000", message(Command::InProgress, [])),
        ("5504 00000007 0006 09 0003 3081aa", {
            message(Command::KeyGenerateResponse, [Element::PublicKey(&[0x30, 0x81, 0xaa])])
        }),
        ("5509 00000007 000e 03 0001 02 04 0007 01 0004 00 01 3000", {
            let kind = Element::CertificateType(CertificateType::Mic);
            message(Command::StoreRequest, [kind, Element::Certificate(&[0x30, 0])])
        }),
        ("550f 00000007 0004 01 0001 09", {
            message(Command::EndSession, [Element::Reason(Reason::UnknownDevice)])
        }),
        ("5502 00000007 0014 10 0011 00 0002 3063 01 0002 7331 03 0004 73353132", {
            message(Command::AuthResponse, [Element::Sudi(sudi)])
        }),
        ("5502 00000007 000d 06 0002 aabb 14 0005 03 0002 ccdd", {
            let sha2 = Element::Sha2SignedData { digest: SHA512, signature: &[0xcc, 0xdd] };
            message(Command::AuthResponse, [Element::SignedData(&[0xaa, 0xbb]), sha2])
        }),
        ("5510 00000007 000e 0c 0002 001e 02 0000 05 0000 13 0000", {
            let rest = [Element::ReasonInfo(b""), Element::CertificateId(b""), Element::DigestType(b"")];
            let delay = Element::RetryDelay(&[0, 30]);
            message(Command::RetryLater, [vec![delay], rest.to_vec()].concat())
        }),
        // What nobody documented is kept.
        ("5563 00000007 0010 01 0001 63 03 0001 63 11 0001 02 63 0001 63", {
            let kind = Element::CertificateType(CertificateType::Other(0x63));
            let other = Element::Other { tag: 0x63, value: &[0x63] };
            let key = Element::KeyType(KeyType::Other(2));
            message(Command::Other(0x63), [Element::Reason(Reason::Other(0x63)), kind, key, other])
        }),
    ];
    for (bytes, value) in table {
        let bytes = hex(bytes);
        assert_eq!(Message::decode(&bytes).as_ref(), Ok(&value), "{bytes:02x?}");
        assert_eq!(value.encode().unwrap(), bytes);
    }
}

#[test]
fn every_message_of_the_transcripts_comes_back_byte_for_byte() {
    for transcript in Transcript::all() {
        for (from, bytes) in &transcript.messages {
            let message = Message::decode(bytes).unwrap();
            assert_eq!(message.encode().unwrap(), *bytes, "{} {from:?}", transcript.name);
            assert_eq!(message.session, transcript.session());
            let known = message.elements.iter().all(|element| !matches!(element, Element::Other { .. }));
            assert!(known && !matches!(message.command, Command::Other(_)));
        }
    }
}

#[test]
fn a_certificate_authentication_is_read_whole() {
    let transcript = Transcript::read("capf-install-cert-auth.txt");
    let (from, bytes) = &transcript.messages[1];
    assert_eq!(*from, From::Phone);
    let message = Message::decode(bytes).unwrap();
    assert_eq!(message.device_name(), Some("SEP58971ECC97C1"));
    assert_eq!((message.password(), message.version()), (None, Some(3)));
    let (certificate, sudi) = (message.certificate().unwrap(), message.sudi().unwrap());
    assert_eq!((certificate.len(), certificate), (865, sudi.certificate));
    let lengths =
        [message.signed_data().unwrap(), message.sha2_signed_data().unwrap().1, sudi.sha1, sudi.sha512];
    assert_eq!(lengths.map(<[u8]>::len), [256; 4]);
    assert_eq!(message.sha2_signed_data().unwrap().0, SHA512);
}

#[test]
fn each_refusal_names_its_field_and_its_place() {
    use DecodeError as E;
    let many = format!(
        "5502 00000007 0063 {}",
        (0x40..0x61).map(|tag| format!("{tag:02x}0000")).collect::<String>()
    );
    let table: [(&str, E); 22] = [
        ("", E::NoHeader(0)),
        ("5502 0000", E::NoHeader(4)),
        ("1603 01", E::NotCapf(0x16)),
        ("5502 00000007 0001", E::Length { announced: 1, found: 0 }),
        ("5502 00000007 0000 00", E::Length { announced: 0, found: 1 }),
        ("5502 00000007 4001", E::BodyTooLong(MAX_BODY + 1)),
        (&many, E::TooManyElements),
        ("5502 00000007 0002 01 00", E::ElementHead { offset: 8 }),
        ("5502 00000007 0005 07 0001 03 08", E::ElementHead { offset: 12 }),
        ("5502 00000007 0003 01 0001", E::Cut { tag: Tag::Reason, offset: 8, len: 1, left: 0 }),
        ("5502 00000007 0005 01 0002 0101", E::Size { tag: Tag::Reason, offset: 8, len: 2 }),
        ("5502 00000007 0003 07 0000", E::Size { tag: Tag::Version, offset: 8, len: 0 }),
        ("5503 00000007 0004 0a 0001 08", E::Size { tag: Tag::KeySize, offset: 8, len: 1 }),
        ("5502 00000007 0004 0b 0001 31", E::Text { tag: Tag::Password, offset: 8 }),
        ("5502 00000007 0003 0d 0000", E::Text { tag: Tag::DeviceName, offset: 8 }),
        ("5502 00000007 0004 0d 0001 00", E::Text { tag: Tag::DeviceName, offset: 8 }),
        ("5502 00000007 0007 0d 0004 53004500", E::Text { tag: Tag::DeviceName, offset: 8 }),
        ("5502 00000007 0005 0d 0002 0a00", E::Text { tag: Tag::DeviceName, offset: 8 }),
        ("550c 00000007 0008 04 0005 02 0002 00 01", E::Form { tag: Tag::Certificate, offset: 8 }),
        ("550c 00000007 0008 04 0005 01 0003 00 01", E::Size { tag: Tag::Certificate, offset: 8, len: 5 }),
        ("5502 00000007 0006 10 0003 01 0000", E::Form { tag: Tag::SudiData, offset: 8 }),
        ("5502 00000007 0008 07 0001 03 07 0001 03", E::Repeated { tag: Tag::Version, offset: 12 }),
    ];
    for (bytes, error) in table {
        assert_eq!(Message::decode(&hex(bytes)), Err(error), "{bytes}");
        assert!(!error.to_string().is_empty());
    }
    let cut = E::Cut { tag: Tag::SudiData, offset: 8, len: 9, left: 1 }.to_string();
    assert_eq!(cut, "the SUDI data at offset 8 announces 9 bytes, and 1 are left");
}

#[test]
fn nothing_is_cut_off_to_make_it_fit() {
    let long = vec![0x30; 70_000];
    let certificate = message(Command::StoreRequest, [Element::Certificate(&long)]);
    let error = EncodeError::ElementTooLong { tag: Tag::Certificate, len: 70_002 };
    assert_eq!(certificate.encode(), Err(error));
    let body = message(Command::StoreRequest, [Element::PublicKey(&long[..MAX_BODY])]);
    assert_eq!(body.encode(), Err(EncodeError::BodyTooLong(MAX_BODY + 3)));
    let name = message(Command::AuthResponse, [Element::DeviceName("a\0b")]);
    assert_eq!(name.encode(), Err(EncodeError::InnerNul { tag: Tag::DeviceName }));
    let password = message(Command::AuthResponse, [Element::Password(Password(b"\0"))]);
    assert_eq!(password.encode(), Err(EncodeError::InnerNul { tag: Tag::Password }));
}

#[test]
fn numbers_survive_both_ways_and_have_names() {
    for number in 0..=255 {
        assert_eq!(u8::from(Command::from(number)), number);
        assert_eq!(Tag::from(number).number(), number);
        assert_eq!(u8::from(Reason::from(number)), number);
        assert_eq!(u8::from(AuthType::from(number)), number);
        assert_eq!(u8::from(Curve::from(number)), number);
    }
    assert_eq!(Command::KeyGenerateResponse.to_string(), "key generate response");
    assert_eq!(Command::Other(0).to_string(), "command 0");
    assert_eq!(Tag::Other(99).to_string(), "element 99");
}

#[test]
fn passwords_are_not_printed() {
    let transcript = Transcript::read("capf-install-rsa-password.txt");
    let message = Message::decode(&transcript.messages[1].1).unwrap();
    assert_eq!(message.password().unwrap().0, b"123456");
    assert!(!format!("{message:?}").contains("49, 50"));
    let said = crate::common::authentication(1, &transcript.messages[1].1);
    assert_eq!(said.password.as_ref().unwrap().0, b"123456");
    let printed = format!("{said:?}");
    assert!(printed.contains("hidden") && !printed.contains("49, 50"), "{printed}");
}
