//! `NAME=TEXT` and `NAME:=JSON`: what is said to the API, as a query or as an object.

use std::fmt::Write as _;
use std::str::FromStr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::command::WrongUse;

/// One field.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Field {
    name: String,
    value: Value,
}

impl Field {
    pub(super) fn text(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), value: text.into() }
    }
}

/// It may be a password.
impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=…", self.name)
    }
}

impl FromStr for Field {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let wrong = || format!("{word:?} says nothing: write NAME=TEXT, or NAME:=JSON");
        let (name, text) = word.split_once('=').ok_or_else(wrong)?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => {
                let read = serde_json::from_str(text);
                (name, read.map_err(|error| format!("{name}: {text:?} is no JSON: {error}"))?)
            }
            None => (name, Value::String(text.to_owned())),
        };
        if name.is_empty() || name.split('.').any(str::is_empty) {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), value })
    }
}

/// The address with the fields behind it.
pub(super) fn query(path: &str, fields: &[Field]) -> String {
    let mut text = path.to_owned();
    for field in fields {
        let value = match &field.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let joint = if text.contains('?') { '&' } else { '?' };
        let value = utf8_percent_encode(&value, NON_ALPHANUMERIC);
        let _ = write!(text, "{joint}{}={value}", utf8_percent_encode(&field.name, NON_ALPHANUMERIC));
    }
    text
}

/// The fields as an object; dots go into objects.
pub(super) fn object(fields: &[Field]) -> Result<Value, WrongUse> {
    let mut whole = Map::new();
    for field in fields {
        let mut parts: Vec<&str> = field.name.split('.').collect();
        let last = parts.pop().unwrap_or_default();
        let mut at = &mut whole;
        for part in parts {
            let inner = at.entry(part).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = inner else {
                return Err(WrongUse(format!("{} is said to be a value and an object", field.name)));
            };
            at = inner;
        }
        at.insert(last.to_owned(), field.value.clone());
    }
    Ok(Value::Object(whole))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    fn fields(words: &[&str]) -> Vec<Field> {
        words.iter().map(|word| word.parse().unwrap()).collect()
    }

    #[test]
    fn dots_go_into_objects_and_colons_bring_json() {
        let written =
            fields(&["description=a=b", "settings.web_access=on", "settings.ssh_access:=null", "days:=7"]);
        let wanted = json!({ "description": "a=b", "settings": { "web_access": "on", "ssh_access": null }, "days": 7 });
        assert_eq!(object(&written).unwrap(), wanted);
        assert!(object(&fields(&["a=1", "a.b=2"])).is_err());
        assert!(!format!("{written:?}").contains("a=b"));
    }

    #[test]
    fn a_query_is_escaped() {
        let written = fields(&["text=Ärzte & Co", "limit:=5"]);
        assert_eq!(query("/phones", &written), "/phones?text=%C3%84rzte%20%26%20Co&limit=5");
        assert_eq!(query("/phones?a=1", &fields(&["b=2"])), "/phones?a=1&b=2");
    }

    #[test]
    fn what_is_no_field_is_told() {
        for word in ["web_access", "=x", "a..b=1", "a:=nonsense"] {
            assert!(word.parse::<Field>().is_err(), "{word}");
        }
    }
}
