//! Programs of the system that are asked: what they print, or nothing, and never a wait without an end.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than a program needs that only tells.
const PATIENCE: Duration = Duration::from_secs(4);
/// No ruleset of a machine that serves phones is longer.
const MOST: u64 = 16 << 20;

/// What came of asking a program.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It printed this and was content.
    Text(String),
    /// It is not on this machine.
    Absent,
    /// It failed, most likely for want of rights; what it complained about.
    Failed(String),
}

/// Runs a program of the system.
pub(super) fn ask(program: &str, words: &[&str]) -> Told {
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file());
    let Some(found) = found else { return Told::Absent };
    let mut command = Command::new(found);
    command.args(words).env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Told::Failed(error.to_string()),
    };
    let (out, err) = (read(child.stdout.take()), read(child.stderr.take()));
    let until = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < until => thread::sleep(Duration::from_millis(10)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Told::Failed("it does not end".to_owned());
            }
        }
    };
    let text = |reading: thread::JoinHandle<String>| reading.join().unwrap_or_default();
    if status.success() { Told::Text(text(out)) } else { Told::Failed(text(err).trim().to_owned()) }
}

fn read(from: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(from) = from {
            let _ = from.take(MOST).read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_tell_or_they_do_not() {
        assert_eq!(ask("echo", &["a b"]), Told::Text("a b\n".to_owned()));
        assert_eq!(ask("no-such-program-anywhere", &[]), Told::Absent);
        assert!(
            matches!(ask("ls", &["/no/such/place"]), Told::Failed(why) if why.contains("/no/such/place"))
        );
    }
}
