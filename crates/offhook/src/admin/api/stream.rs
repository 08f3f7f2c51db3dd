//! Answers that are made while they are sent: a part is made when the one before it is on its way, so that no export stands
//! in memory as a whole.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::Frame;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Parts that are made before whoever reads has taken them.
const AHEAD: usize = 2;

/// Where parts are given to whoever reads.
pub(super) struct Giver(Sender<io::Result<Bytes>>);

impl Giver {
    /// Gives a part; an error when nobody reads any more.
    pub(super) async fn give(&self, part: impl Into<Bytes>) -> io::Result<()> {
        let part = part.into();
        if part.is_empty() {
            return Ok(());
        }
        self.0.send(Ok(part)).await.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// A body of what `work` gives. When that fails the connection ends before the body does: nobody takes a part for the whole.
pub(super) fn body<F>(work: impl FnOnce(Giver) -> F) -> Body
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(AHEAD);
    let work = work(Giver(sender.clone()));
    tokio::spawn(async move {
        if let Err(error) = work.await {
            if error.kind() != io::ErrorKind::BrokenPipe {
                tracing::warn!(%error, "an export broke off");
            }
            let _ = sender.send(Err(error)).await;
        }
    });
    Body::new(Parts(receiver))
}

struct Parts(Receiver<io::Result<Bytes>>);

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|part| part.map(|part| part.map(Frame::data)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn parts_arrive_in_order_and_a_failure_is_no_end() {
        let whole = body(async |to: Giver| {
            for part in ["a", "", "b", "c", "d"] {
                to.give(part).await?;
            }
            Ok(())
        });
        assert_eq!(whole.collect().await.unwrap().to_bytes(), "abcd");
        let broken = body(async |to: Giver| {
            to.give("a").await?;
            Err(io::Error::other("the database went away"))
        });
        assert!(broken.collect().await.is_err());
    }

    #[tokio::test]
    async fn nothing_is_made_for_somebody_who_went_away() {
        let (done, told) = tokio::sync::oneshot::channel();
        let endless = body(async move |to: Giver| {
            while to.give("x").await.is_ok() {}
            let _ = done.send(());
            Ok(())
        });
        drop(endless);
        tokio::time::timeout(std::time::Duration::from_secs(60), told).await.unwrap().unwrap();
    }
}
