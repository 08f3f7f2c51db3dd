//! `/idle`: what the screen shows while nobody uses the phone: a picture where the series can show one, else a text; and the
//! notice of its layers, such as when it restarts. Phones show it without soft keys.

use std::sync::Arc;

use bytes::Bytes;
use provision::objects::{Answer, Image, Kind, Place, Screen, Target, Text};
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

use super::{Ask, Fault, Page, Route, wanted};

pub(super) const ROUTE: Route = Route { path: "/idle", methods: "GET", answer: |ask| Box::pin(show(ask)) };

pub(super) const PICTURE: Route =
    Route { path: "/idle.png", methods: "GET", answer: |ask| Box::pin(picture(ask)) };

/// Of a phone that does not say how much room it has.
const USUAL: (usize, usize, usize) = (298, 144, 4);
/// No screen for services is wider or higher.
const LARGEST: usize = 1024;
/// The administrator's own picture, in the document root.
const OWN: &str = "idle.png";
/// A picture for the largest screen, hardly compressed.
const LARGEST_FILE: u64 = 4 << 20;

/// Sizes of screens there are, and a few that somebody made up.
const MOST_KEPT: usize = 64;
/// Drawing keeps a core busy for a while.
const DRAWN_AT_ONCE: usize = 2;

/// Pictures drawn so far: all phones of a model ask for the same one whenever they fall idle.
pub(super) struct Pictures {
    kept: Cache<((u32, u32), u8), Bytes>,
    drawing: Arc<Semaphore>,
}

impl Default for Pictures {
    fn default() -> Self {
        Self { kept: Cache::new(MOST_KEPT), drawing: Arc::new(Semaphore::new(DRAWN_AT_ONCE)) }
    }
}

impl std::fmt::Debug for Pictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pictures").field("kept", &self.kept.len()).finish_non_exhaustive()
    }
}

impl Pictures {
    async fn get(&self, size: (u32, u32), depth: u8) -> Result<Bytes, Fault> {
        if let Some(kept) = self.kept.get(&(size, depth)) {
            return Ok(kept);
        }
        let place =
            self.drawing.clone().acquire_owned().await.map_err(|error| Fault::Internal(error.to_string()))?;
        // Whoever waited may find it done.
        if let Some(kept) = self.kept.get(&(size, depth)) {
            return Ok(kept);
        }
        // Whoever goes away leaves the drawing at work, and its place taken.
        let draw = move || {
            let _place = place;
            Bytes::from(provision::idle_picture(size.0, size.1, depth))
        };
        let drawn = tokio::task::spawn_blocking(draw).await;
        let drawn = drawn.map_err(|error| Fault::Internal(error.to_string()))?;
        self.kept.insert((size, depth), drawn.clone());
        Ok(drawn)
    }
}

async fn show(ask: Ask) -> Page {
    let (text, own) = (ask.app.config.load().services.idle_text.clone(), ask.own().await);
    let notice = wanted::notice(&own);
    let phone = ask.phone();
    if !phone.shows(Kind::ImageFile) {
        // A text that is empty is shown as an error by some.
        let body = notice.map_or_else(|| "\n".to_owned(), ToString::to_string);
        return Ok(Text::new(phone, &text, &body)?.answer().passing());
    }
    // The lines above and below the picture are short: what it is, and when.
    let (title, when) = match notice {
        Some(notice) => (&notice.text, notice.at.as_ref().map_or("", |at| &at.written)),
        None => (&text, ""),
    };
    Ok(Image::file(phone, title, Place::Middle, link(&ask)?)?.prompt(when).answer().passing())
}

fn link(ask: &Ask) -> Result<Target, Fault> {
    let (width, height, depth) =
        ask.asker.display.map_or(USUAL, |d| (d.width.into(), d.height.into(), d.depth.into()));
    let [width, height, depth] = [width, height, depth].map(|number: usize| number.to_string());
    ask.link("/idle.png", &[("width", &width), ("height", &height), ("depth", &depth)])
}

async fn picture(ask: Ask) -> Page {
    let own = ask.app.config.load().document_root.join(OWN);
    if tokio::fs::metadata(&own).await.is_ok_and(|file| file.is_file() && file.len() <= LARGEST_FILE)
        && let Ok(bytes) = tokio::fs::read(&own).await
    {
        return Ok(Answer::png(bytes));
    }
    let side = |name: &str, usual: usize| ask.number(name).unwrap_or(usual).clamp(16, LARGEST) as u32;
    let size = (side("width", USUAL.0), side("height", USUAL.1));
    let depth = ask.number("depth").and_then(|depth| u8::try_from(depth).ok()).unwrap_or(24);
    Ok(Answer::png(ask.app.services.pictures().get(size, depth).await?.to_vec()))
}
