//! From a stream of bytes to whole messages: the header first, then exactly what it announces, under a cap.

use super::DecodeError;
use super::message::{HEADER, MAX_BODY, PROTOCOL};

/// Bytes that have come and are not a whole message yet.
#[derive(Debug, Default)]
pub struct Framing {
    buffer: Vec<u8>,
}

impl Framing {
    /// More bytes came. Call [`Framing::next_message`] until it gives nothing before the next ones: then no peer can
    /// make this hold more than one message.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, once it is there; what can never become one is refused at its first wrong byte.
    pub fn next_message(&mut self) -> Result<Option<Vec<u8>>, DecodeError> {
        match self.buffer.first() {
            None => return Ok(None),
            Some(&first) if first != PROTOCOL => return Err(DecodeError::NotCapf(first)),
            Some(_) => {}
        }
        let Some(header) = self.buffer.first_chunk::<HEADER>() else { return Ok(None) };
        let announced = usize::from(u16::from_be_bytes([header[HEADER - 2], header[HEADER - 1]]));
        if announced > MAX_BODY {
            return Err(DecodeError::BodyTooLong(announced));
        }
        if self.buffer.len() < HEADER + announced {
            return Ok(None);
        }
        let rest = self.buffer.split_off(HEADER + announced);
        Ok(Some(std::mem::replace(&mut self.buffer, rest)))
    }

    /// Whether the peer stopped in the middle of a message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_whole_however_they_came_in() {
        let stream = [85, 17, 0, 0, 0, 1, 0, 0, 85, 14, 0, 0, 0, 1, 0, 4, 1, 0, 1, 1];
        for step in 1..=stream.len() {
            let mut framing = Framing::default();
            let mut messages = Vec::new();
            for piece in stream.chunks(step) {
                framing.push(piece);
                while let Some(message) = framing.next_message().expect("the stream is right") {
                    messages.push(message);
                }
            }
            assert_eq!(messages, [stream[..8].to_vec(), stream[8..].to_vec()], "{step} at a time");
            assert!(framing.is_empty());
        }
    }

    #[test]
    fn what_cannot_become_a_message_is_refused_early() {
        let mut framing = Framing::default();
        framing.push(b"\x16");
        assert_eq!(framing.next_message(), Err(DecodeError::NotCapf(0x16)));
        let mut framing = Framing::default();
        framing.push(&[85, 2, 0, 0, 0, 1, 0x40]);
        assert_eq!(framing.next_message(), Ok(None));
        framing.push(&[1]);
        assert_eq!(framing.next_message(), Err(DecodeError::BodyTooLong(0x4001)));
    }
}
