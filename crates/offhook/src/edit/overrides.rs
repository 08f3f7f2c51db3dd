//! What stands in a document in spite of everything else: put into a layer, and taken away again.

use provision::catalogue::nearest;
use provision::inventory::Override;

use super::{Error, Result};

/// Writes an override; it takes the place of an earlier one of that path.
pub fn put_override(whose: &str, overrides: &mut Vec<Override>, one: Override) -> Result<()> {
    one.check().map_err(|error| Error::wrong("path", format!("{whose}: {error}")))?;
    match overrides.iter_mut().find(|other| other.path == one.path) {
        Some(other) => *other = one,
        None => overrides.push(one),
    }
    Ok(())
}

/// Takes an override away, so that the catalogue decides again.
pub fn drop_override(whose: &str, overrides: &mut Vec<Override>, path: &str) -> Result<()> {
    let before = overrides.len();
    overrides.retain(|one| one.path != path);
    if overrides.len() < before {
        return Ok(());
    }
    let near = nearest(path, overrides.iter().map(|one| one.path.as_str()));
    let near = near.map(|path| format!("; perhaps {path}")).unwrap_or_default();
    Err(Error::no_such("path", format!("{whose} has no override of {path}{near}"), ""))
}
