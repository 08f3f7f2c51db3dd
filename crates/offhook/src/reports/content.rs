//! One file of a report.

use std::io::Read as _;
use std::path::Path;

use super::ReportError;
use super::archive::{self, MOST_BYTES};

/// Nobody reads a larger log at once; `offhook report unpack` has all of it.
pub(super) const MOST_OF_A_FILE: u64 = 16 << 20;

/// A file as it lies in the report, by the name that [`super::look`] tells; none of that name.
///
/// # Errors
/// When there is no such report, or the file is larger than anybody reads at once.
pub fn content(path: &Path, wanted: &str) -> Result<Option<Vec<u8>>, ReportError> {
    let mut found = None;
    archive::read(path, MOST_BYTES, &mut |name, from| {
        if found.is_some() || name != Path::new(wanted) {
            std::io::copy(from, &mut std::io::sink())?;
            return Ok(Ok(0));
        }
        let mut bytes = Vec::new();
        from.take(MOST_OF_A_FILE + 1).read_to_end(&mut bytes)?;
        std::io::copy(from, &mut std::io::sink())?;
        found = Some(bytes);
        Ok(Ok(0))
    })?;
    match found {
        Some(bytes) if bytes.len() as u64 > MOST_OF_A_FILE => {
            Err(ReportError::TooMuch { path: path.to_owned(), most: MOST_OF_A_FILE })
        }
        found => Ok(found),
    }
}
