//! Configurations from the inventory: what five layers say becomes `SEP<MAC>.cnf.xml`.

use std::fmt;

use crate::inventory::{Bundle, Number};

mod build;
mod builtin;
mod capacity;
mod defaults;
pub mod document;
mod explained;
mod key_values;
mod keys;
mod overrides;
mod plan;
mod said;
pub(crate) mod stamp;
mod waiting;

pub use defaults::default_configuration;
pub use document::document;
pub use explained::{Explained, Values};
pub use waiting::waiting;

use build::Builder;
use said::Sayings;

/// What rendering has to know of the server that phones are told about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The name or address that phones are told.
    pub server: String,
    /// Port of the XML services over HTTP, when they are on.
    pub services: Option<u16>,
    /// Port of the XML services over HTTPS, when they are on.
    pub secure_services: Option<u16>,
    /// Port of the Trust Verification Service, when it is on.
    pub tvs: Option<u16>,
    /// Port of certificate enrolment, when it is on.
    pub capf: Option<u16>,
}

/// A configuration and where everything in it comes from.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The document.
    pub xml: String,
    /// Its version stamp: changes when and only when the rest of the document does.
    pub stamp: String,
    /// Every value in it, in the order of the document.
    pub values: Values,
    /// What somebody should know: values left out because the model lacks the setting, keys without a line.
    pub notes: Vec<Note>,
}

/// Who says what a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The catalogue or the server itself.
    BuiltIn,
    /// A site, by its name.
    Site(String),
    /// A series.
    Series(String),
    /// A profile, by its name.
    Profile(String),
    /// A line, by its number.
    Line(Number),
    /// The phone.
    Phone,
    /// It follows from something else, which is named.
    Follows(&'static str),
}

/// Something that somebody should know about a rendered document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Who said it.
    pub origin: Origin,
    /// What, in a sentence.
    pub text: String,
}

/// The configuration of a phone.
///
/// Whatever is wrong with a value, the document is whole: the value is left out, and a note says so.
#[must_use]
pub fn configuration(bundle: &Bundle, surroundings: &Surroundings) -> Rendered {
    render(bundle, surroundings, false)
}

/// Without what nobody says, if it shall be `minimal`.
fn render(bundle: &Bundle, surroundings: &Surroundings, minimal: bool) -> Rendered {
    let sayings = Sayings::of(bundle, surroundings);
    let mut builder = Builder::new(bundle, sayings, minimal);
    let mut root = builder.document(plan::plan(bundle.phone.model));
    overrides::apply(&mut builder, &mut root);
    let mut xml = root.document();
    let own = root.text_of("versionStamp");
    let stamp = if matches!(own, stamp::PLACE | "") { stamp::put(&mut xml) } else { own.to_owned() };
    let values = values(&builder, &root, &stamp);
    Rendered { xml, stamp, values, notes: builder.sayings.notes }
}

/// Every value of the document. Where an override stands, it is the override that is named.
fn values(builder: &Builder<'_>, root: &crate::tree::Element, stamp: &str) -> Values {
    let mut values = Values::with_room();
    root.walk(&mut String::new(), &mut |path, code, mark| {
        let Some(meta) = builder.meta(mark) else { return };
        let code = if code == stamp::PLACE && path == "versionStamp" { stamp } else { code };
        // A fragment is one word for many values; each is what it is.
        let word = if meta.name.is_none() { code } else { &*meta.word };
        let secret = meta.secret || meta.name.is_none() && path.to_ascii_lowercase().ends_with("password");
        values.push(&Explained { path, name: meta.name, value: word, code, origin: &meta.origin, secret });
    });
    values
}

/// Without the document, which holds passwords.
impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { xml, stamp, values, notes } = self;
        let mut shown = f.debug_struct("Rendered");
        shown
            .field("bytes", &xml.len())
            .field("stamp", stamp)
            .field("values", values)
            .field("notes", notes)
            .finish()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built-in"),
            Self::Site(name) => write!(f, "site {name}"),
            Self::Series(name) => write!(f, "series {name}"),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::Line(number) => write!(f, "line {number}"),
            Self::Phone => f.write_str("phone"),
            Self::Follows(what) => write!(f, "follows from {what}"),
        }
    }
}
