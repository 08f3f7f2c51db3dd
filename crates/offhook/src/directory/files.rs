//! Contacts in files: vCards or tables, one file or a folder of them, read again when anything of it changes.

use std::path::{Path, PathBuf};
use std::{fs, io};

use provision::phonebook::{self, Format, Options};

use super::contacts::{everybodys, people};
use super::index::{Index, Person};
use crate::stamp::Witness;

/// A hundred thousand cards with pictures of people are smaller.
const LARGEST: u64 = 256 << 20;
/// Nobody keeps so many address books in one folder; single cards, perhaps.
const MOST_FILES: usize = 20_000;

/// Files of one kind.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// The name of the source, for the log.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) format: Format,
    /// The most numbers taken.
    pub(super) most: usize,
}

/// What they held, and how they looked then.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) index: Index,
    seen: Witness,
}

impl Shelf {
    /// Whether the files still look as they did.
    pub(super) fn holds(&self) -> bool {
        self.seen.holds()
    }
}

impl Files {
    /// Reads them; takes its time.
    pub(super) fn read(&self) -> Result<Shelf, String> {
        // Looked at first: what is written while it is read shows next time.
        let mut seen = Witness::of([self.path.clone()]);
        let mut found = Vec::new();
        for file in self.files().map_err(|error| self.unreadable(&self.path, &error))? {
            seen.look(&file);
            let bytes = bytes(&file).map_err(|error| self.unreadable(&file, &error))?;
            self.take(&file, &bytes, &mut found)?;
            if found.len() >= self.most {
                tracing::warn!(
                    source = self.name,
                    most = self.most,
                    "a source of the directory has more numbers than are taken"
                );
                found.truncate(self.most);
                break;
            }
        }
        Ok(Shelf { index: Index::of(found), seen })
    }

    fn take(&self, file: &Path, bytes: &[u8], found: &mut Vec<Person>) -> Result<(), String> {
        let options = Options { book: &self.name, skip_unknown: true };
        let (sheet, faults) = phonebook::salvage(bytes, self.format, options)
            .map_err(|faults| format!("{}: {faults}", file.display()))?;
        if let Some(first) = faults.list.first() {
            let count = faults.list.len() + faults.more;
            tracing::warn!(source = self.name, file = %file.display(), count, %first, "some contacts of a file cannot be read and are left out");
        }
        for (_, contact) in sheet.contacts {
            found.extend(people(&everybodys(contact)));
        }
        Ok(())
    }

    /// The file, or all of a folder whose names end as they should.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        if !fs::metadata(&self.path)?.is_dir() {
            return Ok(vec![self.path.clone()]);
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let fits = name
                .to_str()
                .is_some_and(|name| !name.starts_with('.') && Format::of_name(name) == Some(self.format));
            if fits && files.len() < MOST_FILES {
                files.push(entry.path());
            }
        }
        files.sort_unstable();
        Ok(files)
    }

    fn unreadable(&self, path: &Path, error: &io::Error) -> String {
        format!("{} cannot be read: {error}", path.display())
    }
}

fn bytes(file: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(file)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if metadata.len() > LARGEST {
        return Err(io::Error::other(format!("it has {} bytes; at most {LARGEST} are read", metadata.len())));
    }
    fs::read(file)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn files(path: &Path, format: Format, most: usize) -> Files {
        Files { name: "sales".to_owned(), path: path.to_owned(), format, most }
    }

    fn names(shelf: &Shelf) -> Vec<String> {
        shelf.index.people().iter().map(|one| one.entry().name).collect()
    }

    const CARDS: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna\r\nTEL;TYPE=WORK:4711\r\nTEL;TYPE=CELL:0171\r\nEND:VCARD\r\n\
                         BEGIN:VCARD\r\nFN:Broken\r\nTEL:no\u{7}number\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Bob\r\nTEL:4712\r\nEND:VCARD\r\n\
                         BEGIN:VCARD\r\nFN:Cut off\r\nTEL:47";

    #[test]
    fn what_can_be_read_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let cards = folder.path().join("a.vcf");
        fs::write(&cards, CARDS).unwrap();
        assert_eq!(
            names(&files(&cards, Format::Vcard, 99).read().unwrap()),
            ["Anna (mobile)", "Anna (work)", "Bob"]
        );
        assert_eq!(names(&files(&cards, Format::Vcard, 2).read().unwrap()).len(), 2);
        fs::write(folder.path().join("b.vcf"), "BEGIN:VCARD\nFN:Eve\nTEL:1\nEND:VCARD\n").unwrap();
        fs::write(folder.path().join(".hidden.vcf"), "nonsense").unwrap();
        fs::write(
            folder.path().join("c.csv"),
            "Name;Colour;Phone;Owner\nZoë;red;12;\nNobody;;;\nMine;;13;SEP001122334455\n",
        )
        .unwrap();
        assert_eq!(names(&files(folder.path(), Format::Vcard, 99).read().unwrap()).len(), 4);
        assert_eq!(
            names(&files(folder.path(), Format::Csv, 99).read().unwrap()),
            ["Mine", "Zoë"],
            "nobody's alone"
        );
        for wrong in ["", "nothing of that kind", "colour\nred\n"] {
            fs::write(&cards, wrong).unwrap();
            assert!(files(&cards, Format::Vcard, 99).read().is_err(), "{wrong:?}");
            assert!(files(&cards, Format::Csv, 99).read().is_err(), "{wrong:?}");
        }
        let absent = files(&folder.path().join("absent"), Format::Csv, 9).read().unwrap_err();
        assert!(absent.contains("absent cannot be read"), "{absent}");
    }
}
