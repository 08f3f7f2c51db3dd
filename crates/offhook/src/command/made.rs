//! What offhook makes for a phone, as commands print it.

use provision::inventory::Phone;
use provision::render::{Explained, Note, Rendered};
use serde_json::{Value, json};

use super::Context;
use super::stock::Stock;
use super::view::Secrets;
pub(super) use crate::edit::Made;
use crate::inventory::surroundings;

/// A phone with all it needs, and its configuration.
pub(super) fn made(phone: Phone, stock: &Stock) -> anyhow::Result<Made> {
    stock.wait(Made::of(phone, &stock.editor, &surroundings(&stock.resolved)))
}

impl Made {
    /// Tells what rendering has to say, beside the answer.
    pub(super) fn remark(&self, context: &Context) {
        self.remark_all_but(&[], context);
    }

    /// Tells what it has to say since the phone was otherwise: what was said before is not news.
    pub(super) fn remark_since(&self, before: Phone, stock: &Stock, context: &Context) -> anyhow::Result<()> {
        let before = made(before, stock)?;
        self.remark_all_but(&before.rendered.notes, context);
        Ok(())
    }

    fn remark_all_but(&self, known: &[Note], context: &Context) {
        let name = self.bundle.phone.mac.device_name();
        for note in self.news_since(known) {
            context.output.remark(format!("note: {name}: {} ({})", note.text, note.origin));
        }
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
