//! Whether phones would get something else than they fetched last, and what it takes for them to have it.

use std::collections::HashSet;
use std::path::Path;

use provision::inventory::{Bundle, State};
use provision::mac::Mac;
use provision::render::{self, Surroundings};
use store::Fetched;

use crate::inventory::Documents;
use crate::inventory::fingerprint::{Difference, differences};
use crate::inventory::restart::{Need, need};

/// What is true of one phone.
#[derive(Debug)]
pub enum Standing {
    /// It has what it would get.
    Current,
    /// It would get something else.
    Changed(Vec<Difference>, Need),
    /// It never fetched what offhook makes.
    Never,
    /// It gets the administrator's own file.
    OwnFile,
    /// It waits, or is retired.
    NotServed,
}

impl Standing {
    /// What is true of a phone that fetched this last.
    #[must_use]
    pub fn of(
        bundle: &Bundle,
        fetched: Option<&Fetched>,
        own_files: &OwnFiles,
        around: &Surroundings,
        documents: &Documents,
    ) -> Self {
        match (fetched, bundle.phone.state) {
            (_, State::Waiting | State::Retired) => Self::NotServed,
            _ if own_files.of(bundle.phone.mac) => Self::OwnFile,
            (None, State::Active) => Self::Never,
            (Some(fetched), State::Active) => compare(bundle, fetched, around, documents),
        }
    }
}

fn compare(bundle: &Bundle, fetched: &Fetched, around: &Surroundings, documents: &Documents) -> Standing {
    let rendered = render::configuration(bundle, around);
    let found = differences(&fetched.fingerprint, bundle.phone.model, &rendered, documents);
    if found.is_empty() && fetched.stamp == rendered.stamp {
        return Standing::Current;
    }
    let need = need(&found, documents);
    Standing::Changed(found, need)
}

/// Which phones get the administrator's own file.
#[derive(Debug)]
pub struct OwnFiles(HashSet<Mac>);

impl OwnFiles {
    /// Those whose configuration lies in the document root; one look for all phones.
    #[must_use]
    pub fn in_root(root: &Path) -> Self {
        let names = std::fs::read_dir(root).into_iter().flatten().flatten();
        let mac = |name: &str| {
            let name = name.to_ascii_uppercase();
            let rest = name.strip_prefix("SEP")?.strip_suffix(".SGN").map_or_else(
                || name.strip_prefix("SEP"),
                |sealed| Some(sealed.strip_suffix(".ENC").unwrap_or(sealed)),
            )?;
            Mac::from_digits(rest.strip_suffix(".CNF.XML")?)
        };
        Self(names.filter_map(|entry| mac(entry.file_name().to_str()?)).collect())
    }

    /// Whether that one does.
    #[must_use]
    pub fn of(&self, mac: Mac) -> bool {
        self.0.contains(&mac)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn own_files_are_known_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "SEP020000000001.cnf.xml",
            "SEP020000000002.cnf.xml.sgn",
            "sep020000000003.cnf.xml.enc.sgn",
            "SEP020000000004.xml",
            "ITLSEP020000000005.tlv",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let own = OwnFiles::in_root(folder.path());
        let mac = |last| Mac::new([2, 0, 0, 0, 0, last]);
        assert_eq!([1, 2, 3, 4, 5].map(|last| own.of(mac(last))), [true, true, true, false, false]);
        assert!(!OwnFiles::in_root(&folder.path().join("gone")).of(mac(1)));
    }
}
