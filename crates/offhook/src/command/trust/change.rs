//! `offhook trust enable` and `disable`: the administrator's decision, with what it means.

use std::process::ExitCode;

use nix::unistd::{Uid, User};
use provision::mac::Mac;

use super::office::Office;
use super::show::StateView;
use crate::command::{Context, WrongUse};
use crate::config::Resolved;
use crate::trust::{Desk, Order, Reach, StepError, Trust, TrustState, calendar, server_names, state_file};

const ENABLE: &str = "\
A phone that takes a trust list accepts only what that list vouches for from then on: configurations and other files
signed by this machine, and servers whose certificate is in it. It keeps the list until somebody erases it on the phone
itself, and it takes another list only from a signer (SAST) that the one it holds names.

So keep sast-2.key.pem in a safe place and take it off this machine: it is what remains if this machine is lost.
Without either key every phone must be visited.";

const DISABLE: &str = "\
Phones that hold a trust list keep it. They go on asking for signed files, and offhook goes on signing them; what ends
is that phones are given a list. To make a phone forget its list, erase it on the phone (Settings, Admin settings,
Reset settings, Security settings).";

/// Give phones a trust list
#[derive(Debug, clap::Args)]
pub(super) struct Enable {
    /// Only to this phone (SEP001122AABBCC); may be repeated. Without, to every phone.
    #[arg(long = "phone", value_name = "SEP…")]
    phones: Vec<Mac>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// Stop giving phones a trust list
#[derive(Debug, clap::Args)]
pub(super) struct Disable {
    /// Only stop giving it to this phone; may be repeated. Works while trust is enabled for single phones.
    #[arg(long = "phone", value_name = "SEP…")]
    phones: Vec<Mac>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

impl Enable {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let resolved = context.resolved()?;
        let (trust, _) = Trust::first_start(&resolved, &server_names(&resolved), calendar::now())?;
        let current = trust.current()?;
        let before = current.state.reach.clone();
        if before.clone().enabled(&self.phones) == before {
            let why = "Nothing to do: the list reaches these phones already.";
            return unchanged(context, &resolved, &current.state, why);
        }
        let office = Office::alone(context)?;
        // Phones must not be promised a list that cannot be built.
        office.desk().check_list()?;
        if !confirmed(context, ENABLE, &question(&self.phones), self.yes)? {
            return Ok(ExitCode::FAILURE);
        }
        if let Some(last) =
            office.order(0, async |desk: Desk<'_>, order: Order<'_>| desk.first_list(order).await)?
        {
            context.output.remark(format!(
                "\nPhones get list {}, which was published {}. The next one would differ: see `offhook trust plan`.",
                last.number,
                calendar::utc(last.at)
            ));
        }
        let work = async |desk: Desk<'_>, order: Order<'_>| desk.enable(&self.phones, order).await;
        changed(context, &resolved, &office.order(0, work)?)
    }
}

impl Disable {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let resolved = context.resolved()?;
        let before = TrustState::read(&state_file(&resolved.data_dir))?;
        if !self.phones.is_empty() && before.reach == Reach::Everyone {
            return Err(StepError::Everyone.into());
        }
        if before.reach.clone().disabled(&self.phones) == before.reach {
            return unchanged(context, &resolved, &before, "Nothing to do: no list reaches these phones.");
        }
        if !confirmed(context, DISABLE, "Stop giving out the trust list?", self.yes)? {
            return Ok(ExitCode::FAILURE);
        }
        let work = async |desk: Desk<'_>, order: Order<'_>| desk.disable(&self.phones, order).await;
        changed(context, &resolved, &Office::of_state(context)?.order(0, work)?)
    }
}

fn question(phones: &[Mac]) -> String {
    match phones {
        [] => "Give every phone a trust list?".to_owned(),
        [phone] => format!("Give {} a trust list?", phone.device_name()),
        phones => format!("Give {} phones a trust list?", phones.len()),
    }
}

fn changed(context: &Context, resolved: &Resolved, state: &TrustState) -> anyhow::Result<ExitCode> {
    let view = StateView::new(resolved, state);
    context.output.show(&view, &view)?;
    Ok(ExitCode::SUCCESS)
}

fn unchanged(
    context: &Context,
    resolved: &Resolved,
    state: &TrustState,
    why: &str,
) -> anyhow::Result<ExitCode> {
    context.output.remark(why);
    changed(context, resolved, state)
}

/// Says what it means, and asks when a person is there to answer.
pub(super) fn confirmed(context: &Context, meaning: &str, question: &str, yes: bool) -> anyhow::Result<bool> {
    if !context.output.is_json() {
        context.output.remark(meaning);
    }
    if yes {
        return Ok(true);
    }
    if !context.output.console.has_person() {
        let problem = "this is not a terminal, so nobody can be asked; say --yes to mean it";
        return Err(WrongUse(problem.to_owned()).into());
    }
    let answer = context.output.console.answer(&format!("\n{question} [y/N] "))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Who is changing something: the person behind sudo, else the user; in a server, whoever asks it.
pub(in crate::command) fn who(context: &Context) -> String {
    if let Some(host) = &context.host {
        return host.author.clone();
    }
    let user = User::from_uid(Uid::effective()).ok().flatten().map(|user| user.name);
    let user = user.unwrap_or_else(|| Uid::effective().to_string());
    match std::env::var("SUDO_USER") {
        Ok(person) if !person.is_empty() && person != user => format!("{person} as {user}"),
        _ => user,
    }
}
