//! What phones complain about: lines of their logs held against `catalogue/complaints.tsv`, and told in plain words.
//!
//! Feed every line of a problem report to [`Reading::line`]; [`Reading::finish`] gives what was found, the worst first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::catalogue::{Certainty, Table};

/// Something a phone may complain about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// A word for programs.
    pub id: &'static str,
    /// What it is about: trust, download, network, registration, services, enrolment, time, hardware.
    pub about: &'static str,
    /// What it means.
    pub means: &'static str,
    /// What to look at.
    pub advice: &'static str,
    /// How sure that is.
    pub certainty: Certainty,
    /// What a line holds: all of these, in small letters.
    says: Vec<&'static str>,
}

/// A complaint that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub complaint: &'static Complaint,
    /// In how many lines.
    pub count: u64,
    /// The first of them.
    pub first: Line,
    /// The last of them.
    pub last: Line,
    /// Files that these lines name, as far as they do.
    pub files: Vec<String>,
}

/// A line that sounds like an error, and is none that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// In how many lines it stands, numbers aside.
    pub count: u64,
    /// The first of them.
    pub first: Line,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The file it stands in.
    pub file: String,
    /// Which line, from 1 on.
    pub number: u64,
    /// What it says, shortened.
    pub text: String,
}

/// Logs as they are read. It keeps no more than it tells.
#[derive(Debug, Default)]
pub struct Reading {
    known: BTreeMap<&'static str, Finding>,
    others: BTreeMap<String, Other>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Complaints that are known, in the order of the table: trust first.
    pub findings: Vec<Finding>,
    /// Other lines that sound like errors, the most frequent first.
    pub others: Vec<Other>,
}

/// As much of a line as is told.
const LONGEST: usize = 300;
/// Files named with one complaint.
const MOST_FILES: usize = 8;
/// Different errors that are remembered; phones repeat themselves.
const MOST_OTHERS: usize = 2000;
/// Different errors that are told.
const TOLD_OTHERS: usize = 40;

static COMPLAINTS: LazyLock<Vec<Complaint>> = LazyLock::new(|| {
    let table = Table::parse(include_str!("../catalogue/complaints.tsv"));
    let row = |row: crate::catalogue::Row<'_>| Complaint {
        id: row.get("id"),
        about: row.get("about"),
        means: row.get("means"),
        advice: row.get("do"),
        certainty: Certainty::read(row.get("certainty")),
        says: row.get("says").split(" & ").collect(),
    };
    table.rows().map(row).collect()
});

/// Words by which a line sounds like an error. Phones write the severity in three capitals.
const ERRORS: [&str; 8] = ["err", "error", "fail", "failed", "failure", "crt", "fatal", "panic"];

impl Reading {
    /// Takes one line of a file.
    pub fn line(&mut self, file: &str, number: u64, text: &str) {
        let small = text.to_ascii_lowercase();
        let found = COMPLAINTS.iter().find(|one| one.says.iter().all(|part| small.contains(part)));
        let line = || Line { file: file.to_owned(), number, text: shown(text) };
        if let Some(complaint) = found {
            let finding = self.known.entry(complaint.id).or_insert_with(|| Finding {
                complaint,
                count: 0,
                first: line(),
                last: line(),
                files: Vec::new(),
            });
            finding.count += 1;
            finding.last = line();
            for name in files_in(text) {
                if finding.files.len() < MOST_FILES && !finding.files.iter().any(|known| known == name) {
                    finding.files.push(name.to_owned());
                }
            }
            return;
        }
        let sounds = |word: &str| ERRORS.contains(&word);
        if small.split(|c: char| !c.is_ascii_alphanumeric()).any(sounds) {
            let shape = shape(&small);
            if let Some(other) = self.others.get_mut(&shape) {
                other.count += 1;
            } else if self.others.len() < MOST_OTHERS {
                self.others.insert(shape, Other { count: 1, first: line() });
            }
        }
    }

    /// What was found in all lines.
    #[must_use]
    pub fn finish(self) -> Told {
        let place = |finding: &Finding| COMPLAINTS.iter().position(|one| one.id == finding.complaint.id);
        let mut findings: Vec<Finding> = self.known.into_values().collect();
        findings.sort_by_key(place);
        let mut others: Vec<Other> = self.others.into_values().collect();
        others.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.first.text.cmp(&b.first.text)));
        others.truncate(TOLD_OTHERS);
        Told { findings, others }
    }
}

impl Told {
    /// One sentence for each complaint: `It refused a signed file … (3 times; SEP001122334455.cnf.xml.sgn).`
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let one = |finding: &Finding| {
            let times = match finding.count {
                1 => "once".to_owned(),
                count => format!("{count} times"),
            };
            let files = if finding.files.is_empty() {
                String::new()
            } else {
                format!("; {}", finding.files.join(", "))
            };
            let sure =
                if finding.complaint.certainty == Certainty::Sure { "" } else { "; this is how we read it" };
            format!("{} ({times}{files}{sure}).", finding.complaint.means)
        };
        self.findings.iter().map(one).collect()
    }
}

/// Without what could do harm on a terminal or a page, and not too long.
fn shown(text: &str) -> String {
    let seen: String = text.trim().chars().filter(|c| !c.is_control()).take(LONGEST + 1).collect();
    match seen.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &seen[..at]),
        None => seen,
    }
}

/// What is left of a line when times, addresses and numbers are put aside.
fn shape(small: &str) -> String {
    let mut shape = String::new();
    for c in small.chars().take(LONGEST) {
        let c = if c.is_ascii_digit() { '#' } else { c };
        if !(c == '#' && shape.ends_with('#')) {
            shape.push(c);
        }
    }
    shape
}

/// Names in a line that look like files of phones.
fn files_in(text: &str) -> impl Iterator<Item = &str> {
    const ENDS: [&str; 14] = [
        ".xml", ".sgn", ".tlv", ".loads", ".sbn", ".zz", ".jar", ".raw", ".png", ".cnf", ".txt", ".sgn]",
        ".enc", ".rwb",
    ];
    let between = |c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | '[' | ']' | ',' | ';' | '=' | '<' | '>')
    };
    let words = text.split(between).map(|word| word.trim_end_matches(['.', ':']));
    let words = words.map(|word| word.rsplit('/').next().unwrap_or(word));
    let is_file =
        |word: &&str| word.len() <= 100 && ENDS.iter().any(|end| word.to_ascii_lowercase().ends_with(end));
    let mut seen = BTreeSet::new();
    words.filter(is_file).filter(move |word| seen.insert(*word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[&str]) -> Told {
        let mut reading = Reading::default();
        for (number, line) in (1..).zip(lines) {
            reading.line("messages", number, line);
        }
        reading.finish()
    }

    #[test]
    fn what_is_known_is_told_in_plain_words() {
        let told = read(&[
            "0012 NOT Nov 23 06:12:01.100 boot: hello",
            "0013 ERR Nov 23 06:12:02.100 tftp: File Not Found : SEP001122334455.cnf.xml.sgn",
            "0014 ERR Nov 23 06:12:03.100 tftp: File Not Found : /usr/x/ringlist.xml.",
            "0015 ERR Nov 23 06:12:04.100 SECD: invalid file SEP001122334455.cnf.xml.sgn, authenticated fail. Reason:14",
            "0016 ERR Nov 23 06:12:05.100 cip.xyz: something 17 failed at 0x12",
            "0017 ERR Nov 23 06:12:06.100 cip.xyz: something 18 failed at 0x14",
        ]);
        let ids: Vec<_> = told.findings.iter().map(|found| (found.complaint.id, found.count)).collect();
        assert_eq!(ids, [("signature-refused", 1), ("file-missing", 2)], "trust first");
        assert_eq!(told.findings[1].files, ["SEP001122334455.cnf.xml.sgn", "ringlist.xml"]);
        assert_eq!((told.findings[1].first.number, told.findings[1].last.number), (2, 3));
        assert_eq!((told.others.len(), told.others[0].count), (1, 2), "{:?}", told.others);
        assert_eq!(
            told.sentences()[1],
            "It asked for a file that is not there (2 times; SEP001122334455.cnf.xml.sgn, ringlist.xml)."
        );
    }

    #[test]
    fn a_quiet_log_tells_nothing() {
        let told = read(&["", "0012 NOT boot: hello", "0013 INF interrupt 7, no failover here, terror not"]);
        assert_eq!(told, Told::default());
    }

    #[test]
    fn every_row_can_be_found() {
        for complaint in COMPLAINTS.iter() {
            let line = complaint.says.join(" ");
            let told = read(&[&line.to_ascii_uppercase()]);
            assert_eq!(told.findings.len(), 1, "{line}");
            let place = |id| COMPLAINTS.iter().position(|one| one.id == id);
            // A row further up may say it more exactly.
            assert!(place(told.findings[0].complaint.id) <= place(complaint.id), "{line}");
            assert_eq!(line, line.to_ascii_lowercase(), "small letters");
            assert!(!complaint.means.is_empty() && !complaint.advice.is_empty(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_lines_are_borne(lines in prop::collection::vec(any::<String>(), 0..50)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let told = read(&lines);
            let all = told.others.iter().map(|other| &other.first).chain(told.findings.iter().map(|found| &found.last));
            for line in all {
                prop_assert!(line.text.chars().count() <= LONGEST + 1 && !line.text.contains(char::is_control));
            }
        }
    }
}
