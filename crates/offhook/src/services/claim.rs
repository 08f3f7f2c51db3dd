//! `/claim`: what a phone says that waits to be claimed: its code, and whom to tell it.

use provision::inventory::State;
use provision::objects::{Screen, Text};
use store::Waiting;

use super::{Ask, Fault, Page, Route};

pub(super) const ROUTE: Route = Route { path: "/claim", methods: "GET", answer: |ask| Box::pin(show(ask)) };

async fn show(ask: Ask) -> Page {
    let text = match ask.asker.device {
        Some(mac) => said(&ask, mac).await?,
        // Newer phones do not say who they are; the address tells, unless several wait behind it.
        None => match waiting_there(&ask).await? {
            Some(waiting) => waits(&waiting.code),
            None => "This phone does not say which it is. Its code is the label of its first key.".to_owned(),
        },
    };
    let again = ask.link("/claim", &[])?;
    let text = Text::new(ask.phone(), "Set up this phone", &text)?;
    Ok(text.keys(|keys| keys.exit("Exit")?.act_with("Update", again))?.answer().passing())
}

fn waits(code: &str) -> String {
    format!(
        "This phone waits to be set up.\n\nIts code: {code}\n\nTell it to your administrator, who types:\noffhook phone \
         claim {code}"
    )
}

async fn waiting_there(ask: &Ask) -> Result<Option<Waiting>, Fault> {
    let Some(inventory) = ask.app.artifacts.inventory() else { return Ok(None) };
    let source = ask.peer.ip().to_canonical().to_string();
    let found = inventory.ask(|store| async move { store.waiting_from(&source).await }).await;
    found.map_err(|_| Fault::Away("the inventory".to_owned()))
}

async fn said(ask: &Ask, mac: provision::mac::Mac) -> Result<String, Fault> {
    let name = mac.device_name();
    let Some(inventory) = ask.app.artifacts.inventory() else {
        return Ok(format!("Nobody knows {name} here."));
    };
    let away = |_| Fault::Away("the inventory".to_owned());
    if let Some(waiting) =
        inventory.ask(|store| async move { store.waiting(mac).await }).await.map_err(away)?
    {
        return Ok(waits(&waiting.code));
    }
    let phone = inventory.ask(|store| async move { store.phone(mac).await }).await.map_err(away)?;
    Ok(match phone.map(|phone| phone.state) {
        Some(State::Active) => format!("{name} is set up. Restart it, and it takes its settings."),
        Some(State::Retired) => format!("{name} is retired. Ask your administrator."),
        _ => format!("{name} does not wait any more. Restart it, and it gets a new code."),
    })
}
