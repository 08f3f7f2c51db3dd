//! `offhook simulate boot`: one phone boots, and each step of it is printed.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use indicatif::ProgressBar;
use pki::Identity;
use virtual_phone::{
    boot::{Flash, Phone},
    drawer,
    mac::Mac,
    models::Model,
    phone,
    trust::Checks,
};

use super::{Target, printed::Boot};
use crate::command::Context;

/// Boot one phone, print each step and what the phone concludes; exit 1 when a real phone would not come up
///
/// The phone asks for the files its model asks for, over the transports its model has, and checks every signature, name
/// and role as real ones do. It registers nowhere.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phone's model
    #[arg(long, value_parser = super::model)]
    model: &'static Model,
    /// The phone's hardware address
    #[arg(long)]
    mac: Mac,
    #[command(flatten)]
    target: Target,
    /// Keep here what a phone keeps between boots, and start with what is kept here
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// The phone holds this trust list already
    #[arg(long, value_name = "FILE")]
    held_list: Option<PathBuf>,
    /// The firmware the phone runs [default: one of its model]
    #[arg(long, value_name = "LOAD")]
    load: Option<String>,
    /// The phone's certificate, for an encrypted configuration
    #[arg(long, value_name = "FILE", requires = "phone_key")]
    phone_certificate: Option<PathBuf>,
    /// The phone's key, for an encrypted configuration
    #[arg(long, value_name = "FILE", requires = "phone_certificate")]
    phone_key: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let folder = self.state.as_ref().map(|state| state.join(self.mac.device_name()));
        let flash = self.flash(folder.as_deref())?;
        let phone = Phone {
            identity: self.identity(folder.as_deref())?,
            over: self.target.over,
            ..Phone::new(self.model, self.mac, super::unix_now())
        };
        let spinner = spinner(context);
        let runtime = super::runtime()?;
        let (report, flash) = runtime.block_on(async {
            let network = self.target.network().await?;
            let on_ask = |ask: &virtual_phone::ask::Ask| {
                spinner.set_message(format!("{} over {}", ask.name, ask.transport));
            };
            let checks = Arc::new(Checks::default());
            anyhow::Ok(phone::boot(phone, flash, checks, &network, None, on_ask).await)
        })?;
        spinner.finish_and_clear();
        if let Some(folder) = folder {
            drawer::close(&folder, &flash)?;
        }
        context.output.show(Boot(&report), &report)?;
        Ok(ExitCode::from(u8::from(!report.verdict.comes_up)))
    }

    fn flash(&self, folder: Option<&Path>) -> anyhow::Result<Flash> {
        let mut flash = folder.map(drawer::open).transpose()?.unwrap_or_default();
        if let Some(list) = &self.held_list {
            flash.trust = drawer::open_list(list)?;
        }
        if self.load.is_some() {
            flash.load.clone_from(&self.load);
        }
        Ok(flash)
    }

    /// What was given, else what the phone got when it enrolled.
    fn identity(&self, folder: Option<&Path>) -> anyhow::Result<Option<Identity>> {
        let (Some(certificate), Some(key)) = (&self.phone_certificate, &self.phone_key) else {
            return folder.map_or(Ok(None), super::enrol::kept);
        };
        Identity::read(certificate, key).context("the phone's certificate and key").map(Some)
    }
}

/// A dead server is waited for; somebody who looks on is told for what.
fn spinner(context: &Context) -> ProgressBar {
    if context.output.is_json() || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}
