//! The configuration: search order, environment, mistakes and what is said about them, and the generated page.
#![expect(clippy::unwrap_used, reason = "tests")]

mod mistakes;
mod reading;
mod sources;

use std::ffi::OsString;
use std::path::Path;

use offhook::config;
use offhook::config::keys::{KEYS, Key};
use offhook::config::written::Written;
use offhook::config::{Source, page};
use proptest::prelude::*;

fn read(text: &str, variables: &[(&str, &str)]) -> Result<config::Found, config::Error> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("offhook.toml"), text).unwrap();
    config::load_from(&source(directory.path(), variables))
}

fn source(directory: &Path, variables: &[(&str, &str)]) -> Source {
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Source { file: None, directory: directory.to_owned(), variables: variables.collect() }
}

fn refusal(text: &str) -> String {
    read(text, &[]).unwrap_err().to_string()
}

/// Holds `docs/configuration.md` to the table; `UPDATE=1` writes it.
#[test]
fn the_page_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, page::markdown()).unwrap();
    }
    let current = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        current == page::markdown(),
        "docs/configuration.md is old: UPDATE=1 cargo test -p offhook --test config"
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        Written::default().file(Path::new("x"), &text, &mut Vec::new());
    }

    #[test]
    fn no_value_makes_it_panic(key in 0..KEYS.len(), value in "\\PC{0,40}|[0-9]{1,30}[a-zA-Z]{0,3}|\\[[^\\]]{0,20}\\]") {
        let key: &Key = &KEYS[key];
        let mut problems = Vec::new();
        let mut written = Written::default();
        written.environment([(key.environment().into(), OsString::from(&value))], &mut problems);
        prop_assert_eq!(problems.is_empty(), written.place(key.name).is_some());
        for quoted in [format!("{} = {value}", key.name), format!("{} = {value:?}", key.name)] {
            Written::default().file(Path::new("x"), &quoted, &mut Vec::new());
        }
    }

    #[test]
    fn every_misspelling_by_one_letter_is_understood(key in 0..KEYS.len(), at in 0usize..40, letter in "[a-z]") {
        let key = &KEYS[key];
        let (_, last) = key.split();
        let start = key.name.len() - last.len();
        let mut typed = key.name.to_owned();
        let at = start + at % last.len();
        typed.replace_range(at..=at, &letter);
        prop_assume!(Key::find(&typed).is_none());
        let mut problems = Vec::new();
        Written::default().file(Path::new("x"), &format!("{typed} = 1"), &mut problems);
        prop_assert!(problems[0].text.contains("did you mean"), "{}", problems[0]);
    }
}
