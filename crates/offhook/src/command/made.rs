//! What offhook makes for a phone, as commands look at it.

use provision::inventory::{Bundle, Phone};
use provision::lint::{Finding, lint};
use provision::render::{Explained, Note, Origin, Rendered, configuration};
use serde_json::{Value, json};

use super::Context;
use super::stock::Stock;
use super::view::Secrets;
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
        self.remark_all_but(&[], context);
    }

    /// Tells what it has to say since the phone was otherwise: what was said before is not news.
    pub(super) fn remark_since(&self, before: Phone, stock: &Stock, context: &Context) -> anyhow::Result<()> {
        let before = Self::of(before, stock)?;
        self.remark_all_but(&before.rendered.notes, context);
        Ok(())
    }

    fn remark_all_but(&self, known: &[Note], context: &Context) {
        let name = self.bundle.phone.mac.device_name();
        for note in self.rendered.notes.iter().filter(|note| !known.contains(note)) {
            context.output.remark(format!("note: {name}: {} ({})", note.text, note.origin));
        }
    }

    /// Values that somebody wrote, not the catalogue.
    pub(super) fn written(&self) -> impl Iterator<Item = Explained<'_>> {
        self.rendered
            .values
            .iter()
            .filter(|value| !matches!(value.origin, Origin::BuiltIn | Origin::Follows(_)))
    }

    /// Whether the document has that key at all: notes say why one is left out.
    pub(super) fn has_key(&self, button: u16) -> bool {
        let path = format!("sipProfile/sipLines/line[@button={button}]/featureID");
        self.rendered.values.iter().any(|value| value.path == path)
    }

    /// What stands beside a button in the end.
    pub(super) fn label(&self, button: u16) -> Option<&str> {
        let path = format!("sipProfile/sipLines/line[@button={button}]/featureLabel");
        let found = self.rendered.values.iter().find(|value| value.path == path);
        found.map(|value| value.value)
    }
}

/// The button that a path of a document belongs to.
pub(super) fn button(path: &str) -> Option<&str> {
    path.split_once("line[@button=")?.1.split(']').next()
}

/// A value of the document for programs.
pub(super) fn value(explained: &Explained<'_>, secrets: Secrets) -> Value {
    let hidden = explained.secret && secrets == Secrets::Hidden;
    let shown = |text: &str| if hidden { Value::Null } else { text.into() };
    json!({
        "path": explained.path,
        "name": explained.name,
        "value": shown(explained.value),
        "code": shown(explained.code),
        "from": explained.origin.to_string(),
        "secret": explained.secret,
    })
}

/// The notes for programs.
pub(super) fn notes(rendered: &Rendered) -> Vec<Value> {
    rendered.notes.iter().map(|note| json!({ "from": note.origin.to_string(), "text": note.text })).collect()
}
