//! What a phone complained about: its logs read line by line, without unpacking anything.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use provision::complaints::{Line, Reading, Told};
use serde_json::{Value, json};

use super::ReportError;
use super::archive::{self, Ended, LeftOut, MOST_BYTES, Member};

/// As much of a line as is looked at.
const LONGEST_LINE: usize = 4096;
/// What all logs that lie compressed in the archive may become together: a small one can become very long, and there may be
/// many of them.
const MOST_OF_LOGS: u64 = 256 << 20;

/// A report, looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// What is in it.
    pub members: Vec<Member>,
    /// What was left alone in it.
    pub left_out: Vec<LeftOut>,
    /// What its logs complain about.
    pub told: Told,
    /// Why it was not read to its end, if it was not.
    pub cut: Option<String>,
}

/// Reads the file of a report. Takes as long as the file is large.
///
/// # Errors
/// When there is no such file, or it is neither an archive nor a log.
pub fn look(path: &Path) -> Result<Looked, ReportError> {
    look_most(path, MOST_OF_LOGS)
}

fn look_most(path: &Path, mut left: u64) -> Result<Looked, ReportError> {
    let mut reading = Reading::default();
    let content = archive::read(path, MOST_BYTES, &mut |name, from| {
        let name = name.display().to_string();
        let counted = &mut Counted { from, bytes: 0 };
        if name.ends_with(".gz") || name.ends_with(".tgz") {
            let log = MultiGzDecoder::new(BufReader::new(&mut *counted));
            let mut log = BufReader::new(log.take(left));
            // A log that cannot be read to its end has said something until then.
            let _ = lines(&mut reading, &name, &mut log);
            left = log.get_ref().limit();
            io::copy(counted, &mut io::sink())?;
        } else {
            lines(&mut reading, &name, BufReader::new(&mut *counted))?;
        }
        Ok(Ok(counted.bytes))
    })?;
    let logs = (left == 0)
        .then(|| "the logs in it that are compressed are too long; not all was looked at".to_owned());
    let cut = content.ended.map(|ended| match ended {
        Ended::TooMuch => format!("it holds more than {} MiB; the rest was not looked at", MOST_BYTES >> 20),
        Ended::Damaged(problem) => format!("it is damaged: {problem}"),
    });
    Ok(Looked {
        members: content.members,
        left_out: content.left_out,
        told: reading.finish(),
        cut: cut.or(logs),
    })
}

fn lines(reading: &mut Reading, name: &str, mut from: impl BufRead) -> io::Result<()> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if from.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() == LONGEST_LINE && !line.ends_with(b"\n") {
            pass_line(&mut from)?;
        }
        // A line with zeros is none.
        if !line.contains(&0) {
            reading.line(name, number, &String::from_utf8_lossy(&line));
        }
    }
    Ok(())
}

/// Reads up to the end of a line and keeps nothing.
fn pass_line(from: &mut impl BufRead) -> io::Result<()> {
    loop {
        let some = from.fill_buf()?;
        if some.is_empty() {
            return Ok(());
        }
        let (passed, ends) = match some.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (some.len(), false),
        };
        from.consume(passed);
        if ends {
            return Ok(());
        }
    }
}

/// A stream whose bytes are counted.
struct Counted<'a> {
    from: &'a mut dyn Read,
    bytes: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }
}

impl Looked {
    /// For programs.
    #[must_use]
    pub fn value(&self) -> Value {
        let line = |line: &Line| json!({ "file": line.file, "line": line.number, "text": line.text });
        let findings = self.told.findings.iter().map(|found| {
            json!({
                "id": found.complaint.id,
                "about": found.complaint.about,
                "means": found.complaint.means,
                "do": found.complaint.advice,
                "certainty": found.complaint.certainty.to_string(),
                "count": found.count,
                "files": found.files,
                "first": line(&found.first),
                "last": line(&found.last),
            })
        });
        let others =
            self.told.others.iter().map(|other| json!({ "count": other.count, "first": line(&other.first) }));
        json!({
            "summary": self.told.sentences(),
            "complaints": findings.collect::<Vec<_>>(),
            "other_errors": others.collect::<Vec<_>>(),
            "files": self.members,
            "left_out": self.left_out,
            "cut": self.cut,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(content: &[u8]) -> Vec<u8> {
        let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
        gz.write_all(content).unwrap();
        gz.finish().unwrap()
    }

    fn member(name: &str, content: &[u8]) -> Vec<u8> {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].copy_from_slice(b"        ");
        let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut bytes = [&header, content].concat();
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }

    #[test]
    fn logs_in_logs_have_one_end_for_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.tar.gz");
        let log = b"0002 ERR tftp: File Not Found : SEP001122334455.cnf.xml\n".repeat(1000);
        let members: Vec<u8> =
            (0..10).flat_map(|number| member(&format!("{number}.gz"), &packed(&log))).collect();
        std::fs::write(&path, packed(&members)).unwrap();
        let looked = look_most(&path, 2 * log.len() as u64).unwrap();
        assert_eq!((looked.told.findings[0].count, looked.members.len()), (2000, 10));
        assert!(looked.cut.unwrap().contains("too long"));
        let looked = look(&path).unwrap();
        assert_eq!((looked.told.findings[0].count, looked.cut), (10_000, None));
    }
}
