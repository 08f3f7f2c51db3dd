//! `offhook trust recovery`: the SAST that remains when this machine is lost.

use std::fs;
use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use pki::recovery::{RecoveryError, SHORTEST};
use pki::{Identity, KeyKind};
use serde_json::json;

use super::change::confirmed;
use super::office::Office;
use crate::command::{Context, WrongUse, secret};
use crate::trust::{Changed, Plan, TrustState, calendar, state_file};

/// Where scripts put the passphrase.
const VARIABLE: &str = "OFFHOOK_RECOVERY_PASSPHRASE";
/// Longer than anything that anybody seals with.
const LONGEST: u64 = 1 << 20;

const REMOVE: &str = "\
The key of the recovery SAST is taken off this machine. What remains of it is the file that was exported, and that opens with
its passphrase only: offhook has no other copy.";

/// Export, import and remove the SAST that remains when this machine is lost
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Export(Export),
    Import(Import),
    Remove(Remove),
}

/// Write the recovery SAST with its key to a file that only a passphrase opens (PKCS#12)
///
/// The key leaves this machine once, and that is remembered. The passphrase is asked for at a terminal, or read from a file or
/// from OFFHOOK_RECOVERY_PASSPHRASE; it is never an argument, where others would see it.
#[derive(Debug, clap::Args)]
struct Export {
    /// Where to write it; it must not be there yet.
    file: PathBuf,
    /// The first line of this file is the passphrase; - for standard input.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<String>,
    /// Then take the key off this machine.
    #[arg(long)]
    remove: bool,
    /// Export it although it was exported before.
    #[arg(long)]
    again: bool,
}

/// Take the recovery SAST of another machine, or of this one, from such a file
///
/// On a new machine it signs trust lists from then on: phones know it from the list that they hold.
#[derive(Debug, clap::Args)]
struct Import {
    /// The file.
    file: PathBuf,
    /// The first line of this file is the passphrase; - for standard input.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<String>,
}

/// Take the key of the recovery SAST off this machine, after it was exported
#[derive(Debug, clap::Args)]
struct Remove {
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Export(args) => args.run(context),
            Verb::Import(args) => args.run(context),
            Verb::Remove(args) => args.run(context),
        }
    }
}

impl Export {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::alone(context)?;
        let state = office.state()?;
        if let Some(before) = state.recovery.filter(|_| !self.again) {
            bail!(
                "the recovery SAST was exported {} by {}. Each copy is one more that can be stolen; say --again if you \
                 want another one",
                before.at,
                before.by
            );
        }
        if self.file.exists() {
            bail!("{} is there already", self.file.display());
        }
        let (name, identity) = recovery(&office)?;
        let identity =
            identity.with_context(|| format!("the key of {name} is not on this machine any more"))?;
        let passphrase = passphrase(self.passphrase_file.as_deref(), true)?;
        let sealed = identity.seal_with(&name, &passphrase)?;
        pki::files::write_private(&self.file, &sealed)?;
        let written = pki::files::read(&self.file)?;
        if !Identity::open_with(&written, &passphrase).is_ok_and(|it| it.certificate == identity.certificate)
        {
            bail!("{} could be written, but not be opened again: nothing was changed", self.file.display());
        }
        remember(&office, |state, at, by| state.recovery = Some(Changed { at, by }))?;
        let removed = if self.remove { remove(&office, &name)? } else { None };
        let (file, left) = (self.file.display(), removed.as_deref().map(Path::display));
        let text = match left {
            Some(key) => format!(
                "{file} holds {name} and its key, sealed. {key} is gone from this machine: keep the file and its \
                 passphrase apart, in safe places, for as long as phones hold your lists."
            ),
            None => format!(
                "{file} holds {name} and its key, sealed. Keep it and its passphrase apart, in safe places. The key is \
                 still on this machine, too: `offhook trust recovery remove` takes it off."
            ),
        };
        let value = json!({ "certificate": name, "file": self.file, "removed": removed });
        context.output.show(text, &value)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Import {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::alone(context)?;
        let size =
            fs::metadata(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?.len();
        if size > LONGEST {
            bail!("{} is too large to be a sealed SAST", self.file.display());
        }
        let sealed = pki::files::read(&self.file)?;
        let passphrase = passphrase(self.passphrase_file.as_deref(), false)?;
        let identity = Identity::open_with(&sealed, &passphrase);
        let identity = identity.with_context(|| self.file.display().to_string())?;
        if !matches!(identity.key.kind(), KeyKind::Rsa(bits) if bits <= 2048) {
            bail!("phones take trust lists that were signed with RSA keys of up to 2048 bits only");
        }
        let current = office.desk().trust.current()?;
        let known = current.certificates.iter().find(|stored| stored.certificate == identity.certificate);
        if let Some(known) = known {
            let name = known.name.clone();
            if known.identity().is_none() {
                office.resolved().keys.ring()?.write(&identity, current.certificates.folder(), &name)?;
            }
            let text = format!("{name} is on this machine with its key, as it was before.");
            context.output.show(text, &json!({ "certificate": name, "signs": false }))?;
            return Ok(ExitCode::SUCCESS);
        }
        let name = free_name(&office)?;
        let plan = Plan::new(&current.certificates, &current.state, office.resolved().trust.version);
        // Who would have signed is the second now, so that a roll-over can lead there.
        let second = plan.ok().and_then(|plan| plan.sast_names().first().cloned());
        office.resolved().keys.ring()?.write(&identity, current.certificates.folder(), &name)?;
        remember(&office, |state, _, _| {
            state.sasts = std::iter::once(name.clone()).chain(second.clone()).collect();
            state.rollover = None;
        })?;
        let text = format!(
            "{name} is on this machine and signs trust lists from now on. `offhook trust plan` shows what the next one would \
             be, `offhook trust publish` publishes it; when all phones have it, `offhook trust rollover start --to {}` leads \
             them to a SAST of this machine.",
            second.as_deref().unwrap_or("NAME")
        );
        context.output.show(text, &json!({ "certificate": name, "signs": true }))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Remove {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::alone(context)?;
        let (name, identity) = recovery(&office)?;
        if identity.is_none() {
            context.output.show(
                format!("Nothing to do: the key of {name} is not on this machine."),
                &json!({ "removed": null }),
            )?;
            return Ok(ExitCode::SUCCESS);
        }
        if office.state()?.recovery.is_none() {
            bail!(
                "{name} was never exported, and it would be gone for ever: `offhook trust recovery export FILE` first"
            );
        }
        if !confirmed(context, REMOVE, &format!("Take the key of {name} off this machine?"), self.yes)? {
            return Ok(ExitCode::FAILURE);
        }
        let removed = remove(&office, &name)?;
        let text = removed.as_deref().map_or_else(String::new, |path| format!("Removed {}.", path.display()));
        context.output.show(text, &json!({ "removed": removed }))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The SAST that does not sign, and its key if that is here.
fn recovery(office: &Office) -> anyhow::Result<(String, Option<Identity>)> {
    let current = office.desk().trust.current()?;
    if let Some(rollover) = &current.state.rollover {
        bail!("a roll-over from {} to {} is under way: finish or abort it first", rollover.old, rollover.new);
    }
    let plan = Plan::new(&current.certificates, &current.state, office.resolved().trust.version)?;
    let name = plan.sast_names().into_iter().nth(1);
    let name =
        name.context("there is one SAST only, and it signs trust lists: there is none for recovery")?;
    let identity = current.certificates.find(&name).and_then(|stored| stored.identity().cloned());
    Ok((name, identity))
}

/// Takes its key away, unless nobody could sign any more.
fn remove(office: &Office, name: &str) -> anyhow::Result<Option<PathBuf>> {
    let current = office.desk().trust.current()?;
    let plan = Plan::new(&current.certificates, &current.state, office.resolved().trust.version)?;
    if plan.signer.name == name {
        bail!(
            "{name} is the only SAST whose key is on this machine: without it nobody could sign trust lists"
        );
    }
    let path = current.certificates.folder().join(format!("{name}.key.pem"));
    match fs::remove_file(&path) {
        Ok(()) => Ok(Some(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot remove {}", path.display())),
    }
}

/// `sast-2` if that is free, else the next number.
fn free_name(office: &Office) -> anyhow::Result<String> {
    let current = office.desk().trust.current()?;
    let folder = current.certificates.folder();
    let is_free = |name: &String| {
        ["crt", "key"].iter().all(|ending| !folder.join(format!("{name}.{ending}.pem")).exists())
    };
    let names = (2..100).map(|number| format!("sast-{number}"));
    names.into_iter().find(is_free).context("there are too many SASTs: remove those that are in no list")
}

fn remember(office: &Office, change: impl FnOnce(&mut TrustState, String, String)) -> anyhow::Result<()> {
    let (now, by) = (calendar::now(), office.who().to_owned());
    let path = state_file(&office.resolved().data_dir);
    TrustState::change(&path, &by, now, |state| change(state, calendar::utc(now), by.clone()))?;
    Ok(())
}

/// From the file, the environment, or the person at the terminal, who types a new one twice.
fn passphrase(file: Option<&str>, is_new: bool) -> anyhow::Result<String> {
    let what = "Passphrase";
    let passphrase = match file {
        Some("-") if !io::stdin().is_terminal() => {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line)?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
        Some(file) if file != "-" => secret::read(&format!("@{file}"), what)?,
        _ => match std::env::var(VARIABLE) {
            Ok(passphrase) if file.is_none() => passphrase,
            _ if !io::stdin().is_terminal() => {
                let problem = format!(
                    "this is not a terminal, so nobody can be asked: say --passphrase-file, or put it into {VARIABLE}"
                );
                return Err(WrongUse(problem).into());
            }
            _ => typed(what, is_new)?,
        },
    };
    if is_new && passphrase.chars().count() < SHORTEST {
        return Err(RecoveryError::TooShort.into());
    }
    Ok(passphrase)
}

fn typed(what: &str, is_new: bool) -> anyhow::Result<String> {
    let passphrase = secret::read("@-", what)?;
    if is_new && secret::read("@-", "The same again")? != passphrase {
        bail!("these are two different passphrases: nothing was done");
    }
    Ok(passphrase)
}
