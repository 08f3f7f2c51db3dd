//! Something else behind the socket: another version, a server that dies, one that wants what is not its business.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::thread::{self, JoinHandle};

use crate::machine::{Machine, Ran};

/// Runs a command on a machine behind whose socket somebody gives these answers, one a connection; gives what it was asked.
fn answered(answers: &[String], words: &str) -> (Ran, Vec<String>, Machine) {
    let machine = Machine::empty().alone();
    fs::create_dir(machine.path("data")).unwrap();
    machine.put("secret", "nobody's business\n");
    let socket = UnixListener::bind(machine.path("data/offhook.sock")).unwrap();
    let answers = answers.to_vec();
    let behind: JoinHandle<Vec<String>> = thread::spawn(move || {
        let mut asked = Vec::new();
        let mut answers = answers.into_iter();
        for stream in socket.incoming() {
            let mut stream = stream.unwrap();
            let request = request(&mut stream);
            // Whether somebody is there is asked by coming and leaving.
            if request.is_empty() {
                continue;
            }
            asked.push(request);
            match answers.next() {
                Some(answer) => stream.write_all(answer.as_bytes()).unwrap(),
                None => break,
            }
            if answers.len() == 0 {
                break;
            }
        }
        asked
    });
    let ran = machine.offhook(words);
    (ran, behind.join().unwrap(), machine)
}

/// The whole request, whose length stands in its head.
fn request(stream: &mut impl Read) -> String {
    let (mut text, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut piece).unwrap_or_default();
        text.extend_from_slice(&piece[..read]);
        let all = String::from_utf8_lossy(&text).into_owned();
        let Some((head, body)) = all.split_once("\r\n\r\n") else {
            if read == 0 {
                return String::new();
            }
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if read == 0 || body.len() >= length.unwrap_or(0) {
            return all;
        }
    }
}

fn pieces(lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n{lines}")
}

fn problem(status: &str, version: &str, detail: &str) -> String {
    let body = format!("{{\"detail\": {detail:?}}}");
    format!(
        "HTTP/1.1 {status}\r\nOffhook-Version: {version}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn another_version_is_told_and_does_it_all_the_same() {
    let answer = pieces(&[
        r#"{"version":"9.9.9"}"#,
        r#"{"running":true}"#,
        r#"{"out":{"text":"done\n"}}"#,
        r#"{"ended":0}"#,
    ]);
    let (ran, asked, _) = answered(&[answer], "phone list");
    assert_eq!((ran.code, ran.out.as_str()), (0, "done\n"));
    assert!(
        ran.err.starts_with("note: the server at data/offhook.sock is offhook 9.9.9, and this is"),
        "{}",
        ran.err
    );
    assert!(asked[0].contains(r#""words":["phone","list"]"#), "{}", asked[0]);
}

#[test]
fn a_version_that_cannot_is_told() {
    let (ran, ..) =
        answered(&[problem("404 Not Found", "0.0.1", "there is nothing at this address")], "phone list");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("offhook 0.0.1") && ran.err.contains("--direct"), "{}", ran.err);
    let (ran, ..) =
        answered(&[problem("422 Unprocessable Entity", "0.0.1", "unrecognized subcommand")], "phone list");
    assert!(ran.code == 2 && ran.err.contains("said: unrecognized subcommand"), "{}", ran.err);
}

#[test]
fn a_server_that_ends_in_the_middle_is_told() {
    for (answer, why) in [
        (pieces(&[r#"{"version":"x"}"#, r#"{"out":{"text":"half"}}"#]), "nobody knows"),
        (pieces(&["what?"]), "does not understand"),
        (pieces(&[r#"{"out":{"hex":"zz"}}"#]), "hexadecimal"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_owned(), "broke off"),
        ("SSH-2.0-x\r\n".to_owned(), "cannot ask"),
        (problem("503 Service Unavailable", "x", "it cannot be done now"), "it cannot be done now"),
    ] {
        let (ran, ..) = answered(std::slice::from_ref(&answer), "phone list");
        assert!(ran.code == 1 && ran.err.contains(why), "{answer}: {} {}", ran.code, ran.err);
    }
}

#[test]
fn a_server_gets_no_file_that_nobody_named_and_writes_none() {
    let wants = |what: &str| pieces(&[&format!(r#"{{"wants":{what}}}"#)]);
    for what in [
        r#"{"file":"secret"}"#,
        r#"{"file":"-"}"#,
        r#"{"password":{"written":"@secret","what_for":"a test"}}"#,
        r#"{"password":{"written":"@-","what_for":"a test"}}"#,
    ] {
        let (ran, asked, _) = answered(&[wants(what)], "phone list");
        assert!(ran.code == 1 && ran.err.contains("which nobody named"), "{what}: {}", ran.err);
        assert!(!asked.concat().contains("nobody's business"));
    }
    for path in ["secret", "new", "../new", "/tmp/offhook-was-here", ".profile"] {
        let file =
            format!(r#"{{"file":{{"path":"{path}","bytes":{{"text":"x"}},"private":false,"fresh":false}}}}"#);
        let (ran, _, machine) =
            answered(&[pieces(&[&file, r#"{"ended":0}"#])], "phone export --output out.csv");
        assert!(ran.code == 1 && ran.err.contains("nothing was written"), "{path}: {}", ran.err);
        assert_eq!(machine.get("secret"), b"nobody's business\n");
        assert!(!machine.path("new").exists());
    }
    let again = wants(r#"{"file":"table.csv"}"#);
    let (ran, asked, _) = answered(&[again.clone(), again], "phone import table.csv");
    assert!(ran.code == 1 && ran.err.contains("again and again"), "{}", ran.err);
    assert!(asked.len() == 2 && asked[1].contains("No such file"), "{asked:?}");
}
