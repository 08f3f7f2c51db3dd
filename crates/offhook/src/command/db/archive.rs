//! The file of a backup: lines of JSON, compressed with gzip.
//!
//! The first line says what it is, then comes a record a line, and the last line counts and digests them: a file that was cut
//! off or changed is not restored. `zcat` shows all of it, passwords included.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use store::{Counts, Record};

use super::tally::Tally;
use crate::trust::calendar;

/// The version of the format. Later ones read all earlier ones.
const FORMAT: u32 = 1;
/// The longest line: a record has a handful of texts, of which the store takes 4 MiB each, and JSON writes some characters
/// as six.
const LONGEST_LINE: u64 = 128 << 20;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    /// The version of the format, under a name that no other file begins with.
    #[serde(rename = "offhook-backup")]
    format: u32,
    /// The version of the program.
    pub(super) offhook: String,
    /// When it was made.
    pub(super) made: String,
    /// The number of the last change that is in it.
    pub(super) generation: u64,
    /// What is in it.
    pub(super) counts: Counts,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
struct End {
    end: Counts,
    sha256: String,
}

/// A backup that is being written, under another name until it is whole.
pub(super) struct Writer {
    to: BufWriter<GzEncoder<File>>,
    partial: PathBuf,
    file: PathBuf,
    tally: Tally,
}

impl Writer {
    pub(super) fn new(file: &Path, generation: u64, counts: Counts) -> anyhow::Result<Self> {
        let name = file.file_name().context("a backup needs the name of a file")?;
        let mut partial = name.to_owned();
        partial.push(".partial");
        let partial = file.with_file_name(partial);
        // What a backup that was broken off left behind.
        let _ = fs::remove_file(&partial);
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial);
        let opened = opened.with_context(|| format!("cannot write {}", partial.display()))?;
        let to = BufWriter::with_capacity(1 << 16, GzEncoder::new(opened, Compression::fast()));
        let mut writer = Self { to, partial, file: file.to_owned(), tally: Tally::default() };
        let (offhook, made) = (env!("CARGO_PKG_VERSION").to_owned(), calendar::utc(calendar::now()));
        writer.line(&Head { format: FORMAT, offhook, made, generation, counts })?;
        Ok(writer)
    }

    pub(super) fn add(&mut self, records: &[Record]) -> anyhow::Result<()> {
        for record in records {
            let line = self.tally.add(record);
            self.to.write_all(line.as_bytes())?;
            self.to.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Writes the last line, and gives the file its name once the disk has it. Gives its size.
    pub(super) fn finish(mut self) -> anyhow::Result<u64> {
        let (end, sha256) = std::mem::take(&mut self.tally).finish();
        self.line(&End { end, sha256 })?;
        self.to.flush()?;
        let file = self.to.get_mut();
        file.try_finish()?;
        file.get_ref().sync_all()?;
        let size = file.get_ref().metadata()?.len();
        fs::rename(&self.partial, &self.file)
            .with_context(|| format!("cannot write {}", self.file.display()))?;
        Ok(size)
    }

    fn line(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.to, value)?;
        Ok(self.to.write_all(b"\n")?)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Nothing is there any more when it got its name.
        let _ = fs::remove_file(&self.partial);
    }
}

/// A backup that is being read.
pub(super) struct Reader {
    from: BufReader<GzDecoder<BufReader<File>>>,
    number: u64,
    /// Counts and digests what was read; nothing once the last line was.
    tally: Option<Tally>,
    pub(super) head: Head,
}

impl Reader {
    pub(super) fn open(file: &Path) -> anyhow::Result<Self> {
        let name = file.display();
        let opened = File::open(file).with_context(|| format!("cannot read {name}"))?;
        let mut from = BufReader::new(GzDecoder::new(BufReader::new(opened)));
        let first = line(&mut from).ok().flatten();
        let head: Option<Head> = first.and_then(|line| serde_json::from_str(&line).ok());
        let head = head.with_context(|| format!("{name} is no backup of offhook"))?;
        ensure!(
            head.format <= FORMAT,
            "{name} was made by offhook {}, and this one cannot read it: upgrade offhook",
            head.offhook
        );
        Ok(Self { from, number: 1, tally: Some(Tally::default()), head })
    }

    /// The next records, at most so many; none once all were read, and only when they are what was written.
    pub(super) fn next(&mut self, most: usize) -> anyhow::Result<Vec<Record>> {
        let mut records = Vec::new();
        while records.len() < most {
            let Some(mut tally) = self.tally.take() else { break };
            self.number += 1;
            let number = self.number;
            let read = line(&mut self.from).with_context(|| format!("line {number} cannot be read"))?;
            let text = read.context("the file ends in the middle: it is not whole")?;
            if text.starts_with(END) {
                check_end(&text, tally)?;
                break;
            }
            let record = Record::from_line(&text);
            let record = record.map_err(|problem| anyhow::anyhow!("line {number}: {problem}"))?;
            tally.add_line(&record, &text);
            self.tally = Some(tally);
            records.push(record);
        }
        Ok(records)
    }
}

/// What the last line begins with; no record does.
const END: &str = r#"{"end":"#;

fn check_end(text: &str, tally: Tally) -> anyhow::Result<()> {
    let End { end, sha256 } = serde_json::from_str(text).context("the last line cannot be read")?;
    let (counts, digest) = tally.finish();
    ensure!(
        counts == end && digest == sha256,
        "the file was changed: what is in it is not what its last line says"
    );
    Ok(())
}

/// The next line without its end; `None` behind the last.
fn line(from: &mut impl BufRead) -> anyhow::Result<Option<String>> {
    let mut text = String::new();
    if from.take(LONGEST_LINE).read_line(&mut text)? == 0 {
        return Ok(None);
    }
    let whole = text.ends_with('\n');
    ensure!(whole, "a line has no end");
    text.pop();
    Ok(Some(text))
}
