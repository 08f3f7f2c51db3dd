//! What decides how an object is built: the family of the phone that asks, and the characters it can read.

use std::sync::LazyLock;

use super::charset::Charset;
use super::{Kind, ObjectError, Target};
use crate::catalogue::{Row, Table};

/// The phone an object is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Phone {
    /// What it knows.
    pub family: Family,
    /// What it reads.
    pub charset: Charset,
}

/// Phones that know the same objects and URIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// 6901 to 6961.
    S6900,
    /// 7906, 7911, 7931: text only.
    S7900Text,
    /// 7940, 7960.
    S7940,
    /// 7941 to 7975.
    S7900,
    /// 8961, 9951, 9971; 8941 and 8945 are counted here.
    S9900,
    /// 7811 to 7861, 7832.
    S7800,
    /// 8811 to 8865.
    S8800,
    /// The conference phone of 2017.
    S8832,
    /// The older conference phone.
    S8831,
    /// The wireless phone.
    S8821,
    /// Nobody said.
    Other,
}

impl Family {
    /// All of them, in the order of the table's columns.
    pub const ALL: [Self; 11] = [
        Self::S6900,
        Self::S7900Text,
        Self::S7940,
        Self::S7900,
        Self::S9900,
        Self::S7800,
        Self::S8800,
        Self::S8832,
        Self::S8831,
        Self::S8821,
        Self::Other,
    ];

    /// The family of a model by the name it gives itself: `CP-7942G`, `8851NR`.
    #[must_use]
    pub fn of(model: &str) -> Self {
        let name = model.get(..3).filter(|start| start.eq_ignore_ascii_case("CP-"));
        let name = name.map_or(model, |start| &model[start.len()..]);
        let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
        match (digits.as_str(), digits.get(..2)) {
            (_, _) if digits.len() != 4 => Self::Other,
            ("7906" | "7911" | "7931", _) => Self::S7900Text,
            ("7940" | "7960", _) => Self::S7940,
            ("8832", _) => Self::S8832,
            ("8831", _) => Self::S8831,
            ("8821", _) => Self::S8821,
            (_, Some("69")) => Self::S6900,
            (_, Some("79")) => Self::S7900,
            (_, Some("89" | "99")) => Self::S9900,
            (_, Some("78")) => Self::S7800,
            (_, Some("88")) => Self::S8800,
            _ => Self::Other,
        }
    }

    /// Whether it is of the 7900 series, whose keys stand in another order.
    #[must_use]
    pub fn is_7900(self) -> bool {
        matches!(self, Self::S7900Text | Self::S7940 | Self::S7900)
    }

    fn column(self) -> &'static str {
        match self {
            Self::S6900 => "6900",
            Self::S7900Text => "7900t",
            Self::S7940 => "7940",
            Self::S7900 => "7900",
            Self::S9900 => "9900",
            Self::S7800 => "7800",
            Self::S8800 => "8800",
            Self::S8832 => "8832",
            Self::S8831 => "8831",
            Self::S8821 => "8821",
            Self::Other => "other",
        }
    }
}

/// One row of `objects.tsv`: a name, and which families know it.
struct Known {
    name: &'static str,
    by: [bool; Family::ALL.len()],
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let row = |row: Row<'_>| Known {
        name: row.get("name"),
        by: Family::ALL.map(|family| row.get(family.column()) == "y"),
    };
    Table::parse(include_str!("../../catalogue/objects.tsv")).rows().map(row).collect()
});

impl Phone {
    /// A phone of this model that reads UTF-8; for tests and for pages nobody asked for yet.
    #[must_use]
    pub fn of(model: &str) -> Self {
        Self { family: Family::of(model), charset: Charset::Utf8 }
    }

    /// Whether it shows objects of this kind.
    #[must_use]
    pub fn shows(self, kind: Kind) -> bool {
        self.knows(kind.element())
    }

    /// Whether `Input` may be sent with POST.
    #[must_use]
    pub fn posts(self) -> bool {
        self.knows("post")
    }

    /// Whether it follows this target.
    #[must_use]
    pub fn follows(self, target: &Target) -> bool {
        self.knows(target.scheme()) && target.key_name().is_none_or(|key| self.has_key(key))
    }

    /// Whether it has a key of that name; a row without its number speaks for all of them.
    fn has_key(self, key: &str) -> bool {
        let name = key.trim_end_matches(|c: char| c.is_ascii_digit());
        let known = KNOWN.iter().find(|known| known.name.strip_prefix("Key:") == Some(name));
        known.is_none_or(|known| known.by[self.family as usize])
    }

    pub(super) fn must_show(self, kind: Kind) -> Result<(), ObjectError> {
        if self.shows(kind) { Ok(()) } else { Err(ObjectError::NotShown { kind, family: self.family }) }
    }

    pub(super) fn must_follow(self, target: &Target) -> Result<(), ObjectError> {
        let refused = || ObjectError::NotFollowed { target: target.to_string(), family: self.family };
        if self.follows(target) { Ok(()) } else { Err(refused()) }
    }

    fn knows(self, name: &str) -> bool {
        let known = KNOWN.iter().find(|known| known.name == name);
        known.is_some_and(|known| known.by[self.family as usize])
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::S6900 => "the 6900 series",
            Self::S7900Text => "the 7906, 7911 and 7931",
            Self::S7940 => "the 7940 and 7960",
            Self::S7900 => "the 7900 series",
            Self::S9900 => "the 8900 and 9900 series",
            Self::S7800 => "the 7800 series",
            Self::S8800 => "the 8800 series",
            Self::S8832 => "the 8832",
            Self::S8831 => "the 8831",
            Self::S8821 => "the 8821",
            Self::Other => "a phone that does not say its model",
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn models_find_their_family() {
        for (model, family) in [
            ("CP-7942G", Family::S7900),
            ("cp-7911g", Family::S7900Text),
            ("CP-7960", Family::S7940),
            ("7821", Family::S7800),
            ("CP-7832", Family::S7800),
            ("CP-8851NR", Family::S8800),
            ("CP-8832NR", Family::S8832),
            ("CP-8831", Family::S8831),
            ("CP-8821-EX", Family::S8821),
            ("CP-8945", Family::S9900),
            ("CP-9971", Family::S9900),
            ("CP-6941", Family::S6900),
            ("CP-", Family::Other),
            ("CP-99", Family::Other),
            ("CP-88451", Family::Other),
            ("ü8845", Family::Other),
            ("", Family::Other),
        ] {
            assert_eq!(Family::of(model), family, "{model}");
        }
        for model in crate::models::all() {
            assert_ne!(Family::of(model.name), Family::Other, "{}", model.name);
        }
    }

    #[test]
    fn every_object_and_scheme_has_its_row() {
        for kind in Kind::ALL {
            assert!(KNOWN.iter().any(|known| known.name == kind.element()), "{kind:?}");
        }
        for (place, family) in Family::ALL.into_iter().enumerate() {
            assert_eq!(family as usize, place);
        }
        let images = |model| Phone::of(model).shows(Kind::Image);
        assert!(images("7942") && images("8845") && !images("7821") && !images("8831") && !images("?"));
        assert!(Phone::of("7821").posts() && !Phone::of("8821").posts());
        let has = |model, key: &str| Phone::of(model).follows(&Target::key(key).unwrap());
        assert!(
            has("8845", "Session6")
                && !has("7821", "Session1")
                && has("7821", "Info")
                && !has("8845", "Info")
        );
        assert!(has("8821", "PTT") && !has("8845", "PTT") && has("8832", "KeyPad0") && !has("8831", "Mute"));
        assert!(has("9951", "NavBack") && !has("9951", "Settings") && has("?", "Soft1"));
    }
}
