//! Layers and settings as the text that stands in the database.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

pub(crate) fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("names are texts and values are texts: that is always JSON")
}

pub(crate) fn read<T: DeserializeOwned>(text: &str, thing: impl FnOnce() -> String) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|problem| Error::Unreadable { thing: thing(), problem: problem.to_string() })
}
