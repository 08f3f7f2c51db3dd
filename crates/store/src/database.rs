//! The two databases, and how the same statements reach either.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Executor, Postgres, Sqlite, Transaction};

use crate::{Error, Result};

/// How long anybody waits for a connection, or for another writer to finish: longer than any change of ours takes,
/// shorter than the patience of whoever typed the command.
const DEADLINE: Duration = Duration::from_secs(30);

/// How long a server may take to let the first connection in.
const CONNECTING: Duration = Duration::from_secs(10);
/// How long somebody waits who finds a file locked that SQLite itself does not wait for.
const AGAIN: Duration = Duration::from_millis(10);

/// A database that is open.
#[derive(Clone)]
pub(crate) enum Database {
    /// One file. Writers of this process queue for the one connection that writes, so that they need not fight for the
    /// lock of the file; readers never wait.
    Sqlite { file: PathBuf, readers: SqlitePool, writer: SqlitePool },
    /// A server.
    Postgres { options: Box<PgConnectOptions>, pool: PgPool },
}

/// A transaction: all that it asks and changes is of one moment.
pub(crate) enum Writing {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// The same statements for whichever database it is: `$c` is a pool to read from.
macro_rules! reading {
    ($database:expr, $c:ident => $body:expr) => {
        match $database {
            $crate::database::Database::Sqlite { readers: $c, .. } => $body,
            $crate::database::Database::Postgres { pool: $c, .. } => $body,
        }
    };
}

/// The same statements within a transaction: `$c` is its connection.
macro_rules! writing {
    ($writing:expr, $c:ident => $body:expr) => {
        match $writing {
            $crate::database::Writing::Sqlite(transaction) => {
                let $c = &mut **transaction;
                $body
            }
            $crate::database::Writing::Postgres(transaction) => {
                let $c = &mut **transaction;
                $body
            }
        }
    };
}

impl Database {
    /// Opens what the URL names; a file that is not there is made when `create` says so.
    pub(crate) async fn open(url: &str, create: bool) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite://").filter(|path| !path.is_empty()) {
            if path.contains('?') {
                return Err(Error::Url("; a file takes no options behind a question mark".to_owned()));
            }
            return open_file(Path::new(path), create).await;
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return open_server(url).await;
        }
        Err(Error::Url(String::new()))
    }

    /// Its name for people: without password.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Sqlite { file, .. } => file.display().to_string(),
            Self::Postgres { options, .. } => server_name(options),
        }
    }

    /// The function that finds a text within another: on SQLite it is many times faster than `LIKE`.
    pub(crate) fn finds(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "instr",
            Self::Postgres { .. } => "strpos",
        }
    }

    /// Begins to change something, and keeps other writers out until it ends.
    pub(crate) async fn begin(&self) -> Result<Writing> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Writing::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres { pool, .. } => Writing::Postgres(pool.begin().await?),
        })
    }

    /// Begins to read what holds now, whatever others change meanwhile.
    pub(crate) async fn begin_reading(&self) -> Result<Writing> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Writing::Sqlite(readers.begin().await?),
            Self::Postgres { pool, .. } => {
                Writing::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?)
            }
        })
    }
}

impl Writing {
    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}

async fn open_file(file: &Path, create: bool) -> Result<Database> {
    let failed = |problem: String| Error::Open { database: file.display().to_string(), problem };
    if !create && !file.exists() {
        return Err(Error::Missing(file.display().to_string()));
    }
    if create {
        make_file(file).map_err(|problem| failed(problem.to_string()))?;
    }
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(DEADLINE)
        // After a large import the log gives its room back.
        .pragma("journal_size_limit", "67108864");
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(DEADLINE)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    let failed = |problem: sqlx::Error| match Error::from(problem) {
        Error::Database(problem) => failed(said(&problem)),
        known => known,
    };
    let begun = Instant::now();
    // A file becomes one with a log under a lock that SQLite does not wait for: whoever comes second tries again.
    let writer = loop {
        match pool(1).connect_with(options.clone()).await.map_err(failed) {
            Err(Error::Busy) if begun.elapsed() < DEADLINE => tokio::time::sleep(AGAIN).await,
            tried => break tried?,
        }
    };
    let readers = pool(4).connect_with(options).await.map_err(failed)?;
    Ok(Database::Sqlite { file: file.to_owned(), readers, writer })
}

/// Passwords of lines are in it, so it is its owner's alone from the first moment on. SQLite gives its side files the mode
/// and the owner of the database.
fn make_file(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let made = match OpenOptions::new().append(true).create_new(true).mode(0o600).open(file) {
        Err(problem) if problem.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        made => made?,
    };
    // A command of root's must not lock out the server, which runs as whom the folder belongs to.
    let (folder, own) = (fs::metadata(folder)?, made.metadata()?);
    if own.uid() == 0 && folder.uid() != 0 {
        chown(file, Some(folder.uid()), Some(folder.gid()))?;
    }
    Ok(())
}

async fn open_server(url: &str) -> Result<Database> {
    let options = PgConnectOptions::from_str(url).map_err(|problem| Error::Url(format!(" ({problem})")))?;
    let options = options.application_name("offhook");
    let failed = |problem: String| Error::Open { database: server_name(&options), problem };
    // A pool would try again and again until its deadline; whoever gave a wrong address wants to know at once.
    match tokio::time::timeout(CONNECTING, PgConnection::connect_with(&options)).await {
        Err(_) => return Err(failed(format!("no answer within {} s", CONNECTING.as_secs()))),
        Ok(Err(problem)) => return Err(failed(said(&problem))),
        Ok(Ok(first)) => first.close().await?,
    }
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(DEADLINE)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute("SET lock_timeout = '30s'").await?;
                Ok(())
            })
        })
        .connect_lazy_with(options.clone());
    Ok(Database::Postgres { options: Box::new(options), pool })
}

/// What the other side said, without what the library says about it.
fn said(problem: &sqlx::Error) -> String {
    match problem {
        sqlx::Error::Database(said) => said.message().to_owned(),
        sqlx::Error::Io(cause) => cause.to_string(),
        sqlx::Error::Tls(cause) => format!("no TLS with it: {cause}"),
        other => other.to_string(),
    }
}

fn server_name(options: &PgConnectOptions) -> String {
    let place = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    format!("{} on {place}", options.get_database().unwrap_or(options.get_username()))
}
