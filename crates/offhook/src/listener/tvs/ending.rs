//! How a connection ended, and what is told of it.

use std::io;
use std::net::SocketAddr;

use wire::tvs::{DecodeError, EncodeError, Stage};

use crate::listener::{App, Name};
use crate::metrics::Refused;

/// How a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ending {
    /// The peer has what it wanted.
    #[error("done")]
    Done,
    /// offhook stops.
    #[error("offhook stops")]
    Stopping,
    /// What arrived was no request.
    #[error("this is no request: {0}")]
    NotUnderstood(DecodeError),
    /// The deadline for a step passed.
    #[error("it took too long to send {}", step(*.0))]
    Stalled(Stage),
    /// The peer left in the middle.
    #[error("it hung up before the end of {}", step(*.0))]
    HungUp(Stage),
    /// The network.
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    /// The peer took the answer too slowly, or not at all.
    #[error("it did not take the answer: {0}")]
    NotTaken(io::Error),
    /// There is an answer that cannot be said.
    #[error("the answer cannot be written: {0}")]
    Unspeakable(#[from] EncodeError),
}

fn step(stage: Stage) -> &'static str {
    match stage {
        Stage::Quiet => "a request",
        Stage::Header => "the header of its request",
        Stage::Body => "the body of its request",
    }
}

impl Ending {
    /// Counts it and writes its line, if there is something to tell.
    pub(super) fn note(&self, app: &App, peer: SocketAddr) {
        let counted = match self {
            Self::NotUnderstood(_) => Some(Refused::Garbage),
            Self::Stalled(_) | Self::NotTaken(_) => Some(Refused::TooSlow),
            _ => None,
        };
        if let Some(reason) = counted {
            app.metrics.listener(Name::Tvs).refused(reason).inc();
        }
        match self {
            Self::Done | Self::Stopping => {
                tracing::debug!(%peer, listener = "tvs", reason = %self, "connection ended")
            }
            Self::Unspeakable(_) => {
                tracing::error!(%peer, listener = "tvs", reason = %self, "connection closed")
            }
            _ => tracing::warn!(%peer, listener = "tvs", reason = %self, "connection closed"),
        }
    }
}
