//! `offhook trust enable` and `disable`: the administrator's decision, with what it means.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use nix::unistd::{Uid, User};
use provision::mac::Mac;
use wire::trust_list::Kind;

use super::office::Office;
use super::show::StateView;
use crate::command::{Context, WrongUse};
use crate::config::Resolved;
use crate::trust::{Purpose, Reach, Request, Trust, TrustState, calendar, server_names, state_file};

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
        // Phones must not be promised a list that cannot be built.
        let (trust, _) = Trust::first_start(&resolved, &server_names(&resolved), calendar::now())?;
        let current = trust.current()?;
        current.list(Kind::Itl, &resolved)?;
        current.certificates.file_signer()?;

        let before = current.state.reach.clone();
        let after = enabled(before.clone(), &self.phones);
        if after == before {
            return unchanged(
                context,
                &resolved,
                &current.state,
                "Nothing to do: the list reaches these phones already.",
            );
        }
        if !confirmed(context, ENABLE, &question(&self.phones), self.yes)? {
            return Ok(ExitCode::FAILURE);
        }
        first_list(context)?;
        change(context, &resolved, |reach| enabled(reach, &self.phones))
    }
}

impl Disable {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let resolved = context.resolved()?;
        let before = TrustState::read(&state_file(&resolved.data_dir))?;
        if !self.phones.is_empty() && before.reach == Reach::Everyone {
            anyhow::bail!(
                "trust is enabled for every phone, and single ones cannot be left out: disable it, then enable it for \
                 the phones that should have it"
            );
        }
        if disabled(before.reach.clone(), &self.phones) == before.reach {
            return unchanged(context, &resolved, &before, "Nothing to do: no list reaches these phones.");
        }
        if !confirmed(context, DISABLE, "Stop giving out the trust list?", self.yes)? {
            return Ok(ExitCode::FAILURE);
        }
        change(context, &resolved, |reach| disabled(reach, &self.phones))
    }
}

/// Who gets the list once it is enabled for these phones; none means all.
fn enabled(reach: Reach, phones: &[Mac]) -> Reach {
    match reach {
        Reach::Everyone => Reach::Everyone,
        _ if phones.is_empty() => Reach::Everyone,
        Reach::Off => Reach::Phones(phones.iter().copied().collect()),
        Reach::Phones(mut before) => {
            before.extend(phones);
            Reach::Phones(before)
        }
    }
}

/// Who gets the list once it is disabled for these phones; none means all.
fn disabled(reach: Reach, phones: &[Mac]) -> Reach {
    match reach {
        Reach::Phones(before) if !phones.is_empty() => {
            let left: BTreeSet<Mac> = before.into_iter().filter(|mac| !phones.contains(mac)).collect();
            if left.is_empty() { Reach::Off } else { Reach::Phones(left) }
        }
        Reach::Everyone if !phones.is_empty() => Reach::Everyone,
        _ => Reach::Off,
    }
}

fn question(phones: &[Mac]) -> String {
    match phones {
        [] => "Give every phone a trust list?".to_owned(),
        [phone] => format!("Give {} a trust list?", phone.device_name()),
        phones => format!("Give {} phones a trust list?", phones.len()),
    }
}

/// Phones are given a list that is on record: the first one is published here, later ones by `offhook trust publish`.
fn first_list(context: &Context) -> anyhow::Result<()> {
    let office = Office::alone(context)?;
    let (draft, outlook) = office.wait(office.desk().outlook())?;
    if let Some(last) = &outlook.last {
        if !outlook.is_published(&draft) {
            context.output.remark(format!(
                "\nPhones get list {}, which was published {}. The next one would differ: see `offhook trust plan`.",
                last.number,
                calendar::utc(last.at)
            ));
        }
        return Ok(());
    }
    let by = who();
    let request =
        Request { purpose: Purpose::First, note: "", by: &by, now: calendar::now(), accept_loss: u64::MAX };
    office.wait(office.desk().publish(&draft, &outlook, &request)).map(drop)
}

fn change(
    context: &Context,
    resolved: &Resolved,
    reach: impl FnOnce(Reach) -> Reach,
) -> anyhow::Result<ExitCode> {
    let path = state_file(&resolved.data_dir);
    let (state, ()) = TrustState::change(&path, &who(), calendar::now(), |state| {
        state.reach = reach(std::mem::take(&mut state.reach));
    })?;
    let view = StateView::new(resolved, &state);
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
    let view = StateView::new(resolved, state);
    context.output.show(&view, &view)?;
    Ok(ExitCode::SUCCESS)
}

/// Says what it means, and asks when a person is there to answer.
pub(super) fn confirmed(context: &Context, meaning: &str, question: &str, yes: bool) -> anyhow::Result<bool> {
    if !context.output.is_json() {
        context.output.remark(meaning);
    }
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let problem = "this is not a terminal, so nobody can be asked; say --yes to mean it";
        return Err(WrongUse(problem.to_owned()).into());
    }
    write!(io::stderr().lock(), "\n{question} [y/N] ")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Who is changing something: the person behind sudo, else the user.
pub(in crate::command) fn who() -> String {
    let user = User::from_uid(Uid::effective()).ok().flatten().map(|user| user.name);
    let user = user.unwrap_or_else(|| Uid::effective().to_string());
    match std::env::var("SUDO_USER") {
        Ok(person) if !person.is_empty() && person != user => format!("{person} as {user}"),
        _ => user,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Mac = Mac::new([0, 0, 0, 0, 0, 1]);
    const TWO: Mac = Mac::new([0, 0, 0, 0, 0, 2]);

    fn phones<const N: usize>(phones: [Mac; N]) -> Reach {
        Reach::Phones(phones.into())
    }

    #[test]
    fn enabling_adds() {
        for (before, named, after) in [
            (Reach::Off, &[][..], Reach::Everyone),
            (Reach::Off, &[ONE], phones([ONE])),
            (phones([ONE]), &[TWO], phones([ONE, TWO])),
            (phones([ONE]), &[], Reach::Everyone),
            (Reach::Everyone, &[ONE], Reach::Everyone),
        ] {
            assert_eq!(enabled(before, named), after);
        }
    }

    #[test]
    fn disabling_takes_away() {
        for (before, named, after) in [
            (Reach::Everyone, &[][..], Reach::Off),
            (Reach::Off, &[ONE], Reach::Off),
            (phones([ONE, TWO]), &[TWO], phones([ONE])),
            (phones([ONE]), &[ONE], Reach::Off),
            (phones([ONE, TWO]), &[], Reach::Off),
            (Reach::Everyone, &[ONE], Reach::Everyone),
        ] {
            assert_eq!(disabled(before, named), after);
        }
    }
}
