//! The document root: what lies in it, what it replaces, what a phone would get; administrators put files there and take them away.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::time::UNIX_EPOCH;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::routing::{get, post};
use http::StatusCode;
use provision::artifact::{Artifact, Kind};
use provision::made;
use provision::name::{FileName, From};
use serde::Deserialize;

use super::answer::{Answer, Refused, sentence};
use super::form::Filled;
use super::frame::Frame;
use crate::admin::access::{Administrator, Viewer};
use crate::artifact::{How, Transport};
use crate::listener::App;

mod place;
mod put;

use place::{Place, clean, join, passing};

/// Rows of a folder; a folder with more is for a shell.
const MOST_ROWS: usize = 1000;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/files", get(show))
        .route("/files/remove", post(remove))
        // It counts for itself what it reads.
        .route("/files/put", post(put::put).layer(DefaultBodyLimit::disable()))
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    at: String,
    #[serde(default)]
    name: String,
}

/// Something in the folder.
struct Row {
    name: String,
    path: String,
    folder: bool,
    kind: &'static str,
    instead: Option<&'static str>,
    size: String,
    changed: Option<i64>,
}

#[derive(Template)]
#[template(path = "files.html")]
struct Page {
    frame: Frame,
    root: String,
    at: String,
    crumbs: Vec<(String, String)>,
    rows: Vec<Row>,
    more: bool,
    name: String,
    answer: Option<(bool, String)>,
    largest: String,
    wrong: Option<String>,
    findings: Vec<String>,
}

impl Page {
    async fn of(frame: Frame, app: &App, at: &str) -> Result<Self, Refused> {
        let resolved = app.config.load_full();
        let folder = Place::of(&resolved, at)?;
        let documents = frame.store()?.documents().await?;
        let documents: Vec<String> = documents.into_iter().map(|document| document.name).collect();
        let (shown, place) = (at.to_owned(), folder.clone());
        let looked = tokio::task::spawn_blocking(move || rows(&place, &shown, &documents)).await;
        let (rows, more) = looked.map_err(|failed| Refused::Broken(failed.to_string()))??;
        let mut crumbs = vec![(String::new(), "document root".to_owned())];
        let mut so_far = String::new();
        for part in at.split('/').filter(|part| !part.is_empty()) {
            so_far = join(&so_far, part);
            crumbs.push((so_far.clone(), part.to_owned()));
        }
        Ok(Self {
            root: resolved.document_root.display().to_string(),
            at: at.to_owned(),
            crumbs,
            rows,
            more,
            name: String::new(),
            answer: None,
            largest: size(put::LARGEST),
            wrong: None,
            findings: Vec::new(),
            frame,
        })
    }
}

fn rows(place: &Place, at: &str, documents: &[String]) -> Result<(Vec<Row>, bool), Refused> {
    let broken = |error: std::io::Error| Refused::Broken(format!("{}: {error}", place.folder.display()));
    let mut rows = Vec::new();
    for entry in fs::read_dir(&place.folder).map_err(broken)?.take(MOST_ROWS + 1) {
        let entry = entry.map_err(broken)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // What it leads to counts; what leads nowhere is left out, and `check` tells of it.
        let Ok(metadata) = fs::metadata(entry.path()) else { continue };
        if name.starts_with('.') {
            continue;
        }
        let path = join(at, &name);
        let (kind, instead) = if metadata.is_dir() { ("", None) } else { told(&path, documents) };
        let changed = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        rows.push(Row {
            size: if metadata.is_dir() { String::new() } else { size(metadata.len()) },
            folder: metadata.is_dir(),
            changed: changed.map(|since| since.as_secs().cast_signed()),
            name,
            path,
            kind,
            instead,
        });
    }
    let more = rows.len() > MOST_ROWS;
    rows.truncate(MOST_ROWS);
    rows.sort_by(|one, other| (!one.folder, &one.name).cmp(&(!other.folder, &other.name)));
    Ok((rows, more))
}

/// What a file is for, and what phones would get if it were not there.
fn told(path: &str, documents: &[String]) -> (&'static str, Option<&'static str>) {
    let Ok(name) = FileName::parse(path.as_bytes(), From::Plain) else { return ("", None) };
    let artifact = Artifact::parse(&name);
    let made = made::names().any(|made| made.eq_ignore_ascii_case(artifact.plain_name));
    let kept = documents.iter().any(|kept| kept.eq_ignore_ascii_case(artifact.plain_name));
    let instead = match artifact.kind {
        _ if kept => Some("a document of the inventory"),
        Kind::PhoneConfiguration(_) => Some("what the inventory says"),
        Kind::TrustList(_) => Some("the trust list of offhook"),
        _ if made => Some("what offhook makes"),
        _ => None,
    };
    (word(artifact.kind), instead)
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::TrustList(_) => "trust list",
        Kind::PhoneConfiguration(_) => "configuration of a phone",
        Kind::DefaultConfiguration => "configuration of unknown phones",
        Kind::SoftKeys => "soft keys",
        Kind::DialTemplate => "dial plan",
        Kind::FeaturePolicy => "feature policy",
        Kind::DialRules => "dial rules",
        Kind::RingList => "list of rings",
        Kind::Ring => "ring",
        Kind::BackgroundList => "list of wallpapers",
        Kind::Image => "picture",
        Kind::HeadsetDefaults => "headset settings",
        Kind::Locale => "language",
        Kind::Firmware => "firmware",
        Kind::Legacy => "for old firmware",
        _ => "",
    }
}

/// Bytes for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_485_760 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

async fn show(frame: Frame, _: Viewer, State(app): State<App>, Query(asked): Query<Asked>) -> Answer {
    let mut page = Page::of(frame, &app, &asked.at).await?;
    if !asked.name.trim().is_empty() {
        page.answer = Some(answer(&app, asked.name.trim()).await);
        asked.name.trim().clone_into(&mut page.name);
    }
    page.frame.page(&page)
}

/// What a phone would get for a name. A configuration is not asked for: asking would take an unknown phone in.
async fn answer(app: &App, name: &str) -> (bool, String) {
    let parsed = FileName::parse(name.as_bytes(), From::Plain);
    if let Some(mac) = parsed.as_ref().ok().and_then(|name| Artifact::parse(name).device()) {
        return (true, format!("That is for {} alone; its own page shows it.", mac.device_name()));
    }
    let home = IpAddr::V4(Ipv4Addr::LOCALHOST);
    match app.artifacts.fetch(name.as_bytes(), home, Transport::Tftp).await {
        Ok(file) => {
            let from = match file.how {
                How::Override => "your file",
                How::Made => "made by offhook",
                How::Signed => "signed by offhook",
                How::Unwrapped => "what is within your signed file",
            };
            (
                true,
                format!("{}: {}, {}, {}", file.name, from, size(file.bytes.len() as u64), file.content_type),
            )
        }
        Err(refusal) => {
            let normal = parsed.ok().and_then(|name| Artifact::parse(&name).normal_miss());
            let why = sentence(&refusal.reason.to_string());
            (
                normal.is_some(),
                normal.map_or(why.clone(), |normal| format!("{why} That is normal: {normal}.")),
            )
        }
    }
}

async fn remove(frame: Frame, _: Administrator, State(app): State<App>, form: Filled) -> Answer {
    let path = clean(form.text("path"))?;
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let place = Place::of(&app.config.load(), folder)?;
    let file = place.folder.join(name);
    let gone = fs::symlink_metadata(&file)
        .ok()
        .filter(|metadata| !metadata.is_dir())
        .ok_or(Refused::NothingThere)?;
    fs::remove_file(&file).map_err(|error| Refused::Wrong(format!("{path} cannot be removed: {error}.")))?;
    let bytes = size(gone.len());
    frame.store()?.note("removes", &format!("file {path}"), &[("size", Some(&bytes), None)]).await?;
    frame.back_to(&back(folder), &format!("{path} is gone; phones get what offhook makes, if it makes that"))
}

/// The page of a folder.
fn back(folder: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    if folder.is_empty() {
        "/files".to_owned()
    } else {
        format!("/files?at={}", utf8_percent_encode(folder, NON_ALPHANUMERIC))
    }
}

/// The page of a folder again, with what is wrong.
async fn refused(frame: Frame, app: &App, at: &str, wrong: String) -> Answer {
    let mut page = Page::of(frame, app, at).await?;
    page.wrong = Some(wrong);
    page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_say_what_they_replace() {
        let documents = ["SoftKeys-hall.xml".to_owned()];
        assert_eq!(told("softkeys-hall.xml", &documents).1, Some("a document of the inventory"));
        assert_eq!(told("Ringlist.xml", &documents), ("list of rings", Some("what offhook makes")));
        assert_eq!(told("SEP001122334455.cnf.xml", &[]).1, Some("what the inventory says"));
        assert_eq!(told("sip8845_65.14-2-1.loads", &[]), ("firmware", None));
    }
}
