//! `/about`: what this server sees of the phone that asks.

use provision::objects::{Screen, Text};

use super::{Ask, Page, Route};

pub(super) const ROUTE: Route =
    Route { path: "/about", methods: "GET", answer: |ask| Box::pin(async move { show(&ask) }) };

fn show(ask: &Ask) -> Page {
    let asker = &ask.asker;
    let screen = asker.display.map(|d| {
        let colours = if d.colour { "colours" } else { "greys" };
        format!("{} x {}, {colours}, {} bits", d.width, d.height, d.depth)
    });
    let lines = [
        ("Name", asker.device.map(|mac| mac.device_name())),
        ("Model", asker.model.clone()),
        ("Address", Some(ask.peer.ip().to_canonical().to_string())),
        ("Screen", screen),
        ("Language", asker.language.clone()),
        ("Server", Some(ask.base().to_owned())),
        ("Connection", Some(if ask.secure { "encrypted" } else { "not encrypted" }.to_owned())),
    ];
    let said = lines.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value?)));
    let text = said.collect::<Vec<_>>().join("\n");
    let again = ask.link("/about", &[])?;
    let text = Text::new(ask.phone(), "About this phone", &text)?;
    Ok(text.keys(|keys| keys.exit("Exit")?.act_with("Update", again))?.answer())
}
