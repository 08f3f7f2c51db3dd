//! The Trust Verification Service: any bytes are answered, in whatever pieces; what was understood survives being sent
//! on, and the name in it being compared.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provision::tvs::Name;
use wire::tvs::{Direction, HEADER_LEN, MAX_BODY, Question, Request, Response, Stream};

fuzz_target!(|input: &[u8]| {
    let Some((size, bytes)) = input.split_first() else { return };
    for direction in [Direction::Request, Direction::Response] {
        messages(direction, bytes, usize::from(*size).max(1));
    }
    answered(bytes);
});

/// All messages of a connection that comes in pieces of one size.
fn messages(direction: Direction, bytes: &[u8], size: usize) {
    let mut stream = Stream::new(direction);
    let mut seen = 0;
    for mut piece in bytes.chunks(size) {
        while !piece.is_empty() {
            assert!((1..=HEADER_LEN + MAX_BODY).contains(&stream.wanted()));
            let Ok((taken, message)) = stream.take(piece) else { return };
            assert!(taken > 0);
            seen += taken;
            if let Some(message) = message {
                assert_eq!(message, bytes[seen - message.len()..seen]);
                answered(&message);
            }
            piece = &piece[taken..];
        }
    }
}

fn answered(bytes: &[u8]) {
    if let Ok(request) = Request::decode(bytes) {
        let again = request.encode().expect("what was decoded can be encoded");
        assert_eq!(Request::decode(&again), Ok(request.clone()));
        if let Question::Query(query) = request.question {
            let name = Name::parse(query.issuer);
            assert_eq!(name, Name::parse(&name.to_string()));
        }
    }
    if let Ok(response) = Response::decode(bytes) {
        // A peer may announce a time to live that is never sent from here.
        if let Ok(again) = response.encode() {
            assert_eq!(Response::decode(&again), Ok(response));
        }
    }
}
