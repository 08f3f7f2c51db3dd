//! A real Asterisk for a test.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses what it needs")]

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use offhook::asterisk::{Account, Asterisk};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use wire::ami::Action;

/// An Asterisk with an address of its own; killed when it goes.
pub struct Pbx {
    pub address: String,
    process: Child,
}

impl Pbx {
    /// `number` tells those of one test apart; the process tells the tests apart.
    pub fn start(number: u8) -> Self {
        let [.., high, low] = std::process::id().to_be_bytes();
        let address = format!("127.{}.{high}.{low}", 77 + number);
        Self { process: Self::run(&address), address }
    }

    /// Starts it again where it was.
    pub fn again(&mut self) {
        self.process = Self::run(&self.address);
    }

    fn run(address: &str) -> Child {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/asterisk");
        let mut command = Command::new(script);
        command.args(["run", address]).stdin(Stdio::null()).spawn().unwrap()
    }

    /// Ends it as hard as can be.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// The way to it.
    pub fn over(&self, scheme: &str, secret: &str) -> Asterisk {
        let port = if scheme == "ami" { 5038 } else { 8088 };
        Asterisk::open(account(&format!("{scheme}://{}:{port}", self.address), secret))
    }
}

impl Drop for Pbx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The account of the tests.
pub fn account(url: &str, secret: &str) -> Account {
    Account { address: url.parse().unwrap(), username: "offhook".into(), secret: secret.into() }
}

/// Asks again until the answer is as it must become: an Asterisk takes a moment to start, and a call to be parked.
pub async fn once<T, E: std::fmt::Debug>(
    ask: impl AsyncFn() -> Result<T, E>,
    good: impl Fn(&T) -> bool,
) -> T {
    for _ in 0..1000 {
        if let Ok(answer) = ask().await
            && good(&answer)
        {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never came to that: {:?}", ask().await.err());
}

/// Puts a call on a parking space, once there is a dial plan to do it.
pub async fn park(asterisk: &Asterisk) {
    let booted = Action::new("Command").with("Command", "core waitfullybooted");
    once(|| asterisk.ask(booted.clone()), |_| true).await;
    let call = Action::new("Originate")
        .with("Channel", "Local/park@default")
        .with("Application", "Wait")
        .with("Data", "60")
        .with("CallerID", "Kröger & Söhne <0211555>")
        .with("Async", "true");
    asterisk.ask(call).await.unwrap();
}

/// Something that speaks like the manager of an old Asterisk: what each action gets is given, by its name alone
/// or with its values behind it.
pub async fn recorded(answers: &'static [(&'static str, &'static str)]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                write.write_all(b"Asterisk Call Manager/1.1\r\n").await.unwrap();
                let (mut action, mut values, mut id) = (String::new(), String::new(), String::new());
                while let Ok(Some(line)) = lines.next_line().await {
                    if let Some(name) = line.strip_prefix("Action: ") {
                        action = name.to_owned();
                        values = name.to_owned();
                    } else if let Some(number) = line.strip_prefix("ActionID: ") {
                        id = number.to_owned();
                    } else if line.is_empty() {
                        let found = answers.iter().find(|(name, _)| *name == action || *name == values);
                        let answer = found.map_or(
                            "Response: Error\nActionID: ID\nMessage: Invalid/unknown command\n\n",
                            |(_, text)| text,
                        );
                        let answer = answer.replace("ID: ID", &format!("ID: {id}")).replace('\n', "\r\n");
                        write.write_all(answer.as_bytes()).await.unwrap();
                    } else if let Some((_, value)) = line.split_once(": ") {
                        values = format!("{values} {value}");
                    }
                }
            });
        }
    });
    address
}

/// Lets everybody in.
pub const LOGIN: (&str, &str) =
    ("Login", "Response: Success\nActionID: ID\nMessage: Authentication accepted\n\n");
