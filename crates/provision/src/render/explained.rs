//! Every value of a document and where it comes from. A document has some three hundred, so their texts lie behind each
//! other in one piece: several allocations each would cost a third of the whole rendering.

use std::fmt;

use super::Origin;
use crate::inventory::Name;

/// One value of a document and where it comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Explained<'a> {
    /// Where it stands, as overrides write it: `sipProfile/sipLines/line[@button=2]/displayName`.
    pub path: &'a str,
    /// The setting, where there is one.
    pub name: Option<Name>,
    /// As people write it.
    pub value: &'a str,
    /// As it stands in the document.
    pub code: &'a str,
    /// Who says so.
    pub origin: &'a Origin,
    /// It is nobody's business.
    pub secret: bool,
}

/// The values of a document, in its order.
#[derive(Clone, Default)]
pub struct Values {
    texts: String,
    rows: Vec<Row>,
    origins: Vec<Origin>,
}

#[derive(Clone, Copy)]
struct Row {
    path: Part,
    name: Option<Name>,
    value: Part,
    code: Part,
    origin: usize,
    secret: bool,
}

/// Where a text begins and ends.
type Part = (usize, usize);

impl Values {
    /// Room for the values of a usual document.
    pub(super) fn with_room() -> Self {
        Self { texts: String::with_capacity(24 * 1024), rows: Vec::with_capacity(320), origins: Vec::new() }
    }

    pub(super) fn push(&mut self, one: &Explained<'_>) {
        let (path, code) = (self.keep(one.path), self.keep(one.code));
        let value = if one.value == one.code { code } else { self.keep(one.value) };
        let origin = self.origin(one.origin);
        self.rows.push(Row { path, name: one.name, value, code, origin, secret: one.secret });
    }

    fn keep(&mut self, text: &str) -> Part {
        let from = self.texts.len();
        self.texts.push_str(text);
        (from, self.texts.len())
    }

    /// A document has few; the one before is mostly the same.
    fn origin(&mut self, origin: &Origin) -> usize {
        self.origins.iter().rposition(|known| known == origin).unwrap_or_else(|| {
            self.origins.push(origin.clone());
            self.origins.len() - 1
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Explained<'_>> {
        let text = |(from, to): Part| self.texts.get(from..to).unwrap_or_default();
        self.rows.iter().map(move |row| Explained {
            path: text(row.path),
            name: row.name,
            value: text(row.value),
            code: text(row.code),
            origin: &self.origins[row.origin],
            secret: row.secret,
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Values {}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = if self.secret { "…" } else { self.code };
        write!(f, "{} = {code} ({})", self.path, self.origin)
    }
}
