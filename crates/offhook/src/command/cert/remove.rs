//! `offhook cert remove`: a certificate that nobody should trust any more.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use wire::trust_list::Role;

use super::{pick, role};
use crate::command::Context;
use crate::trust::{Kind, Reach, Stored, TrustState};

/// Remove a certificate, its key and its roles
///
/// The next trust list is without it, and the Trust Verification Service no longer vouches for it; phones that were told
/// of it may believe in it until the time they were told is over.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A name from `offhook cert list`.
    name: String,
    /// Remove it even when its key goes with it, or when phones rely on it to accept the next trust list.
    #[arg(long, short)]
    yes: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let name = &self.name;
        let (store, state) = (pick::store(context)?, pick::state(context)?);
        let stored = store.find(name).ok_or_else(|| pick::absent(name))?;
        if !self.yes {
            refuse_what_is_lost(stored, &state)?;
        }
        // Nobody vouches for it from here on, whatever happens to the files.
        role::change(context, name, |state| {
            state.roles.insert(name.clone(), Vec::new());
            state.tvs_only.remove(name);
            state.ttl.remove(name);
            Ok(())
        })?;
        let removed = remove_files(store.folder(), name)?;
        role::forget(context, name)?;
        if Kind::named(name).is_some() {
            context.output.remark(format!("the next `offhook serve` makes a new {name}"));
        }
        let shown: Vec<String> = removed.iter().map(|path| format!("removed {}", path.display())).collect();
        context.output.show(shown.join("\n"), &serde_json::json!({ "removed": removed }))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn refuse_what_is_lost(stored: &Stored, state: &TrustState) -> anyhow::Result<()> {
    let name = &stored.name;
    if state.listed(stored).contains(&Role::Sast) && state.reach != Reach::Off {
        bail!(
            "{name} is a SAST, and trust is on: a phone that knows no other SAST accepts no trust list ever again, and \
             must be visited. Say --yes if that is what you want"
        );
    }
    if stored.identity().is_some() {
        bail!("the key of {name} would be gone for ever; say --yes if that is what you want");
    }
    Ok(())
}

/// The certificate last: without it, its key would be in the way of a new one.
fn remove_files(folder: &Path, name: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for ending in ["key.pem", "key.uri", "crt.pem"] {
        let path = folder.join(format!("{name}.{ending}"));
        match fs::remove_file(&path) {
            Ok(()) => removed.push(path),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot remove {}", path.display())),
        }
    }
    Ok(removed)
}
