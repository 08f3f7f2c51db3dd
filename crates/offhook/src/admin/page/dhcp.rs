//! What to write into a DHCP server.

use std::net::Ipv4Addr;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use provision::dhcp::{NOTES, Note, Program, Target};
use serde::Deserialize;

use super::answer::{Answer, sentence};
use super::frame::Frame;
use crate::admin::access::Viewer;
use crate::dhcp::target;
use crate::listener::App;

pub(super) fn router() -> Router<App> {
    Router::new().route("/dhcp", get(show))
}

/// What somebody asked for instead of what the configuration says.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    address: Option<String>,
    name: Option<String>,
    phones: Option<String>,
}

#[derive(Template)]
#[template(path = "dhcp.html")]
struct Page {
    frame: Frame,
    addresses: String,
    name: String,
    phones_only: bool,
    wrong: Option<String>,
    snippets: Vec<Snippet>,
    notes: &'static [Note],
}

struct Snippet {
    word: &'static str,
    title: &'static str,
    place: &'static str,
    text: String,
}

async fn show(frame: Frame, _: Viewer, State(app): State<App>, Query(asked): Query<Asked>) -> Answer {
    let own = target(&app.config.load());
    let shown = |servers: &[Ipv4Addr]| servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let addresses = asked.address.unwrap_or_else(|| shown(&own.servers));
    let name = asked.name.map_or_else(|| own.name.unwrap_or_default(), |name| name.trim().to_owned());
    let phones_only = asked.phones.is_some();
    let made = servers(&addresses).and_then(|servers| {
        snippets(&Target { servers, name: Some(name.clone()).filter(|name| !name.is_empty()), phones_only })
    });
    let (snippets, wrong) = match made {
        Ok(snippets) => (snippets, None),
        Err(problem) => (Vec::new(), Some(sentence(&problem))),
    };
    frame.clone().page(&Page { frame, addresses, name, phones_only, wrong, snippets, notes: &NOTES })
}

fn servers(text: &str) -> Result<Vec<Ipv4Addr>, String> {
    let words = text.split([' ', ',', ';', '\t']).filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|_| format!("{word} is no IPv4 address"))).collect()
}

fn snippets(target: &Target) -> Result<Vec<Snippet>, String> {
    let programs =
        Program::ALL.into_iter().filter(|program| !target.phones_only || program.tells_phones_apart());
    let snippet = |program: Program| {
        let text = program.snippet(target).map_err(|error| error.to_string())?;
        Ok(Snippet { word: program.word(), title: program.title(), place: program.place(), text })
    };
    programs.map(snippet).collect()
}
