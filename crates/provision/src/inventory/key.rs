//! Line keys: what a programmable button does.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::line::Number;
use super::settings::Settings;
use crate::catalogue::{self, LineFeature};

/// What a button does. On which button is said by the layer that holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Which of the features in the catalogue.
    #[serde(serialize_with = "word", deserialize_with = "from_word")]
    pub feature: &'static LineFeature,
    /// The line it belongs to, for keys of kind `line` and `intercom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Number>,
    /// What the feature needs, and what this phone wants otherwise than the line says: `number`, `label`, `service_url`.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
}

impl Key {
    /// A key of that feature that says nothing yet.
    #[must_use]
    pub fn new(feature: &'static LineFeature) -> Self {
        Self { feature, line: None, settings: Settings::default() }
    }

    /// A key for that line.
    #[must_use]
    pub fn line(number: Number) -> Self {
        let feature = catalogue::line_feature("line").expect("the catalogue has lines");
        Self { line: Some(number), ..Self::new(feature) }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn word<S: Serializer>(feature: &&'static LineFeature, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(feature.key)
}

fn from_word<'de, D: Deserializer<'de>>(from: D) -> Result<&'static LineFeature, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
    catalogue::line_feature(&text)
        .ok_or_else(|| serde::de::Error::custom(format!("there is no line key feature {text:?}")))
}
