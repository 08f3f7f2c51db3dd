//! Configurations from the inventory: what five layers say becomes `SEP<MAC>.cnf.xml`.

use std::fmt;

use crate::inventory::{Bundle, Name, Number};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The document.
    pub xml: String,
    /// Its version stamp: changes when and only when the rest of the document does.
    pub stamp: String,
    /// Every value in it, in the order of the document.
    pub values: Vec<Explained>,
    /// What somebody should know: values left out because the model lacks the setting, keys without a line.
    pub notes: Vec<Note>,
}

/// One value of a document and where it comes from.
#[derive(Clone, PartialEq, Eq)]
pub struct Explained {
    /// Where it stands: `sipProfile/sipLines/line[2]/displayName`.
    pub path: String,
    /// The setting, where there is one.
    pub name: Option<Name>,
    /// As people write it.
    pub value: String,
    /// As it stands in the document.
    pub code: String,
    /// Who says so.
    pub origin: Origin,
    /// It is nobody's business.
    pub secret: bool,
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
#[must_use]
pub fn configuration(bundle: &Bundle, surroundings: &Surroundings) -> Rendered {
    let _ = (bundle, surroundings);
    Rendered { xml: String::new(), stamp: String::new(), values: Vec::new(), notes: Vec::new() }
}

impl fmt::Debug for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = if self.secret { "…" } else { &self.code };
        write!(f, "{} = {code} ({})", self.path, self.origin)
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
