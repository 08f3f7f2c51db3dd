//! Who asks: what a phone says of itself in the headers and parameters of a request, read whatever bytes they are.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::charset::Charset;
use super::phone::{Family, Phone};
use crate::mac::Mac;

/// What is known about whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// What decides how objects are built.
    pub phone: Phone,
    /// As it calls itself: `CP-8845`.
    pub model: Option<String>,
    /// Its area for services.
    pub display: Option<Display>,
    /// As it calls it: `en_US`, `germany`.
    pub language: Option<String>,
    /// Which phone it says it is.
    pub device: Option<Mac>,
    /// All parameters of the query.
    pub parameters: Parameters,
}

/// The area for services: `298, 144, 3, G`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Display {
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
    /// Bits of a pixel.
    pub depth: u8,
    /// Whether it has colours.
    pub colour: bool,
}

/// Parameters of a query or of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

/// No form of ours has more than a handful; whoever sends more is no phone.
const MOST_PARAMETERS: usize = 64;
/// Longer than anything a user types on a keypad.
const LONGEST_VALUE: usize = 1024;
/// Longer than the names of models and languages.
const LONGEST_NAME: usize = 40;

impl Asker {
    /// Reads headers (names in any case) and the query, the part of the target after `?`.
    #[must_use]
    pub fn parse<'a>(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>, query: &[u8]) -> Self {
        let (mut model, mut display, mut accept, mut language, mut allegro) = (None, None, None, None, false);
        for (name, value) in headers {
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
            if is("x-CiscoIPPhoneModelName") {
                model = word(value);
            } else if is("x-CiscoIPPhoneDisplay") {
                display = Display::parse(value);
            } else if is("accept-charset") {
                accept = Some(String::from_utf8_lossy(value).into_owned());
            } else if is("accept-language") {
                language = word(value.split(|byte| matches!(byte, b',' | b';')).next().unwrap_or_default());
            } else if is("user-agent") {
                allegro = value.starts_with(b"Allegro");
                model = model.or_else(|| model_in(value));
            }
        }
        let parameters = Parameters::parse(query);
        let family = model.as_deref().map_or(Family::Other, Family::of);
        // The web client of the 7900 series, before it says its model.
        let family = if family == Family::Other && allegro { Family::S7900Text } else { family };
        let charset = match accept {
            Some(list) => Charset::accepted(&list),
            // A phone that lists none takes its locale's; whoever is no phone takes UTF-8.
            None if family == Family::Other => Charset::Utf8,
            None => Charset::Latin1,
        };
        let locale = parameters.get("locale").and_then(|locale| word(locale.as_bytes()));
        let device =
            ["name", "devicename", "device"].iter().find_map(|name| parameters.get(name)?.parse().ok());
        Self {
            phone: Phone { family, charset },
            model,
            display,
            language: locale.or(language),
            device,
            parameters,
        }
    }
}

/// A short, printable word.
fn word(value: &[u8]) -> Option<String> {
    let value = std::str::from_utf8(value).ok()?.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/');
    (!value.is_empty() && value.len() <= LONGEST_NAME && value.chars().all(fits)).then(|| value.to_owned())
}

/// `Cisco-CP8851/14.2.1` and the like.
fn model_in(agent: &[u8]) -> Option<String> {
    let agent = std::str::from_utf8(agent).ok()?;
    let rest = agent.split("CP").nth(1)?.trim_start_matches('-');
    let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).take(LONGEST_NAME).collect();
    (Family::of(&name) != Family::Other).then(|| format!("CP-{name}"))
}

impl Display {
    fn parse(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let mut parts = text.split(',').map(str::trim);
        let display = Self {
            width: parts.next()?.parse().ok()?,
            height: parts.next()?.parse().ok()?,
            depth: parts.next()?.parse().ok()?,
            colour: parts.next()?.eq_ignore_ascii_case("C"),
        };
        // Sizes that no phone has would only cost us memory.
        let fits = (1..=2048).contains(&display.width) && (1..=2048).contains(&display.height);
        (fits && (1..=32).contains(&display.depth)).then_some(display)
    }
}

impl Parameters {
    /// Reads `a=b&c=d`, percent-encoded as UTF-8 or, as old phones do it, as ISO-8859-1.
    #[must_use]
    pub fn parse(query: &[u8]) -> Self {
        let pairs = query.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).take(MOST_PARAMETERS);
        let pair = |pair: &[u8]| {
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            (decoded(&pair[..at]), decoded(pair.get(at + 1..).unwrap_or_default()))
        };
        Self(pairs.map(pair).collect())
    }

    /// The value of a parameter; the last one counts, because phones append theirs.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn decoded(bytes: &[u8]) -> String {
    let plain: Vec<u8> =
        bytes.iter().take(LONGEST_VALUE).map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let bytes: Cow<'_, [u8]> = percent_decode(&plain).into();
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    text.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn asker(headers: &[(&str, &str)], query: &str) -> Asker {
        Asker::parse(headers.iter().map(|(name, value)| (*name, value.as_bytes())), query.as_bytes())
    }

    #[test]
    fn a_7942_as_it_was_seen() {
        let asker = asker(
            &[
                ("User-Agent", "Allegro-Software-WebClient/4.34"),
                ("Accept", "x-CiscoIPPhone/*, text/*,image/png,*/*"),
                ("Accept-Language", "en_US"),
                ("Accept-Charset", "iso-8859-1,utf-8;q=0.8"),
                ("x-CiscoIPPhoneModelName", "CP-7942G"),
                ("x-CiscoIPPhoneDisplay", "298,144,3,G"),
            ],
            "locale=germany&name=SEP002155D64F77",
        );
        assert_eq!(asker.phone, Phone { family: Family::S7900, charset: Charset::Utf8 });
        assert_eq!(asker.display, Some(Display { width: 298, height: 144, depth: 3, colour: false }));
        assert_eq!((asker.language.as_deref(), asker.model.as_deref()), (Some("germany"), Some("CP-7942G")));
        assert_eq!(asker.device.unwrap().device_name(), "SEP002155D64F77");
    }

    #[test]
    fn others_say_less() {
        let old =
            asker(&[("USER-AGENT", "Allegro-Software-WebClient/3.12"), ("accept-charset", "iso-8859-1")], "");
        assert_eq!(old.phone, Phone { family: Family::S7900Text, charset: Charset::Latin1 });
        let sip = asker(&[("User-Agent", "Cisco-CP8851/14.2")], "name=SEP00&devicename=sep001122aabbcc");
        assert_eq!((sip.phone.family, sip.phone.charset), (Family::S8800, Charset::Latin1));
        assert_eq!(
            sip.device.unwrap().device_name(),
            "SEP001122AABBCC",
            "a name that is none is passed over"
        );
        let browser = asker(&[("User-Agent", "Mozilla/5.0"), ("Accept-Language", "de-DE,de;q=0.9")], "q");
        assert_eq!(browser.phone, Phone { family: Family::Other, charset: Charset::Utf8 });
        assert_eq!((browser.language.as_deref(), browser.parameters.get("Q")), (Some("de-DE"), Some("")));
    }

    #[test]
    fn parameters_are_read_in_both_encodings() {
        let parameters = Parameters::parse(b"q=M%FCller&q2=M%C3%BCller&x=a+b%0A&&=&page=1&page=2");
        assert_eq!(parameters.get("q"), Some("Müller"));
        assert_eq!(parameters.get("q2"), Some("Müller"));
        assert_eq!(parameters.get("x"), Some("a b"));
        assert_eq!(parameters.get("page"), Some("2"));
        assert_eq!(parameters.get("none"), None);
        let many = "a=1&".repeat(100_000);
        assert_eq!(Parameters::parse(many.as_bytes()).iter().count(), MOST_PARAMETERS);
        assert!(
            Parameters::parse("a".repeat(1 << 20).as_bytes())
                .iter()
                .all(|(name, _)| name.len() <= LONGEST_VALUE)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_borne(
            headers in prop::collection::vec((any::<String>(), any::<Vec<u8>>()), 0..5),
            value: Vec<u8>,
            query: Vec<u8>,
        ) {
            let known = ["x-CiscoIPPhoneModelName", "x-CiscoIPPhoneDisplay", "Accept-Charset", "Accept-Language", "User-Agent"];
            let mut all: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
            all.extend(known.map(|name| (name, value.as_slice())));
            let asker = Asker::parse(all, &query);
            prop_assert!(asker.parameters.iter().all(|(_, value)| !value.contains(char::is_control)));
        }
    }
}
