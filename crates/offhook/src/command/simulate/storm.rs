//! `offhook simulate storm`: many phones boot at once, and the times are printed.

use std::{io::IsTerminal, path::PathBuf, process::ExitCode, sync::Arc};

use indicatif::{ProgressBar, ProgressStyle};
use nix::sys::{
    resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit},
    time::TimeValLike,
};
use virtual_phone::{
    boot::Flash,
    drawer,
    mac::Mac,
    models::{self, Model},
    storm::Storm,
};

use super::{Target, printed::Measured};
use crate::command::Context;

/// Descriptors that are not for phones: the runtime's, the terminal's, and some to spare.
const OTHER_DESCRIPTORS: u64 = 64;

/// Boot many phones at once, and print how long it took; exit 1 when one of them would not come up
///
/// Each phone does all that a real one does, signatures included, on one thread. Against a server on 127.0.0.1 each
/// phone calls from an address of its own (127.1.0.1 and up), as on a real network.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many phones
    #[arg(long, value_name = "N", default_value_t = 100)]
    phones: usize,
    #[command(flatten)]
    target: Target,
    /// Their models, taken in turn: a list with commas, or `mix` for all there are
    #[arg(long, value_name = "LIST", default_value = "8845", value_parser = model_list)]
    models: Models,
    /// The hardware address of the first phone; the others count up
    #[arg(long, value_name = "MAC", default_value_t = Mac::FIRST_OF_STORM, conflicts_with = "mac")]
    first_mac: Mac,
    /// All phones have this hardware address, so that one configuration serves them all
    #[arg(long)]
    mac: Option<Mac>,
    /// Every phone holds this trust list already
    #[arg(long, value_name = "FILE")]
    held_list: Option<PathBuf>,
    /// At most so many phones at a time [default: all of them]
    #[arg(long, value_name = "N")]
    at_once: Option<usize>,
}

type Models = Arc<[&'static Model]>;

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let at_once = self.at_once.unwrap_or(self.phones);
        let allowed = descriptors();
        if allowed < at_once {
            let remark = format!("{allowed} phones at a time: this machine allows no more open files");
            context.output.remark(remark);
        }
        let storm = Storm {
            phones: self.phones,
            at_once: at_once.min(allowed),
            models: self.models.to_vec(),
            first: self.mac.unwrap_or(self.first_mac),
            same: self.mac.is_some(),
            over: self.target.over,
            flash: match &self.held_list {
                Some(list) => Flash { trust: drawer::open_list(list)?, ..Flash::default() },
                None => Flash::default(),
            },
            now: super::unix_now(),
        };
        let bar = progress_bar(context, self.phones as u64);
        let done = bar.clone();
        let before = cpu_seconds();
        let report = super::runtime()?.block_on(async {
            let network = Arc::new(self.target.network().await?);
            anyhow::Ok(storm.run(network, move || done.inc(1)).await)
        })?;
        bar.finish_and_clear();
        let own_cpu_share = (cpu_seconds() - before) / report.seconds.max(f64::EPSILON);
        let all_came_up = report.came_up == report.phones;
        let measured = Measured { report, own_cpu_share };
        context.output.show(&measured, &measured)?;
        Ok(ExitCode::from(u8::from(!all_came_up)))
    }
}

fn model_list(text: &str) -> Result<Models, models::UnknownModel> {
    if text == "mix" {
        return Ok(models::all().iter().collect());
    }
    text.split(',').map(|name| models::find(name.trim())).collect()
}

/// As many phones as this process may have sockets, after asking for all the system gives.
fn descriptors() -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return usize::MAX };
    let raised = setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    let limit = if raised { hard } else { soft };
    usize::try_from(limit.saturating_sub(OTHER_DESCRIPTORS).max(1)).unwrap_or(usize::MAX)
}

fn cpu_seconds() -> f64 {
    getrusage(UsageWho::RUSAGE_SELF).map_or(0.0, |usage| {
        let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        micros as f64 / 1e6
    })
}

fn progress_bar(context: &Context, phones: u64) -> ProgressBar {
    if context.output.is_json() || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} phones, {elapsed}");
    ProgressBar::new(phones).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
