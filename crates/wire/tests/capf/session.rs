//! The server's end against phones that do not behave: a typed failure each, and the right reason on the wire.

use std::time::Duration;

use wire::capf::{
    Action, Command, DecodeError, Done, Element, Event, Failure, KeySpec, Limits, Message, Order, Reason,
    Step, Tag,
};

use crate::common::{Server, Transcript, authentication, hex};

const ID: u32 = 1;

fn say<'a>(command: Command, elements: impl Into<Vec<Element<'a>>>) -> Vec<u8> {
    Message::new(command, ID, elements).encode().unwrap()
}

fn auth() -> Vec<u8> {
    Transcript::read("capf-install-rsa-password.txt").messages[1].1.clone()
}

/// The authentication without the elements of these tags, and with some instead.
fn auth_but<'a>(without: &[Tag], with: &[Element<'a>]) -> Vec<u8> {
    let bytes = Transcript::read("capf-install-cert-auth.txt").messages[1].1.clone();
    let message = Message::decode(&bytes).unwrap();
    let kept = message.elements.into_iter().filter(|element| !without.contains(&element.tag()));
    Message::new(Command::AuthResponse, ID, kept.chain(with.iter().copied()).collect::<Vec<_>>())
        .encode()
        .unwrap()
}

/// How the session ended, and the reason it told the phone.
#[track_caller]
fn ended(server: &mut Server) -> (Result<Done, Failure>, Option<Reason>) {
    let Action::Done(end) = server.next() else { panic!("it goes on") };
    // The last message is the only one that matters.
    let at = server.said.windows(2).rposition(|bytes| bytes == [85, 15]);
    let reason = at.and_then(|at| Message::decode(&server.said[at..]).ok()?.reason());
    (end, reason)
}

#[track_caller]
fn fails(mut server: Server, bytes: &[u8], failure: Failure) {
    server.hears(bytes);
    assert_eq!(ended(&mut server), (Err(failure), Some(Reason::InvalidElement)));
}

fn at_key() -> Server {
    Server::ordered(ID, &auth(), Order::Install(KeySpec::Rsa(2048)))
}

fn at_store() -> Server {
    let mut server = at_key();
    let key = say(Command::KeyGenerateResponse, [Element::PublicKey(b"key")]);
    assert_eq!(server.hears(&key), Action::Event(Event::Issue(b"key".to_vec())));
    server.session.issued(Some(b"certificate"), server.now);
    server.next();
    server
}

#[test]
fn what_is_no_message_ends_the_session() {
    fails(Server::new(ID), b"GET / HTTP/1.1\r\n", Failure::Message(DecodeError::NotCapf(b'G')));
    let too_long = [85, 2, 0, 0, 0, 1, 0xff, 0xff];
    fails(Server::new(ID), &too_long, Failure::Message(DecodeError::BodyTooLong(0xffff)));
    let cut = hex("5502 00000001 0003 07 0001");
    let error = DecodeError::Cut { tag: Tag::Version, offset: 8, len: 1, left: 0 };
    fails(Server::new(ID), &cut, Failure::Message(error));
}

#[test]
fn another_session_is_not_this_one() {
    let other = Message::new(Command::StoreResponse, 9, [Element::Reason(Reason::Success)]).encode().unwrap();
    fails(at_store(), &other, Failure::OtherSession { ours: ID, theirs: 9 });
}

#[test]
fn messages_out_of_order_end_the_session() {
    let store = say(Command::StoreResponse, [Element::Reason(Reason::Success)]);
    let unexpected = |command, step| Failure::Unexpected { command, step };
    fails(Server::new(ID), &store, unexpected(Command::StoreResponse, Step::Authentication));
    fails(at_key(), &store, unexpected(Command::StoreResponse, Step::Key));
    fails(at_store(), &auth(), unexpected(Command::AuthResponse, Step::Store));
    let progress = say(Command::InProgress, []);
    fails(at_store(), &progress, unexpected(Command::InProgress, Step::Store));
    fails(Server::new(ID), &progress, unexpected(Command::InProgress, Step::Authentication));
    // The phone answers what nobody asked yet.
    let ahead = [auth(), say(Command::KeyGenerateResponse, [Element::PublicKey(b"key")])].concat();
    fails(Server::new(ID), &ahead, unexpected(Command::KeyGenerateResponse, Step::Authentication));
}

#[test]
fn what_an_authentication_must_hold() {
    let missing = |tag| Failure::Missing { command: Command::AuthResponse, tag };
    fails(Server::new(ID), &auth_but(&[Tag::Version], &[]), missing(Tag::Version));
    fails(Server::new(ID), &auth_but(&[Tag::DeviceName], &[]), missing(Tag::DeviceName));
    fails(Server::new(ID), &auth_but(&[Tag::SignedData], &[]), missing(Tag::SignedData));
    fails(Server::new(ID), &auth_but(&[Tag::Sha2SignedData], &[]), missing(Tag::Sha2SignedData));
    let sha256 = Element::Sha2SignedData { digest: 2, signature: b"s" };
    fails(Server::new(ID), &auth_but(&[Tag::Sha2SignedData], &[sha256]), Failure::Digest(2));
    let reason = Failure::Phone { step: Step::Authentication, reason: None };
    fails(Server::new(ID), &auth_but(&[Tag::Reason], &[]), reason);
}

#[test]
fn old_phones_may_know_less_and_none_may_know_more() {
    for version in [0, 1, 2, 3] {
        let bytes = auth_but(&[Tag::Version], &[Element::Version(version)]);
        assert_eq!(authentication(ID, &bytes).version, version);
    }
    // The second signature came with version 3.
    let old = auth_but(&[Tag::Version, Tag::Sha2SignedData], &[Element::Version(2)]);
    assert_eq!(authentication(ID, &old).certificate.unwrap().sha512, None);
    let sha256 = Element::Sha2SignedData { digest: 2, signature: b"s" };
    let wrong = auth_but(&[Tag::Version, Tag::Sha2SignedData], &[Element::Version(2), sha256]);
    fails(Server::new(ID), &wrong, Failure::Digest(2));
    let bytes = auth_but(&[Tag::Version], &[Element::Version(4)]);
    fails(Server::new(ID), &bytes, Failure::Version(4));
}

#[test]
fn a_phone_that_fails_is_believed() {
    let failed = [Element::Reason(Reason::InvalidElement)];
    let failure = |step, reason| Failure::Phone { step, reason };
    let key = say(Command::KeyGenerateResponse, failed);
    fails(at_key(), &key, failure(Step::Key, Some(Reason::InvalidElement)));
    fails(at_key(), &say(Command::KeyGenerateResponse, []), failure(Step::Key, None));
    fails(at_store(), &say(Command::StoreResponse, failed), {
        failure(Step::Store, Some(Reason::InvalidElement))
    });
    let no_key = say(Command::KeyGenerateResponse, [Element::Reason(Reason::Success)]);
    let missing = Failure::Missing { command: Command::KeyGenerateResponse, tag: Tag::PublicKey };
    fails(at_key(), &no_key, missing);
    fails(at_key(), &say(Command::AbortRequest, []), Failure::Aborted(Step::Key));
    let fetch = say(Command::FetchResponse, [Element::Reason(Reason::Success)]);
    let missing = Failure::Missing { command: Command::FetchResponse, tag: Tag::Certificate };
    fails(Server::ordered(ID, &auth(), Order::Fetch), &fetch, missing);
}

#[test]
fn silence_at_each_step_ends_the_session_in_its_time() {
    let Limits { answer, key } = Limits::default();
    for (mut server, step, time) in [
        (Server::new(ID), Step::Authentication, answer),
        (at_key(), Step::Key, key),
        (at_store(), Step::Store, answer),
        (Server::ordered(ID, &auth(), Order::Fetch), Step::Fetch, answer),
        (Server::ordered(ID, &auth(), Order::Delete), Step::Delete, answer),
    ] {
        let Action::Wait(deadline) = server.next() else { panic!("it does not wait") };
        assert_eq!(deadline, server.now + time, "{step}");
        server.session.handle_timeout(deadline - Duration::from_millis(1));
        assert_eq!(server.next(), Action::Wait(deadline));
        server.session.handle_timeout(deadline);
        assert_eq!(ended(&mut server), (Err(Failure::Silent(step)), Some(Reason::InvalidElement)));
    }
}

#[test]
fn bytes_one_by_one_and_progress_without_end_win_no_time() {
    let mut server = Server::new(ID);
    let Action::Wait(deadline) = server.next() else { panic!("it does not wait") };
    server.now += Duration::from_secs(20);
    assert_eq!(server.hears(&[85]), Action::Wait(deadline));
    let mut server = at_key();
    let Action::Wait(deadline) = server.next() else { panic!("it does not wait") };
    for _ in 0..100 {
        server.now += Duration::from_secs(10);
        assert_eq!(server.hears(&say(Command::InProgress, [])), Action::Wait(deadline));
    }
}

#[test]
fn a_phone_that_leaves_is_told_nothing() {
    for (mut server, step) in
        [(Server::new(ID), Step::Authentication), (at_key(), Step::Key), (at_store(), Step::Store)]
    {
        server.next();
        server.said.clear();
        server.session.handle_closed();
        assert_eq!(ended(&mut server), (Err(Failure::Closed(step)), None));
    }
}

#[test]
fn the_callers_no_is_told_to_the_phone() {
    let mut server = at_key();
    server.hears(&say(Command::KeyGenerateResponse, [Element::PublicKey(b"odd")]));
    server.session.issued(None, server.now);
    assert_eq!(ended(&mut server), (Err(Failure::NotIssued), Some(Reason::InvalidElement)));
    let mut server = at_store();
    let stored = say(Command::StoreResponse, [Element::Reason(Reason::Success)]);
    assert_eq!(server.hears(&stored), Action::Event(Event::Stored));
    server.session.recorded(false);
    assert_eq!(ended(&mut server), (Err(Failure::NotRecorded), Some(Reason::InvalidElement)));
    let mut server = at_store();
    server.session.give_up(Failure::Superseded);
    assert_eq!(ended(&mut server), (Err(Failure::Superseded), Some(Reason::InvalidElement)));
}

#[test]
fn success_is_told_after_the_record_only() {
    let mut server = at_store();
    let said = server.said.len();
    server.hears(&say(Command::StoreResponse, [Element::Reason(Reason::Success)]));
    assert_eq!(server.said.len(), said, "nothing is said before it is on record");
    server.session.recorded(true);
    assert_eq!(ended(&mut server), (Ok(Done::Installed), Some(Reason::Success)));
}

#[test]
fn answers_nobody_asked_for_change_nothing() {
    let mut server = Server::new(ID);
    server.session.issued(Some(b"certificate"), server.now);
    server.session.recorded(true);
    server.session.decide(Order::Nothing, server.now);
    assert!(matches!(server.next(), Action::Wait(_)));
    assert_eq!(server.said, hex("5501 00000001 0008 07 0001 03 08 0001 00"));
}

#[test]
fn a_certificate_too_long_for_a_message_is_not_sent() {
    let mut server = at_key();
    server.hears(&say(Command::KeyGenerateResponse, [Element::PublicKey(b"key")]));
    server.session.issued(Some(&vec![0x30; 20_000]), server.now);
    let (end, reason) = ended(&mut server);
    assert!(matches!(end, Err(Failure::CannotSay(_))) && reason == Some(Reason::InvalidElement), "{end:?}");
}
