//! The pages about files say what the code does.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use provision::artifact::{Artifact, Kind};
use provision::made;
use provision::models;
use provision::name::{FileName, From};

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

/// An example of a name with places to fill in.
fn example(name: &str) -> String {
    name.replace("<MAC>", "001122AABBCC")
        .replace("<locale>", "New_Zealand")
        .replace("<size>", "800x480x24")
        .replace("<load>", "sip88xx.14-2-1-0101-53")
        .replace("<uuid>", "72f64050-7ad5-4b47-9bfa-5e9ad9cd4aa9")
}

#[test]
fn the_table_of_names_tells_which_misses_are_normal() {
    let page = page("files.md");
    let table = page.split("## Names").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut rows = 0;
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let name = example(cells[0].trim_matches('`'));
        let parsed = FileName::parse(name.as_bytes(), From::Plain).unwrap();
        let artifact = Artifact::parse(&parsed);
        let expected = match (made::make(&name), artifact.normal_miss()) {
            (Some(_), _) => "never",
            (None, Some(_)) => "normal",
            (None, None) => "look",
        };
        assert_eq!(cells[3], expected, "{name}");
        assert_eq!(artifact.kind == Kind::Plain, name == "authorized_keys", "{name}");
        rows += 1;
    }
    assert!(rows > 30);
}

#[test]
fn every_locale_file_of_the_catalogue_is_on_the_page() {
    let page = page("files.md");
    for jar in models::all().iter().filter_map(|model| model.locale_jar) {
        assert!(page.contains(&format!("`{}`", jar.value)), "{}", jar.value);
    }
}

#[test]
fn everything_made_is_on_the_page() {
    let page = page("made-files.md");
    for name in made::names() {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        let stem = file.split('.').next().unwrap().trim_start_matches("TN-").trim_end_matches("-640x480");
        let written =
            if folder.is_empty() && file.ends_with(".xml") || file == "Callback.raw" { file } else { stem };
        let written = if file == "List.xml" { "Desktops/…/List.xml" } else { written };
        assert!(page.contains(&format!("`{written}`")), "{name}");
        assert!(page.contains(&format!("`{folder}`")) || folder.is_empty(), "{folder}");
    }
}
