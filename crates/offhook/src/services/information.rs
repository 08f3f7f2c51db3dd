//! `/information`: help about a key, by the id that 7900 phones send; without one, a menu of all.
//!
//! A language is a file, `help/LANGUAGE.tsv` in the data directory; what it lacks is told in English.

use std::path::Path;

use provision::help::{Topics, help, topics};
use provision::objects::{Menu, Screen, Text};

use super::{Ask, Page, Route};

pub(super) const ROUTE: Route =
    Route { path: "/information", methods: "GET", answer: |ask| Box::pin(show(ask)) };

/// A file of all topics has some 20 KB.
const LONGEST_FILE: u64 = 1 << 20;

async fn show(ask: Ask) -> Page {
    let own = own_language(&ask).await;
    let Some(asked) = ask.parameter("id") else { return all(&ask, own.as_ref()) };
    let id = asked.parse::<u32>().ok();
    let found = id.and_then(|id| own.as_ref().and_then(|own| own.get(id)).or_else(|| help(id)));
    let (title, text) = match found {
        Some(help) => (help.title, help.text),
        None => ("Help", "There is no help for this key."),
    };
    let text = Text::new(ask.phone(), title, text)?;
    Ok(text.keys(|keys| keys.exit("Exit"))?.answer().passing())
}

fn all(ask: &Ask, own: Option<&Topics>) -> Page {
    let mut menu = Menu::new(ask.phone(), "Help")?.prompt("Choose a key");
    for (id, english) in topics() {
        let title = own.and_then(|own| own.get(id)).map_or(english.title, |help| help.title);
        menu = menu.item(title, ask.link("/information", &[("id", &id.to_string())])?)?;
    }
    Ok(menu.keys(|keys| keys.exit("Exit")?.act("Select"))?.answer())
}

async fn own_language(ask: &Ask) -> Option<Topics> {
    let language = ask.asker.language.as_deref()?.to_ascii_lowercase().replace('-', "_");
    // It becomes a part of a path.
    let is_name = language.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return None;
    }
    let folder = ask.app.config.load().data_dir.join("help");
    let short = language.split('_').next().unwrap_or_default().to_owned();
    for name in [language, short] {
        if let Some(topics) = read(&folder.join(format!("{name}.tsv"))).await {
            return Some(topics);
        }
    }
    None
}

async fn read(path: &Path) -> Option<Topics> {
    let size = tokio::fs::metadata(path).await.ok()?.len();
    if size > LONGEST_FILE {
        tracing::warn!(file = %path.display(), size, "a file of help texts is too large");
        return None;
    }
    let text = tokio::fs::read_to_string(path).await.ok()?;
    match Topics::parse(&text) {
        Ok(topics) => Some(topics),
        Err(error) => {
            tracing::warn!(file = %path.display(), %error, "a file of help texts cannot be read");
            None
        }
    }
}
