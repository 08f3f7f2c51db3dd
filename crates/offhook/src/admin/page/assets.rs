//! Style sheet, script, pictures: compiled in, under names that change with what is in them, so that browsers never ask
//! twice.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};

use super::answer::Refused;
use crate::listener::App;

struct Asset {
    /// The name templates use.
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
    /// The name browsers ask for: with a mark of what is in it.
    marked: String,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let text = "text/css; charset=utf-8";
    let script = "text/javascript; charset=utf-8";
    let picture = "image/svg+xml";
    let all: [(&str, &str, &[u8]); 4] = [
        ("offhook.css", text, include_bytes!("../../../static/offhook.css")),
        ("offhook.js", script, include_bytes!("../../../static/offhook.js")),
        ("icons.svg", picture, include_bytes!("../../../static/icons.svg")),
        ("icon.svg", picture, include_bytes!("../../../static/icon.svg")),
    ];
    all.into_iter()
        .map(|(name, kind, bytes)| Asset { name, kind, bytes, marked: marked(name, bytes) })
        .collect()
});

/// `offhook-3fa9c2d1e07b.css`.
fn marked(name: &str, bytes: &[u8]) -> String {
    let digest = pki::digest::sha256(bytes);
    let mark: String = digest[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
    format!("{stem}-{mark}.{ending}")
}

/// Where a browser finds the asset of that name.
pub(super) fn address(name: &str) -> String {
    let found = ASSETS.iter().find(|asset| asset.name == name);
    format!("/static/{}", found.map_or(name, |asset| &asset.marked))
}

/// A symbol of `static/icons.svg`.
pub(super) fn symbol(name: &str) -> String {
    format!("{}#{name}", address("icons.svg"))
}

pub(super) fn router() -> Router<App> {
    Router::new().route("/static/{name}", get(give)).route("/favicon.ico", get(async || give_icon()))
}

/// Nothing secret is among them, so nobody has to be logged in.
async fn give(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.marked == name) else {
        return Refused::NothingThere.into_response();
    };
    let mark = format!("\"{}\"", asset.marked);
    let known = headers
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|all| all.contains(&mark));
    let about = [
        (CONTENT_TYPE, asset.kind.to_owned()),
        (CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (ETAG, mark),
    ];
    if known {
        (StatusCode::NOT_MODIFIED, about).into_response()
    } else {
        (about, asset.bytes).into_response()
    }
}

/// Browsers ask for it by this name whatever a page says.
fn give_icon() -> Response {
    let icon = ASSETS.iter().find(|asset| asset.name == "icon.svg").map_or(&[][..], |asset| asset.bytes);
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=86400")], icon).into_response()
}
