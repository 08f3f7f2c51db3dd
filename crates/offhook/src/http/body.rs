//! The body of a response: a file in large pieces, and the record of how its sending ended.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderValue, Uri};
use hyper::body::{Body, Frame, SizeHint};

use crate::artifact::{Reason, Transport};
use crate::inventory::Delivery;
use crate::metrics::Metrics;
use crate::record::{self, Outcome};
use crate::timeline::Timeline;

/// A piece goes to the socket before the next is taken, so the last one marks the end of the transfer.
const PIECE: usize = 512 * 1024;

/// What is still to be sent of one response, and what will be told about it.
pub struct FileBody {
    rest: Bytes,
    note: Option<Note>,
}

/// What the record of one request needs, kept until its last byte is on its way.
pub struct Note {
    /// Where it is counted.
    pub metrics: Arc<Metrics>,
    /// Where it is remembered.
    pub timeline: Timeline,
    /// What the client calls itself; phones do not.
    pub agent: Option<HeaderValue>,
    /// What was asked for.
    pub target: Uri,
    /// Who asked.
    pub peer: SocketAddr,
    /// Over what.
    pub transport: Transport,
    /// The number of the connection.
    pub connection: u64,
    /// When the request was read.
    pub began: Instant,
    /// How it ends if all of the body is taken.
    pub outcome: Outcome,
    /// Why, if it is no file.
    pub reason: Option<Reason>,
    /// How long the body is.
    pub bytes: u64,
    /// Told when all of it has gone out.
    pub delivery: Option<Delivery>,
}

impl FileBody {
    /// A body of `bytes`; `note` is told when it has gone out, or that it has not.
    #[must_use]
    pub fn new(bytes: Bytes, note: Option<Note>) -> Self {
        Self { rest: bytes, note }
    }

    /// Writes the record.
    fn tell(&mut self) {
        let Some(note) = self.note.take() else { return };
        let left = self.rest.len() as u64;
        let outcome = if left > 0 { Outcome::Cut } else { note.outcome };
        if let (0, Some(delivery)) = (left, note.delivery) {
            delivery.arrived(note.transport, note.peer);
        }
        let name = note.target.path_and_query().map_or("/", |target| target.as_str());
        let ended = record::Request {
            transport: note.transport,
            peer: note.peer,
            file: name.strip_prefix('/').unwrap_or(name).as_bytes(),
            outcome,
            reason: note.reason.as_ref().map(|reason| reason as &dyn std::fmt::Display),
            bytes: if note.reason.is_some() { 0 } else { note.bytes - left },
            took: note.began.elapsed(),
        };
        record::request(&note.metrics, &ended);
        note.timeline.file(&ended, Some(note.connection), note.agent.as_ref().map(HeaderValue::as_bytes));
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let piece = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(piece);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

impl Drop for FileBody {
    fn drop(&mut self) {
        self.tell();
    }
}
