//! Waiting for several answers at one time.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// All answers, in the order of the questions, when the last has come.
pub(super) async fn all<T>(asked: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<(Pin<Box<_>>, Option<T>)> =
        asked.into_iter().map(|one| (Box::pin(one), None)).collect();
    poll_fn(|context| {
        let mut done = true;
        for (one, answer) in waiting.iter_mut().filter(|(_, answer)| answer.is_none()) {
            match one.as_mut().poll(context) {
                Poll::Ready(said) => *answer = Some(said),
                Poll::Pending => done = false,
            }
        }
        if done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_one_after_the_other() {
        let began = tokio::time::Instant::now();
        let asked = [3, 1, 2].map(|seconds| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            seconds
        });
        assert_eq!(all(asked.into()).await, [3, 1, 2]);
        assert_eq!(began.elapsed(), Duration::from_secs(3));
        assert!(all(Vec::<std::future::Ready<u8>>::new()).await.is_empty());
    }
}
