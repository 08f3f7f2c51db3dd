//! `/services`: the menu an administrator composes, for everybody or for the phones of a layer.

use provision::objects::paging::Page as Part;
use provision::objects::{MOST_ITEMS, Menu, Screen, Target};

use super::{Ask, Fault, Page, Route, wanted};
use crate::config::MenuLine;

pub(super) const ROUTE: Route =
    Route { path: "/services", methods: "GET", answer: |ask| Box::pin(show(ask)) };

async fn show(ask: Ask) -> Page {
    let (config, own) = (ask.app.config.load_full(), ask.own().await);
    let composed = own.menu.as_ref().unwrap_or(&config.services.menu);
    let lines: Vec<(&str, Target)> = composed.iter().filter_map(|line| entry(&ask, line)).collect();
    let part = Part::of(&lines, ask.number("page").unwrap_or(1), MOST_ITEMS);
    let prompt = wanted::notice(&own).map_or_else(|| "Choose a service".to_owned(), ToString::to_string);
    let title = own.title.as_ref().unwrap_or(&config.services.title);
    let mut menu = Menu::new(ask.phone(), title)?.prompt(&prompt);
    for (name, target) in part.items {
        menu = menu.item(name, target.clone())?;
    }
    let page = |number: usize| ask.link("/services", &[("page", &number.to_string())]);
    let (next, previous) = (part.next().map(page).transpose()?, part.previous().map(page).transpose()?);
    let menu = menu.keys(|keys| keys.exit("Exit")?.act("Select")?.leaf(next, previous))?;
    Ok(menu.answer())
}

/// What this phone cannot follow is left out.
fn entry<'a>(ask: &Ask, line: &'a MenuLine) -> Option<(&'a str, Target)> {
    let target: Result<Target, Fault> = match &line.target {
        path if path.starts_with('/') => ask.link(path, &[]),
        target => Target::parse(target).map_err(Fault::from),
    };
    let target = target.ok().filter(|target| ask.phone().follows(target))?;
    Some((&line.name, target))
}
