//! Both machines against whole sessions of a working server: byte for byte what was said.

use std::time::{Duration, Instant};

use wire::capf::{
    Action, Answer, Curve, Done, Enrolment, Event, Failure, Happening, KeySpec, Message, Order, Proof,
    Reason, Session, Task,
};

use crate::common::{From, Server, Transcript};

/// What the server of a transcript had decided.
fn order(name: &str) -> Order {
    match name {
        "capf-delete.txt" => Order::Delete,
        "capf-fetch.txt" => Order::Fetch,
        "capf-install-ec.txt" => Order::Install(KeySpec::Ec(Curve::Secp384r1)),
        "capf-install-cert-auth.txt" | "capf-install-rsa-password.txt" => Order::Install(KeySpec::Rsa(2048)),
        "capf-none.txt" => Order::Nothing,
        "capf-unknown-device.txt" => Order::Unknown,
        "capf-wrong-password.txt" => Order::Refuse,
        other => panic!("{other}"),
    }
}

fn end(order: Order) -> Result<Done, Failure> {
    match order {
        Order::Install(_) => Ok(Done::Installed),
        Order::Fetch => Ok(Done::Fetched),
        Order::Delete => Ok(Done::Deleted),
        Order::Nothing => Ok(Done::Nothing),
        Order::Unknown => Err(Failure::Unknown),
        Order::Refuse => Err(Failure::Refused),
    }
}

/// The certificate a transcript's server issued.
fn issued(transcript: &Transcript) -> Vec<u8> {
    let messages = transcript.messages.iter().filter(|(from, _)| *from == From::Server);
    let found = messages.map(|(_, bytes)| Message::decode(bytes).unwrap());
    found.filter_map(|message| message.certificate().map(<[u8]>::to_vec)).next().unwrap()
}

fn answer(session: &mut Session, event: Event, transcript: &Transcript, now: Instant) {
    match event {
        Event::Authenticate(said) => {
            assert!(said.device.starts_with("SEP58971ECC97C"));
            session.decide(order(&transcript.name), now);
        }
        Event::Issue(key) => {
            let certificate = issued(transcript);
            assert!(
                certificate.windows(key.len()).any(|bytes| bytes == key),
                "the key is in the certificate"
            );
            session.issued(Some(&certificate), now);
        }
        Event::Stored | Event::Deleted => session.recorded(true),
        Event::Fetched(certificate) => {
            assert_eq!(certificate[..2], [0x30, 0x82]);
            session.recorded(true);
        }
    }
}

#[test]
fn the_server_says_what_a_working_server_said() {
    for transcript in Transcript::all() {
        // The phone's bytes one at a time, and a whole message at a time.
        for step in [1, usize::MAX] {
            let mut server = Server::new(transcript.session());
            let mut spoken = transcript.messages.iter().filter(|(from, _)| *from == From::Phone);
            let ended = loop {
                match server.next() {
                    Action::Event(event) => answer(&mut server.session, event, &transcript, server.now),
                    Action::Done(end) => break end,
                    Action::Wait(_) => {
                        let (_, bytes) = spoken.next().expect("the phone has more to say");
                        bytes.chunks(step).for_each(|piece| server.session.handle(piece, server.now));
                    }
                    Action::Send(_) => unreachable!("`next` keeps them"),
                }
            };
            assert_eq!(ended, end(order(&transcript.name)), "{}", transcript.name);
            assert_eq!(server.said, transcript.said(From::Server), "{}", transcript.name);
            assert!(spoken.next().is_none());
        }
    }
}

/// What the phone of a transcript answers at its next task, taken from what it said.
fn phones_answers(transcript: &Transcript) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (_, bytes) in transcript.messages.iter().filter(|(from, _)| *from == From::Phone) {
        let message = Message::decode(bytes).unwrap();
        let owned = |bytes: &[u8]| bytes.to_vec();
        answers.push(match bytes[1] {
            2 => {
                let sha2 = message.sha2_signed_data().map(|(_, signature)| signature);
                let certificate = message.certificate().zip(message.signed_data()).zip(sha2);
                let sudi = message.sudi();
                Answer::Proof(Proof {
                    password: message.password().map(|password| owned(password.0)).unwrap_or_default(),
                    certificate: certificate.map(|((der, sha1), sha512)| [der, sha1, sha512].map(owned)),
                    sudi: sudi.map(|sudi| [sudi.certificate, sudi.sha1, sudi.sha512].map(owned)),
                })
            }
            17 => Answer::InProgress,
            4 => Answer::Key(owned(message.public_key().unwrap())),
            12 => Answer::Certificate(owned(message.certificate().unwrap())),
            10 | 14 => Answer::Done,
            other => panic!("{other}"),
        });
    }
    answers
}

#[test]
fn the_phone_says_what_a_working_phone_said() {
    for transcript in Transcript::all() {
        let now = Instant::now();
        let auth = Message::decode(&transcript.messages[1].1).unwrap();
        let mut phone = Enrolment::new(auth.device_name().unwrap(), Duration::from_secs(10), now);
        let mut heard = transcript.messages.iter().filter(|(from, _)| *from == From::Server);
        let mut answers = phones_answers(&transcript).into_iter().peekable();
        let (mut said, mut tasks) = (Vec::new(), Vec::new());
        let reason = loop {
            match phone.poll() {
                Happening::Send(bytes) => said.extend(bytes),
                Happening::Task(task) => {
                    if answers.next_if_eq(&Answer::InProgress).is_some() {
                        phone.answer(&Answer::InProgress, now);
                    }
                    phone.answer(&answers.next().unwrap(), now);
                    tasks.push(task);
                }
                Happening::Wait(_) => phone.handle(&heard.next().expect("the server has more to say").1, now),
                Happening::Ended(reason) => break reason,
                Happening::Trouble(trouble) => panic!("{}: {trouble}", transcript.name),
            }
        };
        assert_eq!(said, transcript.said(From::Phone), "{}", transcript.name);
        assert_eq!(tasks[0], Task::Authenticate { session: transcript.session() });
        let expected = match end(order(&transcript.name)) {
            Ok(Done::Installed | Done::Deleted) => Reason::Success,
            Ok(_) => Reason::NoAction,
            Err(Failure::Unknown) => Reason::UnknownDevice,
            Err(_) => Reason::InvalidElement,
        };
        assert_eq!(reason, expected, "{}", transcript.name);
    }
}
