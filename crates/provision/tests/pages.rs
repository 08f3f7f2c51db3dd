//! The generated pages are what the catalogue gives now. `UPDATE=1` writes them.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use provision::{catalogue, lint, timeline};

#[test]
fn the_pages_are_up_to_date() {
    let pages = [
        ("settings.md", catalogue::settings_page()),
        ("models.md", catalogue::models_page()),
        ("keys.md", catalogue::keys_page()),
        ("lint.md", lint::page()),
        ("timeline.md", timeline::page()),
    ];
    for (name, page) in pages {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        assert!(
            std::fs::read_to_string(&path).unwrap_or_default() == page,
            "docs/{name} is old; run `UPDATE=1 cargo test -p provision --test pages`"
        );
    }
}
