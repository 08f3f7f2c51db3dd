//! `offhook simulate boot`: one phone boots, and each step of it is printed.

use std::{
    fmt::Write,
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
    configuration::{CallManager, Line, Settings},
    drawer,
    mac::Mac,
    models::Model,
    phone,
    report::{Outcome, Report, Step},
    trust::Checks,
};

use super::{Target, right};
use crate::command::{Context, output::Table};

/// Boot one phone, print each step and what the phone concludes; exit 1 when a real phone would not come up
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
            identity: self.identity()?,
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
        context.output.show(Printed(&report), &report)?;
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

    fn identity(&self) -> anyhow::Result<Option<Identity>> {
        let (Some(certificate), Some(key)) = (&self.phone_certificate, &self.phone_key) else {
            return Ok(None);
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

/// A report for people.
struct Printed<'a>(&'a Report);

impl std::fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let report = self.0;
        let mut steps = Table::new(["FILE", "OVER", "   BYTES", "     TIME", "WHAT THE PHONE CONCLUDES"]);
        for step in &report.steps {
            steps.row(cells(step));
        }
        writeln!(f, "{}, model {}\n\n{steps}\n", report.device, report.model)?;
        if let Some(settings) = &report.settings {
            writeln!(f, "{}\n", table(settings))?;
        }
        for warning in &report.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        let verdict = &report.verdict;
        let word = if verdict.comes_up { "comes up" } else { "does not come up" };
        write!(f, "{} {word}: {}", report.device, verdict.why)?;
        match &verdict.next_step {
            Some(next_step) => write!(f, "\nnext step: {next_step}"),
            None => Ok(()),
        }
    }
}

fn cells(step: &Step) -> [String; 5] {
    let bytes = match step.outcome {
        Outcome::Taken | Outcome::Rejected => step.bytes.to_string(),
        Outcome::Missing | Outcome::Failed => "-".to_owned(),
    };
    let time = format!("{:.1} ms", step.elapsed.as_secs_f64() * 1e3);
    let signed = step.signed_by.as_ref().map(|by| format!(" [signed by {by}]")).unwrap_or_default();
    let note = match step.outcome {
        Outcome::Rejected => format!("NO: {}", step.note),
        Outcome::Taken | Outcome::Missing | Outcome::Failed => step.note.clone(),
    };
    let [bytes, time] = [right::<8>(&bytes), right::<9>(&time)];
    [step.file.clone(), step.transport.to_string(), bytes, time, note + &signed]
}

/// What the phone ended up with; what is not set is left out.
fn table(settings: &Settings) -> Table {
    let mut rows = vec![
        ("device name", settings.device_name.clone()),
        ("phone label", settings.phone_label.clone()),
        ("trust list", settings.trust_list.clone()),
        ("firmware", settings.firmware.clone()),
        ("version stamp", settings.version_stamp.clone()),
        ("time zone", settings.time_zone.clone()),
        ("date format", settings.date_format.clone()),
        ("time servers", settings.time_servers.join(", ")),
    ];
    rows.extend(settings.call_managers.iter().map(|manager| ("call manager", describe_manager(manager))));
    rows.extend([
        ("SIP transport", settings.sip_transport.clone()),
        ("security mode", settings.security_mode.clone()),
    ]);
    rows.extend(settings.lines.iter().map(|line| ("key", describe_line(line))));
    rows.extend([
        ("dial template", settings.dial_template.clone()),
        ("soft keys", settings.soft_keys.clone()),
        ("feature policy", settings.feature_policy.clone()),
        ("user locale", settings.user_locale.clone()),
        ("network locale", settings.network_locale.clone()),
        ("wallpaper", settings.wallpaper.clone()),
        ("web access", settings.web_access.clone()),
    ]);
    let mut table = Table::new(["SETTING", "VALUE"]);
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        table.row([name.to_owned(), value]);
    }
    table
}

fn describe_manager(manager: &CallManager) -> String {
    let mut text = manager.address.clone();
    if !manager.sip_port.is_empty() {
        let _ = write!(text, ", port {}", manager.sip_port);
    }
    if !manager.secured_sip_port.is_empty() {
        let _ = write!(text, ", TLS port {}", manager.secured_sip_port);
    }
    text
}

fn describe_line(line: &Line) -> String {
    let kind = match line.feature.as_str() {
        "2" => "speed dial",
        "9" => "line",
        "20" => "service",
        "21" => "busy lamp",
        "22" => "call park",
        "23" => "intercom",
        other => return format!("{}: feature {other} {}", line.button, line.label),
    };
    format!("{}: {kind} `{}`, {}", line.button, line.label, line.number)
}
