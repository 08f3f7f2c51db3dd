//! Documents that several phones share: from the inventory to their files, and from files that anybody wrote back.
//!
//! The files that offhook makes where there is no document come from the same writers. Documents are looked over by the rules of
//! [`crate::lint`], so what is refused here is what would be found there.

mod dial;
mod dialled;
mod lists;
mod read;
mod soft_keys;

pub use dialled::{Dialled, Pause, dialled};

pub(crate) use dial::{rules, template};
pub(crate) use lists::{backgrounds, rings};
pub(crate) use soft_keys::{policy, soft_keys};

use crate::inventory::{Content, Document, DocumentError};
use crate::lint::{FileKind, Finding, Severity, lint};
use crate::models::Model;
use crate::name::{FileName, From};

/// The file of a document. Whatever is in it, the file is well-formed.
#[must_use]
pub fn document(document: &Document) -> String {
    match &document.content {
        Content::SoftKeys(sets) => soft_keys(sets),
        Content::DialTemplate(own) => template(own),
        Content::DialRules(own) => rules(own),
        Content::FeaturePolicy(features) => policy(features),
        Content::Rings(own) => rings(own.iter().map(|ring| (ring.name.as_str(), ring.file.as_str()))),
        Content::Backgrounds(own) => {
            let folder = folder(&document.name);
            backgrounds(own.iter().map(|one| (within(folder, &one.thumbnail), within(folder, &one.image))))
        }
    }
}

impl Document {
    /// Reads the file of a document that anybody wrote.
    ///
    /// # Errors
    /// When it is not well-formed, or not one of the files that documents are.
    pub fn read(name: &str, xml: &[u8]) -> Result<Self, DocumentError> {
        read::read(name, xml)
    }

    /// Whether phones could use it. What only some model stumbles over is told by [`Document::findings`].
    ///
    /// # Errors
    /// With the first thing that is wrong, and what would be right.
    pub fn check(&self) -> Result<(), DocumentError> {
        let refused = |problem: String| Err(DocumentError { document: self.name.clone(), problem });
        match FileName::parse(self.name.as_bytes(), From::Plain) {
            Ok(name) if name.as_str() == self.name => {}
            Ok(name) => return refused(format!("phones would ask for {:?}", name.as_str())),
            Err(error) => return refused(error.to_string()),
        }
        if !self.name.to_ascii_lowercase().ends_with(".xml") {
            return refused("the name of a document ends in .xml".to_owned());
        }
        if let Some(problem) = self.misplaced() {
            return refused(problem);
        }
        let wrong = self.findings(None).into_iter().find(|finding| finding.severity == Severity::Error);
        match wrong {
            Some(finding) => refused(format!("{}. {}", finding.message, finding.fix)),
            None => Ok(()),
        }
    }

    /// Phones ask for some documents by names of their own; for the others they ask as their configuration says.
    fn misplaced(&self) -> Option<String> {
        let lower = self.name.to_ascii_lowercase();
        let fixed = |names: &str| {
            Some(format!("phones ask for {} only by the name {names}", self.content.kind().name()))
        };
        let rings = ["ringlist.xml", "ringlist-wb.xml", "distinctiveringlist.xml"];
        match &self.content {
            Content::DialRules(_) if lower != "appdialrules.xml" => fixed("AppDialRules.xml"),
            Content::Rings(_) if !rings.contains(&&*lower) => {
                fixed("Ringlist.xml, Ringlist-wb.xml or DistinctiveRingList.xml")
            }
            Content::Backgrounds(_) if !(lower.starts_with("desktops/") && lower.ends_with("/list.xml")) => {
                fixed("Desktops/…/List.xml, with the folder of the screen")
            }
            _ if lower.ends_with(".cnf.xml") => {
                Some("that is the name of a phone's configuration".to_owned())
            }
            _ => None,
        }
    }

    /// What lint says about its file; with a model, also what only that model stumbles over.
    #[must_use]
    pub fn findings(&self, model: Option<&Model>) -> Vec<Finding> {
        lint(document(self).as_bytes(), model).findings
    }
}

impl Content {
    /// The kind of file it becomes.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        match self {
            Self::SoftKeys(_) => FileKind::SoftKeys,
            Self::DialTemplate(_) => FileKind::DialTemplate,
            Self::DialRules(_) => FileKind::DialRules,
            Self::FeaturePolicy(_) => FileKind::FeaturePolicy,
            Self::Rings(_) => FileKind::RingList,
            Self::Backgrounds(_) => FileKind::BackgroundList,
        }
    }
}

/// The folder of `Desktops/800x480x24/List.xml`.
fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A file without a folder is in the folder of its list.
fn within(folder: &str, file: &str) -> String {
    if folder.is_empty() || file.contains('/') { file.to_owned() } else { format!("{folder}/{file}") }
}

#[cfg(test)]
mod tests;
