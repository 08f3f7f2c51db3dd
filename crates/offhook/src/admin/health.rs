//! What monitoring asks: metrics, whether the process lives, whether phones can be served. Nobody has to log in for it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tokio::sync::Semaphore;

use super::expiry;
use super::page::session;
use crate::listener::App;
use crate::metrics::Metrics;
use crate::trust::calendar;

const TEXT: &str = "text/plain; charset=utf-8";
/// A document root that takes longer to open hangs, as network file systems do.
const PATIENCE: Duration = Duration::from_secs(2);

/// `/metrics`, `/healthz`, `/readyz`.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || text(StatusCode::OK, TEXT, "alive\n")))
        .route("/readyz", get(ready))
        .layer(Extension(Looks::default()))
}

/// Looks at a disk that may hang: one at a time, so that however often somebody asks, one thread is lost in it.
#[derive(Clone, Debug)]
struct Looks {
    turn: Arc<Semaphore>,
    patience: Duration,
}

impl Default for Looks {
    fn default() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), patience: PATIENCE }
    }
}

impl Looks {
    /// What is seen; nothing when that takes too long.
    async fn look<T: Send + 'static>(&self, look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let looked = async {
            let turn = self.turn.clone().acquire_owned().await.ok()?;
            let look = move || {
                let _turn = turn;
                look()
            };
            tokio::task::spawn_blocking(look).await.ok()
        };
        tokio::time::timeout(self.patience, looked).await.ok()?
    }
}

async fn metrics(State(app): State<App>) -> Response {
    look_inside(&app).await;
    text(StatusCode::OK, Metrics::CONTENT_TYPE, app.metrics.encode())
}

/// Asks the inventory for what metrics tell of it. One that is away gives what it gave last, and a scrape its answer in time.
async fn look_inside(app: &App) {
    expiry::look(app).await;
    let Some(inventory) = app.artifacts.inventory() else { return };
    let inside = &app.metrics.inside;
    inside.set_deliveries(inventory.deliveries_waiting());
    let now = calendar::now();
    let asked = inventory.ask(|store| async move { store.gauges(now, session::PATIENCE).await }).await;
    inside.database_up.set(asked.is_ok().into());
    if let Ok(gauges) = asked {
        gauges.phones.iter().for_each(|(state, count)| inside.set_phones(*state, *count));
        inside.sessions.set(gauges.sessions.cast_signed());
    }
    inside.generation.set(inventory.store().generation().cast_signed());
}

async fn ready(State(app): State<App>, Extension(looks): Extension<Looks>) -> Response {
    match obstacle(&app, &looks).await {
        None => text(StatusCode::OK, TEXT, "ready\n"),
        Some(obstacle) => text(StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("not ready: {obstacle}\n")),
    }
}

fn text(status: StatusCode, kind: &'static str, body: impl Into<String>) -> Response {
    (status, [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], body.into()).into_response()
}

/// What keeps phones from being served, if anything does.
async fn obstacle(app: &App, looks: &Looks) -> Option<String> {
    if !app.readiness.get() {
        return Some("the listeners do not accept: offhook is starting or stopping".to_owned());
    }
    if let Some(inventory) = app.artifacts.inventory()
        && inventory.ask(|store| async move { store.current_generation().await }).await.is_err()
    {
        let database = app.config.load().database.to_string();
        return Some(format!("the database {database} does not answer; phones get what was made before"));
    }
    let root = app.config.load().document_root.clone();
    let shown = root.display().to_string();
    match looks.look(move || readable(&root)).await {
        Some(Ok(())) => None,
        Some(Err(error)) => Some(format!("the document root {shown} cannot be read: {error}")),
        None => Some(format!("the document root {shown} does not answer")),
    }
}

fn readable(root: &Path) -> io::Result<()> {
    fs::read_dir(root)?.next().map_or(Ok(()), |first| first.map(drop))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt as _;

    use std::sync::Arc;

    use provision::inventory::{Change, Phone};
    use provision::mac::Mac;
    use provision::render::Surroundings;
    use store::Store;

    use super::*;
    use crate::artifact::Artifacts;
    use crate::config::{Live, Resolved};
    use crate::inventory::Inventory;

    async fn ask(app: &App, method: &str, path: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).body(axum::body::Body::empty()).unwrap();
        let answer = router().with_state(app.clone()).oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn health_metrics_and_nothing_else() {
        let app = App::default();
        assert_eq!(ask(&app, "GET", "/healthz").await, (200, "alive\n".to_owned()));
        assert!(ask(&app, "GET", "/metrics").await.1.contains("offhook_build_info"));
        assert_eq!(ask(&app, "GET", "/metrics/").await.0, 404);
        assert_eq!(ask(&app, "POST", "/metrics").await.0, 405);
    }

    #[tokio::test]
    async fn the_database_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("offhook.db").display());
        let store = Store::open_or_create(&url).await.unwrap();
        let phone = Phone::new(Mac::new([2, 0, 0, 0, 0, 1]), None);
        store.change(&[Change::PutPhone(phone)]).await.unwrap();
        let resolved = Resolved { document_root: folder.path().to_owned(), ..Resolved::default() };
        let config = Live::new(resolved);
        let inventory = Inventory::new(store.clone(), Surroundings::default());
        let metrics = Arc::new(Metrics::new());
        let artifacts = Artifacts::with_inventory(config.clone(), metrics.clone(), Some(inventory));
        let app = App { config, artifacts, metrics, ..App::default() };
        app.readiness.set(true);
        assert_eq!(ask(&app, "GET", "/readyz").await, (200, "ready\n".to_owned()));
        let text = ask(&app, "GET", "/metrics").await.1;
        for line in
            ["offhook_database_up 1", "offhook_phones{state=\"active\"} 1", "offhook_inventory_generation 1"]
        {
            assert!(text.contains(line), "{line} in\n{text}");
        }
        store.close().await;
        let (status, text) = ask(&app, "GET", "/readyz").await;
        assert!(status == 503 && text.contains("does not answer"), "{text}");
        let text = ask(&app, "GET", "/metrics").await.1;
        assert!(text.contains("offhook_database_up 0"), "{text}");
        assert!(text.contains("offhook_phones{state=\"active\"} 1"), "what was known stays");
    }

    #[tokio::test]
    async fn a_disk_that_hangs_takes_one_thread_and_no_more() {
        let looks = Looks { patience: Duration::from_millis(20), ..Looks::default() };
        let (go_on, waits) = std::sync::mpsc::channel::<()>();
        let hangs = looks.look(move || waits.recv().is_err());
        assert_eq!(hangs.await, None);
        for _ in 0..3 {
            assert_eq!(looks.look(|| -> bool { unreachable!("another one is lost already") }).await, None);
        }
        drop(go_on);
        let again = async { while looks.look(|| ()).await.is_none() {} };
        tokio::time::timeout(Duration::from_secs(60), again).await.unwrap();
    }

    #[tokio::test]
    async fn readiness_says_what_is_in_the_way() {
        let root = tempfile::tempdir().unwrap();
        let document_root = root.path().join("tftpboot");
        let resolved = Resolved { document_root: document_root.clone(), ..Resolved::default() };
        let app = App { config: Live::new(resolved), ..App::default() };
        let (status, text) = ask(&app, "GET", "/readyz").await;
        assert!(status == 503 && text.contains("starting"), "{text}");
        app.readiness.set(true);
        let (status, text) = ask(&app, "GET", "/readyz").await;
        assert!(status == 503 && text.contains("tftpboot"), "{text}");
        fs::create_dir(document_root).unwrap();
        assert_eq!(ask(&app, "GET", "/readyz").await, (200, "ready\n".to_owned()));
    }
}
