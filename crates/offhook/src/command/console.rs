//! Whoever typed a command, as the command sees them: where they read, what they type, the files they name.
//!
//! Commands never touch standard streams or files of people themselves: they may run in a server, for somebody elsewhere.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

use super::errand::{Asked, Errand, Given, Piece, Written};
use super::secret;
use crate::lifecycle::Readiness;

/// The person or program that typed a command.
#[derive(Clone, Debug, Default)]
pub enum Console {
    /// They started this process.
    #[default]
    Here,
    /// They sent the words from elsewhere.
    Away(Arc<Away>),
}

/// Somebody elsewhere.
#[derive(Debug)]
pub struct Away {
    /// Unbounded: what a command prints is in memory anyway, and whoever leaves ends it.
    pieces: UnboundedSender<Piece>,
    colours: bool,
    person: bool,
    given: Vec<Given>,
    wanted: Mutex<Option<Asked>>,
    readiness: Readiness,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// Only its owner may read it.
    pub private: bool,
    /// It must not be there yet.
    pub fresh: bool,
}

impl Console {
    /// Whoever sent that errand, and hears what comes of it.
    pub(super) fn away(errand: &Errand, pieces: UnboundedSender<Piece>, readiness: Readiness) -> Self {
        Self::Away(Arc::new(Away {
            pieces,
            colours: errand.colours,
            person: errand.person,
            given: errand.given.clone(),
            wanted: Mutex::default(),
            readiness,
        }))
    }

    /// What a command could not go on without.
    pub(super) fn wanted(&self) -> Option<Asked> {
        match self {
            Self::Here => None,
            Self::Away(away) => away.wanted.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Bytes for standard output.
    pub fn out(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Here => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            Self::Away(away) => away.send(Piece::Out(bytes.into())),
        }
    }

    /// A text for standard error. Nobody fails because nobody reads it.
    pub fn err(&self, text: &str) {
        let _ = match self {
            Self::Here => io::stderr().lock().write_all(text.as_bytes()),
            Self::Away(away) => away.send(Piece::Err(text.to_owned())),
        };
    }

    /// Whether whoever waits for the answer has gone, or has to go because the server stops.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Away(away) if away.pieces.is_closed() || !away.readiness.get())
    }

    /// Whether their files are the files of this process.
    pub fn is_here(&self) -> bool {
        matches!(self, Self::Here)
    }

    /// Whether the answer may have colours.
    pub fn has_colours(&self) -> bool {
        match self {
            Self::Here => {
                let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
                wanted && io::stdout().is_terminal()
            }
            Self::Away(away) => away.colours,
        }
    }

    /// Whether a person sits there who sees questions and can answer.
    pub fn has_person(&self) -> bool {
        match self {
            Self::Here => io::stdin().is_terminal() && io::stderr().is_terminal(),
            Self::Away(away) => away.person,
        }
    }

    /// Whether progress can be drawn while the command runs.
    pub fn draws(&self) -> bool {
        matches!(self, Self::Here) && io::stderr().is_terminal()
    }

    /// What is in a file of theirs, up to so many bytes; `-` is standard input.
    pub fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let away = match self {
            Self::Here => return read_here(path, most),
            Self::Away(away) => away,
        };
        let name = path.to_str().ok_or_else(|| io::Error::other("its name is no text"))?;
        let mut bytes = away.ask(Asked::File(name.to_owned()))?;
        bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(bytes)
    }

    /// Writes a file of theirs.
    pub fn write(&self, path: &Path, bytes: &[u8], manner: Manner) -> io::Result<()> {
        let away = match self {
            Self::Here => return write_here(path, bytes, manner),
            Self::Away(away) => away,
        };
        let path = path.to_str().ok_or_else(|| io::Error::other("its name is no text"))?.to_owned();
        let Manner { private, fresh } = manner;
        away.send(Piece::File(Written { path, bytes: bytes.into(), private, fresh }))
    }

    /// Makes a folder of theirs. Elsewhere files bring theirs along.
    pub fn folder(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Here => std::fs::create_dir_all(path),
            Self::Away(_) => Ok(()),
        }
    }

    /// The password that was written: `@FILE` is the first line of a file, `@-` of standard input, anything else itself.
    pub(super) fn password(&self, written: &str, what_for: &str) -> anyhow::Result<String> {
        let away = match self {
            Self::Away(away) if written.starts_with('@') => away,
            _ => return secret::read(written, what_for),
        };
        let asked = Asked::Password { written: written.to_owned(), what_for: what_for.to_owned() };
        Ok(String::from_utf8(away.ask(asked)?)?)
    }

    /// What a person answers to a question.
    pub fn answer(&self, question: &str) -> io::Result<String> {
        match self {
            Self::Here => {
                write!(io::stderr().lock(), "{question}")?;
                let mut answer = String::new();
                io::stdin().read_line(&mut answer)?;
                Ok(answer)
            }
            Self::Away(away) => {
                let answer = away.ask(Asked::Answer(question.to_owned()))?;
                Ok(String::from_utf8_lossy(&answer).into_owned())
            }
        }
    }
}

impl Away {
    fn send(&self, piece: Piece) -> io::Result<()> {
        self.pieces.send(piece).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn ask(&self, what: Asked) -> io::Result<Vec<u8>> {
        let Some(given) = self.given.iter().find(|given| given.what == what) else {
            *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = Some(what);
            return Err(io::Error::other("that is asked for first"));
        };
        match &given.it {
            Some(content) => content.clone().bytes(),
            None => Err(io::Error::other(given.problem.clone().unwrap_or_default())),
        }
    }
}

pub(super) fn read_here(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path != Path::new("-") {
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    let mut input = INPUT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(read) = &*input {
        return Ok(read.clone());
    }
    io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    *input = Some(bytes.clone());
    Ok(bytes)
}

/// What came on standard input: a command that is done again, because another change was faster, cannot read it again.
static INPUT: Mutex<Option<Vec<u8>>> = Mutex::new(None);

pub(super) fn write_here(path: &Path, bytes: &[u8], manner: Manner) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).mode(if manner.private { 0o600 } else { 0o666 });
    let options = if manner.fresh { options.create_new(true) } else { options.create(true).truncate(true) };
    options.open(path)?.write_all(bytes)
}
