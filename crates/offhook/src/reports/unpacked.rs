//! Unpacking a report into a folder of its own: files only, each where its name says below it, none of them a link.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::ReportError;
use super::archive::{self, Ended, LeftOut, MOST_BYTES, Member};

/// What was unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// The files.
    pub members: Vec<Member>,
    /// What was left alone.
    pub left_out: Vec<LeftOut>,
}

/// Unpacks the file of a report into `to`, which must not be there yet: nothing can lie in wait in it.
///
/// # Errors
/// When `to` is there, the file is no archive or damaged, or it is too much. What came before stays.
pub fn unpack(path: &Path, to: &Path) -> Result<Unpacked, ReportError> {
    unpack_most(path, to, MOST_BYTES)
}

fn unpack_most(path: &Path, to: &Path, most: u64) -> Result<Unpacked, ReportError> {
    let failed = |source| ReportError::Io { path: to.to_owned(), source };
    fs::DirBuilder::new().mode(0o700).create(to).map_err(failed)?;
    let content = archive::read(path, most, &mut |name, from| {
        let at = to.join(name);
        if let Some(folder) = at.parent()
            && fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).is_err()
        {
            return Ok(Err("its folder is a file".to_owned()));
        }
        // A second of the same name, or one whose name is a folder.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&at);
        let Ok(mut file) = file else { return Ok(Err("something else has its name".to_owned())) };
        io::copy(from, &mut file).map(Ok)
    })?;
    match content.ended {
        None => Ok(Unpacked { members: content.members, left_out: content.left_out }),
        Some(Ended::TooMuch) => Err(ReportError::TooMuch { path: path.to_owned(), most }),
        Some(Ended::Damaged(problem)) => Err(ReportError::Damaged { path: path.to_owned(), problem }),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io::Write;
    use std::path::PathBuf;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::reports::look;

    /// A member of an archive, with a letter that says what it is.
    fn member(name: &str, letter: u8, content: &[u8]) -> Vec<u8> {
        let mut header = [0_u8; 512];
        header[..name.len().min(100)].copy_from_slice(&name.as_bytes()[..name.len().min(100)]);
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = letter;
        header[157..160].copy_from_slice(b"/et");
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].copy_from_slice(b"        ");
        let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut bytes = header.to_vec();
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn to(&self) -> PathBuf {
            self.0.path().join("out")
        }

        fn file(&self, bytes: &[u8]) -> PathBuf {
            let path = self.0.path().join("report.tar.gz");
            fs::write(&path, bytes).unwrap();
            path
        }

        fn packed(&self, members: &[Vec<u8>]) -> PathBuf {
            let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
            members.iter().for_each(|member| gz.write_all(member).unwrap());
            gz.write_all(&[0; 1024]).unwrap();
            self.file(&gz.finish().unwrap())
        }
    }

    const LOG: &[u8] = b"0001 NOT hello\n0002 ERR tftp: File Not Found : SEP001122334455.cnf.xml\n";

    #[test]
    fn files_come_out_and_nothing_else_does() {
        let place = Place::new();
        let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
        gz.write_all(b"0003 ERR Trust List Update Failed\n").unwrap();
        let long = format!("{}/x.log", "d".repeat(90));
        let path = place.packed(&[
            member("./logs/", b'5', b""),
            member("./logs/messages", b'0', LOG),
            member("/logs/old.gz", b'0', &gz.finish().unwrap()),
            member("././@LongLink", b'L', format!("{long}\0").as_bytes()),
            member("short", b'0', b"fine\n"),
            member("pax", b'x', b"20 path=from/pax.log\n"),
            member("ignored", b'0', b"fine, too\n"),
            member("../../escaped", b'0', b"bad"),
            member("link", b'2', b""),
            member("hard", b'1', b""),
            member("dev", b'3', b""),
            member("logs/messages", b'0', b"again"),
            member("logs/messages/below", b'0', b"a file is no folder"),
        ]);
        let looked = look(&path).unwrap();
        let found: Vec<_> =
            looked.told.findings.iter().map(|found| (found.complaint.id, &*found.first.file)).collect();
        assert_eq!(found, [("trust-list-refused", "logs/old.gz"), ("file-missing", "logs/messages")]);
        assert_eq!(looked.cut, None);
        assert_eq!(looked.value()["complaints"][1]["files"][0], "SEP001122334455.cnf.xml");

        let unpacked = unpack(&path, &place.to()).unwrap();
        let names: Vec<_> = unpacked.members.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["logs/messages", "logs/old.gz", &long, "from/pax.log"]);
        assert_eq!(fs::read(place.to().join("logs/messages")).unwrap(), LOG, "the first of a name stays");
        assert_eq!(fs::read(place.to().join("from/pax.log")).unwrap(), b"fine, too\n");
        let left: Vec<_> = unpacked.left_out.iter().map(|left| left.name.as_str()).collect();
        assert_eq!(left, ["../../escaped", "link", "hard", "dev", "logs/messages", "logs/messages/below"]);
        assert!(!place.0.path().parent().unwrap().join("escaped").exists());
        let problem = unpack(&path, &place.to()).unwrap_err();
        assert!(matches!(problem, ReportError::Io { .. }), "a folder that is there is left alone: {problem}");
    }

    #[test]
    fn a_bomb_ends_where_it_becomes_too_much() {
        let place = Place::new();
        let path = place.packed(&[member("zeros", b'0', &vec![0; 8 << 20])]);
        assert!(fs::metadata(&path).unwrap().len() < 100_000);
        let problem = unpack_most(&path, &place.to(), 1 << 20).unwrap_err();
        assert!(matches!(problem, ReportError::TooMuch { .. }), "{problem}");
        let written = fs::metadata(place.to().join("zeros")).unwrap().len();
        assert!(written <= 1 << 20, "{written}");
    }

    #[test]
    fn many_members_end_somewhere() {
        let place = Place::new();
        let path = place.packed(&vec![member("../x", b'0', b""); archive::MOST_MEMBERS + 1]);
        assert!(matches!(unpack(&path, &place.to()), Err(ReportError::TooMuch { .. })));
        assert!(look(&path).unwrap().cut.is_some());
    }

    #[test]
    fn what_is_damaged_tells_as_much_as_it_can() {
        let place = Place::new();
        let whole =
            fs::read(place.packed(&[member("messages", b'0', LOG), member("b", b'0', &[7; 5000])])).unwrap();
        let path = place.file(&whole[..whole.len() - 30]);
        let looked = look(&path).unwrap();
        assert_eq!(looked.told.findings.len(), 1);
        assert!(looked.cut.is_some_and(|why| why.contains("damaged")));
        assert!(matches!(unpack(&path, &place.to()), Err(ReportError::Damaged { .. })));
        // Whatever bytes there are, nothing breaks.
        let tar: Vec<u8> = [member("a", b'0', LOG), member("b", b'x', b"9 path=x\n")].concat();
        for at in 0..tar.len() {
            let mut broken = tar.clone();
            broken[at] ^= 0xff;
            let path = place.file(&broken);
            let _ = look(&path);
        }
        for end in [0, 1, 100, 300, 511, 512, 700] {
            let _ = look(&place.file(&tar[..end]));
        }
    }

    #[test]
    fn a_log_alone_is_read_and_what_is_neither_is_refused() {
        let place = Place::new();
        let looked = look(&place.file(LOG)).unwrap();
        assert_eq!((looked.told.findings.len(), &*looked.members[0].name), (1, "log"));
        assert!(matches!(look(&place.file(b"\x7fELF\x02\x01\x01\0")), Err(ReportError::Kind(_))));
        let long = [b"x".repeat(10_000).as_slice(), b"\n", LOG].concat();
        let looked = look(&place.file(&long)).unwrap();
        assert_eq!(looked.told.findings[0].first.number, 3);
    }

    /// A member of a zip archive: its name, how it is packed, where it is from, and what is packed.
    struct Zipped<'a> {
        name: &'a str,
        method: u16,
        flags: u16,
        mode: u32,
        packed: Vec<u8>,
    }

    fn deflated<'a>(name: &'a str, content: &[u8]) -> Zipped<'a> {
        let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(content).unwrap();
        Zipped { name, method: 8, flags: 0, mode: 0o100_644, packed: packed.finish().unwrap() }
    }

    /// All of them; `at` says where the directory lets each begin, if not where it is.
    fn zip(members: &[Zipped<'_>], at: Option<u32>) -> Vec<u8> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for one in members {
            let begin = at.unwrap_or(u32::try_from(bytes.len()).unwrap()).to_le_bytes();
            let length = u32::try_from(one.packed.len()).unwrap().to_le_bytes();
            let name = u16::try_from(one.name.len()).unwrap().to_le_bytes();
            let how = [one.flags.to_le_bytes(), one.method.to_le_bytes()].concat();
            bytes.extend(
                [b"PK\x03\x04\x14\0".as_slice(), &how, &[0; 8], &length, &[0; 4], &name, &[0; 2]].concat(),
            );
            bytes.extend([one.name.as_bytes(), &one.packed].concat());
            let mode = (one.mode << 16).to_le_bytes();
            directory.extend(
                [b"PK\x01\x02\x14\x03\x14\0".as_slice(), &how, &[0; 8], &length, &[0; 4], &name].concat(),
            );
            directory.extend([[0; 8].as_slice(), &mode, &begin, one.name.as_bytes()].concat());
        }
        let end = [u32::try_from(directory.len()).unwrap(), u32::try_from(bytes.len()).unwrap()];
        let end = end.map(u32::to_le_bytes).concat();
        [bytes, directory, b"PK\x05\x06".to_vec(), vec![0; 8], end, vec![0; 2]].concat()
    }

    #[test]
    fn a_zip_archive_is_read_as_one_of_tar() {
        let place = Place::new();
        let as_is =
            |name, mode, content: &[u8]| Zipped { name, method: 0, flags: 0, mode, packed: content.to_vec() };
        let path = place.file(&zip(
            &[
                deflated("logs/messages", LOG),
                as_is("logs/", 0o040_755, b""),
                as_is("plain", 0, b"fine\n"),
                as_is("../../escaped", 0o100_644, b"bad"),
                as_is("/absolute", 0o100_644, b"below\n"),
                as_is("link", 0o120_777, b"/etc/passwd"),
                as_is("dev", 0o020_666, b""),
                Zipped { flags: 1, ..as_is("secret", 0o100_644, b"x") },
                Zipped { method: 14, ..as_is("lzma", 0o100_644, b"x") },
                deflated("logs/messages", b"again"),
            ],
            None,
        ));
        let looked = look(&path).unwrap();
        assert_eq!((looked.told.findings.len(), looked.cut), (1, None));
        assert_eq!(looked.told.findings[0].first.file, "logs/messages");
        let unpacked = unpack(&path, &place.to()).unwrap();
        let names: Vec<_> = unpacked.members.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["logs/messages", "plain", "absolute"]);
        assert_eq!(fs::read(place.to().join("logs/messages")).unwrap(), LOG);
        let left: Vec<_> = unpacked.left_out.iter().map(|left| left.name.as_str()).collect();
        assert_eq!(left, ["../../escaped", "link", "dev", "secret", "lzma", "logs/messages"]);
    }

    #[test]
    fn a_zip_bomb_ends_where_it_becomes_too_much() {
        let place = Place::new();
        let zeros = vec![0; 3 << 20];
        let bomb = zip(&[deflated("a", &zeros), deflated("b", &zeros), deflated("c", &zeros)], None);
        assert!(bomb.len() < 100_000);
        let path = place.file(&bomb);
        // What all members become together counts.
        assert!(matches!(unpack_most(&path, &place.to(), 8 << 20), Err(ReportError::TooMuch { .. })));
        let written = |name| fs::metadata(place.to().join(name)).map_or(0, |found| found.len());
        assert!(written("a") + written("b") + written("c") <= 8 << 20);
        // Many that share the bytes of one are a bomb, too, and it is seen before anything is read.
        let many: Vec<_> = (0..100).map(|_| deflated("a", &zeros)).collect();
        let mut shared = zip(&many[..1], Some(0));
        let whole = zip(&many, Some(0));
        let directory = whole.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
        let keep = shared.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
        shared.truncate(keep);
        shared.extend(&whole[directory..]);
        let at = shared.len() - 6;
        shared[at..at + 4].copy_from_slice(&u32::try_from(keep).unwrap().to_le_bytes());
        assert!(look(&place.file(&shared)).unwrap().cut.is_some_and(|why| why.contains("more than")));
        assert_eq!(look(&place.file(&shared)).unwrap().members, []);
    }

    #[test]
    fn a_broken_zip_archive_breaks_nothing() {
        let place = Place::new();
        let whole = zip(&[deflated("messages", LOG), deflated("b", b"fine\n")], None);
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 0xff;
            let _ = look(&place.file(&broken));
            let _ = look(&place.file(&whole[..at]));
        }
        let cut = look(&place.file(&whole[..whole.len() - 5])).unwrap().cut.unwrap();
        assert!(cut.contains("its directory is missing"), "{cut}");
    }
}
