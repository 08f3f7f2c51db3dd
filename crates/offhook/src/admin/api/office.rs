//! The inventory as handlers use it: read, or changed in the name of whoever asks.

use provision::render::Surroundings;
use store::Store;

use super::problem::{Kind, Problem};
use crate::admin::access::Principal;
use crate::edit::Editor;
use crate::inventory::Inventory;
use crate::listener::App;

/// Whoever is overtaken by another change does everything again. With so many others at the same time somebody is to be told.
pub(super) const TIMES: usize = 100;

/// The inventory of this server.
pub(super) fn inventory(app: &App) -> Result<&Inventory, Problem> {
    let none = || Problem::new(Kind::Unavailable, "this server has no inventory");
    app.artifacts.inventory().ok_or_else(none)
}

/// To read from.
pub(super) fn store(app: &App) -> Result<&Store, Problem> {
    Ok(inventory(app)?.store())
}

/// What phones are told about this server.
pub(super) fn surroundings(app: &App) -> Surroundings {
    crate::inventory::surroundings(&app.config.load())
}

/// To read and think about, without changing anything.
pub(super) async fn reader(app: &App) -> Result<Editor, Problem> {
    Ok(Editor::begin(store(app)?.clone()).await?)
}

/// To change something in somebody's name.
pub(super) async fn editor(app: &App, who: &Principal) -> Result<Editor, Problem> {
    Ok(Editor::begin(store(app)?.by(&who.name)).await?)
}

/// Does something with an editor, and again when somebody else was faster.
macro_rules! editing {
    ($app:expr, $who:expr, |$editor:ident| $body:block) => {{
        let mut left = $crate::admin::api::office::TIMES;
        loop {
            let $editor = $crate::admin::api::office::editor($app, $who).await?;
            let done: Result<_, $crate::admin::api::problem::Problem> = async { $body }.await;
            match done {
                Err(problem) if problem.is_overtaken() && left > 0 => left -= 1,
                done => break done?,
            }
        }
    }};
}
pub(super) use editing;
