//! Looking over files that anyone wrote for a phone, before the phone does and says nothing.
//!
//! [`lint`] takes the bytes of a configuration, a soft key file, a dial template, a feature policy, dial rules, a ring
//! list or a list of wallpapers, [`lint_file`] also those of a ring or a picture, and gives what is wrong with them. Facts come from the catalogue, rules from
//! `catalogue/rules.tsv`; a finding is as severe as its fact is sure. Bad input is the normal case here: nothing panics,
//! nothing recurses, and every walk is bounded.

mod configuration;
mod dial;
mod finding;
mod lines;
mod lists;
mod media;
mod page;
mod rules;
mod shape;
mod soft_keys;
pub(crate) mod tree;

pub use finding::{Finding, Place, Severity};
pub use page::page;
pub use rules::{Rule, rule, rules};

use finding::Findings;
use tree::Tree;

use crate::models::{Model, RingFormat};

/// What kind of file it is, told by its root element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum FileKind {
    Configuration,
    DefaultConfiguration,
    SoftKeys,
    DialTemplate,
    FeaturePolicy,
    DialRules,
    RingList,
    BackgroundList,
    Ring,
    Picture,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The kind of file, if it is of any.
    pub kind: Option<FileKind>,
    /// What is wrong with it, in the order of the file.
    pub findings: Vec<Finding>,
}

impl FileKind {
    const ROOTS: [(&str, Self); 8] = [
        ("device", Self::Configuration),
        ("Default", Self::DefaultConfiguration),
        ("softKeyCfg", Self::SoftKeys),
        ("dialTemplate", Self::DialTemplate),
        ("featurePolicy", Self::FeaturePolicy),
        ("DialRules", Self::DialRules),
        ("CiscoIPPhoneRingList", Self::RingList),
        ("CiscoIPPhoneImageList", Self::BackgroundList),
    ];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::DefaultConfiguration => "default configuration",
            Self::SoftKeys => "soft keys",
            Self::DialTemplate => "dial template",
            Self::FeaturePolicy => "feature policy",
            Self::DialRules => "dial rules",
            Self::RingList => "ring list",
            Self::BackgroundList => "background list",
            Self::Ring => "ring",
            Self::Picture => "picture",
        }
    }
}

impl Report {
    /// The most severe finding.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// Looks a file over. With a model, also for what only that model cannot read.
pub fn lint(bytes: &[u8], model: Option<&Model>) -> Report {
    let mut findings = Findings::new(bytes, model);
    let kind = look(bytes, &mut findings);
    Report { kind, findings: findings.sorted() }
}

/// As [`lint`], for a file of that name: rings and pictures are known by theirs.
pub fn lint_file(name: &str, bytes: &[u8], model: Option<&Model>) -> Report {
    let mut findings = Findings::new(bytes, model);
    let kind = match name.to_ascii_lowercase().rsplit_once('.') {
        Some((_, "png")) => {
            media::picture(name, bytes, &mut findings);
            Some(FileKind::Picture)
        }
        Some((_, ending @ ("raw" | "rwb"))) => {
            let format = if ending == "raw" { RingFormat::Raw } else { RingFormat::Rwb };
            media::ring(name, bytes, format, &mut findings);
            Some(FileKind::Ring)
        }
        _ => look(bytes, &mut findings),
    };
    Report { kind, findings: findings.sorted() }
}

fn look(bytes: &[u8], findings: &mut Findings<'_>) -> Option<FileKind> {
    let tree = match Tree::parse(bytes) {
        Ok(tree) => tree,
        Err(fault) => {
            findings.add(fault.rule, fault.at, fault.message);
            return None;
        }
    };
    let root = tree.root();
    let exactly = FileKind::ROOTS.iter().find(|(name, _)| *name == root.name);
    let Some((name, kind)) = exactly.or_else(|| FileKind::ROOTS.iter().find(|(name, _)| root.is(name)))
    else {
        let nearest = crate::catalogue::nearest(&root.name, FileKind::ROOTS.map(|(name, _)| name));
        let message = format!("no phone reads a file whose root element is <{}>", root.name);
        let fix = nearest.map(|name| format!("Write <{name}>"));
        findings.add("file-unknown", root.at, message).fix(fix);
        return None;
    };
    if *name != root.name {
        findings
            .add("element-case", root.at, format!("<{}> is written <{name}>", root.name))
            .fix(Some(format!("Write <{name}>")));
    }
    match kind {
        FileKind::Configuration => configuration::look(&tree, findings),
        FileKind::DefaultConfiguration => configuration::defaults(&tree, findings),
        FileKind::SoftKeys => soft_keys::look(&tree, findings),
        FileKind::DialTemplate => dial::template(&tree, bytes.len(), findings),
        FileKind::FeaturePolicy => soft_keys::policy(&tree, findings),
        FileKind::DialRules => dial::rules(&tree, findings),
        FileKind::RingList => lists::rings(&tree, findings),
        FileKind::BackgroundList => lists::backgrounds(&tree, findings),
        // They have no root element.
        FileKind::Ring | FileKind::Picture => {}
    }
    Some(*kind)
}
