//! `/directory`: look somebody up and dial. The first answer is a menu, as the oldest phones want it.

use provision::objects::paging::Page as Part;
use provision::objects::{Directory as List, Entry as Field, Input, MOST_ENTRIES, Menu, Screen, Text};

use super::{Ask, Fault, Page, Route, contacts};
use crate::directory::{Found, Search, Source};

pub(super) const ROUTE: Route =
    Route { path: "/directory", methods: "GET", answer: |ask| Box::pin(menu(ask)) };

/// The address that configurations of the oldest phones often hold.
pub(super) const OLD: Route =
    Route { path: "/directory/79xx", methods: "GET", answer: |ask| Box::pin(menu(ask)) };

pub(super) const SEARCH: Route =
    Route { path: "/directory/search", methods: "GET", answer: |ask| Box::pin(async move { form(&ask) }) };

pub(super) const FOUND: Route =
    Route { path: "/directory/found", methods: "GET, POST", answer: |ask| Box::pin(found(ask)) };

async fn menu(ask: Ask) -> Page {
    let mut menu = Menu::new(ask.phone(), "Directory")?.prompt("Choose how to look somebody up");
    menu = menu.item("Search", ask.link("/directory/search", &[])?)?;
    for source in ask.app.directory.sources(ask.asker.device).await {
        menu = menu.item(source.title(), ask.link("/directory/found", &[("source", source.word())])?)?;
    }
    if contacts::is_there(&ask).await {
        menu = menu.item("Personal", ask.link("/contacts", &[])?)?;
    }
    Ok(menu.keys(|keys| keys.exit("Exit")?.act("Select"))?.answer())
}

fn form(ask: &Ask) -> Page {
    let input = Input::new(ask.phone(), "Search", ask.link("/directory/found", &[])?)?
        .field("Name or number", "who", Field::Any)?
        .field("Keypad, 6855 for Müll", "keys", Field::Telephone)?;
    Ok(input.keys(|keys| keys.exit("Exit")?.act("Search"))?.answer())
}

async fn found(mut ask: Ask) -> Page {
    let sent = ask.form().await?;
    // Never `name`: old phones add one of their own, which is theirs.
    let said = |name: &str| sent.get(name).or_else(|| ask.parameter(name)).unwrap_or_default().to_owned();
    let word = said("source");
    let search = Search {
        text: said("who"),
        keys: said("keys"),
        phone: ask.asker.device,
        source: ask.app.directory.source(&word),
        books: ask.own().await.books.clone(),
    };
    let found = ask.app.directory.search(&search).await;
    if found.entries.is_empty() {
        return nobody(&ask, &found);
    }
    let part = Part::of(&found.entries, said("page").parse().unwrap_or(1), MOST_ENTRIES);
    let mut list = List::new(ask.phone(), &title(search.source.as_ref(), &part))?.prompt(&remarks(&found));
    for entry in part.items {
        // A number that nobody can dial helps nobody.
        list = list.clone().entry(&entry.name, &entry.number).unwrap_or(list);
    }
    let page = |number: usize| {
        let number = number.to_string();
        let parameters =
            [("who", &*search.text), ("keys", &*search.keys), ("source", &*word), ("page", &*number)];
        let said: Vec<_> = parameters.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        ask.link("/directory/found", &said)
    };
    let (next, previous) = (part.next().map(page).transpose()?, part.previous().map(page).transpose()?);
    let list = list.keys(|keys| keys.exit("Exit")?.act("Dial")?.leaf(next, previous))?;
    Ok(list.answer())
}

fn title(source: Option<&Source>, part: &Part<'_, crate::directory::Entry>) -> String {
    let what = source.map_or("Found", Source::title);
    if part.of > 1 { format!("{what} {}/{}", part.number, part.of) } else { what.to_owned() }
}

/// What somebody who looks should know of the answer.
fn remarks(found: &Found) -> String {
    let mut remarks = Vec::new();
    for source in &found.old {
        remarks.push(format!("{} not up to date", source.title()));
    }
    for (source, _) in &found.away {
        remarks.push(format!("{} not available", source.title()));
    }
    if found.more {
        remarks.push("There are more: search with more letters".to_owned());
    }
    if remarks.is_empty() { "Select somebody".to_owned() } else { remarks.join("; ") }
}

fn nobody(ask: &Ask, found: &Found) -> Page {
    let mut text = "Nobody was found.".to_owned();
    for (source, why) in &found.away {
        tracing::warn!(source = source.title(), why, "a source of the directory is away");
        text.push_str(&format!("\n{} cannot be asked at the moment.", source.title()));
    }
    let again = ask.link("/directory/search", &[])?;
    let text = Text::new(ask.phone(), "Directory", &text)?;
    Ok(text.keys(|keys| keys.exit("Exit")?.act_with("Search", again))?.answer().passing())
}

impl From<crate::asterisk::Trouble> for Fault {
    fn from(trouble: crate::asterisk::Trouble) -> Self {
        Self::Away(trouble.to_string())
    }
}
