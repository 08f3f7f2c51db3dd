//! What offhook makes for a phone, as commands look at it.

use provision::inventory::{Bundle, Phone};
use provision::lint::{Finding, lint};
use provision::render::{Explained, Origin, Rendered, configuration};
use serde_json::{Value, json};

use crate::command::Context;
use crate::command::stock::Stock;
use crate::command::view::Secrets;
use crate::inventory::surroundings;

/// A phone with all it needs, and its configuration.
pub(super) struct Made {
    pub(super) bundle: Bundle,
    pub(super) rendered: Rendered,
}

impl Made {
    pub(super) fn of(phone: Phone, stock: &Stock) -> anyhow::Result<Self> {
        let bundle = stock.bundle(phone)?;
        let rendered = configuration(&bundle, &surroundings(&stock.resolved));
        Ok(Self { bundle, rendered })
    }

    /// What lint says of it.
    pub(super) fn findings(&self) -> Vec<Finding> {
        lint(self.rendered.xml.as_bytes(), self.bundle.phone.model).findings
    }

    /// Tells what rendering has to say, beside the answer.
    pub(super) fn remark(&self, context: &Context) {
        let name = self.bundle.phone.mac.device_name();
        for note in &self.rendered.notes {
            context.output.remark(format!("note: {name}: {} ({})", note.text, note.origin));
        }
    }

    /// Values that somebody wrote, not the catalogue.
    pub(super) fn written(&self) -> impl Iterator<Item = &Explained> {
        self.rendered
            .values
            .iter()
            .filter(|value| !matches!(value.origin, Origin::BuiltIn | Origin::Follows(_)))
    }

    /// What stands beside a button in the end.
    pub(super) fn label(&self, button: u16) -> Option<&str> {
        let path = format!("sipProfile/sipLines/line[@button={button}]/featureLabel");
        let found = self.rendered.values.iter().find(|value| value.path == path);
        found.map(|value| value.value.as_str())
    }
}

/// The button that a path of a document belongs to.
pub(super) fn button(path: &str) -> Option<&str> {
    path.split_once("line[@button=")?.1.split(']').next()
}

/// A value of the document for programs.
pub(super) fn value(explained: &Explained, secrets: Secrets) -> Value {
    let hidden = explained.secret && secrets == Secrets::Hidden;
    let shown = |text: &str| if hidden { Value::Null } else { text.into() };
    json!({
        "path": explained.path,
        "name": explained.name,
        "value": shown(&explained.value),
        "code": shown(&explained.code),
        "from": explained.origin.to_string(),
        "secret": explained.secret,
    })
}

/// The notes for programs.
pub(super) fn notes(rendered: &Rendered) -> Vec<Value> {
    rendered.notes.iter().map(|note| json!({ "from": note.origin.to_string(), "text": note.text })).collect()
}
