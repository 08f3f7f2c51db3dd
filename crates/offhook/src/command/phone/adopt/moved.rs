//! Putting files out of the way that are not needed any more. Nothing is deleted and nothing is written over.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};

/// Whether files of that folder are given to phones before the inventory is asked.
pub(super) fn wins(folder: &Path, root: &Path) -> bool {
    match (folder.canonicalize(), root.canonicalize()) {
        (Ok(folder), Ok(root)) => folder == root,
        _ => false,
    }
}

/// Moves files into another folder; gives their names.
pub(super) fn out_of_the_way(from: &Path, to: &Path, names: &[String]) -> anyhow::Result<Vec<String>> {
    fs::create_dir_all(to).with_context(|| format!("{} cannot be made", to.display()))?;
    if from.canonicalize()? == to.canonicalize()? {
        bail!("{} is the folder they are in", to.display());
    }
    // All are looked at first, so that not half of them are moved.
    if let Some(there) = names.iter().find(|name| to.join(name).exists()) {
        bail!(
            "{} is there already; the phones are adopted, their files were not moved",
            to.join(there).display()
        );
    }
    for name in names {
        fs::rename(from.join(name), to.join(name)).with_context(|| {
            let from = from.join(name);
            format!("{} cannot be moved to {}; both must be on one disk", from.display(), to.display())
        })?;
    }
    Ok(names.to_vec())
}
