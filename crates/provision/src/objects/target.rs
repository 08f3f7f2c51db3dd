//! Where a key or an item leads: an address on a server, or something the phone does by itself.

use std::fmt;

use super::{Kind, ObjectError};

/// A checked target. It is one of the forms phones know; whether a certain phone knows it is asked when it is put into
/// an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target(String);

/// What a phone's own soft keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those on the phone")]
pub enum Action {
    Back,
    Cancel,
    Exit,
    Next,
    Search,
    Select,
    Submit,
    Update,
    Dial,
    EditDial,
    Backspace,
}

/// What `Init:` begins anew or closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Application {
    CallHistory,
    Services,
    Messages,
    Directories,
    AppStatus,
}

/// The longest address phones are documented to take in a configuration; one more in an Execute item.
pub const LONGEST: usize = 255;

impl Target {
    /// An absolute `http` or `https` address: phones do not follow relative ones.
    ///
    /// # Errors
    /// When it is relative, too long, or holds what no address may.
    pub fn url(text: impl Into<String>) -> Result<Self, ObjectError> {
        let text = text.into();
        match is_url(&text) {
            _ if text.len() > LONGEST => Err(ObjectError::TargetTooLong(text.len())),
            true => Ok(Self(text)),
            false => Err(ObjectError::Target(text)),
        }
    }

    /// Any target, as people write it.
    ///
    /// # Errors
    /// When it is none that phones know.
    pub fn parse(text: &str) -> Result<Self, ObjectError> {
        if text.starts_with("http:") || text.starts_with("https:") {
            return Self::url(text);
        }
        if text.len() > LONGEST {
            return Err(ObjectError::TargetTooLong(text.len()));
        }
        let known = text.split_once(':').is_some_and(|(scheme, rest)| is_known(scheme, rest));
        if known { Ok(Self(text.to_owned())) } else { Err(ObjectError::Target(text.to_owned())) }
    }

    /// Calls a number.
    ///
    /// # Errors
    /// When nothing of it can be dialled.
    pub fn dial(number: &str) -> Result<Self, ObjectError> {
        Self::parse(&format!("Dial:{}", dialable(number)))
    }

    /// Lets the user change a number, then calls it.
    ///
    /// # Errors
    /// When nothing of it can be dialled.
    pub fn edit_dial(number: &str) -> Result<Self, ObjectError> {
        Self::parse(&format!("EditDial:{}", dialable(number)))
    }

    /// Presses a key.
    ///
    /// # Errors
    /// When it has no such name.
    pub fn key(name: &str) -> Result<Self, ObjectError> {
        Self::parse(&format!("Key:{name}"))
    }

    /// Adds a parameter to the address of the item, or of the soft key, that it is used with.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn parameter(name: &str, value: &str) -> Result<Self, ObjectError> {
        Self::parse(&format!(
            "QueryStringParam:{}={}",
            super::base::escaped(name),
            super::base::escaped(value)
        ))
    }

    /// What the phone's own soft key does.
    #[must_use]
    pub fn soft_key(action: Action) -> Self {
        Self(format!("SoftKey:{action}"))
    }

    /// Begins an application anew, or closes it.
    #[must_use]
    pub fn init(application: Application) -> Self {
        Self(format!("Init:{application:?}"))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an address on a server.
    #[must_use]
    pub fn is_url(&self) -> bool {
        self.0.starts_with("http")
    }

    /// The word before the first colon; `http` for both kinds of address.
    #[must_use]
    pub fn scheme(&self) -> &str {
        if self.is_url() { "http" } else { self.0.split(':').next().unwrap_or_default() }
    }

    /// The key it presses, if it presses one: `Soft1`.
    #[must_use]
    pub fn key_name(&self) -> Option<&str> {
        self.0.strip_prefix("Key:")
    }

    /// The action of a soft key, if it is one.
    #[must_use]
    pub fn action(&self) -> Option<Action> {
        Action::ALL.into_iter().find(|action| self.0.strip_prefix("SoftKey:") == Some(action.name()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Action {
    const ALL: [Self; 11] = [
        Self::Back,
        Self::Cancel,
        Self::Exit,
        Self::Next,
        Self::Search,
        Self::Select,
        Self::Submit,
        Self::Update,
        Self::Dial,
        Self::EditDial,
        Self::Backspace,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Back => "Back",
            Self::Cancel => "Cancel",
            Self::Exit => "Exit",
            Self::Next => "Next",
            Self::Search => "Search",
            Self::Select => "Select",
            Self::Submit => "Submit",
            Self::Update => "Update",
            Self::Dial => "Dial",
            Self::EditDial => "EditDial",
            Self::Backspace => "<<",
        }
    }

    /// Whether an object of this kind has a soft key that does it.
    #[must_use]
    pub fn belongs_to(self, kind: Kind) -> bool {
        use Action::{Back, Backspace, Cancel, Dial, EditDial, Exit, Next, Search, Select, Submit, Update};
        match kind {
            Kind::Menu | Kind::IconMenu | Kind::IconFileMenu => matches!(self, Select | Exit | Back | Next),
            Kind::Text | Kind::Image | Kind::ImageFile | Kind::GraphicMenu | Kind::GraphicFileMenu => {
                matches!(self, Update | Exit | Back | Next)
            }
            Kind::Input => matches!(self, Submit | Backspace | Cancel | Back | Search),
            Kind::Directory => matches!(self, Dial | EditDial | Cancel | Next | Back),
            Kind::Status | Kind::StatusFile | Kind::Execute => false,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The part of a telephone number that phones dial: people write spaces, brackets and slashes, too.
#[must_use]
pub fn dialable(number: &str) -> String {
    let number = number.trim();
    // `+49 (0)30 …`: the zero is for callers from within the country.
    let number = if number.starts_with('+') { number.replacen("(0)", "", 1) } else { number.to_owned() };
    number
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '*' | '#' | ',' | '@' | '_' | '-' | '.'))
        // A number with an address in it is one; without, dots and dashes are for the eye.
        .filter(|c| number.contains('@') || !matches!(c, '-' | '.' | '_'))
        .collect()
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '\\' | '`');
    rest.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[') && rest.chars().all(fits)
    })
}

fn is_known(scheme: &str, rest: &str) -> bool {
    let mut parts = rest.split(':');
    let mut part = || parts.next().unwrap_or_default();
    match scheme {
        "Dial" => is_number(part()),
        "EditDial" => is_number(rest),
        "SendDigits" => {
            part().chars().all(|c| c.is_ascii_digit() || matches!(c, '#' | '*' | 'A'..='D' | ','))
                && !rest.is_empty()
        }
        "Key" => is_key(rest),
        "SoftKey" => Action::ALL.iter().any(|action| action.name() == rest),
        "Init" => matches!(rest, "CallHistory" | "Services" | "Messages" | "Directories" | "AppStatus"),
        "Display" => matches!(part(), "On" | "Off" | "Default") && is_within(part(), 0, 1440),
        "Play" => is_word(rest),
        "RTPRx" | "RTPTx" if rest == "Stop" => true,
        "RTPRx" | "RTPTx" | "RTPMRx" | "RTPMTx" => {
            let (address, port, volume) = (part(), part(), part());
            let even = port.parse::<u16>().is_ok_and(|port| port % 2 == 0);
            address.parse::<std::net::Ipv4Addr>().is_ok()
                && (port.is_empty() || (even && is_within(port, 20480, 32768)))
                && (volume.is_empty() || is_within(volume, 0, 100))
        }
        "Vibrate" => [part(), part(), part()].iter().all(|time| is_within(time, 0, 65536)),
        "Device" => matches!(rest, "Unlock" | "GeneratePRT" | "PRTStatus"),
        "Notify" => matches!(part(), "http" | "https") && is_word(part()) && is_within(part(), 1, 65535),
        "App" => matches!(part(), "RequestFocus" | "ReleaseFocus" | "Minimize" | "Close"),
        "QueryStringParam" => {
            rest.split_once('=').is_some_and(|(name, _)| is_word(name)) && !rest.contains(' ')
        }
        _ => false,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '*' | '#' | ',' | '@' | '_' | '-' | '.'))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '&'))
}

fn is_within(text: &str, least: u32, most: u32) -> bool {
    text.parse::<u32>().is_ok_and(|number| (least..=most).contains(&number))
}

fn is_key(name: &str) -> bool {
    const PLAIN: [&str; 29] = [
        "Applications",
        "AppMenu",
        "Contacts",
        "Directories",
        "Headset",
        "Hold",
        "Info",
        "KemPage",
        "KeyPadPound",
        "KeyPadStar",
        "Messages",
        "Mute",
        "NavUp",
        "NavDwn",
        "NavLeft",
        "NavRight",
        "NavSelect",
        "NavBack",
        "PTT",
        "Release",
        "Services",
        "Settings",
        "Speaker",
        "VolUp",
        "VolDwn",
        "VolDown",
        "FixedFeature1",
        "FixedFeature2",
        "FixedFeature3",
    ];
    let counted =
        [("KeyPad", 0, 9), ("Line", 1, 120), ("Feature", 1, 120), ("Session", 1, 6), ("Soft", 1, 5)];
    PLAIN.contains(&name)
        || counted.into_iter().any(|(start, least, most)| {
            let number = name.strip_prefix(start).unwrap_or_default();
            (number == "0" || !number.starts_with('0')) && is_within(number, least, most)
        })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_phones_know_is_taken() {
        for text in [
            "http://192.0.2.5:6972/services?a=1&b=2",
            "https://[2001:db8::5]:6973/",
            "Dial:4930123456",
            "Dial:*8500,,12",
            "Dial:100:1:app",
            "EditDial:+4930",
            "SendDigits:12#:1::app",
            "Key:Soft5",
            "Key:KeyPad0",
            "Key:NavUp",
            "SoftKey:<<",
            "SoftKey:Exit",
            "Init:Directories",
            "Display:Off:60",
            "Play:Ring1.raw",
            "Play:Stop",
            "RTPRx:192.0.2.1:20480:50",
            "RTPMTx:239.0.0.1:20480",
            "RTPRx:Stop",
            "Vibrate:500:500:3",
            "Device:Unlock",
            "Notify:http:192.0.2.1:80:path",
            "App:Close:1:60:app",
            "QueryStringParam:a=b",
        ] {
            assert_eq!(Target::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_phones_do_not_know_is_refused() {
        for text in [
            "",
            "/services",
            "services.xml",
            "ftp://x/",
            "http://",
            "http:///x",
            "http://a b/",
            "http://x/\"",
            "http://x/ü",
            "javascript:x",
            "Dial:",
            "Dial:1 2",
            "Key:Soft6",
            "Key:Soft05",
            "Key:KeyPad10",
            "Key:",
            "Key:Line0",
            "SoftKey:Fly",
            "Init:services",
            "Display:Dim:1",
            "Display:On:1441",
            "RTPRx:192.0.2.1:20481",
            "RTPRx:example.net:20480",
            "Vibrate:1:2",
            "Device:Erase",
            "QueryStringParam:a",
            "Notify:ftp:h:1:p",
        ] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
        let long = format!("http://x/{}", "a".repeat(LONGEST));
        assert_eq!(Target::url(long.clone()), Err(ObjectError::TargetTooLong(long.len())));
    }

    #[test]
    fn numbers_are_dialled_as_people_write_them() {
        for (written, dialled) in [
            ("+49 (0)30 / 1234-56", "+4930123456"),
            ("(030) 12 34", "0301234"),
            ("*8500", "*8500"),
            ("anna.b@example.net", "anna.b@example.net"),
        ] {
            assert_eq!(Target::dial(written).unwrap().as_str(), format!("Dial:{dialled}"));
        }
        assert!(Target::dial(" - ").is_err());
    }

    #[test]
    fn parameters_are_escaped() {
        assert_eq!(Target::parameter("q", "a b&c").unwrap().as_str(), "QueryStringParam:q=a%20b%26c");
    }
}
