//! Documents as people write them: TOML, JSON, or the file that phones read.

use std::path::Path;

use anyhow::Context as _;
use provision::inventory::{Content, Document};
use serde::Deserialize;
use wire::signed::Signed;

use crate::command::WrongUse;
use crate::command::console::Console;

/// The largest document is a list of rings of some kilobytes.
const MOST_BYTES: u64 = 1 << 20;

/// A document in TOML or JSON; a name in it is read over, the command line has one.
#[derive(Debug, Deserialize)]
struct Written {
    #[expect(dead_code, reason = "what `document show --toml` and `--json` write is read again")]
    name: Option<serde::de::IgnoredAny>,
    #[serde(flatten)]
    content: Content,
}

/// Reads a file, or standard input for `-`.
pub(super) fn read(console: &Console, name: &str, from: &Path) -> anyhow::Result<Document> {
    let shown = if from == Path::new("-") { "standard input".to_owned() } else { from.display().to_string() };
    let bytes = console.read(from, MOST_BYTES + 1).with_context(|| format!("cannot read {shown}"))?;
    anyhow::ensure!(bytes.len() as u64 <= MOST_BYTES, "{shown} is larger than any document");
    // Of a signed file, what is inside its signature.
    let signed = Signed::parse(&bytes);
    let payload = signed.as_ref().map_or(&bytes[..], |signed| signed.payload);
    parse(name, payload).map_err(|problem| WrongUse(format!("{shown}: {problem}")).into())
}

fn parse(name: &str, bytes: &[u8]) -> Result<Document, String> {
    let text = String::from_utf8_lossy(bytes);
    let start = text.trim_start_matches('\u{FEFF}').trim_start();
    if start.starts_with('<') {
        return Document::read(name, bytes).map_err(|error| error.problem);
    }
    let content = if start.starts_with('{') {
        serde_json::from_str::<Written>(start).map_err(|error| error.to_string())
    } else {
        toml::from_str::<Written>(start).map_err(|error| error.to_string().trim_end().to_owned())
    };
    let kinds = "soft-keys, dial-template, dial-rules, feature-policy, rings or backgrounds";
    match content {
        Ok(Written { content, .. }) => Ok(Document { name: name.to_owned(), content }),
        Err(problem) if !start.contains("kind") => {
            Err(format!("it says no kind ({kinds}), and is no XML either: {problem}"))
        }
        Err(problem) => Err(problem),
    }
}

/// The document as TOML that [`read`] reads.
pub(super) fn toml(document: &Document) -> anyhow::Result<String> {
    Ok(toml::to_string(document)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn toml_json_and_xml_say_the_same() {
        let toml_text = "kind = \"dial-template\"\n[[content]]\npattern = \"0,..\"\nwait = 2\n[[content]]\npattern = \"*\"\nwait = 3\nline = 2\n";
        let json = r#"{"name": "other.xml", "kind": "dial-template", "content": [{"pattern": "0,..", "wait": 2}, {"pattern": "*", "wait": 3, "line": 2}]}"#;
        let xml = r#"<dialTemplate><TEMPLATE match="0,.." timeout="2"/><TEMPLATE match="*" timeout="3" line="2"/></dialTemplate>"#;
        let read = |text: &str| parse("x.xml", text.as_bytes()).unwrap();
        assert_eq!(read(toml_text), read(json));
        assert_eq!(read(json), read(xml));
        assert_eq!(read(&toml(&read(xml)).unwrap()), read(xml));
    }

    #[test]
    fn every_made_document_goes_through_toml_and_json() {
        for name in super::super::made_names() {
            let own = super::super::made(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(parse(name, toml(&own).unwrap().as_bytes()).unwrap(), own, "{name}");
            assert_eq!(parse(name, serde_json::to_string(&own).unwrap().as_bytes()).unwrap(), own, "{name}");
            own.check().unwrap();
        }
    }

    #[test]
    fn faults_are_told() {
        for (text, problem) in [
            ("", "it says no kind (soft-keys, "),
            ("kind = \"dial\"\ncontent = []", "unknown variant"),
            ("kind = \"dial-template\"\n[[content]]\npatern = \"1\"", "patern"),
            ("{\"kind\": \"rings\"", "EOF"),
            ("<device/>", "begins with <device>"),
        ] {
            let error = parse("x.xml", text.as_bytes()).unwrap_err();
            assert!(error.contains(problem), "{text:?}: {error}");
        }
    }
}
