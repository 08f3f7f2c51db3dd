//! The fields of a phone as columns of a table: their names, and the other names people give them.

mod aliases;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use crate::catalogue::{self, nearest};
use crate::inventory::Name;
use aliases::{EXTRAS, LINE, NOT_OF_A_LINE, OF_KEYS, OF_LINES, ONE_LINE, PHONE};

/// More keys than any phone has with all its modules.
const MOST_KEYS: u16 = 999;

/// Something that a file can say about a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// `mac`: which phone.
    Mac,
    /// `model`.
    Model,
    /// `description`.
    Description,
    /// `site`.
    Site,
    /// `profile`.
    Profile,
    /// `state`.
    State,
    /// `notes`.
    Notes,
    /// `line2`: the line on key 2.
    Line(u16),
    /// `label2`: a setting of the line on key 2.
    LineSetting(u16, Name),
    /// `key3`: what key 3 does.
    Key(u16),
    /// `key3_line`: the line it belongs to, for an intercom.
    KeyLine(u16),
    /// `key3_number`: what the key needs, or what this phone wants otherwise than the line says.
    KeySetting(u16, Name),
    /// `speed_dial1`: a key behind the lines, wherever that is.
    Extra(Extra, u16),
    /// `speed_dial1_label`.
    ExtraLabel(Extra, u16),
    /// `web_access`: a setting of the phone. One of lines is called `lines_max_calls` and holds for all of them.
    Setting(Name),
    /// `overrides`, as JSON.
    Overrides,
}

/// Keys that bulk tools count by themselves, without saying on which button they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Extra {
    SpeedDial,
    Blf,
}

/// No field has that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no field is called {name:?}{}", nearest.as_ref().map(|name| format!("; perhaps {name}")).unwrap_or_default())]
pub struct UnknownField {
    /// As it was written.
    pub name: String,
    /// The field most like it.
    pub nearest: Option<String>,
}

/// The keys of the catalogue, by their letters and digits alone.
static KEYS: LazyLock<HashMap<String, Name>> = LazyLock::new(|| {
    let all = catalogue::settings().iter().chain(catalogue::own_settings());
    let keys = all.filter_map(|setting| setting.key);
    keys.filter_map(|key| Some((letters(key), Name::new(key).ok()?))).collect()
});

impl Field {
    /// Reads the head of a column, forgiving case, spaces and the names that other tools use.
    pub fn read(head: &str) -> Result<Self, UnknownField> {
        Self::known(head).ok_or_else(|| UnknownField {
            name: head.chars().take(60).collect(),
            nearest: like(&letters(head)),
        })
    }

    /// As [`Field::read`], without looking for a name that might have been meant.
    pub(super) fn known(head: &str) -> Option<Self> {
        let name = letters(head);
        phone_field(&name)
            .or_else(|| setting(head.trim(), &name))
            .or_else(|| of_all_lines(&name))
            .or_else(|| key_field(&name))
            .or_else(|| line_field(&name))
            .or_else(|| extra(&name))
    }

    /// Nobody may see it.
    #[must_use]
    pub fn is_secret(self) -> bool {
        match self {
            Self::LineSetting(_, name) | Self::KeySetting(_, name) | Self::Setting(name) => {
                name.setting().is_secret()
            }
            _ => false,
        }
    }

    /// The button it is about.
    pub(super) fn button(self) -> Option<u16> {
        match self {
            Self::Line(n)
            | Self::LineSetting(n, _)
            | Self::Key(n)
            | Self::KeyLine(n)
            | Self::KeySetting(n, _) => Some(n),
            _ => None,
        }
    }

    /// Where it stands among the columns.
    fn order(self) -> (u8, u16, u8, Option<Name>) {
        match self {
            Self::Mac => (0, 0, 0, None),
            Self::Model => (1, 0, 0, None),
            Self::Description => (2, 0, 0, None),
            Self::Site => (3, 0, 0, None),
            Self::Profile => (4, 0, 0, None),
            Self::State => (5, 0, 0, None),
            Self::Notes => (6, 0, 0, None),
            Self::Line(n) => (7, n, 0, None),
            Self::Key(n) => (7, n, 1, None),
            Self::KeyLine(n) => (7, n, 2, None),
            Self::LineSetting(n, name) => (7, n, usual(name), Some(name)),
            Self::KeySetting(n, name) => (7, n, 10 + usual(name), Some(name)),
            Self::Extra(kind, n) => (8, n, 2 * kind as u8, None),
            Self::ExtraLabel(kind, n) => (8, n, 2 * kind as u8 + 1, None),
            Self::Setting(name) => (9, 0, 0, Some(name)),
            Self::Overrides => (10, 0, 0, None),
        }
    }
}

/// What everybody fills in comes first.
fn usual(name: Name) -> u8 {
    let first = ["number", "label", "display_name", "auth_name", "auth_password"];
    let place = first.iter().position(|key| *key == name.key()).unwrap_or(first.len());
    3 + u8::try_from(place).unwrap_or(u8::MAX - 20)
}

fn phone_field(name: &str) -> Option<Field> {
    PHONE.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
}

/// A key of the catalogue, with or without the number behind the dot.
fn setting(head: &str, name: &str) -> Option<Field> {
    if let Some((key, place)) = head.rsplit_once('.') {
        let name: Name = format!("{}.{place}", KEYS.get(&letters(key))?.key()).parse().ok()?;
        return Some(Field::Setting(name));
    }
    if let Some(place) = name.strip_prefix("module").and_then(number) {
        return Some(Field::Setting(Name::new("module_type").ok()?.at(u8::try_from(place).ok()?)));
    }
    let name = *KEYS.get(name)?;
    if ONE_LINE.contains(&name.key()) {
        return Some(Field::LineSetting(1, name));
    }
    (!NOT_OF_A_LINE.contains(&name.key())).then_some(Field::Setting(name))
}

/// `lines_max_calls`.
fn of_all_lines(name: &str) -> Option<Field> {
    let name = *KEYS.get(name.strip_prefix("lines")?)?;
    name.is_of_a_line().then_some(Field::Setting(name))
}

/// `key3`, `key3_number`.
fn key_field(name: &str) -> Option<Field> {
    let rest = name.strip_prefix("key").or_else(|| name.strip_prefix("button"))?;
    let (n, part) = leading(rest)?;
    match part {
        "" | "feature" | "type" => Some(Field::Key(n)),
        "line" => Some(Field::KeyLine(n)),
        part => Some(Field::KeySetting(n, of_a_line(part, &OF_KEYS)?)),
    }
}

/// `line2`, `label2`, `line2_label`, `Directory Number 2`.
fn line_field(name: &str) -> Option<Field> {
    if let Some((n, part)) = name.strip_prefix("line").and_then(leading)
        && !part.is_empty()
    {
        if LINE.contains(&part) && part != "number" {
            return Some(Field::Line(n));
        }
        return Some(Field::LineSetting(n, of_a_line(part, &[])?));
    }
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let n = if stem.len() == name.len() { 1 } else { number(&name[stem.len()..])? };
    if LINE.contains(&stem) {
        return Some(Field::Line(n));
    }
    let setting = of_a_line(stem, &[])?;
    (!NOT_OF_A_LINE.contains(&setting.key())).then_some(Field::LineSetting(n, setting))
}

/// `Speed Dial Number 1`, `speed_dial1_label`, `Busy Lamp Field Label 1`.
fn extra(name: &str) -> Option<Field> {
    let known = |stem: &str| EXTRAS.iter().find(|(known, _)| *known == stem).map(|(_, kind)| *kind);
    if let Some(front) = name.strip_suffix("label") {
        let stem = front.trim_end_matches(|c: char| c.is_ascii_digit());
        return Some(Field::ExtraLabel(known(stem)?, number(&front[stem.len()..])?));
    }
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let n = number(&name[stem.len()..])?;
    match stem.strip_suffix("label") {
        Some(stem) => Some(Field::ExtraLabel(known(stem)?, n)),
        None => Some(Field::Extra(known(stem)?, n)),
    }
}

fn of_a_line(part: &str, also: &[(&str, &str)]) -> Option<Name> {
    let alias = also.iter().chain(&OF_LINES).find(|(known, _)| *known == part);
    let name = match alias {
        Some((_, key)) => Name::new(key).ok()?,
        None => *KEYS.get(part)?,
    };
    name.is_of_a_line().then_some(name)
}

/// Letters and digits, small.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn number(digits: &str) -> Option<u16> {
    digits.parse().ok().filter(|n| (1..=MOST_KEYS).contains(n) && !digits.starts_with('0'))
}

/// A number and what follows it.
fn leading(text: &str) -> Option<(u16, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((number(&text[..end])?, &text[end..]))
}

/// The field whose name is most like that one; its number is kept.
fn like(name: &str) -> Option<String> {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &name[stem.len()..];
    let numbered =
        ["line", "label", "display", "auth_name", "password", "key", "module", "speed_dial", "blf"];
    let plain = PHONE.iter().map(|(name, _)| *name).chain(KEYS.values().map(|name| name.key()));
    if digits.is_empty() {
        return nearest(stem, plain.chain(numbered)).map(str::to_owned);
    }
    match nearest(stem, numbered) {
        Some(name) => Some(format!("{name}{digits}")),
        None => nearest(name, plain).map(str::to_owned),
    }
}

impl fmt::Display for Field {
    /// The name that export writes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mac => f.write_str("mac"),
            Self::Model => f.write_str("model"),
            Self::Description => f.write_str("description"),
            Self::Site => f.write_str("site"),
            Self::Profile => f.write_str("profile"),
            Self::State => f.write_str("state"),
            Self::Notes => f.write_str("notes"),
            Self::Line(n) => write!(f, "line{n}"),
            Self::LineSetting(n, name) => match name.key() {
                "label" => write!(f, "label{n}"),
                "display_name" => write!(f, "display{n}"),
                "auth_name" => write!(f, "auth_name{n}"),
                "auth_password" => write!(f, "password{n}"),
                key => write!(f, "line{n}_{key}"),
            },
            Self::Key(n) => write!(f, "key{n}"),
            Self::KeyLine(n) => write!(f, "key{n}_line"),
            Self::KeySetting(n, name) => write!(f, "key{n}_{}", name.key()),
            Self::Extra(Extra::SpeedDial, n) => write!(f, "speed_dial{n}"),
            Self::Extra(Extra::Blf, n) => write!(f, "blf{n}"),
            Self::ExtraLabel(Extra::SpeedDial, n) => write!(f, "speed_dial{n}_label"),
            Self::ExtraLabel(Extra::Blf, n) => write!(f, "blf{n}_label"),
            Self::Setting(name) if name.is_of_a_line() => write!(f, "lines_{name}"),
            Self::Setting(name) if name.key() == "module_type" => write!(f, "module{}", name.place()),
            Self::Setting(name) => write!(f, "{name}"),
            Self::Overrides => f.write_str("overrides"),
        }
    }
}

impl Ord for Field {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Field {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn shown(head: &str) -> String {
        Field::read(head).map_or_else(|error| error.to_string(), |field| field.to_string())
    }

    #[test]
    fn names_that_people_know_are_read() {
        for (head, field) in [
            ("MAC Address", "mac"),
            ("Device Name", "mac"),
            ("device_type", "model"),
            ("Directory Number 1", "line1"),
            ("Line 2", "line2"),
            ("Extension", "line1"),
            ("Line Text Label 1", "label1"),
            ("line1_label", "label1"),
            ("Line 1 Display Name", "display1"),
            ("Display 1", "display1"),
            ("display_name2", "display2"),
            ("SECRET1", "password1"),
            ("Password", "password1"),
            ("auth_name1", "auth_name1"),
            ("Max Calls 2", "line2_max_calls"),
            ("max_calls", "lines_max_calls"),
            ("lines_label", "lines_label"),
            ("Time Zone", "time_zone"),
            ("SIP server.2", "sip_server.2"),
            ("sip_server", "sip_server"),
            ("vpn_url_1", "vpn_url_1"),
            ("module2", "module2"),
            ("Key 3", "key3"),
            ("key3_number", "key3_number"),
            ("Key 3 Label", "key3_label"),
            ("button4_target", "key4_number"),
            ("key5_line", "key5_line"),
            ("Speed Dial Number 1", "speed_dial1"),
            ("Speed Dial Label 1", "speed_dial1_label"),
            ("Busy Lamp Field Directory Number 2", "blf2"),
            ("blf2_label", "blf2_label"),
            ("user_id", "user_id"),
        ] {
            assert_eq!(shown(head), field, "{head}");
        }
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        assert_eq!(shown("lable3"), "no field is called \"lable3\"; perhaps label3");
        assert_eq!(shown("web_acess"), "no field is called \"web_acess\"; perhaps web_access");
        assert_eq!(shown("descripton"), "no field is called \"descripton\"; perhaps description");
        for head in ["", "key", "key0", "key1000", "line0", "zzz", "module0", "module300", "web_access.2"] {
            assert!(Field::read(head).is_err(), "{head}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let all = || catalogue::settings().iter().chain(catalogue::own_settings());
        let names = || all().filter_map(|setting| Name::new(setting.key?).ok());
        let mut all = vec![Field::Line(7), Field::Key(7), Field::KeyLine(7), Field::Overrides];
        all.extend(PHONE.map(|(_, field)| field));
        for name in names() {
            all.push(Field::Setting(name));
            if name.is_of_a_line() {
                all.push(Field::LineSetting(12, name));
                all.extend((name.key() != "feature").then_some(Field::KeySetting(12, name)));
            } else if name.setting().path.contains("[]") {
                all.push(Field::Setting(name.at(3)));
            }
        }
        for kind in [Extra::SpeedDial, Extra::Blf] {
            all.extend([Field::Extra(kind, 2), Field::ExtraLabel(kind, 2)]);
        }
        for field in all {
            assert_eq!(Field::read(&field.to_string()).unwrap(), field, "{field}");
        }
    }
}
