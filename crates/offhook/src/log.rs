//! Where log lines go and which of them: stderr, as text or JSON, by a filter that a reload can change.

mod lines;

use std::env;
use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::config::{Log, LogFormat};
use lines::Lines;

/// Why nothing can be logged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `log.filter` is checked with the configuration; `RUST_LOG` is not.
    #[error(
        "the log filter {filter:?} (log.filter, or RUST_LOG) cannot be used: {source}; a level such as info will do"
    )]
    Filter {
        /// As written.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// A second start.
    #[error("logging has been started already")]
    Started,
    /// No thread, or no more use.
    #[error("logging cannot go on: {0}")]
    System(#[from] io::Error),
}

/// Logging that runs; dropping it writes out what is left.
#[derive(Debug)]
pub struct Logging {
    filter: reload::Handle<EnvFilter, Registry>,
    _lines: lines::Writing,
}

/// Starts logging for the whole process.
pub fn start(log: &Log) -> Result<Logging, Error> {
    let (lines, writing) = Lines::to(io::stderr())?;
    let (filter, handle) = reload::Layer::new(filter(log)?);
    let registry = tracing_subscriber::registry().with(filter).with(layer(log.format, lines));
    registry.try_init().map_err(|_| Error::Started)?;
    Ok(Logging { filter: handle, _lines: writing })
}

impl Logging {
    /// Takes up a new filter.
    pub fn refilter(&self, log: &Log) -> Result<(), Error> {
        self.filter.reload(filter(log)?).map_err(|error| Error::System(io::Error::other(error)))
    }
}

/// The filter in force: `RUST_LOG` wins, so that a look inside needs no edit.
fn filter(log: &Log) -> Result<EnvFilter, Error> {
    let asked = env::var(EnvFilter::DEFAULT_ENV).ok().filter(|text| !text.is_empty());
    let filter = asked.unwrap_or_else(|| log.filter.clone());
    EnvFilter::try_new(&filter).map_err(|source| Error::Filter { filter, source })
}

fn layer<S>(format: LogFormat, lines: Lines) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = fmt::layer().with_writer(lines);
    match format {
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
        // The journal puts its own time before each line.
        LogFormat::Text if env::var_os("JOURNAL_STREAM").is_some() => {
            layer.without_time().with_ansi(false).boxed()
        }
        LogFormat::Text => {
            layer.with_ansi(io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none()).boxed()
        }
    }
}
