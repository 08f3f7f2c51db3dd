//! The tables, version by version. A version that was released is never changed; a new one is added.

use crate::database::{Database, Writing};
use crate::{Error, Result};

/// One step: what each database has to do.
struct Migration {
    sqlite: &'static str,
    postgres: &'static str,
}

/// All steps; the first makes version 1.
const MIGRATIONS: &[Migration] = &[
    Migration {
        sqlite: include_str!("../migrations/sqlite/0001_inventory.sql"),
        postgres: include_str!("../migrations/postgres/0001_inventory.sql"),
    },
    Migration {
        sqlite: include_str!("../migrations/sqlite/0002_waiting.sql"),
        postgres: include_str!("../migrations/postgres/0002_waiting.sql"),
    },
    Migration {
        sqlite: include_str!("../migrations/sqlite/0003_fetched.sql"),
        postgres: include_str!("../migrations/postgres/0003_fetched.sql"),
    },
    Migration {
        sqlite: include_str!("../migrations/sqlite/0004_quality.sql"),
        postgres: include_str!("../migrations/postgres/0004_quality.sql"),
    },
    Migration {
        sqlite: include_str!("../migrations/sqlite/0005_enrolments.sql"),
        postgres: include_str!("../migrations/postgres/0005_enrolments.sql"),
    },
    Migration {
        sqlite: include_str!("../migrations/sqlite/0006_ledger.sql"),
        postgres: include_str!("../migrations/postgres/0006_ledger.sql"),
    },
    Migration {
        sqlite: include_str!("../migrations/sqlite/0007_reports.sql"),
        postgres: include_str!("../migrations/postgres/0007_reports.sql"),
    },
    Migration {
        sqlite: include_str!("../migrations/sqlite/0010_users.sql"),
        postgres: include_str!("../migrations/postgres/0010_users.sql"),
    },
    Migration {
        sqlite: include_str!("../migrations/sqlite/0011_contact_changes.sql"),
        postgres: include_str!("../migrations/postgres/0011_contact_changes.sql"),
    },
    Migration {
        sqlite: include_str!("../migrations/sqlite/0009_tokens.sql"),
        postgres: include_str!("../migrations/postgres/0009_tokens.sql"),
    },
    Migration {
        sqlite: include_str!("../migrations/sqlite/0008_events.sql"),
        postgres: include_str!("../migrations/postgres/0008_events.sql"),
    },
    Migration {
        sqlite: include_str!("../migrations/sqlite/0013_moves.sql"),
        postgres: include_str!("../migrations/postgres/0013_moves.sql"),
    },
    Migration {
        sqlite: include_str!("../migrations/sqlite/0012_jobs.sql"),
        postgres: include_str!("../migrations/postgres/0012_jobs.sql"),
    },
];

/// The version that this program works with.
pub(crate) const WANTED: i64 = MIGRATIONS.len() as i64;

/// Refuses a database of another version, with what to do about it.
pub(crate) async fn check(database: &Database) -> Result<()> {
    let found = version(database).await?;
    let database = database.name();
    match found {
        0 => Err(Error::Unprepared(database)),
        found if found < WANTED => Err(Error::Older { database, found, wanted: WANTED }),
        found if found > WANTED => Err(Error::Newer { database, found, wanted: WANTED }),
        _ => Ok(()),
    }
}

/// Brings the database to the version that this program works with; gives the version it had.
pub(crate) async fn migrate(database: &Database) -> Result<i64> {
    let mut writing = database.begin().await?;
    if let Writing::Postgres(transaction) = &mut writing {
        // Two servers that start at once must not both make the tables. The number is ours: "offhook" in ASCII.
        sqlx::query("SELECT pg_advisory_xact_lock(31350980418789227)").execute(&mut **transaction).await?;
    }
    let found = version(database).await?;
    if found > WANTED {
        return Err(Error::Newer { database: database.name(), found, wanted: WANTED });
    }
    if found == WANTED {
        return Ok(found);
    }
    let done = usize::try_from(found).expect("versions count from 0");
    for migration in &MIGRATIONS[done..] {
        match &mut writing {
            Writing::Sqlite(c) => sqlx::raw_sql(migration.sqlite).execute(&mut **c).await.map(drop)?,
            Writing::Postgres(c) => sqlx::raw_sql(migration.postgres).execute(&mut **c).await.map(drop)?,
        }
    }
    writing!(&mut writing, c => {
        sqlx::raw_sql("CREATE TABLE IF NOT EXISTS offhook_schema (version BIGINT NOT NULL); DELETE FROM offhook_schema")
            .execute(&mut *c)
            .await?;
        sqlx::query("INSERT INTO offhook_schema (version) VALUES ($1)").bind(WANTED).execute(c).await?;
    });
    writing.commit().await?;
    Ok(found)
}

/// 0 for a database without tables of ours.
async fn version(database: &Database) -> Result<i64> {
    let there: bool = match database {
        Database::Sqlite { readers, .. } => {
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'offhook_schema')")
                .fetch_one(readers)
                .await?
        }
        Database::Postgres { pool, .. } => {
            sqlx::query_scalar("SELECT to_regclass('offhook_schema') IS NOT NULL").fetch_one(pool).await?
        }
    };
    if !there {
        return Ok(0);
    }
    let found: Option<i64> = reading!(database, c =>
        sqlx::query_scalar("SELECT max(version) FROM offhook_schema").fetch_one(c).await?);
    Ok(found.unwrap_or(0))
}
