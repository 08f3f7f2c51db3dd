//! Overrides as a form has them: what stands in the file in spite of everything else, of a phone or of a group.

use provision::inventory::{Override, Replacement};

use crate::admin::page::form::Filled;
use crate::edit::{self, Holder, drop_override, put_override};

/// An override as the page shows it.
pub(crate) struct Replaced {
    pub(crate) path: String,
    pub(crate) text: String,
    /// What lint thinks of it.
    pub(crate) findings: Vec<String>,
}

/// What `overrides_form.html` shows.
pub(crate) struct Form {
    /// Where it is sent.
    pub(crate) address: String,
    pub(crate) there: Vec<Replaced>,
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) kind: String,
}

impl Form {
    /// What a layer says, with an empty form behind it.
    pub(crate) fn new(address: String, overrides: &[Override]) -> Self {
        let replaced = |one: &Override| {
            let text = match &one.replacement {
                Replacement::Nothing => "(nothing)",
                _ if one.is_secret() => "(hidden)",
                Replacement::Text(text) | Replacement::Fragment(text) => text,
            };
            Replaced { path: one.path.clone(), text: text.to_owned(), findings: Vec::new() }
        };
        Self {
            address,
            there: overrides.iter().map(replaced).collect(),
            path: String::new(),
            text: String::new(),
            kind: "text".to_owned(),
        }
    }

    /// The same with what somebody typed.
    pub(crate) fn typed(self, form: &Filled) -> Self {
        let [path, text, kind] = ["path", "text", "kind"].map(|field| form.text(field).to_owned());
        Self { path, text, kind, ..self }
    }
}

/// Puts an override into the layer, or takes one away.
pub(crate) fn apply(form: &Filled, holder: &mut Holder) -> edit::Result<()> {
    let (whose, path) = (holder.name(), form.text("path").to_owned());
    let overrides = &mut holder.layer_mut().overrides;
    if form.text("do") == "drop" {
        return drop_override(&whose, overrides, &path);
    }
    let text = form.text("text").to_owned();
    let replacement = match form.text("kind") {
        "fragment" => Replacement::Fragment(text),
        "nothing" => Replacement::Nothing,
        _ => Replacement::Text(text),
    };
    put_override(&whose, overrides, Override { path, replacement })
}
