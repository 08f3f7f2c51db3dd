//! Numbers for monitoring, in one question.

use provision::inventory::State;

use crate::Result;
use crate::sessions::Patience;
use crate::store::Store;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gauges {
    /// Phones, by state; every state once.
    pub phones: [(State, u64); 3],
    /// Sessions of people that hold.
    pub sessions: u64,
}

impl Store {
    /// What monitoring asks for.
    pub async fn gauges(&self, now: i64, patience: Patience) -> Result<Gauges> {
        let (active, waiting, retired, sessions): (i64, i64, i64, i64) = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT (SELECT count(*) FROM phones WHERE state = $1), (SELECT count(*) FROM phones WHERE state = $2),
                        (SELECT count(*) FROM phones WHERE state = $3),
                        (SELECT count(*) FROM sessions WHERE made > $4 AND seen > $5)",
            )
            .bind(State::Active.word())
            .bind(State::Waiting.word())
            .bind(State::Retired.word())
            .bind(now - patience.whole)
            .bind(now - patience.idle)
            .fetch_one(c)
            .await?);
        let phones = [(State::Active, active), (State::Waiting, waiting), (State::Retired, retired)];
        let phones = phones.map(|(state, count)| (state, count.cast_unsigned()));
        Ok(Gauges { phones, sessions: sessions.cast_unsigned() })
    }
}
