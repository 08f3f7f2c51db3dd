//! What may be written as a value, and how it is read.

use std::net::SocketAddr;
use std::time;

use ipnet::IpNet;
use provision::models;
use tracing_subscriber::EnvFilter;

use super::database::Database;
use super::menu_line::MenuLine;
use super::range::Range;
use crate::asterisk::Address;
use crate::listener::access;

/// What may be written for a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text; "" means none.
    Text,
    /// A file or directory.
    Path,
    /// The URL of a database.
    Database,
    /// Numbers for lines; "" means none.
    Range,
    /// A model of phone; "" means none.
    Model,
    /// A name or an address; "" means none.
    HostName,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number {
        /// The least allowed.
        least: u64,
        /// The most allowed.
        most: u64,
    },
    /// A length of time.
    Duration {
        /// The shortest allowed, in milliseconds.
        least: u64,
    },
    /// A number of bytes.
    Size,
    /// Where to listen.
    Addresses,
    /// Who is let in.
    Networks,
    /// Lines of the services menu.
    Menu,
    /// Names, in a list.
    Names,
    /// Where an Asterisk is; "" means none.
    Asterisk,
    /// Text that nobody is told; "" means none.
    Secret,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Which log lines.
    Filter,
}

/// A value before anybody looked at what it should be: TOML's, or a piece of text from the environment.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// Text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// `true` or `false`.
    Flag(bool),
    /// A list.
    List(Vec<Raw>),
    /// Something no setting takes.
    Other(String),
}

/// A value that was read as its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// None was given.
    Nothing,
    /// Text, path, name, word or filter.
    Text(String),
    /// `true` or `false`.
    Flag(bool),
    /// A number, or a number of bytes.
    Number(u64),
    /// A length of time.
    Duration(time::Duration),
    /// Where to listen; empty means nowhere.
    Addresses(Vec<SocketAddr>),
    /// Who is let in.
    Networks(Vec<IpNet>),
    /// Lines, each of which can be read as its kind.
    Lines(Vec<String>),
}

/// Longer than a name can be in the DNS.
const LONGEST_NAME: usize = 253;
/// No deadline needs to be longer; it keeps sums of times far from overflow.
const LONGEST: time::Duration = time::Duration::from_secs(86_400);

impl Kind {
    /// Reads a value; `None` if it is not of this kind.
    #[must_use]
    pub fn read(self, raw: &Raw) -> Option<Value> {
        match (self, raw) {
            (Self::Text | Self::HostName | Self::Asterisk | Self::Secret, Raw::Text(text))
                if text.is_empty() =>
            {
                Some(Value::Nothing)
            }
            (Self::Asterisk, Raw::Text(text)) => {
                text.parse::<Address>().ok().map(|_| Value::Text(text.clone()))
            }
            (Self::Path | Self::Text | Self::Secret, Raw::Text(text)) => line(text).map(Value::Text),
            (Self::Range | Self::Model, Raw::Text(text)) if text.is_empty() => Some(Value::Nothing),
            (Self::Range, Raw::Text(text)) => text.parse::<Range>().ok().map(|_| Value::Text(text.clone())),
            (Self::Model, Raw::Text(text)) => models::find(text).map(|_| Value::Text(text.clone())),
            (Self::Database, Raw::Text(text)) => Database::read(text).map(|_| Value::Text(text.clone())),
            (Self::HostName, Raw::Text(text)) => host_name(text).map(Value::Text),
            (Self::OneOf(words), Raw::Text(text)) => {
                words.contains(&text.as_str()).then(|| Value::Text(text.clone()))
            }
            (Self::Filter, Raw::Text(text)) => {
                EnvFilter::try_new(text).is_ok().then(|| Value::Text(text.clone()))
            }
            (Self::Flag, Raw::Flag(flag)) => Some(Value::Flag(*flag)),
            (Self::Number { least, most }, Raw::Whole(number)) => {
                let number = u64::try_from(*number).ok()?;
                (least..=most).contains(&number).then_some(Value::Number(number))
            }
            (Self::Duration { least }, _) => {
                let long_enough = |d: &time::Duration| *d >= time::Duration::from_millis(least);
                duration(raw).filter(long_enough).map(Value::Duration)
            }
            (Self::Size, _) => size(raw).map(Value::Number),
            (Self::Addresses, _) => list(raw, |text| text.parse().ok()).map(Value::Addresses),
            (Self::Networks, _) => list(raw, access::network).map(Value::Networks),
            (Self::Menu, _) => list(raw, menu_line).map(Value::Lines),
            (Self::Names, _) => list(raw, line).map(Value::Lines),
            _ => None,
        }
    }

    /// The value that a piece of text means, where nothing but text can be written.
    #[must_use]
    pub fn from_text(self, text: &str) -> Raw {
        let whole = || text.trim().parse().ok().map(Raw::Whole);
        let part = |part: &str| Raw::Text(part.trim().to_owned());
        let guess = match self {
            Self::Flag => text.trim().parse().ok().map(Raw::Flag),
            Self::Number { .. } | Self::Duration { .. } | Self::Size => whole(),
            Self::Addresses | Self::Networks | Self::Menu | Self::Names if text.contains(',') => {
                Some(Raw::List(text.split(',').map(part).collect()))
            }
            _ => None,
        };
        guess.unwrap_or_else(|| Raw::Text(text.to_owned()))
    }

    /// Whether a value may hold a password, which no error tells.
    #[must_use]
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Database | Self::Secret)
    }

    /// What may be written, for an error and for the documentation.
    #[must_use]
    pub fn allowed(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Range => "two numbers of the same length, such as \"2000-2999\"".to_owned(),
            Self::Model => "a model that `offhook catalogue models` lists, such as \"8845\"".to_owned(),
            Self::Database => "sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME".to_owned(),
            Self::HostName => "a host name or an address".to_owned(),
            Self::Asterisk => "ami://HOST:5038 or http://HOST:8088/mxml".to_owned(),
            Self::Secret => "text in one line".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Number { least, most } => format!("a whole number from {least} to {most}"),
            Self::Duration { least } => {
                format!("a time from {least}ms to one day, such as \"500ms\", \"10s\" or \"2m\"")
            }
            Self::Size => "a number of bytes, such as \"64 MiB\"".to_owned(),
            Self::Addresses => {
                "an address with a port, such as \"[::]:6970\" or \"192.0.2.1:6970\", a list of them, or \"\" for none"
                    .to_owned()
            }
            Self::Networks => {
                "a network or an address, such as \"10.0.0.0/8\" or \"2001:db8::1\", or a list of them".to_owned()
            }
            Self::Menu => {
                "lines such as \"Help = /information\", \"Weather = http://weather.example.net/menu.xml\" or \"Reception = Dial:100\""
                    .to_owned()
            }
            Self::Names => "a name, or a list of names".to_owned(),
            Self::OneOf(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
                quoted.join(" or ")
            }
            Self::Filter => {
                "a level (error, warn, info, debug, trace, off) or a list such as \"warn,offhook::request=info\""
                    .to_owned()
            }
        }
    }
}

fn menu_line(text: &str) -> Option<String> {
    text.parse::<MenuLine>().ok().map(|_| text.to_owned())
}

fn line(text: &str) -> Option<String> {
    (!text.is_empty() && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

fn host_name(text: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    (text.len() <= LONGEST_NAME && text.chars().all(fits)).then(|| text.to_owned())
}

fn duration(raw: &Raw) -> Option<time::Duration> {
    let (number, unit) = quantity(raw)?;
    let milliseconds = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let duration = time::Duration::from_millis(number.checked_mul(milliseconds)?);
    (duration <= LONGEST).then_some(duration)
}

fn size(raw: &Raw) -> Option<u64> {
    let (number, unit) = quantity(raw)?;
    let shift = match unit.to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return None,
    };
    number.checked_mul(1 << shift)
}

/// A number with a unit behind it, or a lone number.
fn quantity(raw: &Raw) -> Option<(u64, &str)> {
    match raw {
        Raw::Whole(number) => Some((u64::try_from(*number).ok()?, "")),
        Raw::Text(text) => {
            let text = text.trim();
            let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            let (number, unit) = text.split_at(digits);
            Some((number.parse().ok()?, unit.trim_start()))
        }
        _ => None,
    }
}

/// One text, or a list of them; an empty text is an empty list.
fn list<T>(raw: &Raw, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    match raw {
        Raw::Text(text) if text.trim().is_empty() => Some(Vec::new()),
        Raw::Text(text) => Some(vec![read(text.trim())?]),
        Raw::List(items) => items
            .iter()
            .map(|item| match item {
                Raw::Text(text) => read(text.trim()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kind: Kind, text: &str) -> Option<Value> {
        kind.read(&kind.from_text(text))
    }

    #[test]
    fn times_and_sizes_have_units() {
        let times =
            [("10s", 10_000), ("500ms", 500), ("2m", 120_000), ("1h", 3_600_000), ("7", 7000), ("0", 0)];
        let any = Kind::Duration { least: 0 };
        for (written, milliseconds) in times {
            let expected = Value::Duration(time::Duration::from_millis(milliseconds));
            assert_eq!(text(any, written), Some(expected), "{written}");
        }
        for written in ["", "s", "-1s", "10 years", "25h", "99999999999999999999s", "1.5s"] {
            assert_eq!(text(any, written), None, "{written}");
        }
        assert_eq!(text(Kind::Duration { least: 100 }, "99ms"), None);
        for (written, bytes) in
            [("256 MiB", 256 << 20), ("64M", 64 << 20), ("1 gb", 1 << 30), ("512", 512), ("0", 0)]
        {
            assert_eq!(text(Kind::Size, written), Some(Value::Number(bytes)), "{written}");
        }
        assert_eq!(text(Kind::Size, "99999999999999 GiB"), None);
        assert_eq!(text(Kind::Size, "5 apples"), None);
    }

    #[test]
    fn lists_may_be_lone_empty_or_long() {
        let addresses = |written| match text(Kind::Addresses, written) {
            Some(Value::Addresses(list)) => Some(list.len()),
            _ => None,
        };
        assert_eq!(addresses("[::]:69"), Some(1));
        assert_eq!(addresses("192.0.2.1:69, [2001:db8::1]:69"), Some(2));
        assert_eq!(addresses(""), Some(0));
        assert_eq!(addresses("69"), None);
        assert_eq!(addresses("localhost:69"), None);
        assert!(Kind::Networks.read(&Raw::List(vec![Raw::Text("10.0.0.0/8".to_owned())])).is_some());
        assert!(Kind::Networks.read(&Raw::List(vec![Raw::Whole(10)])).is_none());
    }

    #[test]
    fn words_and_numbers_are_kept_to_what_is_allowed() {
        let onboarding = Kind::OneOf(&["reject", "park"]);
        assert!(text(onboarding, "park").is_some());
        assert!(text(onboarding, "Park").is_none());
        let number = Kind::Number { least: 1, most: 9 };
        assert!(text(number, "9").is_some());
        assert!(text(number, "10").is_none());
        assert!(text(number, "-1").is_none());
        assert!(text(Kind::Flag, "true").is_some());
        assert!(text(Kind::Flag, "maybe").is_none());
        assert!(text(Kind::HostName, "provision.example.net").is_some());
        assert!(text(Kind::HostName, "http://x/").is_none());
        assert!(text(Kind::Filter, "warn,offhook::request=info").is_some());
        assert!(text(Kind::Filter, "offhook=loud").is_none());
    }
}
