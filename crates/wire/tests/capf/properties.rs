//! Any bytes: decoded or refused, and the machines always come to an end.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use wire::capf::{
    Action, Enrolment, Event, Framing, Happening, KeySpec, Limits, MAX_BODY, Message, Order, Session,
};

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let element = (0..24u8, prop::collection::vec(any::<u8>(), 0..24)).prop_map(|(tag, value)| {
        let len = u16::try_from(value.len()).unwrap().to_be_bytes();
        [&[tag], len.as_slice(), value.as_slice()].concat()
    });
    let message = (0..26u8, prop::collection::vec(element, 0..6)).prop_map(|(command, elements)| {
        let body = elements.concat();
        let len = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[85, command, 0, 0, 0, 1], len.as_slice(), body.as_slice()].concat()
    });
    prop_oneof![message, prop::collection::vec(any::<u8>(), 0..64)]
}

proptest! {
    #[test]
    fn what_is_decoded_comes_back_byte_for_byte(bytes in bytes()) {
        if let Ok(message) = Message::decode(&bytes) {
            prop_assert_eq!(message.encode().unwrap(), bytes);
        }
    }

    #[test]
    fn framing_gives_what_went_in(pieces in prop::collection::vec(bytes(), 0..4), step in 1..40usize) {
        let (mut framing, mut given) = (Framing::default(), Vec::new());
        let stream = pieces.concat();
        for piece in stream.chunks(step) {
            framing.push(piece);
            while let Ok(Some(message)) = framing.next_message() {
                prop_assert!(message.len() <= 8 + MAX_BODY);
                given.extend(message);
            }
        }
        prop_assert!(stream.starts_with(&given));
    }

    #[test]
    fn sessions_end_whatever_a_phone_says(said in prop::collection::vec(bytes(), 0..6)) {
        let mut now = Instant::now();
        let mut session = Session::new(1, Limits::default(), now);
        let mut said = said.into_iter();
        for _ in 0..40 {
            match session.poll() {
                Action::Send(bytes) => { Message::decode(&bytes).unwrap(); }
                Action::Event(Event::Authenticate(_)) => session.decide(Order::Install(KeySpec::Rsa(2048)), now),
                Action::Event(Event::Issue(key)) => session.issued(Some(&key), now),
                Action::Event(_) => session.recorded(true),
                Action::Wait(deadline) => match said.next() {
                    Some(bytes) => session.handle(&bytes, now),
                    None => { now = deadline; session.handle_timeout(now); }
                },
                Action::Done(_) => return Ok(()),
            }
        }
        prop_assert!(false, "the session has no end");
    }

    #[test]
    fn phones_end_whatever_a_server_says(said in prop::collection::vec(bytes(), 0..6)) {
        let mut now = Instant::now();
        let mut phone = Enrolment::new("SEP001122334455", Duration::from_secs(9), now);
        let mut said = said.into_iter();
        for _ in 0..40 {
            match phone.poll() {
                Happening::Send(_) => {}
                Happening::Task(_) => phone.answer(&wire::capf::Answer::Done, now),
                Happening::Wait(deadline) => match said.next() {
                    Some(bytes) => phone.handle(&bytes, now),
                    None => { now = deadline; phone.handle_timeout(now); }
                },
                Happening::Ended(_) | Happening::Trouble(_) => return Ok(()),
            }
        }
        prop_assert!(false, "the phone has no end");
    }
}
