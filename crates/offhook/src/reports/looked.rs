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
/// What a log that lies compressed in the archive may become.
const MOST_OF_A_LOG: u64 = 256 << 20;

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
    let mut reading = Reading::default();
    let content = archive::read(path, MOST_BYTES, &mut |name, from| {
        let name = name.display().to_string();
        let counted = &mut Counted { from, bytes: 0 };
        if name.ends_with(".gz") || name.ends_with(".tgz") {
            let log = MultiGzDecoder::new(BufReader::new(&mut *counted)).take(MOST_OF_A_LOG);
            // A log that cannot be read to its end has said something until then.
            let _ = lines(&mut reading, &name, BufReader::new(log));
            io::copy(counted, &mut io::sink())?;
        } else {
            lines(&mut reading, &name, BufReader::new(&mut *counted))?;
        }
        Ok(Ok(counted.bytes))
    })?;
    let cut = content.ended.map(|ended| match ended {
        Ended::TooMuch => format!("it holds more than {} MiB; the rest was not looked at", MOST_BYTES >> 20),
        Ended::Damaged(problem) => format!("it is damaged: {problem}"),
    });
    Ok(Looked { members: content.members, left_out: content.left_out, told: reading.finish(), cut })
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
