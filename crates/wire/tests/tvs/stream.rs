//! Messages in the pieces in which they may arrive.

use wire::tvs::{DecodeError, Direction, Fault, Field, HEADER_LEN, MAX_BODY, Stage, Stream};

use crate::{element, message, named};

fn request(session: u32) -> Vec<u8> {
    message(1, session, &[named(crate::PHONE), element(2, b"DER")].concat())
}

/// All messages in `bytes`, which arrive in pieces of `size`.
fn messages(bytes: &[u8], size: usize) -> Result<Vec<Vec<u8>>, DecodeError> {
    let mut stream = Stream::new(Direction::Request);
    let mut whole = Vec::new();
    for mut piece in bytes.chunks(size) {
        while !piece.is_empty() {
            let wanted = stream.wanted();
            assert!((1..=HEADER_LEN + MAX_BODY).contains(&wanted));
            let (taken, message) = stream.take(piece)?;
            assert!(taken > 0 || message.is_some());
            whole.extend(message);
            piece = &piece[taken..];
        }
    }
    assert_eq!(stream.stage(), Stage::Quiet, "something is left over");
    Ok(whole)
}

#[test]
fn several_in_a_row_come_whole_whatever_the_pieces() {
    let expected = vec![request(1), request(2), message(3, 3, b""), request(4)];
    let bytes = expected.concat();
    for size in 1..=bytes.len() {
        assert_eq!(messages(&bytes, size).unwrap(), expected, "pieces of {size}");
    }
}

#[test]
fn stages_tell_what_is_waited_for() {
    let mut stream = Stream::new(Direction::Request);
    let bytes = request(1);
    assert_eq!((stream.stage(), stream.wanted()), (Stage::Quiet, 10));
    assert_eq!(stream.take(&bytes[..3]), Ok((3, None)));
    assert_eq!((stream.stage(), stream.wanted()), (Stage::Header, 7));
    assert_eq!(stream.take(&bytes[3..10]), Ok((7, None)));
    assert_eq!((stream.stage(), stream.wanted()), (Stage::Body, bytes.len() - 10));
    assert_eq!(stream.take(&bytes[10..]), Ok((bytes.len() - 10, Some(bytes.clone()))));
    assert_eq!((stream.stage(), stream.wanted()), (Stage::Quiet, 10));
    assert_eq!(stream.take(b""), Ok((0, None)));
}

#[test]
fn a_header_that_cannot_be_answered_ends_it_before_its_body_comes() {
    for (at, byte, field) in [
        (0, b'G', Field::Protocol),
        (1, 2, Field::Version),
        (2, 2, Field::Command),
        (8, 0xff, Field::BodyLength),
    ] {
        let mut bytes = request(1);
        bytes[at] = byte;
        let error = messages(&bytes[..10], 3).unwrap_err();
        assert_eq!((error.offset, error.field), (at, field));
    }
    let longest = [&[0x57, 1, 1, 0, 0, 0, 0, 1][..], &20_480_u16.to_be_bytes()].concat();
    let mut stream = Stream::new(Direction::Request);
    assert_eq!(stream.take(&longest), Ok((10, None)));
    assert_eq!(stream.wanted(), MAX_BODY);
    let mut stream = Stream::new(Direction::Response);
    let fault = Fault::Value { found: 1 };
    assert_eq!(stream.take(&longest), Err(DecodeError { offset: 2, field: Field::Command, fault }));
}
