//! Sources of the directory beside those that are built in: a real CardDAV server, one that means ill, and files.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../radicale/mod.rs"]
mod radicale;

mod fake;
mod here;
mod real;

use std::path::Path;
use std::time::{Duration, Instant};

use offhook::asterisk::Asterisk;
use offhook::directory::{Directory, Found, Origin, Search, SourceSettings};
use provision::phonebook::Format;
use radicale::USER;

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

fn carddav(url: &str, password: &str, authority: Option<&Path>) -> SourceSettings {
    let origin = Origin::CardDav {
        url: url.parse().unwrap(),
        user: USER.to_owned(),
        password: password.to_owned(),
        authority: authority.map(Path::to_owned),
        // Asked again at each search.
        refresh: Duration::from_millis(1),
    };
    SourceSettings {
        name: "sales".into(),
        title: "Sales".into(),
        order: 25,
        profiles: vec![],
        most: 100_000,
        origin,
    }
}

fn files(name: &str, path: &Path, format: Format) -> SourceSettings {
    let origin = Origin::Files { path: path.to_owned(), format };
    SourceSettings {
        name: name.into(),
        title: name.to_uppercase(),
        order: 5,
        profiles: vec![],
        most: 100_000,
        origin,
    }
}

fn directory(sources: &[SourceSettings]) -> Directory {
    Directory::new(None, Asterisk::default(), None).with(sources).patient(LONG)
}

async fn find(directory: &Directory, text: &str) -> Found {
    directory.search(&Search { text: text.to_owned(), ..Search::default() }).await
}

fn names(found: &Found) -> Vec<&str> {
    found.entries.iter().map(|entry| entry.name.as_str()).collect()
}

/// Searches again until it is as it should be.
async fn until(directory: &Directory, text: &str, is_right: impl Fn(&Found) -> bool) -> Found {
    let began = Instant::now();
    loop {
        let found = find(directory, text).await;
        if is_right(&found) {
            return found;
        }
        assert!(began.elapsed() < LONG, "{found:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
