//! What the i and ? keys of 7900 phones tell: a title and a text for each id they send, in the language there is a
//! file for, else in English.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Help about one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Help<'a> {
    /// What it is about.
    pub title: &'a str,
    /// What it does.
    pub text: &'a str,
}

/// All help texts in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topics {
    rows: BTreeMap<u32, Row>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    topic: u32,
    title: String,
    text: String,
}

/// A row of a file of help texts that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}; a row is an id, a topic, a title and a text with tabs between")]
pub struct TopicsError {
    /// Counted from one.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// A file of all topics has some 100 rows.
const MOST_ROWS: usize = 10_000;

static ENGLISH: LazyLock<Topics> = LazyLock::new(|| {
    Topics::parse(include_str!("../catalogue/help_topics.tsv")).expect("the tests read every row")
});

/// The English help for an id.
#[must_use]
pub fn help(id: u32) -> Option<Help<'static>> {
    ENGLISH.get(id)
}

/// Every topic once, in the order of the ids.
pub fn topics() -> impl Iterator<Item = (u32, Help<'static>)> {
    let own = ENGLISH.rows.iter().filter(|(id, row)| **id == row.topic);
    own.filter_map(|(id, _)| Some((*id, help(*id)?)))
}

impl Topics {
    /// Reads a file of the form of `catalogue/help_topics.tsv`.
    ///
    /// # Errors
    /// Names the first row that is none.
    pub fn parse(text: &str) -> Result<Self, TopicsError> {
        let mut rows = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') || line.starts_with("id\t") {
                continue;
            }
            let wrong = |what| TopicsError { line: number + 1, what };
            let cells: Vec<&str> = line.split('\t').collect();
            let [id, topic, title, text] = cells[..] else { return Err(wrong("not four columns")) };
            let number = |cell: &str| cell.parse::<u32>().map_err(|_| wrong("an id that is no number"));
            let (id, topic) = (number(id)?, number(topic)?);
            if rows.len() >= MOST_ROWS {
                return Err(wrong("more rows than there can be topics"));
            }
            let row = Row { topic, title: title.trim().to_owned(), text: text.trim().replace("\\n", "\n") };
            if rows.insert(id, row).is_some() {
                return Err(wrong("an id that was there before"));
            }
        }
        Ok(Self { rows })
    }

    /// The help for an id, or for the id whose text it shares.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<Help<'_>> {
        let row = self.rows.get(&id)?;
        let row = if row.topic == id { row } else { self.rows.get(&row.topic)? };
        Some(Help { title: &row.title, text: &row.text })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_id_has_its_text() {
        assert_eq!(ENGLISH.rows.len(), 83);
        for id in ENGLISH.rows.keys() {
            let help = help(*id).unwrap();
            assert!(help.title.len() > 1 && help.title != "-", "{id}");
            assert!(help.text.ends_with('.') && help.text.len() > 20 && help.text.len() < 400, "{id}");
        }
        assert!(topics().count() > 55);
        assert_eq!(help(2061).unwrap().title, help(308).unwrap().title);
        assert_eq!(help(0), None);
    }

    #[test]
    fn another_language_is_a_file() {
        let german =
            Topics::parse("# Deutsch\n303\t303\tHalten\tDer andere wartet.\\nEr hört Musik.\n").unwrap();
        assert_eq!(german.get(303).unwrap().text, "Der andere wartet.\nEr hört Musik.");
        assert_eq!(german.get(304), None);
        for (text, what) in
            [("1\t1\ta", "four"), ("x\t1\ta\tb", "number"), ("1\t1\ta\tb\n1\t1\ta\tb", "before")]
        {
            assert!(Topics::parse(text).unwrap_err().to_string().contains(what), "{text}");
        }
    }
}
