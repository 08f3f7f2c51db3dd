//! For any values: what is written reads back as it was. For any bytes: an answer, and never a panic.

use proptest::{collection::vec, option, prelude::*, sample};
use wire::tvs::{
    Answer, Ask, DeviceName, Direction, MAX_TTL, Query, QueryTags, Question, Request, Response, Stage,
    Stream, Vouched,
};

use crate::hex;

fn tags() -> impl Strategy<Value = QueryTags> {
    let pairs = vec![(4, 5), (5, 4), (4, 6), (6, 4), (5, 6), (6, 5)];
    sample::select(pairs).prop_map(|(issuer, serial)| QueryTags { issuer, serial })
}

/// A real request, damaged.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let query = hex("570103000000000700 32 01001801 43502d383836312d534550423030304234424130414545
         0400 05 434e3d7800 0500 0100 0300 05 434e3d7900");
    let edit = (any::<sample::Index>(), 0..3_usize, vec(any::<u8>(), 0..4));
    vec(edit, 0..4).prop_map(move |edits| {
        let mut bytes = query.clone();
        for (at, cut, insert) in edits {
            let at = at.index(bytes.len());
            let end = bytes.len().min(at + cut);
            bytes.splice(at..end, insert);
        }
        bytes
    })
}

fn assert_answered(bytes: &[u8]) {
    if let Ok(request) = Request::decode(bytes) {
        let again = request.encode().unwrap();
        assert_eq!(Request::decode(&again), Ok(request));
    }
    if let Ok(response) = Response::decode(bytes)
        && let Ok(again) = response.encode()
    {
        assert_eq!(Response::decode(&again), Ok(response));
    }
}

proptest! {
    #[test]
    fn requests_read_back(
        session: u32, model in "[A-Za-z0-9][A-Za-z0-9-]{0,20}", digits in "[0-9A-F]{12}",
        certificate in option::of(vec(any::<u8>(), 1..2000)), subject in option::of("[^\\p{Cc}]{0,40}"),
        issuer in "CN=[^\\p{Cc}]{0,40}", serial in vec(1..=255_u8, 1..30), tags in tags(),
    ) {
        let name = format!("CP-{model}-SEP{digits}");
        let question = match &certificate {
            Some(certificate) => Question::Verify { certificate },
            None => Question::Query(Query { subject: subject.as_deref(), issuer: &issuer, serial: &serial, tags }),
        };
        let request = Request { session, device: DeviceName::parse(&name).unwrap(), question };
        let bytes = request.encode().unwrap();
        prop_assert_eq!(Request::decode(&bytes), Ok(request));
        for len in 0..bytes.len().min(400) {
            prop_assert!(Request::decode(&bytes[..len]).is_err());
        }
    }

    #[test]
    fn responses_read_back(
        session: u32, roles in vec(any::<u8>(), 1..30), ttl in 1..=MAX_TTL, certificate in vec(any::<u8>(), 1..2000), kind in 0..4,
    ) {
        let vouched = Vouched { roles: &roles, ttl };
        let answer = match kind {
            0 => Answer::Verified(vouched),
            1 => Answer::Found { certificate: &certificate, vouched },
            2 => Answer::Invalid(Ask::Verify),
            _ => Answer::Invalid(Ask::Query),
        };
        let response = Response { session, answer };
        let bytes = response.encode().unwrap();
        prop_assert_eq!(Response::decode(&bytes), Ok(response));
    }

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..300)) {
        assert_answered(&bytes);
        for direction in [Direction::Request, Direction::Response] {
            let mut stream = Stream::new(direction);
            let _ = stream.take(&bytes);
            prop_assert!(stream.wanted() <= 10 + wire::tvs::MAX_BODY);
        }
    }

    #[test]
    fn any_damage_is_answered(bytes in mutated()) {
        assert_answered(&bytes);
        let mut stream = Stream::new(Direction::Request);
        if let Ok((taken, message)) = stream.take(&bytes) {
            prop_assert!(taken <= bytes.len());
            prop_assert_eq!(message.is_some(), stream.stage() == Stage::Quiet && taken > 0);
            if let Some(message) = message {
                prop_assert_eq!(&message, &bytes[..taken]);
            }
        }
    }
}
