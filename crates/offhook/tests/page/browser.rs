//! Chromium without a screen, driven over the WebDriver protocol: JSON over HTTP, of which these tests need a dozen calls.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(90);
/// What WebDriver calls an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
pub(crate) const ENTER: &str = "\u{e007}";
pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ALT: &str = "\u{e00a}";
pub(crate) const UP: &str = "\u{e013}";

/// One browser with a profile of its own.
pub(crate) struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
}

/// Something on a page.
#[derive(Clone, Debug)]
pub(crate) struct Element(String);

impl Browser {
    /// A window of that size.
    pub(crate) async fn open(width: u32, height: u32) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed by `scripts/need test`");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok()
        });
        // Whoever stops reading would have it stopped by its own words.
        std::thread::spawn(move || lines.for_each(drop));
        let address = SocketAddr::from(([127, 0, 0, 1], port.expect("it says its port")));
        let mut browser = Self { driver, address, session: String::new() };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ];
        let wanted =
            json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": { "args": arguments } } } });
        let begun = browser.ask("POST", "/session", &wanted).await;
        browser.session = format!("/session/{}", begun["sessionId"].as_str().unwrap());
        browser.size(width, height).await;
        browser
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        match self.try_ask(method, path, body).await {
            Ok(value) => value,
            Err(problem) => panic!("{method} {path}: {problem}"),
        }
    }

    async fn try_ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        let exchange = async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            // It keeps the connection whatever it is asked.
            let mut bytes = Vec::new();
            while !whole(&bytes) && stream.read_buf(&mut bytes).await.unwrap() > 0 {}
            bytes
        };
        let bytes = tokio::time::timeout(PATIENCE, exchange).await.unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut answer: Value = serde_json::from_str(body).unwrap_or_default();
        let value = answer["value"].take();
        if head.starts_with("HTTP/1.1 200") { Ok(value) } else { Err(value["message"].clone()) }
    }

    async fn post(&self, what: &str, body: Value) -> Value {
        self.ask("POST", &format!("{}{what}", self.session), &body).await
    }

    /// A command of the developers' tools.
    async fn tool(&self, command: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    pub(crate) async fn size(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tool("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    pub(crate) async fn dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        // Nothing moves, so that a picture shows what stays.
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.tool("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Pages run no script of theirs from now on.
    pub(crate) async fn without_script(&self) {
        self.tool("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    pub(crate) async fn go(&self, address: &str) {
        self.post("/url", json!({ "url": address })).await;
    }

    pub(crate) async fn path(&self) -> String {
        let url = self.ask("GET", &format!("{}/url", self.session), &Value::Null).await;
        let url = url.as_str().unwrap().to_owned();
        let behind = url.split_once("://").map_or("", |(_, rest)| rest);
        behind.find('/').map_or("", |at| &behind[at..]).to_owned()
    }

    /// The first element that the selector finds, as soon as there is one.
    pub(crate) async fn find(&self, selector: &str) -> Element {
        let begun = Instant::now();
        loop {
            match self.try_find(selector).await {
                Some(found) => return found,
                None if begun.elapsed() < PATIENCE => tokio::task::yield_now().await,
                None => {
                    let page = self.run("return document.body.innerText").await;
                    panic!("there is no {selector} on {}: {page}", self.path().await)
                }
            }
        }
    }

    pub(crate) async fn try_find(&self, selector: &str) -> Option<Element> {
        let wanted = json!({ "using": "css selector", "value": selector });
        let found = self.try_ask("POST", &format!("{}/element", self.session), &wanted).await.ok()?;
        Some(Element(found[ELEMENT].as_str()?.to_owned()))
    }

    pub(crate) async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.post(&format!("/element/{}/click", element.0), json!({})).await;
    }

    /// Types into a field, which is emptied first.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.post(&format!("/element/{}/clear", element.0), json!({})).await;
        self.post(&format!("/element/{}/value", element.0), json!({ "text": text })).await;
    }

    /// Chooses in a list what stands there for people.
    pub(crate) async fn fill_choice(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.post(&format!("/element/{}/value", element.0), json!({ "text": text })).await;
    }

    /// Presses keys where the focus is, all held until the last.
    pub(crate) async fn press(&self, keys: &[&str]) {
        let mut actions: Vec<Value> =
            keys.iter().map(|key| json!({ "type": "keyDown", "value": key })).collect();
        actions.extend(keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key })));
        self.post("/actions", json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }))
            .await;
    }

    pub(crate) async fn text(&self, selector: &str) -> String {
        let begun = Instant::now();
        loop {
            let element = self.find(selector).await;
            let path = format!("{}/element/{}/text", self.session, element.0);
            match self.try_ask("GET", &path, &Value::Null).await {
                Ok(text) => return text.as_str().unwrap_or_default().to_owned(),
                // The page gave way to the next one in between.
                Err(problem) if problem.to_string().contains("stale element") => {
                    assert!(begun.elapsed() < PATIENCE, "{selector}: {problem}");
                }
                Err(problem) => panic!("{selector}: {problem}"),
            }
        }
    }

    /// Runs the tests' own script in the page and gives what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// Waits until the script gives true.
    pub(crate) async fn until(&self, script: &str) {
        let begun = Instant::now();
        while self.run(script).await != json!(true) {
            assert!(begun.elapsed() < PATIENCE, "{script} stays untrue: {}", self.text("body").await);
            tokio::task::yield_now().await;
        }
    }

    /// The window as a picture in PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let taken = self.ask("GET", &format!("{}/screenshot", self.session), &Value::Null).await;
        decode(taken.as_str().unwrap())
    }
}

/// Whether an answer is there to its last byte.
fn whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| answer.len() >= end + 4 + length)
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends the browser with itself when it is told to; there is nobody left to wait for an answer.
        if let Ok(mut stream) = std::net::TcpStream::connect(self.address) {
            use std::io::{Read, Write};
            let request = format!(
                "DELETE {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
                self.session, self.address
            );
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ = stream.write_all(request.as_bytes());
            let mut answer = [0; 4096];
            let _ = stream.read(&mut answer);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Base 64 as WebDriver writes it.
fn decode(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits =
            four.iter().fold(0_u32, |bits, c| bits << 6 | u32::from(digit(*c))) << (6 * (4 - four.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}
