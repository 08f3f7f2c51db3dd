//! What is said on one connection: a request, its answer, and the next request.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use wire::tvs::{Direction, Stage, Stream};

use super::answer;
use super::ending::Ending;
use crate::listener::App;

/// A request is around a thousand bytes; a larger one takes several reads.
const PIECE: usize = 1024;

/// Answers requests on `stream` until somebody has enough, and tells how it ended.
pub(super) async fn until_the_end<S>(
    app: &App,
    mut stream: S,
    peer: SocketAddr,
    stop: &CancellationToken,
) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut talk = Talk { app, messages: Stream::new(Direction::Request), answered: 0 };
    let ending = loop {
        let message = match talk.next(&mut stream, stop).await {
            Ok(message) => message,
            Err(ending) => break ending,
        };
        // The answer goes out in one write: old phones take one record for one message.
        if let Err(ending) = answer::give(app, &message, peer, &mut stream).await {
            break ending;
        }
        talk.answered += 1;
    };
    // A peer that is gone has nothing more to be told.
    let _ = stream.shutdown().await;
    ending
}

struct Talk<'a> {
    app: &'a App,
    messages: Stream,
    answered: usize,
}

impl Talk<'_> {
    /// The next whole request. The wait for its first byte, its header and its body have a deadline each.
    async fn next(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        stop: &CancellationToken,
    ) -> Result<Vec<u8>, Ending> {
        let mut piece = [0; PIECE];
        let mut stage = self.messages.stage();
        let mut deadline = self.deadline();
        loop {
            // Never more than what ends this stage: the rest stays with the peer until it is its turn.
            let len = self.messages.wanted().min(PIECE);
            let read = timeout_at(deadline, stream.read(&mut piece[..len]));
            let read = tokio::select! {
                read = read => read.map_err(|_| self.stalled())?,
                // A request that is under way is still answered.
                () = stop.cancelled(), if stage == Stage::Quiet => return Err(Ending::Stopping),
            };
            let read = read.map_err(|error| self.broken(error))?;
            if read == 0 {
                return Err(self.hung_up());
            }
            let (_, message) = self.messages.take(&piece[..read]).map_err(Ending::NotUnderstood)?;
            if let Some(message) = message {
                return Ok(message);
            }
            if self.messages.stage() != stage {
                (stage, deadline) = (self.messages.stage(), self.deadline());
            }
        }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.app.config.load().limits.header
    }

    fn stalled(&self) -> Ending {
        match self.messages.stage() {
            Stage::Quiet if self.answered > 0 => Ending::Done,
            stage => Ending::Stalled(stage),
        }
    }

    fn hung_up(&self) -> Ending {
        match self.messages.stage() {
            Stage::Quiet => Ending::Done,
            stage => Ending::HungUp(stage),
        }
    }

    fn broken(&self, error: io::Error) -> Ending {
        match self.messages.stage() {
            // Phones close without a farewell.
            Stage::Quiet if self.answered > 0 => Ending::Done,
            _ => Ending::Broken(error),
        }
    }
}
