//! How a document that offhook makes differs from another.

use std::collections::BTreeMap;

use provision::tree::Element;

/// One place at which documents differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub path: String,
    /// What stands in the one that offhook makes.
    pub made: Option<String>,
    /// What stands in the other.
    pub other: Option<String>,
}

impl Difference {
    /// Whether a password stands there.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.path.to_ascii_lowercase().ends_with("password")
    }
}

/// Every path at which only one says something, or both say different things; in the order of our document. The order of
/// elements, white space and the version stamp mean nothing to phones.
#[must_use]
pub fn compare(own: &Element, other: &Element) -> Vec<Difference> {
    let leaves = |root: &Element| {
        let leaves = root.leaves().into_iter().filter(|leaf| leaf.path != "versionStamp");
        leaves.map(|leaf| (leaf.path, leaf.value)).collect::<Vec<_>>()
    };
    let theirs = leaves(other);
    let mut rest: BTreeMap<&str, &str> = theirs.iter().map(|(path, value)| (&**path, &**value)).collect();
    let mut differences = Vec::new();
    for (path, made) in leaves(own) {
        let said = rest.remove(&*path);
        if said != Some(&*made) {
            differences.push(Difference { made: Some(made), other: said.map(str::to_owned), path });
        }
    }
    for (path, value) in theirs.iter().filter(|(path, _)| rest.contains_key(&**path)) {
        differences.push(Difference { path: path.clone(), made: None, other: Some(value.clone()) });
    }
    differences
}
