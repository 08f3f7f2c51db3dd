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
        assert!(matches!(look(&place.file(b"PK\x03\x04\0\0\0\0")), Err(ReportError::Kind(_))));
        let long = [b"x".repeat(10_000).as_slice(), b"\n", LOG].concat();
        let looked = look(&place.file(&long)).unwrap();
        assert_eq!(looked.told.findings[0].first.number, 3);
    }
}
