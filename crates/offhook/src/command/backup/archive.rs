//! What is in the encrypted file: lines of JSON compressed with gzip, and the bytes of files between them.
//!
//! The first line says what it is. `{"file":…}` tells a file, whose bytes follow with a line end behind them; `{"folder":…}` a
//! folder; `{"end":…}` is the last line; every other line is a record of the inventory.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use pki::vault;
use serde::{Deserialize, Serialize};
use store::{Counts, Record, Snapshot};

use super::tree::{Distant, Entry};
use super::{Files, check_path};
use crate::command::output::Table;
use crate::config::Resolved;
use crate::trust::calendar;

/// The version of the content. Later ones read all earlier ones.
const FORMAT: u32 = 1;
/// How many records are given at a time.
const AT_ONCE: usize = 2000;
/// The longest line: a record has a handful of texts, of which the store takes 4 MiB each, and JSON writes some characters
/// as six.
const LONGEST_LINE: u64 = 128 << 20;

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::command) struct Head {
    /// The version of the content, under a name that no other file begins with.
    #[serde(rename = "offhook-installation")]
    format: u32,
    /// The version of the program.
    pub(in crate::command) offhook: String,
    /// When it was made.
    pub(in crate::command) made: String,
    /// What the inventory was kept in.
    pub(in crate::command) database: String,
    /// The number of the last change that is in it.
    pub(in crate::command) generation: u64,
    /// What is in the inventory.
    pub(in crate::command) counts: Counts,
}

/// Which folder a file lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::command) enum Place {
    /// The data directory.
    Data,
    /// The folder of problem reports.
    Reports,
    /// The administrator's files.
    DocumentRoot,
    /// The file of the configuration.
    Configuration,
}

/// What is told of a file or folder before its bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::command) struct Told {
    pub(in crate::command) at: Place,
    pub(in crate::command) path: String,
    pub(in crate::command) mode: u32,
    #[serde(default)]
    pub(in crate::command) size: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    File(Told),
    Folder(Told),
    End { counts: Counts, files: Files },
}

/// The beginnings of lines that are no records.
const OURS: [&str; 3] = [r#"{"file":"#, r#"{"folder":"#, r#"{"end":"#];

impl Head {
    pub(super) fn new(snapshot: &Snapshot, resolved: &Resolved) -> Self {
        Self {
            format: FORMAT,
            offhook: env!("CARGO_PKG_VERSION").to_owned(),
            made: calendar::utc(calendar::now()),
            database: if resolved.database.file().is_some() { "SQLite" } else { "PostgreSQL" }.to_owned(),
            generation: snapshot.generation,
            counts: snapshot.counts,
        }
    }
}

/// What was made.
pub(super) struct Made {
    pub(super) bytes: u64,
    pub(super) files: Files,
}

/// A backup that is being written, under another name until it is whole.
pub(super) struct Writer {
    to: Option<GzEncoder<vault::Writer<BufWriter<File>>>>,
    partial: PathBuf,
    file: PathBuf,
    counts: Counts,
    files: Files,
}

impl Writer {
    pub(super) fn new(file: &Path, secret: &[u8], head: &Head) -> anyhow::Result<Self> {
        let mut partial = file.file_name().context("a backup needs the name of a file")?.to_owned();
        partial.push(".partial");
        let partial = file.with_file_name(partial);
        // What a backup that was broken off left behind.
        let _ = fs::remove_file(&partial);
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial);
        let opened = opened.with_context(|| format!("cannot write {}", partial.display()))?;
        let vault = vault::Writer::new(BufWriter::with_capacity(1 << 17, opened), secret)?;
        let to = Some(GzEncoder::new(vault, Compression::fast()));
        let (counts, files) = (Counts::default(), Files::default());
        let mut writer = Self { to, partial, file: file.to_owned(), counts, files };
        writer.line(head)?;
        Ok(writer)
    }

    pub(super) fn entry(&mut self, entry: &Entry) -> anyhow::Result<()> {
        let Entry { place, path, mode, bytes } = entry;
        match bytes {
            None => self.line(&Line::Folder(Told { at: *place, path: path.clone(), mode: *mode, size: 0 })),
            Some(bytes) => self.file(*place, path, *mode, bytes.len() as u64, &mut &bytes[..]),
        }
    }

    /// Adds files one after the other; gives those that nobody may read.
    pub(super) fn stream(&mut self, files: Vec<Distant>) -> anyhow::Result<Vec<String>> {
        let mut left_out = Vec::new();
        for file in files {
            match file.open() {
                Ok((size, mode, mut bytes)) => self.file(file.place, &file.path, mode, size, &mut bytes)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => left_out.push(format!("{}: {error}", file.real.display())),
            }
        }
        Ok(left_out)
    }

    fn file(
        &mut self,
        at: Place,
        path: &str,
        mode: u32,
        size: u64,
        bytes: &mut impl Read,
    ) -> anyhow::Result<()> {
        self.line(&Line::File(Told { at, path: path.to_owned(), mode, size }))?;
        let copied = io::copy(bytes, self.to()).with_context(|| format!("cannot copy {path}"))?;
        ensure!(
            copied == size,
            "{path} became shorter while it was read: try again when nobody writes to it"
        );
        self.to().write_all(b"\n")?;
        self.files.add(at, size);
        Ok(())
    }

    pub(super) fn records(&mut self, records: &[Record]) -> anyhow::Result<()> {
        for record in records {
            self.counts.add(record);
            let line = record.to_line();
            self.to().write_all(line.as_bytes())?;
            self.to().write_all(b"\n")?;
        }
        Ok(())
    }

    /// Writes the last line, and gives the file its name once the disk has it.
    pub(super) fn finish(mut self) -> anyhow::Result<Made> {
        let (counts, files) = (self.counts, self.files);
        self.line(&Line::End { counts, files })?;
        let to = self.to.take().expect("it is written to until here");
        let file = to.finish()?.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        let bytes = file.metadata()?.len();
        fs::rename(&self.partial, &self.file)
            .with_context(|| format!("cannot write {}", self.file.display()))?;
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())?;
        Ok(Made { bytes, files })
    }

    fn line(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(self.to(), value)?;
        Ok(self.to().write_all(b"\n")?)
    }

    fn to(&mut self) -> &mut GzEncoder<vault::Writer<BufWriter<File>>> {
        self.to.as_mut().expect("it is written to until it is finished")
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Nothing is there any more when it got its name.
        let _ = fs::remove_file(&self.partial);
    }
}

/// What a backup holds next.
pub(in crate::command) enum Item {
    /// A file; its bytes are to be taken with [`Reader::bytes`] at once.
    File(Told),
    /// A folder.
    Folder(Told),
    /// Some records.
    Records(Vec<Record>),
}

/// A backup that is being read.
pub(in crate::command) struct Reader {
    from: BufReader<GzDecoder<BufReader<vault::Reader<BufReader<File>>>>>,
    pub(in crate::command) head: Head,
    /// What was read so far; all of it, once the end was.
    pub(in crate::command) files: Files,
    counts: Counts,
    names: HashSet<(Place, String)>,
    /// A line that was read and not used: it ended the records before it.
    held: Option<String>,
    ended: bool,
}

impl Reader {
    pub(in crate::command) fn open(file: &Path, secret: &[u8]) -> anyhow::Result<Self> {
        let name = file.display();
        let opened = File::open(file).with_context(|| format!("cannot read {name}"))?;
        let vault = vault::Reader::new(BufReader::with_capacity(1 << 17, opened), secret);
        let vault = vault.map_err(|error| match error {
            vault::VaultError::Foreign => {
                anyhow::anyhow!("{name} is no backup of offhook{}", other_kind(file))
            }
            other => anyhow::anyhow!("{name}: {other}"),
        })?;
        let mut from =
            BufReader::with_capacity(1 << 16, GzDecoder::new(BufReader::with_capacity(1 << 16, vault)));
        let first = line(&mut from).with_context(|| name.to_string())?.unwrap_or_default();
        let head: serde_json::Value = serde_json::from_str(&first).unwrap_or_default();
        let format = head["offhook-installation"].as_u64();
        let format = format.with_context(|| format!("{name} holds no installation of offhook"))?;
        ensure!(
            format <= u64::from(FORMAT),
            "{name} was made by offhook {}, and this one cannot read it: upgrade offhook",
            head["offhook"].as_str().unwrap_or("of a later version")
        );
        let head =
            serde_json::from_value(head).with_context(|| format!("{name} is damaged in its first line"))?;
        let (files, counts) = (Files::default(), Counts::default());
        Ok(Self { from, head, files, counts, names: HashSet::new(), held: None, ended: false })
    }

    /// What comes next; nothing once all was given, and only when it is what was written.
    pub(in crate::command) fn next(&mut self) -> anyhow::Result<Option<Item>> {
        let mut records = Vec::new();
        while !self.ended && records.len() < AT_ONCE {
            let text = match self.held.take() {
                Some(held) => held,
                None => line(&mut self.from)?.context("the file ends in the middle: it is not whole")?,
            };
            if !OURS.iter().any(|start| text.starts_with(start)) {
                let record = Record::from_line(&text);
                let record =
                    record.map_err(|problem| anyhow::anyhow!("a record cannot be read: {problem}"))?;
                self.counts.add(&record);
                records.push(record);
                continue;
            }
            if !records.is_empty() {
                self.held = Some(text);
                break;
            }
            return match serde_json::from_str(&text).context("a line cannot be read")? {
                Line::File(told) => self.named(told).map(|told| Some(Item::File(told))),
                Line::Folder(told) => self.named(told).map(|told| Some(Item::Folder(told))),
                Line::End { counts, files } => {
                    self.end(counts, files)?;
                    Ok(None)
                }
            };
        }
        Ok((!records.is_empty()).then_some(Item::Records(records)))
    }

    /// The bytes of the file that was told last.
    pub(in crate::command) fn bytes(&mut self, told: &Told, to: &mut impl Write) -> anyhow::Result<()> {
        let copied = io::copy(&mut self.from.by_ref().take(told.size), to)?;
        ensure!(copied == told.size, "the file ends in the middle: it is not whole");
        let mut end = [0];
        self.from.read_exact(&mut end)?;
        ensure!(end == *b"\n", "{} is longer than it says", told.path);
        self.files.add(told.at, told.size);
        Ok(())
    }

    /// Reads on to the end without keeping anything.
    pub(in crate::command) fn check(mut self, mut told: impl FnMut(&Told)) -> anyhow::Result<Files> {
        while let Some(item) = self.next()? {
            if let Item::File(file) = &item {
                self.bytes(file, &mut io::sink())?;
                told(file);
            }
        }
        Ok(self.files)
    }

    fn named(&mut self, told: Told) -> anyhow::Result<Told> {
        check_path(&told.path)?;
        let new = self.names.insert((told.at, told.path.clone()));
        ensure!(new, "it names the file {} twice", told.path);
        Ok(told)
    }

    /// What was written is what was read, and nothing comes behind it.
    fn end(&mut self, counts: Counts, files: Files) -> anyhow::Result<()> {
        let same = counts == self.counts && files == self.files && counts == self.head.counts;
        ensure!(same, "the backup does not hold what its last line says");
        ensure!(self.from.read(&mut [0])? == 0, "there is something behind the end of the backup");
        // The decoder stops at the end of what was compressed; what is encrypted must end there, too.
        let rest = self.from.get_mut().get_mut().read(&mut [0])?;
        ensure!(rest == 0, "there is something behind the end of the backup");
        self.ended = true;
        Ok(())
    }
}

/// A hint for who mixes backups of the database up with those of everything.
fn other_kind(file: &Path) -> &'static str {
    let mut start = [0; 2];
    let gzip =
        File::open(file).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == [0x1f, 0x8b];
    if gzip { "; a backup of `offhook db backup` is restored with `offhook db restore`" } else { "" }
}

/// The next line without its end; `None` behind the last.
fn line(from: &mut impl BufRead) -> anyhow::Result<Option<String>> {
    let mut text = String::new();
    if from.take(LONGEST_LINE).read_line(&mut text)? == 0 {
        return Ok(None);
    }
    ensure!(text.ends_with('\n'), "the file ends in the middle: it is not whole");
    text.pop();
    Ok(Some(text))
}

/// What is in a backup, for people.
pub(in crate::command) fn table(counts: &Counts, files: &Files) -> Table {
    let mut table = crate::command::db::table(counts);
    for (what, count) in [
        ("files of the data directory", files.data),
        ("files of problem reports", files.reports),
        ("files of the document root", files.document_root),
    ] {
        table.row([what.to_owned(), format!("{count:>8}")]);
    }
    table
}
