//! What a working implementation was asked and answered: read, and written again byte for byte.

use std::{fs, path::Path};

use wire::tvs::{Answer, Ask, Question, Request, Response, Vouched};

use crate::{PHONE, hex};

/// The two lines of a transcript, and its request's second half.
fn transcript(name: &str) -> (Vec<u8>, Vec<u8>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/tvs").join(name);
    let text = fs::read_to_string(path).unwrap();
    let (mut request, mut response) = (Vec::new(), Vec::new());
    for line in text.lines() {
        match line.split_at(2) {
            ("> ", said) => request.extend(hex(said)),
            ("< ", said) => response.extend(hex(said)),
            _ => panic!("{line}"),
        }
    }
    (request, response)
}

#[test]
fn transcripts_are_read_and_written_byte_for_byte() {
    for (name, session, answer) in [
        ("tvs-apps.txt", 1, Answer::Verified(Vouched { roles: &[7], ttl: 86_400 })),
        ("tvs-asterisk.txt", 1, Answer::Verified(Vouched { roles: &[1, 3], ttl: 3600 })),
        ("tvs-capf.txt", 1, Answer::Invalid(Ask::Verify)),
    ] {
        let (asked, answered) = transcript(name);
        let request = Request::decode(&asked).unwrap();
        assert_eq!((request.session, request.device.as_str()), (session, PHONE), "{name}");
        let Question::Verify { certificate } = request.question else { panic!("{name}: a query") };
        assert_eq!(certificate[..2], [0x30, 0x82], "{name}");
        assert_eq!(request.encode().unwrap(), asked, "{name}");
        let response = Response { session, answer };
        assert_eq!(Response::decode(&answered), Ok(response.clone()), "{name}");
        assert_eq!(response.encode().unwrap(), answered, "{name}");
    }
}
