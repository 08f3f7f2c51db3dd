//! The store itself: opening it, and knowing when it changed.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::database::Database;
use crate::roster::Roster;
use crate::{Result, listen, schema};

/// The inventory on a database. Clones share its connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) database: Database,
    pub(crate) known: Arc<Known>,
    /// Who changes something through this one.
    pub(crate) author: Option<Arc<str>>,
}

/// A database that is ready.
#[derive(Debug)]
pub struct Prepared {
    /// The store.
    pub store: Store,
    /// The version that its tables had; 0 when there were none.
    pub before: i64,
    /// The version that they have.
    pub now: i64,
}

/// What this process knows of changes.
pub(crate) struct Known {
    generation: watch::Sender<u64>,
    enrolments: AtomicU64,
    listening: OnceLock<AbortHandle>,
    /// Nobody has to ask: whatever changes is told here at once.
    pub(crate) hears: AtomicBool,
    /// All phones in memory.
    pub(crate) roster: Roster,
}

impl Store {
    /// Opens a database that is prepared for this version of offhook, and refuses any other.
    pub async fn open(url: &str) -> Result<Self> {
        let database = Database::open(url, false).await?;
        schema::check(&database).await?;
        Self::of(database).await
    }

    /// Opens a database, and prepares it first when it is new or of an older version. A SQLite file is made.
    pub async fn open_or_create(url: &str) -> Result<Self> {
        let database = Database::open(url, true).await?;
        schema::migrate(&database).await?;
        Self::of(database).await
    }

    /// As [`Store::open_or_create`], and tells what it did.
    pub async fn prepare(url: &str) -> Result<Prepared> {
        let database = Database::open(url, true).await?;
        let before = schema::migrate(&database).await?;
        Ok(Prepared { store: Self::of(database).await?, before, now: schema::WANTED })
    }

    /// The version of the tables.
    #[must_use]
    pub fn version(&self) -> i64 {
        schema::WANTED
    }

    async fn of(database: Database) -> Result<Self> {
        let known = Known {
            generation: watch::Sender::new(0),
            enrolments: AtomicU64::new(0),
            listening: OnceLock::new(),
            hears: AtomicBool::new(false),
            roster: Roster::default(),
        };
        let store = Self { database, known: Arc::new(known), author: None };
        store.current_generation().await?;
        if let Database::Postgres { options, .. } = &store.database {
            let listening = listen::begin(options, Arc::downgrade(&store.known));
            let _ = store.known.listening.set(listening);
        }
        Ok(store)
    }

    /// The number of the last change that this process knows of. Costs nothing.
    #[must_use]
    pub fn generation(&self) -> u64 {
        *self.known.generation.borrow()
    }

    /// Asks the database for the number of the last change.
    pub async fn current_generation(&self) -> Result<u64> {
        let (asked, enrolments): (i64, i64) = reading!(&self.database, c =>
            sqlx::query_as("SELECT generation, enrolments FROM inventory").fetch_one(c).await?);
        let current = asked.cast_unsigned();
        self.known.saw_enrolments(enrolments.cast_unsigned());
        self.saw(current);
        Ok(current)
    }

    /// How many changes to enrolments that matter to configurations this process knows of. Costs nothing; moves with what
    /// moves the generation, and is asked for with it.
    #[must_use]
    pub fn enrolments_known(&self) -> u64 {
        self.known.enrolments.load(Ordering::Acquire)
    }

    /// Moves with each change that this process knows of: its own, and on PostgreSQL those of others at once.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.known.generation.subscribe()
    }

    /// Whether changes that others make are told here at once: on PostgreSQL, while the connection that listens is there. Else
    /// look at [`Store::marks`], or ask [`Store::current_generation`].
    #[must_use]
    pub fn hears(&self) -> bool {
        self.known.hears.load(Ordering::Acquire)
    }

    /// Files whose stamps move when another process changes the inventory; ask [`Store::current_generation`] then.
    /// None on PostgreSQL, which tells by itself.
    #[must_use]
    pub fn marks(&self) -> Vec<PathBuf> {
        match &self.database {
            Database::Sqlite { file, .. } => {
                let mut log = file.clone().into_os_string();
                log.push("-wal");
                vec![file.clone(), PathBuf::from(log)]
            }
            Database::Postgres { .. } => Vec::new(),
        }
    }

    /// The database's name for people, without password.
    #[must_use]
    pub fn name(&self) -> String {
        self.database.name()
    }

    /// Ends all connections. What was changed is kept without it.
    pub async fn close(&self) {
        self.known.stop_listening();
        match &self.database {
            Database::Sqlite { readers, writer, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Database::Postgres { pool, .. } => pool.close().await,
        }
    }

    pub(crate) fn known(&self) -> &Known {
        &self.known
    }

    /// Tells everybody who waits that there is a change.
    pub(crate) fn saw(&self, generation: u64) {
        self.known.saw(generation);
    }
}

impl Known {
    /// The number only grows, whoever is late with telling it.
    pub(crate) fn saw(&self, generation: u64) {
        self.generation.send_if_modified(|known| {
            let newer = generation > *known;
            *known = generation.max(*known);
            newer
        });
    }

    /// The count only grows, too.
    pub(crate) fn saw_enrolments(&self, count: u64) {
        self.enrolments.fetch_max(count, Ordering::AcqRel);
    }

    fn stop_listening(&self) {
        if let Some(listening) = self.listening.get() {
            listening.abort();
        }
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        self.stop_listening();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.name())
    }
}
