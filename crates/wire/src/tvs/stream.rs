//! From bytes as they arrive to whole messages, holding no more than one message at a time.

use super::error::DecodeError;
use super::header::{Direction, HEADER_LEN, Header};

/// What is being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The first byte of a message.
    Quiet,
    /// The rest of a header.
    Header,
    /// A body, or the rest of one.
    Body,
}

/// The one direction of a connection.
#[derive(Clone, Debug)]
pub struct Stream {
    direction: Direction,
    held: Vec<u8>,
    header: Option<Header>,
}

impl Stream {
    /// Messages that go this way; nothing has arrived yet.
    #[must_use]
    pub fn new(direction: Direction) -> Self {
        Self { direction, held: Vec::new(), header: None }
    }

    /// What is being waited for.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match (self.header, self.held.is_empty()) {
            (Some(_), _) => Stage::Body,
            (None, true) => Stage::Quiet,
            (None, false) => Stage::Header,
        }
    }

    /// How many bytes end this stage: whoever reads no more holds no more than one message.
    #[must_use]
    pub fn wanted(&self) -> usize {
        HEADER_LEN + self.header.map_or(0, |header| header.body_len) - self.held.len()
    }

    /// Takes what belongs to the message that is arriving, tells how many bytes that were, and gives the message once
    /// it is whole. The rest of `bytes` is the beginning of the next one.
    ///
    /// # Errors
    /// The header cannot be answered. Nothing that follows makes sense then.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(usize, Option<Vec<u8>>), DecodeError> {
        let mut taken = self.hold(bytes);
        if self.header.is_none()
            && let Some(header) = self.held.first_chunk::<HEADER_LEN>()
        {
            self.header = Some(Header::decode(header, self.direction)?);
            taken += self.hold(bytes.get(taken..).unwrap_or_default());
        }
        if self.header.is_none() || self.wanted() > 0 {
            return Ok((taken, None));
        }
        self.header = None;
        Ok((taken, Some(std::mem::take(&mut self.held))))
    }

    fn hold(&mut self, bytes: &[u8]) -> usize {
        let mine = bytes.get(..self.wanted()).unwrap_or(bytes);
        self.held.extend_from_slice(mine);
        mine.len()
    }
}
