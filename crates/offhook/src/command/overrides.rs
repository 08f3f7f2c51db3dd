//! `override`: what stands in a document in spite of everything else, of a phone, a profile, a site or a series.

use std::path::Path;

use anyhow::Context as _;
use provision::inventory::{Override, Replacement};

use super::console::Console;
use super::output::Table;
use super::{WrongUse, view};
use crate::edit;

/// The largest fragment that makes sense; one byte more is enough to see that.
const MOST_BYTES: u64 = (1 << 20) + 1;

/// What to change about the overrides of a layer; nothing shows them.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Edits {
    /// The text there: vendorConfig/webAccess=0, sipProfile/sipLines/line[@button=2]/proxy=pbx.example.net.
    #[arg(value_name = "PATH=TEXT")]
    texts: Vec<String>,
    /// The element there, as XML from a file; - is standard input. May be repeated.
    #[arg(long = "fragment", value_name = "PATH=FILE")]
    fragments: Vec<String>,
    /// Leave out what stands there. May be repeated.
    #[arg(long = "remove", value_name = "PATH")]
    removed: Vec<String>,
    /// Take the override itself away, so that the catalogue decides again. May be repeated.
    #[arg(long = "drop", value_name = "PATH")]
    dropped: Vec<String>,
}

impl Edits {
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
            && self.fragments.is_empty()
            && self.removed.is_empty()
            && self.dropped.is_empty()
    }

    /// Changes the list. An override of a path takes the place of the earlier one.
    pub(super) fn apply(
        &self,
        console: &Console,
        whose: &str,
        overrides: &mut Vec<Override>,
    ) -> anyhow::Result<()> {
        for path in &self.dropped {
            edit::drop_override(whose, overrides, path)?;
        }
        for one in self.written(console, whose)? {
            edit::put_override(whose, overrides, one)?;
        }
        Ok(())
    }

    fn written(&self, console: &Console, whose: &str) -> anyhow::Result<Vec<Override>> {
        let mut written = Vec::new();
        for word in &self.texts {
            let (path, text) = divided(whose, word, "TEXT")?;
            written.push(Override { path: path.to_owned(), replacement: Replacement::Text(text.to_owned()) });
        }
        for word in &self.fragments {
            let (path, file) = divided(whose, word, "FILE")?;
            written.push(Override {
                path: path.to_owned(),
                replacement: Replacement::Fragment(read(console, file)?),
            });
        }
        let removed = self
            .removed
            .iter()
            .map(|path| Override { path: path.clone(), replacement: Replacement::Nothing });
        written.extend(removed);
        Ok(written)
    }
}

/// Divides at the first `=` that is not between brackets: `line[@button=2]/proxy=pbx`.
fn divided<'w>(whose: &str, word: &'w str, what: &str) -> Result<(&'w str, &'w str), WrongUse> {
    let mut depth = 0_usize;
    for (place, letter) in word.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '=' if depth == 0 && place > 0 => return Ok((&word[..place], &word[place + 1..])),
            _ => {}
        }
    }
    Err(WrongUse(format!("{whose}: {word:?} has no =: write PATH={what}, such as vendorConfig/webAccess=0")))
}

fn read(console: &Console, file: &str) -> anyhow::Result<String> {
    let bytes = console.read(Path::new(file), MOST_BYTES).with_context(|| format!("cannot read {file}"))?;
    let text = String::from_utf8(bytes).with_context(|| format!("cannot read {file}"))?;
    Ok(text.trim().to_owned())
}

/// The overrides for people.
pub(super) fn table(overrides: &[Override]) -> Table {
    let mut table = Table::new(["OVERRIDE", "BECOMES"]);
    for one in overrides {
        let secret = view::holds_password(one);
        let becomes = match &one.replacement {
            Replacement::Text(_) | Replacement::Fragment(_) if secret => "(hidden)".to_owned(),
            Replacement::Text(text) => text.clone(),
            Replacement::Fragment(xml) => xml.split_whitespace().collect::<Vec<_>>().join(" "),
            Replacement::Nothing => "(left out)".to_owned(),
        };
        table.row([one.path.clone(), becomes]);
    }
    table
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_path_ends_at_the_sign_outside_brackets() {
        let parts = divided("x", "sipProfile/sipLines/line[@button=2]/proxy=a=b", "TEXT").unwrap();
        assert_eq!(parts, ("sipProfile/sipLines/line[@button=2]/proxy", "a=b"));
        assert!(divided("x", "line[@button=2]", "TEXT").unwrap_err().to_string().contains("PATH=TEXT"));
        assert!(divided("x", "=2", "TEXT").is_err());
    }

    #[test]
    fn the_same_path_is_written_once_and_dropped_once() {
        let mut overrides = Vec::new();
        let edit = |texts: &[&str], removed: &[&str], dropped: &[&str]| Edits {
            texts: texts.iter().map(ToString::to_string).collect(),
            removed: removed.iter().map(ToString::to_string).collect(),
            dropped: dropped.iter().map(ToString::to_string).collect(),
            fragments: Vec::new(),
        };
        edit(&["vendorConfig/webAccess=0", "featurePolicyFile=a.xml"], &[], &[])
            .apply(&Console::Here, "x", &mut overrides)
            .unwrap();
        edit(&[], &["vendorConfig/webAccess"], &[]).apply(&Console::Here, "x", &mut overrides).unwrap();
        assert_eq!(overrides.len(), 2);
        assert_eq!(overrides[0].replacement, Replacement::Nothing);
        edit(&[], &[], &["featurePolicyFile"]).apply(&Console::Here, "x", &mut overrides).unwrap();
        assert_eq!(overrides.len(), 1);
        let error = edit(&[], &[], &["vendorConfig/webAcces"])
            .apply(&Console::Here, "x", &mut overrides)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "x has no override of vendorConfig/webAcces; perhaps vendorConfig/webAccess"
        );
        assert!(edit(&["a b=1"], &[], &[]).apply(&Console::Here, "x", &mut overrides).is_err());
    }
}
