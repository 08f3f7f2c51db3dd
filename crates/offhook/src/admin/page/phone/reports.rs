//! A problem report of a phone: what its logs complain about, and the file as it came.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use hyper::body;
use provision::complaints::Line;
use store::Report;
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

use super::here::Here;
use super::made::Looked;
use crate::admin::access::{Operator, Viewer};
use crate::admin::page::answer::{Answer, Refused, sentence};
use crate::admin::page::files::size;
use crate::admin::page::frame::Frame;
use crate::listener::App;
use crate::reports;

/// So much of a file is held at once.
const PART: usize = 64 << 10;

#[derive(Template)]
#[template(path = "phone_report.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    looked: Looked,
    report: Report,
    contents: Option<reports::Looked>,
    wrong: Vec<String>,
}

/// The report that an address names, if it is this phone's.
pub(super) struct Named {
    here: Here,
    report: Report,
}

impl FromRequestParts<App> for Named {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let here = Here::from_request_parts(parts, app).await?;
        let named = Path::<(String, i64)>::from_request_parts(parts, app).await;
        let Path((_, number)) = named.map_err(|_| Refused::NothingThere)?;
        let found = here.editor.store.report(number).await?;
        let report = found.filter(|report| report.mac == here.looked.phone().mac);
        Ok(Self { here, report: report.ok_or(Refused::NothingThere)? })
    }
}

pub(super) async fn show(_: Viewer, State(app): State<App>, Named { here, report }: Named) -> Answer {
    let (data_dir, kept) = (app.config.load().data_dir.clone(), report.clone());
    // A large archive takes its time.
    let looked = tokio::task::spawn_blocking(move || reports::look(&reports::file(&data_dir, &kept)?)).await;
    let (contents, wrong) = match looked.map_err(|failed| Refused::Broken(failed.to_string()))? {
        Ok(contents) => (Some(contents), Vec::new()),
        Err(problem) => (None, vec![sentence(&problem.to_string())]),
    };
    let page = Page { frame: here.frame, tab: "", looked: here.looked, report, contents, wrong };
    page.frame.page(&page)
}

/// Operators only: logs of phones hold more than their users would like everybody to read.
pub(super) async fn give(_: Operator, State(app): State<App>, Named { report, .. }: Named) -> Answer {
    let path = reports::file(&app.config.load().data_dir, &report);
    let path = path.map_err(|problem| Refused::Missing(sentence(&problem.to_string())))?;
    let failed = |error: std::io::Error| Refused::Broken(format!("a report cannot be read: {error}"));
    let file = File::open(&path).await.map_err(failed)?;
    let length = file.metadata().await.map_err(failed)?.len();
    let about = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, length.to_string()),
        // Names of ours have nothing in them that would have to be quoted.
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", report.file)),
    ];
    let response: Response = (about, Body::new(Content(file))).into_response();
    Ok(response)
}

/// What is read from a file, part by part as the browser takes it.
struct Content(File);

impl body::Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<body::Frame<Bytes>, io::Error>>> {
        let mut part = vec![0; PART];
        let mut buffer = ReadBuf::new(&mut part);
        ready!(Pin::new(&mut self.get_mut().0).poll_read(context, &mut buffer))?;
        let length = buffer.filled().len();
        part.truncate(length);
        Poll::Ready((length > 0).then(|| Ok(body::Frame::data(part.into()))))
    }
}

/// Where a line stands, and what it says.
fn place(line: &Line) -> String {
    format!("{}:{}  {}", line.file, line.number, line.text)
}
