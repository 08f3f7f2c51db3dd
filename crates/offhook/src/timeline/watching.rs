//! Judging phones by themselves: those that move, soon; all of them, now and then. Nobody who asks for metrics waits for it.

use std::sync::PoisonError;
use std::time::Duration;

use provision::mac::Mac;
use provision::timeline::Verdict;
use tokio::time::{Instant, MissedTickBehavior};

use super::judge::{Judge, Sources};
use super::live::What;
use super::standings::Standings;
use super::{Shared, Timeline};

/// How often somebody looks who moved.
const TICK: Duration = Duration::from_secs(1);
/// Phones judged in one look: a storm takes a while, and a fraction of one core.
const AT_ONCE: usize = 100;
/// How long after the start all phones are judged: those that wait for the server come first.
const FIRST: Duration = Duration::from_secs(3);
/// How often all phones are judged at most: some verdicts come with time alone.
const EVERY: Duration = Duration::from_secs(15 * 60);
/// A pass over all phones may take this part of the time.
const SHARE: u32 = 50;
/// Phones of one portion of that pass.
const PORTION: u32 = 200;

/// Judges phones that move.
pub(super) async fn moving(timeline: Timeline, sources: Sources) {
    let Some(shared) = timeline.0 else { return };
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        for phone in shared.agenda.due(Instant::now(), AT_ONCE) {
            // A database that is away is told of elsewhere; the phone comes up again.
            if let Ok((verdict, _)) = Judge::now(&sources).one(phone).await {
                judged(&shared, phone, verdict);
            }
        }
    }
}

fn judged(shared: &Shared, phone: Mac, verdict: Verdict) {
    let before = {
        let mut states = shared.states.write().unwrap_or_else(PoisonError::into_inner);
        states.put(phone, verdict.rule)
    };
    if before.is_some_and(|before| before.id == verdict.rule.id) {
        return;
    }
    shared.metrics.timeline.changed(before, verdict.rule);
    let Verdict { rule, sentence, next, .. } = verdict;
    shared.live.tell(What::Verdict { phone, before, rule, sentence, next });
}

/// Judges all phones, again and again.
pub(super) async fn all(timeline: Timeline, sources: Sources) {
    let Some(shared) = timeline.0 else { return };
    tokio::time::sleep(FIRST).await;
    loop {
        let began = Instant::now();
        match pass(&sources).await {
            Ok(states) => {
                shared.metrics.timeline.set(states.rules());
                *shared.states.write().unwrap_or_else(PoisonError::into_inner) = states;
            }
            Err(error) => tracing::warn!(%error, "not all phones could be judged; they are, the next time"),
        }
        tokio::time::sleep(EVERY.max(began.elapsed() * SHARE)).await;
    }
}

async fn pass(sources: &Sources) -> store::Result<Standings> {
    let mut states = Standings::default();
    let mut after = None;
    loop {
        let judge = Judge::now(sources);
        let portion = judge.portion(after, PORTION).await?;
        let Some((last, _)) = portion.last() else { break };
        after = Some(*last);
        states.extend(portion.into_iter().map(|(phone, verdict)| (phone, verdict.rule)));
        tokio::task::yield_now().await;
    }
    let strangers = Judge::now(sources).strangers().await?;
    states.extend(strangers.into_iter().map(|(phone, verdict)| (phone, verdict.rule)));
    Ok(states)
}
