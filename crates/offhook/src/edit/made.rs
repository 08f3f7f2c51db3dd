//! What offhook makes for a phone, as people and programs look at it.

use provision::inventory::{Bundle, Phone};
use provision::lint::{Finding, lint};
use provision::render::{Explained, Note, Origin, Rendered, Surroundings, configuration};
use provision::tree::Element;

use super::{Editor, Result};

/// A phone with all it needs, and its configuration.
#[derive(Debug)]
pub struct Made {
    /// The phone, its groups and lines.
    pub bundle: Bundle,
    /// Its configuration, each value with its origin.
    pub rendered: Rendered,
}

impl Made {
    /// What offhook makes for a phone, which need not be kept as it is.
    pub async fn of(phone: Phone, editor: &Editor, around: &Surroundings) -> Result<Self> {
        Ok(Self::new(editor.bundle(phone).await?, around))
    }

    /// What offhook makes of a bundle.
    #[must_use]
    pub fn new(bundle: Bundle, around: &Surroundings) -> Self {
        let rendered = configuration(&bundle, around);
        Self { bundle, rendered }
    }

    /// What lint says of it.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        lint(self.rendered.xml.as_bytes(), self.bundle.phone.model).findings
    }

    /// Values that somebody wrote, not the catalogue.
    pub fn written(&self) -> impl Iterator<Item = Explained<'_>> {
        self.rendered
            .values
            .iter()
            .filter(|value| !matches!(value.origin, Origin::BuiltIn | Origin::Follows(_)))
    }

    /// What rendering says now and did not say of that.
    pub fn news_since<'a>(&'a self, before: &'a [Note]) -> impl Iterator<Item = &'a Note> {
        self.rendered.notes.iter().filter(|note| !before.contains(note))
    }

    /// Whether the document has that key at all: notes say why one is left out.
    #[must_use]
    pub fn has_key(&self, button: u16) -> bool {
        let path = format!("sipProfile/sipLines/line[@button={button}]/featureID");
        self.rendered.values.iter().any(|value| value.path == path)
    }

    /// What stands beside a button in the end.
    #[must_use]
    pub fn label(&self, button: u16) -> Option<&str> {
        let path = format!("sipProfile/sipLines/line[@button={button}]/featureLabel");
        let found = self.rendered.values.iter().find(|value| value.path == path);
        found.map(|value| value.value)
    }

    /// The document, with "(hidden)" for its passwords.
    #[must_use]
    pub fn without_passwords(&self) -> String {
        match Element::parse(self.rendered.xml.as_bytes()) {
            Ok(mut root) => {
                hide(&mut root);
                root.document()
            }
            // Overrides can make more of it than a reader takes; passwords stay hidden all the same.
            Err(problem) => {
                format!("<!-- This configuration cannot be shown without its passwords: {problem}. -->\n")
            }
        }
    }
}

/// Takes passwords out of a document. Documents are as deep as the reader allows, so this goes no deeper.
fn hide(element: &mut Element) {
    if element.name.to_ascii_lowercase().ends_with("password") && !element.text.is_empty() {
        element.text = "(hidden)".into();
    }
    element.children.iter_mut().for_each(hide);
}
