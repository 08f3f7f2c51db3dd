//! What can go wrong, in sentences for people.

/// Why the store did not do as it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL names no database.
    #[error("that URL names no database: write sqlite://PATH or postgres://USER@HOST/NAME{0}")]
    Url(String),
    /// The file of the database is not there.
    #[error("there is no database at {0}: `offhook db migrate` makes one")]
    Missing(String),
    /// The database has no tables of ours.
    #[error("{0} holds no inventory: `offhook db migrate` prepares it")]
    Unprepared(String),
    /// An older offhook made the tables.
    #[error("{database} is of version {found}, and this offhook wants {wanted}: run `offhook db migrate`")]
    Older {
        /// Which database.
        database: String,
        /// What it is.
        found: i64,
        /// What it should be.
        wanted: i64,
    },
    /// A newer offhook made the tables.
    #[error("{database} is of version {found}, and this offhook knows only up to {wanted}: upgrade offhook")]
    Newer {
        /// Which database.
        database: String,
        /// What it is.
        found: i64,
        /// What this program knows.
        wanted: i64,
    },
    /// The database cannot be opened.
    #[error("cannot open {database}: {problem}")]
    Open {
        /// Which database, without its password.
        database: String,
        /// What it said.
        problem: String,
    },
    /// The database that should be filled holds something.
    #[error("{0} is not empty: phones {1}, things in all {2}")]
    NotEmpty(String, u64, u64),
    /// Something named is not there.
    #[error("there is no {0}")]
    NoSuch(String),
    /// Something cannot go because something else needs it.
    #[error("{thing} is still needed by {by}")]
    InUse {
        /// What should have gone.
        thing: String,
        /// What needs it.
        by: String,
    },
    /// Something names what is not there.
    #[error("{by} names {thing}, which is not there")]
    Dangling {
        /// What is not there.
        thing: String,
        /// What names it.
        by: String,
    },
    /// One change says two things about the same.
    #[error("{0} is given twice in one change, and not the same")]
    Twice(String),
    /// A value that cannot be kept.
    #[error("{thing}: {problem}")]
    Value {
        /// What it is about.
        thing: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// What stands in the database cannot be read.
    #[error("{thing} cannot be read from the database: {problem}")]
    Unreadable {
        /// What.
        thing: String,
        /// Why.
        problem: String,
    },
    /// Somebody else was faster, and writing would undo what they did.
    #[error("somebody else changed the inventory meanwhile, and nothing was done; try again")]
    Overtaken,
    /// Others kept the database busy until the deadline.
    #[error("the database was busy for too long; try again")]
    Busy,
    /// The database cannot be reached any more.
    #[error("the database does not answer: {0}")]
    Unreachable(String),
    /// Anything else that the database says.
    #[error("the database refused: {0}")]
    Database(sqlx::Error),
}

/// SQLite's codes for "locked", whatever is added to the low byte.
const LOCKED: [&str; 5] = ["5", "6", "261", "262", "517"];
/// PostgreSQL's for "waited too long for a lock", "gave up a statement", "deadlock", "cannot put in order".
const WAITED: [&str; 4] = ["55P03", "57014", "40P01", "40001"];

/// PostgreSQL's for a character that it has not: all that UTF-8 leaves it is the NUL.
const NUL: &str = "22021";

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(said) => match said.code() {
                Some(code) if *code == *NUL => Self::Value {
                    thing: "a text".to_owned(),
                    problem: "it holds a NUL, which no text here may hold".to_owned(),
                },
                Some(code) if LOCKED.contains(&&*code) || WAITED.contains(&&*code) => Self::Busy,
                _ => Self::Database(error),
            },
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Io(problem) => Self::Unreachable(problem.to_string()),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Unreachable(error.to_string()),
            _ => Self::Database(error),
        }
    }
}

impl Error {
    /// It is the administrator's mistake, not the database's: a command may say it as it is.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::NoSuch(_)
                | Self::InUse { .. }
                | Self::Dangling { .. }
                | Self::Twice(_)
                | Self::Value { .. }
        )
    }
}
