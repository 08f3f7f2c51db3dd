//! Hearing of changes that others make, on PostgreSQL.
//!
//! One connection of its own listens. When it is lost it is made again, and what happened meanwhile is asked for; so nothing
//! is missed, only late.

use std::sync::Weak;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::task::AbortHandle;

use crate::Result;
use crate::store::Known;

/// The channel that every change is told on.
pub(crate) const CHANNEL: &str = "offhook_changed";
/// Before the count of changes to enrolments, on the same channel.
pub(crate) const ENROLMENTS: &str = "enrolments ";
/// The first pause before a lost connection is made again; each pause is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest: a server that comes back is heard within this time.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Listens until nobody holds `known` any more.
pub(crate) fn begin(options: &PgConnectOptions, known: Weak<Known>) -> AbortHandle {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(LONGEST_PAUSE)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(options.clone());
    tokio::spawn(keep_listening(pool, known)).abort_handle()
}

async fn keep_listening(pool: PgPool, known: Weak<Known>) {
    let mut pause = FIRST_PAUSE;
    while known.strong_count() > 0 {
        let mut heard = false;
        let ended = listen(&pool, &known, &mut heard).await;
        hears(&known, false);
        if let Err(problem) = ended {
            tracing::debug!(%problem, "the connection that listens for changes is lost; it will be made again");
        }
        pause = if heard { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        tokio::time::sleep(pause).await;
    }
}

/// Listens until the connection is lost.
async fn listen(pool: &PgPool, known: &Weak<Known>, heard: &mut bool) -> Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    *heard = true;
    // Whatever was changed before this connection listened is told by nobody.
    let (current, enrolments): (i64, i64) =
        sqlx::query_as("SELECT generation, enrolments FROM inventory").fetch_one(&mut listener).await?;
    tell(known, current.cast_unsigned());
    tell_enrolments(known, enrolments.cast_unsigned());
    hears(known, true);
    while let Some(message) = listener.try_recv().await? {
        if let Ok(generation) = message.payload().parse() {
            tell(known, generation);
        } else if let Some(Ok(count)) = message.payload().strip_prefix(ENROLMENTS).map(str::parse) {
            tell_enrolments(known, count);
        }
    }
    Ok(())
}

/// Whether the next change will be heard of.
fn hears(known: &Weak<Known>, hears: bool) {
    if let Some(known) = known.upgrade() {
        known.hears.store(hears, Ordering::Release);
    }
}

fn tell(known: &Weak<Known>, generation: u64) {
    if let Some(known) = known.upgrade() {
        known.saw(generation);
    }
}

fn tell_enrolments(known: &Weak<Known>, count: u64) {
    if let Some(known) = known.upgrade() {
        known.saw_enrolments(count);
    }
}
