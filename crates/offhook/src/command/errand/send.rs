//! Where it was typed: a command sent to a server, and what comes of it played to whoever typed it.

use std::io::{self, Write as _};
use std::path::{Component, Path};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use http::{Method, StatusCode};

use super::{Asked, Content, Errand, Given, MOST_BYTES, Piece, Written};
use crate::command::api::client::{Client, Lines};
use crate::command::console::{Console, Manner, write_here};
use crate::command::secret;

/// Nothing asks for more things than these.
const MOST_ASKED: usize = 200;

/// Lets a server do what the words say.
pub(in crate::command) fn send(client: &Client, words: Vec<String>) -> anyhow::Result<ExitCode> {
    let console = Console::Here;
    let mut errand =
        Errand { words, colours: console.has_colours(), person: console.has_person(), given: Vec::new() };
    let mut shown = Shown::default();
    let runtime = crate::command::runtime()?;
    loop {
        shown.begin_again();
        let asked = match runtime.block_on(once(client, &errand, &mut shown))? {
            Told::Ended(code) => return Ok(ExitCode::from(code)),
            Told::Wants(asked) => asked,
        };
        if errand.given.len() >= MOST_ASKED || errand.given.iter().any(|given| given.what == asked) {
            bail!("{client} asks for the same again and again");
        }
        errand.given.push(give(asked, &errand.words, client)?);
    }
}

/// How a run ended.
enum Told {
    Ended(u8),
    Wants(Asked),
}

async fn once(client: &Client, errand: &Errand, shown: &mut Shown) -> anyhow::Result<Told> {
    let body = serde_json::to_vec(errand)?;
    let mut lines = client.stream(Method::POST, "/commands", body).await?;
    if lines.status != StatusCode::OK {
        return refused(client, lines, shown).await;
    }
    while let Some(line) = lines.next().await? {
        let piece = serde_json::from_slice(&line)
            .with_context(|| format!("{client} says something that this offhook does not understand"))?;
        match piece {
            Piece::Version(version) => shown.server(client, &version),
            Piece::Running(_) => {}
            Piece::Out(content) => shown.out(&content.bytes()?)?,
            Piece::Err(text) => shown.err(&text),
            Piece::File(written) => write(written, &errand.words, client)?,
            Piece::Wants(asked) => return Ok(Told::Wants(asked)),
            Piece::Ended(code) => return Ok(Told::Ended(code)),
        }
    }
    bail!(
        "{client} ended before the command did; whether it was done, nobody knows: look before you try again"
    )
}

/// What the server says instead of doing it.
async fn refused(client: &Client, mut lines: Lines, shown: &mut Shown) -> anyhow::Result<Told> {
    let (status, version) = (lines.status, lines.server.take());
    if let Some(version) = &version {
        shown.server(client, version);
    }
    let body = lines.rest().await?;
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let detail = problem["detail"].as_str();
    match (status, detail) {
        (StatusCode::NOT_FOUND, _) => bail!(
            "{client} does not know how to run commands: it is another version of offhook; restart it, or say --direct"
        ),
        (StatusCode::UNPROCESSABLE_ENTITY, Some(detail)) => {
            Err(crate::command::WrongUse(format!("{client} said: {detail}")).into())
        }
        (_, Some(detail)) => bail!("{client} said: {detail}"),
        (status, None) => bail!("{client} said {status}"),
    }
}

/// Gets what the server asks for, if it may have it.
fn give(what: Asked, words: &[String], client: &Client) -> anyhow::Result<Given> {
    let got = match &what {
        Asked::File(name) => {
            named(name, words).then_some(()).with_context(|| unasked(client, name))?;
            Console::Here.read(Path::new(name), MOST_BYTES as u64 + 1)
        }
        Asked::Password { written, what_for } => {
            named(written, words).then_some(()).with_context(|| unasked(client, written))?;
            return Ok(Given {
                it: Some(Content::Text(secret::read(written, what_for)?)),
                problem: None,
                what,
            });
        }
        Asked::Answer(question) => Console::Here.answer(question).map(String::into_bytes),
    };
    Ok(match got {
        Ok(bytes) if bytes.len() > MOST_BYTES => {
            bail!("more than {} MiB are not sent to a server", MOST_BYTES >> 20)
        }
        Ok(bytes) => Given { it: Some((&bytes[..]).into()), problem: None, what },
        Err(error) => Given { it: None, problem: Some(error.to_string()), what },
    })
}

fn unasked(client: &Client, name: &str) -> String {
    format!("{client} wants {name}, which nobody named: nothing was given to it")
}

/// Whether the words name a file: alone, or behind `=`, `:` or `@`, and before the end or `:`. A server gets no other.
fn named(name: &str, words: &[String]) -> bool {
    let begins = |before: &str| {
        before.is_empty()
            || before.ends_with(['=', ':', '@'])
            || (before.len() == 2 && before.starts_with('-') && !before.ends_with('-'))
    };
    let in_word = |word: &String| {
        word.match_indices(name).any(|(at, _)| {
            let after = &word[at + name.len()..];
            begins(&word[..at]) && (after.is_empty() || after.starts_with(':'))
        })
    };
    !name.is_empty() && words.iter().any(in_word)
}

/// Writes a file that a command gives: where the words say, below that, or under a name of its own in this folder, which
/// takes no other's place.
fn write(written: Written, words: &[String], client: &Client) -> anyhow::Result<()> {
    let Written { path, bytes, private, fresh } = written;
    let place = Path::new(&path);
    let plain = place.components().all(|part| matches!(part, Component::Normal(_)));
    let below = |word: &String| {
        let folder = Path::new(word.rsplit('=').next().unwrap_or(word));
        let rest = place.strip_prefix(folder);
        let inside = |rest: &Path| rest.components().all(|part| matches!(part, Component::Normal(_)));
        !word.is_empty() && rest.is_ok_and(inside)
    };
    let own = fresh && plain && !path.starts_with('.');
    if !named(&path, words) && !words.iter().any(below) && !own {
        bail!("{client} wants to write {path}, which nobody named: nothing was written");
    }
    if let Some(folder) = place.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    write_here(place, &bytes.bytes()?, Manner { private, fresh })
        .with_context(|| format!("cannot write {path}"))
}

/// What was shown already: a command that is done again, because something was asked for, tells it once more.
#[derive(Default)]
struct Shown {
    out: Track,
    err: Track,
    warned: bool,
}

#[derive(Default)]
struct Track {
    before: Vec<u8>,
    /// How much of that came again.
    again: usize,
}

impl Track {
    /// What of it is new.
    fn fresh<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let left = &self.before[self.again..];
        let same = left.iter().zip(bytes).take_while(|(one, other)| one == other).count();
        self.again += same;
        let fresh = &bytes[same..];
        if !fresh.is_empty() {
            self.before.truncate(self.again);
            self.before.extend_from_slice(fresh);
            self.again = self.before.len();
        }
        fresh
    }
}

impl Shown {
    fn begin_again(&mut self) {
        (self.out.again, self.err.again) = (0, 0);
    }

    fn out(&mut self, bytes: &[u8]) -> io::Result<()> {
        Console::Here.out(self.out.fresh(bytes))
    }

    fn err(&mut self, text: &str) {
        // A closed stderr is no reason to fail.
        let _ = io::stderr().lock().write_all(self.err.fresh(text.as_bytes()));
    }

    /// A server of another version does what the words mean there.
    fn server(&mut self, client: &Client, version: &str) {
        let own = env!("CARGO_PKG_VERSION");
        if version != own && !std::mem::replace(&mut self.warned, true) {
            Console::Here.err(&format!("note: {client} is offhook {version}, and this is offhook {own}\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_server_gets_only_what_the_words_name() {
        let line =
            words("line set 1001 auth_password=@secret --fragment a/b=part.xml -otable.csv - 1002:@pass:Ann");
        for name in ["@secret", "secret", "part.xml", "table.csv", "-", "1001", "@pass"] {
            assert!(named(name, &line), "{name}");
        }
        for name in ["", "/etc/shadow", "art.xml", "xml", "@-", "ret"] {
            assert!(!named(name, &line), "{name}");
        }
    }

    #[test]
    fn a_server_writes_only_where_the_words_say() {
        let folder = tempfile::tempdir().unwrap();
        let client = Client::new("http://127.0.0.1:1", "x").unwrap();
        let name = |file: &str| folder.path().join(file).to_str().unwrap().to_owned();
        let file = |path: String, fresh| Written { path, bytes: b"x"[..].into(), private: true, fresh };
        let given = vec!["--output".to_owned(), name("given"), format!("--to={}", name("folder"))];
        for path in [name("given"), name("folder/one/two")] {
            write(file(path.clone(), false), &given, &client).unwrap();
            assert!(Path::new(&path).is_file(), "{path}");
        }
        for path in
            [name("other"), name("folder/../other"), name("given2"), ".profile".to_owned(), "x".to_owned()]
        {
            let error = write(file(path.clone(), false), &given, &client).unwrap_err();
            assert!(error.to_string().contains("nobody named"), "{path}: {error}");
        }
        assert!(write(file(".profile".to_owned(), true), &given, &client).is_err());
        assert!(write(file(name("given"), true), &given, &client).is_err(), "it is there already");
    }

    #[test]
    fn what_was_shown_is_not_shown_again() {
        let mut track = Track::default();
        assert_eq!(track.fresh(b"one two"), b"one two");
        track.again = 0;
        assert_eq!(track.fresh(b"one "), b"");
        assert_eq!(track.fresh(b"two three"), b" three");
        track.again = 0;
        assert_eq!(track.fresh(b"one four"), b"four");
    }
}
