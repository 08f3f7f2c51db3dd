//! Putting a file into the document root: read as it comes, checked, and there whole or not at all.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use axum::extract::{Request, State};
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use provision::lint::lint;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

use super::super::answer::{Answer, Refused};
use super::super::form::TOKEN;
use super::super::frame::Frame;
use super::super::session;
use super::{Page, Place, back, clean, join, passing, refused, size};
use crate::admin::access::Administrator;
use crate::listener::App;
use crate::services::multipart::{Event, Multipart};

/// A firmware image for a video phone has some 120 MB.
pub(super) const LARGEST: u64 = 512 << 20;
/// Whoever sends nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(30);
/// The disk keeps this much for everything else.
const LEAST_FREE: u64 = 200 << 20;
/// The longest field beside the file.
const LONGEST_FIELD: usize = 2048;
/// No file that phones read as XML is larger.
const LARGEST_XML: u64 = 2 << 20;

/// A file that is on its way; gone unless it got its name.
struct Coming {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Drop for Coming {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What the form said before the file, and the file.
struct Sent {
    fields: BTreeMap<String, String>,
    place: Place,
    path: String,
    coming: Coming,
}

pub(super) async fn put(frame: Frame, _: Administrator, State(app): State<App>, request: Request) -> Answer {
    let mut fields = BTreeMap::new();
    match sent(&app, request, &mut fields).await {
        Ok(sent) => kept(frame, &app, sent).await,
        Err(Refused::Wrong(problem)) => {
            let at = fields.get("at").cloned().unwrap_or_default();
            refused(frame, &app, &at, problem).await
        }
        Err(other) => Err(other),
    }
}

/// Reads the form. The token and everything else stands before the file, as in our page.
async fn sent(app: &App, request: Request, fields: &mut BTreeMap<String, String>) -> Result<Sent, Refused> {
    let expected = session::form_token(request.headers()).ok_or(Refused::OldForm)?;
    let kind =
        request.headers().get(CONTENT_TYPE).map(http::HeaderValue::as_bytes).unwrap_or_default().to_vec();
    let mut form = Multipart::new(&kind).map_err(|error| Refused::BadForm(error.to_string()))?;
    let mut body = request.into_body();
    let (mut field, mut coming): (Option<String>, Option<(Place, String, Coming)>) = (None, None);
    loop {
        match form.event().map_err(|error| Refused::BadForm(error.to_string()))? {
            None => {
                let next = tokio::time::timeout(PATIENCE, body.frame()).await;
                match next {
                    Err(_) => return Err(Refused::BadForm("It took too long to arrive.".to_owned())),
                    Ok(None) => return Err(Refused::BadForm("It ends in the middle.".to_owned())),
                    Ok(Some(Err(error))) => return Err(Refused::BadForm(error.to_string())),
                    Ok(Some(Ok(frame))) => form.feed(&frame.into_data().unwrap_or_default()),
                }
            }
            Some(Event::Part(name)) if name == "file" => {
                // Only whoever has our form may fill the disk.
                if !session::same(fields.get(TOKEN).map_or("", String::as_str), &expected) {
                    return Err(Refused::OldForm);
                }
                let (place, path) = whereto(app, fields, form.file_name().unwrap_or_default())?;
                let partial = passing(&place.folder);
                let file = File::create_new(&partial).await.map_err(|error| unwritable(&path, &error))?;
                coming = Some((place, path, Coming { path: partial, file, bytes: 0 }));
                field = None;
            }
            Some(Event::Part(name)) => field = (coming.is_none() && fields.len() < 8).then_some(name),
            Some(Event::Content(bytes)) => match (&mut coming, &field) {
                (Some((_, path, coming)), None) => more(coming, path, &bytes).await?,
                (_, Some(name)) => {
                    let value = fields.entry(name.clone()).or_default();
                    value.push_str(&String::from_utf8_lossy(&bytes));
                    if value.len() > LONGEST_FIELD {
                        return Err(Refused::BadForm("One of its fields is too long.".to_owned()));
                    }
                }
                _ => {}
            },
            Some(Event::Over) => break,
        }
    }
    let (place, path, coming) = coming.ok_or_else(|| Refused::Wrong("Choose a file.".to_owned()))?;
    Ok(Sent { fields: fields.clone(), place, path, coming })
}

/// Where the file goes, if it may.
fn whereto(app: &App, fields: &BTreeMap<String, String>, own: &str) -> Result<(Place, String), Refused> {
    let text = |name: &str| fields.get(name).map(|value| value.trim()).unwrap_or_default();
    let resolved = app.config.load_full();
    let place = Place::of(&resolved, text("at"))?;
    // Some browsers tell the whole path.
    let own = own.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = if text("as").is_empty() { own } else { text("as") };
    if name.is_empty() {
        return Err(Refused::Wrong("Choose a file.".to_owned()));
    }
    if name.contains('/') {
        return Err(Refused::Wrong("A name has no slash: open the folder first.".to_owned()));
    }
    let path = join(text("at"), name);
    clean(&path)?;
    let there = place.folder.join(name);
    if there.is_dir() {
        return Err(Refused::Wrong(format!("{path} is a folder.")));
    }
    if there.symlink_metadata().is_ok() && text("replace").is_empty() {
        return Err(Refused::Wrong(format!("{path} is there already: tick that it is to be replaced.")));
    }
    Ok((place, path))
}

async fn more(coming: &mut Coming, path: &str, bytes: &[u8]) -> Result<(), Refused> {
    coming.bytes += bytes.len() as u64;
    if coming.bytes > LARGEST {
        return Err(Refused::Wrong(format!("{path} is larger than {}.", size(LARGEST))));
    }
    // Looked at once in a while: a look costs more than a write.
    if coming.bytes % (8 << 20) < bytes.len() as u64 {
        let folder = coming.path.parent().unwrap_or(&coming.path);
        let free =
            rustix::fs::statvfs(folder).map_or(u64::MAX, |stat| stat.f_bavail.saturating_mul(stat.f_frsize));
        if free < LEAST_FREE {
            return Err(Refused::Wrong("The disk is almost full.".to_owned()));
        }
    }
    coming.file.write_all(bytes).await.map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &str, error: &std::io::Error) -> Refused {
    Refused::Wrong(format!(
        "{path} cannot be written: {error}. The document root must belong to the user of offhook."
    ))
}

/// Gives the file its name, and tells what lint finds in it.
async fn kept(frame: Frame, app: &App, sent: Sent) -> Answer {
    let Sent { fields, place, path, mut coming } = sent;
    let failed = |error: std::io::Error| unwritable(&path, &error);
    coming.file.flush().await.map_err(failed)?;
    coming.file.sync_all().await.map_err(failed)?;
    let findings = findings(&path, &coming).await;
    let name = path.rsplit('/').next().unwrap_or(&path);
    let target = place.folder.join(name);
    debug_assert!(
        target.starts_with(&place.folder),
        "{} is below {}",
        target.display(),
        place.root.display()
    );
    let before = fs::metadata(&target).await.ok().map(|metadata| size(metadata.len()));
    fs::rename(&coming.path, &target).await.map_err(failed)?;
    let after = size(coming.bytes);
    frame
        .store()?
        .note("puts", &format!("file {path}"), &[("size", before.as_deref(), Some(&after))])
        .await?;
    let at = fields.get("at").map(|at| at.trim().to_owned()).unwrap_or_default();
    let said = format!("{path} is there, {after}; phones get it when they ask next");
    if findings.is_empty() {
        return frame.back_to(&back(&at), &said);
    }
    let mut page = Page::of(frame, app, &at).await?;
    page.frame.said = Some(said);
    page.findings = findings;
    page.frame.page(&page)
}

/// What phones would stumble over, in files they read as XML.
async fn findings(path: &str, coming: &Coming) -> Vec<String> {
    if !path.to_ascii_lowercase().ends_with(".xml") || coming.bytes > LARGEST_XML {
        return Vec::new();
    }
    let bytes = fs::read(&coming.path).await.unwrap_or_default();
    let found = lint(&bytes, None).findings;
    found.into_iter().take(10).map(|found| format!("{path}: {}. {}", found.message, found.fix)).collect()
}
