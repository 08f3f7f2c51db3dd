//! From a path to its page, and from whatever the page says to a response.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use provision::objects::Answer;

use super::ask::{Ask, Way};
use super::{
    Fault, about, authentication, claim, contacts, directory, idle, information, menu, parked, quality,
    report,
};
use crate::listener::App;
use crate::metrics::Shown;
use crate::record;

/// What a page says: what the phone shows, or why not.
pub type Page = Result<Answer, Fault>;

/// How a page is asked.
pub type Handler = fn(Ask) -> Pin<Box<dyn Future<Output = Page> + Send>>;

/// One page.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Its path; what follows `?` is the page's own business, for phones add parameters as they like.
    pub path: &'static str,
    /// The methods it takes beside HEAD, which every page that takes GET has.
    pub methods: &'static str,
    /// What it does.
    pub answer: Handler,
}

/// All pages, in the order of the documentation.
pub const ROUTES: &[Route] = &[
    menu::ROUTE,
    about::ROUTE,
    claim::ROUTE,
    directory::ROUTE,
    directory::OLD,
    directory::SEARCH,
    directory::FOUND,
    contacts::LIST,
    contacts::ONE,
    contacts::EDIT,
    contacts::KEEP,
    contacts::REMOVE,
    parked::ROUTE,
    information::ROUTE,
    report::ROUTE,
    quality::ROUTE,
    idle::ROUTE,
    idle::PICTURE,
    authentication::ROUTE,
];

/// Answers one request.
pub(super) async fn respond(app: &App, way: Way, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let began = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let ask = Ask::new(app.clone(), way, request);
    let (phone, device) = (ask.phone(), ask.asker.device);
    let page = match find(&path, &method) {
        Ok(route) => (route.answer)(ask).await,
        Err(fault) => Err(fault),
    };
    let response = finish(&method, page.as_ref(), || page.as_ref().err().map(|fault| fault.page(phone)));
    let took = began.elapsed();
    count(app, &path, &page, took);
    let shown = page.as_ref().map(|answer| answer.body.len() as u64);
    app.timeline.page(&path, way, device, shown.map_err(|fault| fault as _), took);
    tell(&path, way, device, &page, took);
    response
}

fn find(path: &str, method: &Method) -> Result<&'static Route, Fault> {
    // A slash at the end is a habit of people, not another page.
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    let route = ROUTES.iter().find(|route| route.path == path).ok_or(Fault::NotFound)?;
    let asked = if *method == Method::HEAD { "GET" } else { method.as_str() };
    let takes = route.methods.split(", ").any(|taken| taken == asked);
    if takes { Ok(route) } else { Err(Fault::Method(route.methods)) }
}

fn finish(
    method: &Method,
    page: Result<&Answer, &Fault>,
    fault_page: impl FnOnce() -> Option<Answer>,
) -> Response<Full<Bytes>> {
    let shown = fault_page();
    let answer = shown.as_ref().or(page.ok()).expect("a fault has a page, and there is an answer without");
    let body = Bytes::copy_from_slice(&answer.body);
    let length = body.len();
    let mut response = Response::new(Full::new(if *method == Method::HEAD { Bytes::new() } else { body }));
    let headers = response.headers_mut();
    for (name, value) in answer.headers() {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Err(fault) = page {
        if let Fault::Method(methods) = fault {
            headers.insert(ALLOW, HeaderValue::from_static(methods));
        }
        if matches!(fault, Fault::Busy | Fault::TooOften) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
        }
        if fault.leaves_body() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        *response.status_mut() = fault.status();
    }
    response
}

fn count(app: &App, path: &str, page: &Page, took: Duration) {
    let shown = match page {
        Ok(_) => Shown::Yes,
        Err(fault) if fault.status().is_server_error() => Shown::Failed,
        Err(_) => Shown::Refused,
    };
    let counted = &app.metrics.services;
    counted.page(path.trim_end_matches('/'), shown).inc();
    counted.seconds.observe(took.as_secs_f64());
}

/// One line for each request. The query stays out of it: it may hold a password.
fn tell(path: &str, way: Way, device: Option<provision::mac::Mac>, page: &Page, took: Duration) {
    let path = record::Printable(path.as_bytes());
    let peer = record::Peer(way.peer);
    let phone = device.map(|mac| mac.device_name());
    let ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    match page {
        Ok(answer) => {
            let bytes = answer.body.len();
            tracing::info!(target: record::TARGET, phone, page = %path, %peer, secure = way.secure, bytes, ms, "shown");
        }
        Err(fault) if fault.cause().is_some() || fault.status().is_server_error() => {
            let cause = fault.cause();
            tracing::error!(target: record::TARGET, phone, page = %path, %peer, %fault, cause, ms, "not shown");
        }
        Err(fault) => {
            tracing::warn!(target: record::TARGET, phone, page = %path, %peer, %fault, ms, "not shown")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_methods_find_their_page() {
        let found = |path: &str, method: Method| {
            find(path, &method).map(|route| route.path).map_err(|fault| fault.status().as_u16())
        };
        assert_eq!(found("/services", Method::GET), Ok("/services"));
        assert_eq!(found("/services/", Method::HEAD), Ok("/services"));
        assert_eq!(found("/services", Method::POST), Err(405));
        assert_eq!(found("/problem-report", Method::POST), Ok("/problem-report"));
        assert_eq!(found("/nothing", Method::GET), Err(404));
        assert_eq!(found("/", Method::DELETE), Err(404));
    }

    #[test]
    fn no_two_pages_share_a_path() {
        let mut paths: Vec<_> = ROUTES.iter().map(|route| route.path).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), ROUTES.len());
    }
}
