//! Counting and digesting records on their way, so that two ways can be compared.

use pki::digest::{Sha256, hex};
use store::{Counts, Record};

/// What has gone by.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) counts: Counts,
    digest: Sha256,
}

impl Tally {
    /// Adds a record; gives the line that it is written as.
    pub(super) fn add(&mut self, record: &Record) -> String {
        let line = record.to_line();
        self.add_line(record, &line);
        line
    }

    /// Adds a record that was read from that line: an earlier version may have written it otherwise.
    pub(super) fn add_line(&mut self, record: &Record, line: &str) {
        self.counts.add(record);
        self.digest.update(line.as_bytes());
        self.digest.update(b"\n");
    }

    /// The counts, and the digest of all lines.
    pub(super) fn finish(self) -> (Counts, String) {
        (self.counts, hex(&self.digest.finish()))
    }
}
