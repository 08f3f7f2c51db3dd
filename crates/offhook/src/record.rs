//! The one line and the counters that every request leaves behind.
//!
//! A line says who asked for what, over what, what they got and how long it took. Nothing is formatted, and nothing
//! allocated, when the level is off.

pub mod repeats;
pub mod tvs;

use std::fmt::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use tracing::Level;

use crate::artifact::Transport;
use crate::metrics::Metrics;

/// The target of all request lines, so that a filter can name them: `offhook::request=debug`.
pub const TARGET: &str = "offhook::request";

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The whole file, or the asked range of it, was sent.
    Sent,
    /// The peer has it already (HTTP 304).
    Unchanged,
    /// There is none, and that is normal; phones go on without it.
    NormalMiss,
    /// There is none, and the phone will miss it.
    Missing,
    /// It was not allowed: a name that leaves the root, a write, a method we do not serve.
    Refused,
    /// The peer went away or stood still before the last byte.
    Cut,
    /// offhook failed: a disk, a key.
    Failed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Sent,
        Self::Unchanged,
        Self::NormalMiss,
        Self::Missing,
        Self::Refused,
        Self::Cut,
        Self::Failed,
    ];

    /// As written in metrics and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Unchanged => "unchanged",
            Self::NormalMiss => "normal_miss",
            Self::Missing => "missing",
            Self::Refused => "refused",
            Self::Cut => "cut",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A request that has ended.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// How it came.
    pub transport: Transport,
    /// Who asked.
    pub peer: SocketAddr,
    /// The name as asked, before anything was done to it.
    pub file: &'a [u8],
    /// How it ended.
    pub outcome: Outcome,
    /// Why, when it did not end well.
    pub reason: Option<&'a dyn fmt::Display>,
    /// Bytes of file content sent.
    pub bytes: u64,
    /// From the request to the last byte.
    pub took: Duration,
}

/// Counts the request and writes its line: misses of a phone at `warn`, our own failures at `error`, the rest,
/// normal misses among them, at `info`.
pub fn request(metrics: &Metrics, request: &Request<'_>) {
    let counted = metrics.transport(request.transport);
    counted.outcome(request.outcome).inc();
    metrics.files.count(request.transport, request.file, request.outcome);
    if request.bytes > 0 {
        counted.bytes.inc_by(request.bytes);
    }
    counted.seconds.observe(request.took.as_secs_f64());

    macro_rules! line {
        ($level:expr, $text:literal) => {
            if tracing::enabled!(target: TARGET, $level) {
                tracing::event!(
                    target: TARGET,
                    $level,
                    phone = phone(request.file),
                    file = %Printable(request.file),
                    peer = %Peer(request.peer),
                    transport = transport(request.transport),
                    outcome = request.outcome.as_str(),
                    reason = request.reason.map(tracing::field::display),
                    bytes = request.bytes,
                    ms = milliseconds(request.took),
                    $text
                );
            }
        };
    }
    match request.outcome {
        Outcome::Sent => line!(Level::INFO, "sent"),
        Outcome::Unchanged => line!(Level::INFO, "unchanged"),
        Outcome::NormalMiss => line!(Level::INFO, "normal: there is none"),
        Outcome::Missing => line!(Level::WARN, "missing"),
        Outcome::Refused => line!(Level::WARN, "refused"),
        Outcome::Cut => line!(Level::WARN, "cut short"),
        Outcome::Failed => line!(Level::ERROR, "failed"),
    }
}

fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Tftp => "tftp",
        Transport::Http => "http",
        Transport::Https => "https",
    }
}

/// Milliseconds with three decimals at most: enough for a warm file, readable for a firmware image.
fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e6).round() / 1e3
}

/// The device a name belongs to, as phones write it: `SEP` and twelve hexadecimal digits.
pub fn phone(file: &[u8]) -> Option<&str> {
    const PREFIX: &[u8] = b"SEP";
    const LENGTH: usize = PREFIX.len() + 12;
    file.windows(LENGTH)
        .find(|part| {
            part[..PREFIX.len()].eq_ignore_ascii_case(PREFIX)
                && part[PREFIX.len()..].iter().all(u8::is_ascii_hexdigit)
        })
        .and_then(|part| std::str::from_utf8(part).ok())
}

/// A name from a peer, made safe for a line: control characters are escaped, and a long one is cut.
pub struct Printable<'a>(pub &'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Longer than any name a phone asks for; a peer must not fill the disk with one line.
        const LONGEST: usize = 200;
        let shown = &self.0[..self.0.len().min(LONGEST)];
        for chunk in shown.utf8_chunks() {
            for char in chunk.valid().chars() {
                if char.is_control() || is_layout(char) {
                    write!(f, "{}", char.escape_unicode())?
                } else {
                    f.write_char(char)?
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        if shown.len() < self.0.len() { write!(f, "… ({} bytes)", self.0.len()) } else { Ok(()) }
    }
}

/// Characters that are no control characters but reorder or break a line all the same.
fn is_layout(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// An address as people write it: IPv4 peers of a dual-stack socket without the mapped prefix.
pub struct Peer(pub SocketAddr);

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.0.ip().to_canonical(), self.0.port()).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    fn lines(filter: &str, asked: &Request<'_>) -> String {
        #[derive(Clone, Default)]
        struct Sink(Arc<Mutex<Vec<u8>>>);
        impl io::Write for Sink {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .without_time()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || request(&Metrics::new(), asked));
        let bytes = sink.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn asked(outcome: Outcome) -> Request<'static> {
        Request {
            transport: Transport::Http,
            peer: "[::ffff:10.0.0.9]:51000".parse().unwrap(),
            file: b"SEP001122AABBCC.cnf.xml",
            outcome,
            reason: None,
            bytes: 13_000,
            took: Duration::from_micros(1234),
        }
    }

    #[test]
    fn a_line_says_who_what_how_and_how_long() {
        insta::assert_snapshot!(lines("info", &asked(Outcome::Sent)), @r#" INFO offhook::request: sent phone="SEP001122AABBCC" file=SEP001122AABBCC.cnf.xml peer=10.0.0.9:51000 transport="http" outcome="sent" bytes=13000 ms=1.234"#);
        let missing = Request {
            reason: Some(&"no such file"),
            bytes: 0,
            file: b"dialplan.xml",
            ..asked(Outcome::Missing)
        };
        insta::assert_snapshot!(lines("info", &missing), @r#" WARN offhook::request: missing file=dialplan.xml peer=10.0.0.9:51000 transport="http" outcome="missing" reason=no such file bytes=0 ms=1.234"#);
    }

    #[test]
    fn normal_misses_stay_out_of_the_way() {
        assert_eq!(lines("warn", &asked(Outcome::NormalMiss)), "");
        assert!(lines("info", &asked(Outcome::NormalMiss)).contains("normal"));
    }

    #[test]
    fn every_request_is_counted() {
        let metrics = Metrics::new();
        request(&metrics, &asked(Outcome::Sent));
        request(&metrics, &Request { bytes: 0, ..asked(Outcome::NormalMiss) });
        let http = metrics.transport(Transport::Http);
        assert_eq!(http.outcome(Outcome::Sent).get(), 1);
        assert_eq!(http.outcome(Outcome::NormalMiss).get(), 1);
        assert_eq!(http.bytes.get(), 13_000);
    }

    #[test]
    fn a_peer_cannot_forge_a_line() {
        let shown = Printable(b"a\r\nINFO forged\x1b[2J\xff\xe2\x80\xae\xc3\xbc.xml").to_string();
        assert_eq!(shown, "a\\u{d}\\u{a}INFO forged\\u{1b}[2J\\xff\\u{202e}ü.xml");
        assert_eq!(Printable(&[b'a'; 4096]).to_string().len(), 200 + "… (4096 bytes)".len());
    }

    #[test]
    fn the_phone_is_read_from_the_name() {
        assert_eq!(phone(b"CTLSEP001122AABBCC.tlv"), Some("SEP001122AABBCC"));
        assert_eq!(phone(b"/sep001122aabbcc.cnf.xml.sgn"), Some("sep001122aabbcc"));
        assert_eq!(phone(b"SEP001122AABBC.cnf.xml"), None);
        assert_eq!(phone(b"Ringlist.xml"), None);
    }
}
