//! The real program on a machine of its own, and virtual phones that boot from it.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Output, Stdio};

use serde_json::Value;
use virtual_phone::boot::{Flash, Over, Phone};
use virtual_phone::mac::Mac;
use virtual_phone::models;
use virtual_phone::network::Network;
use virtual_phone::report::Report;

use crate::machine::Machine;
use crate::machine::serving::{ALL, Serving, listen, until};
pub(crate) use crate::machine::serving::{PATIENCE, now, runtime};

pub(crate) const ONE: Mac = Mac::new([2, 0, 0, 0, 0, 1]);

/// A machine on which the program serves.
pub(crate) struct Site {
    serving: Option<Serving>,
    machine: Machine,
}

impl Site {
    /// `settings` are further sections of the configuration; `before` are commands that run before it serves.
    pub(crate) fn new(settings: &str, before: &[&str]) -> Self {
        let machine = Machine::empty();
        machine.put("offhook.toml", format!("{settings}\n{}", listen(&ALL)));
        before.iter().for_each(|words| drop(machine.ok(words)));
        Self { serving: Some(Serving::on(&machine)), machine }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.machine.path(name)
    }

    /// Puts a file into the document root.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        self.machine.put(&format!("data/tftpboot/{name}"), bytes);
    }

    fn serving(&self) -> &Serving {
        self.serving.as_ref().expect("it was not stopped")
    }

    /// Stops it softly and waits for its end.
    pub(crate) fn stop(&mut self) {
        self.serving.take().into_iter().for_each(Serving::stop);
    }

    /// The server's process.
    pub(crate) fn process(&self) -> u32 {
        self.serving().process()
    }

    /// Runs a command, split at spaces.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.machine.program().args(words.split(' ')).stdin(Stdio::null()).output().unwrap()
    }

    /// The same; it must be content.
    pub(crate) fn ok(&self, words: &str) -> String {
        self.machine.ok(words)
    }

    pub(crate) fn json(&self, words: &str) -> Value {
        let ran = self.machine.offhook(&format!("{words} --json"));
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.err))
    }

    /// The verdict on a phone, once it is that: events take a moment to be written down.
    pub(crate) fn verdict(&self, mac: Mac, expected: &str) -> Value {
        let why = || self.json(&format!("phone why SEP{mac}"));
        until(expected, why, |why| why["verdict"] == expected)
    }

    /// Every event of a phone, once there are so many.
    pub(crate) fn events(&self, mac: Mac, least: usize) -> Vec<Value> {
        let events = || -> Vec<Value> {
            let timeline = self.json(&format!("phone timeline SEP{mac} --boots 100"));
            let boots = timeline["boots"].as_array().unwrap();
            boots.iter().flat_map(|boot| boot["events"].as_array().unwrap().clone()).collect()
        };
        until(&format!("{least} events"), events, |events| events.len() >= least)
    }

    pub(crate) fn port(&self, listener: &str) -> u16 {
        self.serving().port(listener)
    }

    /// One request and the whole answer.
    pub(crate) fn get(&self, listener: &str, target: &str, from: Option<IpAddr>) -> String {
        let runtime = runtime();
        let mut stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            if let Some(from) = from {
                socket.bind(SocketAddr::new(from, 0)).unwrap();
            }
            let to = SocketAddr::from(([127, 0, 0, 1], self.port(listener)));
            socket.connect(to).await.unwrap().into_std().unwrap()
        });
        stream.set_nonblocking(false).unwrap();
        ask(&mut stream, target)
    }

    /// The body of an answer.
    pub(crate) fn fetch(&self, listener: &str, target: &str) -> Vec<u8> {
        let (status, body) = self.serving().fetch(listener, target);
        assert_eq!(status, 200, "{target}");
        body
    }

    pub(crate) fn metrics(&self) -> String {
        self.get("admin", "/metrics", None)
    }

    pub(crate) fn network(&self) -> Network {
        self.serving().network()
    }

    /// Boots a phone of that model over its own roads.
    pub(crate) fn boot(&self, model: &str, mac: Mac) -> Report {
        self.boot_with(model, mac, Over::AsPhone, Flash::default()).0
    }

    pub(crate) fn boot_with(&self, model: &str, mac: Mac, over: Over, flash: Flash) -> (Report, Flash) {
        let phone = Phone { over, ..Phone::new(models::find(model).unwrap(), mac, now()) };
        self.serving().boot(phone, flash)
    }
}

fn ask(stream: &mut TcpStream, target: &str) -> String {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The name of each event, over what it came and how it ended.
pub(crate) fn shown(events: &[Value]) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let one = |event: &Value| {
        let name = text(&event["name"]);
        (name.trim_start_matches('/').to_owned(), text(&event["via"]), text(&event["outcome"]))
    };
    events.iter().map(one).collect()
}
