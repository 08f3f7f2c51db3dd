//! `offhook simulate services`: one phone opens an address, keys are pressed, and the screen is printed and drawn.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use serde::Serialize;
use virtual_phone::drawer;
use virtual_phone::mac::Mac;
use virtual_phone::models::Model;
use virtual_phone::services::draw::{Beside, Sight, png};
use virtual_phone::services::printed::Printed;
use virtual_phone::services::{Browser, Caller, Fetcher, Received, Refusal, Request, Step};
use wire::trust_list::Role;

use crate::command::{Context, WrongUse};
use provision::article::A;

/// Open XML services on one phone, press keys, print the screen and draw it; exit 1 when a real phone would show an error
///
/// The phone sends what its model sends, and refuses what its model refuses. Keys: a number chooses an item, `up` and `down`
/// move, `FIELD=VALUE` fills in a form, `back` goes back, and anything else is the label of a soft key.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phone's model
    #[arg(long, value_parser = super::model)]
    model: &'static Model,
    /// The address to open, such as http://192.0.2.5:6972/services
    #[arg(value_name = "URL")]
    url: String,
    /// The phone's hardware address
    #[arg(long, default_value = "001122334455")]
    mac: Mac,
    /// Keys to press, in order, such as 2,Select,back
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    press: Vec<String>,
    /// Draw the screen into this PNG file
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// The phone's user locale, which old phones add to addresses
    #[arg(long, value_name = "LOCALE")]
    locale: Option<String>,
    /// The phone reads ISO-8859-1 only, as the oldest firmware does
    #[arg(long)]
    latin: bool,
    /// The trust list the phone holds: over HTTPS it takes only a certificate that has role APP-SERVER in it
    #[arg(long, value_name = "FILE")]
    held_list: Option<PathBuf>,
}

/// What programs are told.
#[derive(Debug, Default, Serialize)]
struct Walk {
    requests: Vec<String>,
    screens: Vec<Screen>,
    does: Vec<String>,
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Screen {
    url: String,
    object: String,
    title: String,
    soft_keys: Vec<String>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut caller = Caller::new(self.model, &self.mac.device_name());
        caller.locale.clone_from(&self.locale);
        if self.latin {
            caller.accepts = vec!["iso-8859-1"];
        }
        let trusted = match &self.held_list {
            Some(path) => {
                let trust = drawer::open_list(path)?;
                let lists = [&trust.ctl, &trust.itl].into_iter().flatten();
                Some(
                    lists
                        .flat_map(|list| list.with_role(&[Role::AppServer]).cloned().collect::<Vec<_>>())
                        .collect(),
                )
            }
            None => None,
        };
        let mut visit = Visit {
            browser: Browser::new(caller),
            fetcher: Fetcher::new(self.model, trusted)?,
            walk: Walk::default(),
            refusal: None,
            context,
        };
        super::runtime()?.block_on(visit.go(&self.url, &self.press))?;
        if let Some(path) = &self.picture {
            let sight = visit.refusal.as_ref().map_or(Sight::Page(&visit.browser), Sight::Refusal);
            let beside = Beside { clock: clock(), number: "2001".to_owned() };
            let drawn = png(self.model.screen.as_ref(), sight, &beside);
            let drawn = drawn
                .ok_or_else(|| WrongUse(format!("{} has no screen for services", A(&self.model.name))))?;
            std::fs::write(path, drawn).with_context(|| format!("cannot write {}", path.display()))?;
        }
        if context.output.is_json() {
            context.output.value(&visit.walk)?;
        }
        Ok(ExitCode::from(u8::from(visit.refusal.is_some())))
    }
}

/// One walk through services.
struct Visit<'a> {
    browser: Browser,
    fetcher: Fetcher,
    walk: Walk,
    refusal: Option<Refusal>,
    context: &'a Context,
}

impl Visit<'_> {
    async fn go(&mut self, url: &str, keys: &[String]) -> anyhow::Result<()> {
        let first = self.browser.open(url);
        self.open(first).await?;
        for key in keys {
            if self.refusal.is_some() {
                break;
            }
            self.context.output.line(format_args!("\n» {key}"))?;
            match self.browser.press(key)? {
                Step::Fetch(request) => self.open(request).await?,
                Step::Shows => self.show()?,
                Step::Does(what) => {
                    self.context.output.line(format_args!("the phone does {what}"))?;
                    self.walk.does.push(what);
                }
                Step::Leaves => self.context.output.line("services are left")?,
            }
        }
        Ok(())
    }

    /// Fetches a page with its pictures, and whatever an Execute object leads to.
    async fn open(&mut self, request: Request) -> anyhow::Result<()> {
        let mut waiting = vec![request];
        // An Execute that leads to another one leads nowhere.
        for _ in 0..4 {
            let Some(request) = waiting.pop() else { break };
            match self.page(&request).await {
                Ok(more) => waiting = more,
                Err(refusal) => {
                    self.walk.error = Some(refusal.to_string());
                    self.context.output.line(format_args!("the phone shows: {refusal}"))?;
                    self.refusal = Some(refusal);
                    return Ok(());
                }
            }
        }
        self.show()
    }

    async fn page(&mut self, request: &Request) -> Result<Vec<Request>, Refusal> {
        self.walk.requests.push(request.url.clone());
        let response = self.fetcher.fetch(request).await?;
        let pictures = match self.browser.receive(request, &response)? {
            Received::Page(pictures) => pictures,
            Received::Execute(fetch, does) => {
                self.walk.does.extend(does);
                return Ok(fetch);
            }
        };
        for picture in pictures {
            self.walk.requests.push(picture.url.clone());
            let response = self.fetcher.fetch(&picture).await?;
            self.browser.receive_picture(&picture, &response)?;
        }
        Ok(Vec::new())
    }

    fn show(&mut self) -> anyhow::Result<()> {
        if let Some(shown) = self.browser.shown() {
            self.walk.screens.push(Screen {
                url: shown.url.clone(),
                object: shown.page.kind.clone(),
                title: shown.title.clone(),
                soft_keys: shown.keys.iter().map(|key| key.name.clone()).collect(),
            });
            self.context.output.line(Printed(shown))?;
        }
        Ok(())
    }
}

/// The time of day, in UTC, as phones show it.
fn clock() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    format!("{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60)
}
