//! What may stand in an element, and the words people write instead: both ways, for every setting.

use super::setting::{Kind, Limits, Setting};
use super::{line_feature, zone_for, zone_named, zones};
use crate::article::A;
use crate::models::Model;

/// A code, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The word people would write for it.
    pub word: String,
    /// Whether anybody documents that code; otherwise it was only seen.
    pub documented: bool,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not one of the choices.
    #[error("allowed: {allowed}")]
    Unknown {
        /// The words, or the codes, between commas.
        allowed: String,
    },
    /// More characters, or fewer, than there may be.
    #[error("it has {length} characters, allowed are {} to {}", limits.0, limits.1)]
    Length {
        /// How many there are.
        length: usize,
        /// How many there may be.
        limits: (u32, u32),
        /// Whether anybody has proved the limit.
        sure: bool,
    },
    /// A number that is too small or too large.
    #[error("allowed: {} to {}", limits.0, limits.1)]
    Range {
        /// Smallest and largest.
        limits: (u32, u32),
        /// Whether anybody has proved the limit.
        sure: bool,
    },
    /// Not what is written in such a place.
    #[error("expected: {expected}")]
    Malformed {
        /// What is.
        expected: &'static str,
    },
    /// A time zone that phones do not know by that name.
    #[error("phones know no such time zone{}", nearest.map(|name| format!("; perhaps {name}")).unwrap_or_default())]
    Zone {
        /// A name they know.
        nearest: Option<&'static str>,
    },
}

/// Why a value cannot be rendered for a phone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// There is no such setting.
    #[error(transparent)]
    Key(#[from] super::UnknownKey),
    /// The model has no such setting.
    #[error("{} has no setting {key}; it is for {applies}", A(model))]
    Model {
        /// The setting.
        key: &'static str,
        /// The model.
        model: &'static str,
        /// The phones that have it.
        applies: String,
    },
    /// No model takes the value.
    #[error("{key} cannot be {value:?}; {problem}")]
    Any {
        /// The setting.
        key: &'static str,
        /// What was asked.
        value: String,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The model does not take the value.
    #[error("{key} of {} cannot be {value:?}; {problem}", A(model))]
    Value {
        /// The setting.
        key: &'static str,
        /// The model.
        model: &'static str,
        /// What was asked.
        value: String,
        /// What is wrong with it.
        problem: Problem,
    },
}

impl Setting {
    /// The code for a word (or a number, or a text) that a person wrote. `series` `None` takes what any series takes.
    pub fn code(&self, value: &str, series: Option<&str>) -> Result<String, Problem> {
        if let (true, Some(key)) = (self.is_own(), self.key) {
            crate::own::check(key, value)?;
        }
        match self.kind {
            Kind::Switch | Kind::Choice => self.word_to_code(value, series),
            Kind::List if !self.values.is_empty() => {
                let words = value.split([',', ' ']).filter(|word| !word.is_empty());
                let codes: Result<Vec<_>, _> = words.map(|word| self.word_to_code(word, series)).collect();
                Ok(codes?.join(","))
            }
            Kind::Zone => match zone_for(value) {
                Some(zone) => Ok(zone.name.to_owned()),
                None => self.plain(value).map(|()| value.to_owned()),
            },
            Kind::Feature => match line_feature(value) {
                Some(feature) => Ok(feature.id.to_string()),
                None => Err(Problem::Unknown { allowed: "the keys of `offhook catalogue keys`".to_owned() }),
            },
            _ => self.plain(value).map(|()| value.to_owned()),
        }
    }

    /// What a code means.
    pub fn word(&self, code: &str, series: Option<&str>) -> Result<Reading, Problem> {
        match self.kind {
            Kind::Switch | Kind::Choice => self.code_to_word(code, series),
            Kind::List if !self.values.is_empty() => {
                let codes = code.split(',').filter(|code| !code.is_empty());
                let words: Result<Vec<_>, _> = codes.map(|code| self.code_to_word(code, series)).collect();
                let words = words?;
                Ok(Reading {
                    documented: words.iter().all(|word| word.documented),
                    word: words.into_iter().map(|word| word.word).collect::<Vec<_>>().join(","),
                })
            }
            Kind::Feature => match line_feature(code).filter(|feature| feature.id.to_string() == code) {
                Some(feature) => Ok(Reading { word: feature.key.to_owned(), documented: true }),
                None => {
                    Err(Problem::Unknown { allowed: "the numbers of `offhook catalogue keys`".to_owned() })
                }
            },
            _ => self.plain(code).map(|()| Reading { word: code.to_owned(), documented: true }),
        }
    }

    /// The words for it in that series, in the order of the table.
    pub fn words(&self, series: Option<&str>) -> Vec<&'static str> {
        let mut words: Vec<_> =
            self.values_in(series).flat_map(|values| &values.words).map(|word| word.word).collect();
        let mut seen = std::collections::HashSet::new();
        words.retain(|word| seen.insert(*word));
        words
    }

    fn word_to_code(&self, value: &str, series: Option<&str>) -> Result<String, Problem> {
        let words = self.values_in(series).flat_map(|values| &values.words);
        let mut found = words.filter(|word| word.word.eq_ignore_ascii_case(value));
        match found.next() {
            Some(word) => Ok(word.codes[0].text.to_owned()),
            None => Err(Problem::Unknown { allowed: self.words(series).join(", ") }),
        }
    }

    fn code_to_word(&self, code: &str, series: Option<&str>) -> Result<Reading, Problem> {
        let words = || self.values_in(series).flat_map(|values| &values.words);
        let codes = words().flat_map(|word| word.codes.iter().map(move |code| (word, code)));
        let found = codes.filter(|(_, known)| known.text == code).min_by_key(|(_, known)| !known.documented);
        match found {
            Some((word, known)) => Ok(Reading { word: word.word.to_owned(), documented: known.documented }),
            None => {
                let documented =
                    |word: &super::Word| word.codes.iter().find(|code| code.documented).map(|code| code.text);
                let mut allowed: Vec<_> =
                    words().filter_map(|word| Some((documented(word)?, word.word))).collect();
                let mut seen = std::collections::HashSet::new();
                allowed.retain(|pair| seen.insert(*pair));
                let allowed: Vec<_> = allowed.iter().map(|(code, word)| format!("{code} ({word})")).collect();
                Err(Problem::Unknown { allowed: allowed.join(", ") })
            }
        }
    }

    /// Values that are written as they are.
    fn plain(&self, value: &str) -> Result<(), Problem> {
        if value.is_empty()
            && (self.default == Some("") || matches!(self.kind, Kind::Text | Kind::Url | Kind::List))
        {
            return Ok(());
        }
        let malformed = |expected| Err(Problem::Malformed { expected });
        match self.kind {
            Kind::Container => return malformed("elements, not a text"),
            Kind::Number => return self.number(value),
            Kind::Time | Kind::Duration if !is_clock(value) => return malformed("hours and minutes, HH:MM"),
            Kind::Date if !is_date_format(value) => {
                return malformed("D, M and Y in some order between / - or ., as M/D/YA");
            }
            Kind::Zone if zone_named(value).is_none() => {
                let names = zones().iter().map(|zone| zone.name);
                let nearest = zone_for(value).map(|zone| zone.name).or_else(|| super::nearest(value, names));
                return Err(Problem::Zone { nearest });
            }
            Kind::Url if !is_url(value) => {
                return malformed("http://… or https://…, or Application:Cisco/… in a menu");
            }
            _ if value.chars().any(|c| c.is_control()) => return malformed("a text of one line"),
            _ => {}
        }
        let length = value.chars().count();
        match self.limits {
            Limits::Length { least, most, sure } if length < least as usize || length > most as usize => {
                Err(Problem::Length { length, limits: (least, most), sure })
            }
            _ => Ok(()),
        }
    }

    fn number(&self, value: &str) -> Result<(), Problem> {
        let digits = !value.is_empty() && value.len() <= 9 && value.bytes().all(|byte| byte.is_ascii_digit());
        let Some(number) = value.parse::<u32>().ok().filter(|_| digits) else {
            return Err(Problem::Malformed { expected: "a whole number" });
        };
        match self.limits {
            Limits::Range { least, most, sure } if number < least || number > most => {
                Err(Problem::Range { limits: (least, most), sure })
            }
            _ => Ok(()),
        }
    }

    /// Narrower limits that only this model has.
    pub fn limits_of(&self, model: &Model) -> Limits {
        let range = |most: u16, sure| Limits::Range { least: 1, most: most.into(), sure };
        match self.path.rsplit('/').next() {
            Some("maxNumCalls" | "busyTrigger") => {
                model.max_calls.map_or(self.limits, |most| range(most, true))
            }
            Some("@button") => range(model.most_keys.value, model.most_keys.sure),
            _ => self.limits,
        }
    }
}

fn is_clock(value: &str) -> bool {
    let Some((hours, minutes)) = value.split_once(':') else { return false };
    let below = |text: &str, limit: u8| {
        text.len() == 2
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse().is_ok_and(|n: u8| n < limit)
    };
    // A duration may be a whole day.
    value == "24:00" || below(hours, 24) && below(minutes, 60)
}

fn is_date_format(value: &str) -> bool {
    let value = value.strip_suffix('A').unwrap_or(value);
    let Some(separator) = value.chars().find(|c| matches!(c, '/' | '-' | '.')) else { return false };
    let parts: Vec<_> = value.split(separator).collect();
    let mut sorted = parts.clone();
    sorted.sort_unstable();
    parts.len() == 3 && matches!(sorted[..], ["D", "M", "Y" | "YY"])
}

fn is_url(value: &str) -> bool {
    let begins =
        |scheme: &str| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let known = ["http://", "https://", "Application:", "TFTP:", "tftp://"].into_iter().any(begins);
    known && !value.contains([' ', '"', '<', '>']) && !value.chars().any(char::is_control)
}
