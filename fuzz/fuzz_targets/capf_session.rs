//! Both ends of an enrolment under arbitrary messages, times and answers: each says one thing at a time, never says
//! success before it is on record, and comes to an end when the other goes silent.
#![no_main]

use std::time::{Duration, Instant};

use fuzz::Script;
use libfuzzer_sys::fuzz_target;
use wire::capf::{
    Action, Answer, Command, Curve, Done, Element, Enrolment, Event, Failure, Happening, KeySpec, Limits,
    Message, Order, Proof, Reason, Session,
};

const ID: u32 = 1;

fn order(number: u8) -> Order {
    match number % 8 {
        0 => Order::Fetch,
        1 => Order::Delete,
        2 => Order::Nothing,
        3 => Order::Unknown,
        4 => Order::Refuse,
        5 => Order::Install(KeySpec::Ec(Curve::Secp384r1)),
        _ => Order::Install(KeySpec::Rsa(2048)),
    }
}

/// What a phone says: mostly what is due, sometimes anything.
fn spoken(script: &mut Script<'_>) -> Vec<u8> {
    let success = Element::Reason(Reason::Success);
    let name = [success, Element::Version(3), Element::DeviceName("SEP001122334455")];
    let message = match script.u8() % 10 {
        0 => return script.datagram().to_vec(),
        1 => {
            let command = Command::from(script.u8());
            return Message::new(command, ID, []).encode().expect("a bare message can be sent");
        }
        2 => Message::new(Command::InProgress, ID, []),
        3 => Message::new(Command::StoreResponse, ID, [success]),
        4 => Message::new(Command::DeleteResponse, ID, [success]),
        5 => Message::new(Command::FetchResponse, ID, [success, Element::Certificate(script.datagram())]),
        6 => Message::new(Command::KeyGenerateResponse, ID, [Element::PublicKey(script.datagram())]),
        _ => Message::new(Command::AuthResponse, ID, name),
    };
    message.encode().expect("short messages can be sent")
}

fn serve(script: &mut Script<'_>) {
    let mut now = Instant::now();
    let mut session = Session::new(ID, Limits::default(), now);
    let mut on_record = false;
    loop {
        match session.poll() {
            Action::Send(bytes) => {
                let message = Message::decode(&bytes).expect("what is said can be read");
                let success =
                    message.command == Command::EndSession && message.reason() == Some(Reason::Success);
                assert!(on_record || !success, "success before it is on record");
            }
            Action::Event(Event::Authenticate(_)) => session.decide(order(script.u8()), now),
            Action::Event(Event::Issue(key)) => {
                let certificate = (script.u8() % 4 > 0).then_some(key.as_slice());
                session.issued(certificate, now);
            }
            Action::Event(Event::Stored | Event::Fetched(_) | Event::Deleted) => {
                on_record = script.u8() % 4 > 0;
                session.recorded(on_record);
            }
            Action::Wait(deadline) => {
                now += Duration::from_secs(script.u8().into());
                match script.u8() % 16 {
                    _ if script.is_over() => now = deadline,
                    0 => session.handle_closed(),
                    1 => session.give_up(Failure::Stopped),
                    _ => {
                        let bytes = spoken(script);
                        bytes
                            .chunks(usize::from(script.u8()) + 1)
                            .for_each(|piece| session.handle(piece, now));
                    }
                }
                session.handle_timeout(now);
            }
            Action::Done(end) => {
                let done = matches!(end, Ok(Done::Installed | Done::Deleted | Done::Fetched));
                assert!(on_record || !done, "done before it is on record");
                return;
            }
        }
    }
}

fn enrol(script: &mut Script<'_>) {
    let mut now = Instant::now();
    let mut phone = Enrolment::new("SEP001122334455", Duration::from_secs(60), now);
    loop {
        match phone.poll() {
            Happening::Send(bytes) => drop(Message::decode(&bytes).expect("what is said can be read")),
            Happening::Task(_) => {
                let answer = match script.u8() % 5 {
                    0 => Answer::Key(script.datagram().to_vec()),
                    1 => Answer::Certificate(script.datagram().to_vec()),
                    2 => Answer::Failed(script.u8().into()),
                    3 => Answer::Proof(Proof::default()),
                    _ => Answer::Done,
                };
                phone.answer(&answer, now);
            }
            Happening::Wait(deadline) => {
                now = if script.is_over() { deadline } else { now };
                phone.handle(script.datagram(), now);
                phone.handle_timeout(now);
            }
            Happening::Ended(_) | Happening::Trouble(_) => return,
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut script = Script::new(bytes);
    if script.u8() % 2 == 0 { serve(&mut script) } else { enrol(&mut script) }
});
