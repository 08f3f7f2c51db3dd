//! `offhook backup`: the whole installation, as it is at one moment, in one encrypted file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use serde_json::json;
use store::{Counts, Snapshot, Store};

use super::{Context, WrongUse};

pub(super) mod archive;
mod key;
pub(super) mod secret;
mod show;
pub(super) mod tree;

use archive::{Head, Made, Place, Writer};
use secret::Secret;
use tree::{Entry, Tree};

/// Write the whole installation to one encrypted file, while the server runs
///
/// In it are the inventory, certificates and keys, the state of trust, certificates of phones, users and whatever else lies in the
/// data directory, and the configuration. `offhook restore` makes the same installation of it, here or on another machine, in
/// either kind of database. Without --key-file a passphrase is asked for. Who loses passphrase or key loses the backup.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Where to: offhook-2026-11-23.vault.
    #[arg(required = true)]
    file: Option<PathBuf>,
    #[command(flatten)]
    secret: Secret,
    /// Also take the files of the document root: firmware takes room.
    #[arg(long)]
    document_root: bool,
    /// Leave out what phones sent as problem reports.
    #[arg(long)]
    without_reports: bool,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Show(show::Args),
    Key(key::Args),
}

/// Somebody writes certificates while they are read: that is over after a moment.
const TRIES: usize = 5;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(200);

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Some(Verb::Show(args)) => args.run(context),
            Some(Verb::Key(args)) => args.run(context),
            None => self.make(context),
        }
    }

    fn make(self, context: &Context) -> anyhow::Result<ExitCode> {
        let file = self.file.context("a backup needs the name of a file")?;
        if file.exists() && !self.force {
            let problem = format!("{} is there already; --force writes over it", file.display());
            return Err(WrongUse(problem).into());
        }
        let resolved = context.resolved()?;
        let secret = self.secret.new_one()?;
        let tree = Tree::of(&resolved);
        context.block_on(async {
            let store = Store::open(resolved.database.url()).await?;
            let (snapshot, state) = one_moment(&store, &tree).await?;
            let counts = snapshot.counts;
            let mut writer = Writer::new(&file, &secret, &Head::new(&snapshot, &resolved))?;
            let configuration = resolved.source.as_deref().map(Entry::configuration).transpose()?;
            for entry in configuration.iter().chain(&state.entries) {
                writer.entry(entry)?;
            }
            let bar = super::db::bar(context, counts.total(), "writing");
            records(snapshot, &mut writer, &bar).await?;
            bar.finish_and_clear();
            let mut left_out = state.left_out;
            if !self.without_reports {
                left_out.extend(writer.stream(tree.reports()?)?);
            }
            if self.document_root {
                left_out.extend(writer.stream(tree.document_root()?)?);
            }
            store.close().await;
            told(context, &file, &counts, &writer.finish()?, &left_out)
        })
    }
}

fn told(
    context: &Context,
    file: &Path,
    counts: &Counts,
    made: &Made,
    left_out: &[String],
) -> anyhow::Result<ExitCode> {
    for path in left_out {
        context.output.remark(format!("note: {path} was left out"));
    }
    let text = format!(
        "{}\n\n{}: {} bytes, encrypted. Keep it, and keep its passphrase or key somewhere else.",
        archive::table(counts, &made.files),
        file.display(),
        made.bytes
    );
    let value = json!({
        "file": file.display().to_string(),
        "bytes": made.bytes,
        "counts": counts,
        "files": made.files,
        "left_out": left_out,
    });
    context.output.show(text, &value)?;
    Ok(ExitCode::SUCCESS)
}

/// The inventory and the files of one moment: nobody wrote to the files from before the inventory was held until after
/// they were read.
async fn one_moment(store: &Store, tree: &Tree) -> anyhow::Result<(Snapshot, tree::State)> {
    let mut moved = None;
    for _ in 0..TRIES {
        let before = tree.stamps()?;
        let snapshot = store.snapshot().await?;
        let state = tree.read(&before)?;
        let after = tree.stamps()?;
        if after == before {
            return Ok((snapshot, state));
        }
        let differs = |path: &&std::path::PathBuf| before.get(*path) != after.get(*path);
        moved = before.keys().chain(after.keys()).find(differs).cloned();
        drop(snapshot);
        tokio::time::sleep(PAUSE).await;
    }
    let moved = moved.unwrap_or_else(|| tree.data_dir().to_owned());
    anyhow::bail!(
        "somebody keeps writing to {}: try again when that is over, or move it elsewhere",
        moved.display()
    )
}

async fn records(
    mut snapshot: Snapshot,
    writer: &mut Writer,
    bar: &indicatif::ProgressBar,
) -> anyhow::Result<()> {
    loop {
        let records = snapshot.next().await?;
        if records.is_empty() {
            return Ok(());
        }
        writer.records(&records)?;
        bar.inc(records.len() as u64);
    }
}

/// How many files there are of each place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Files {
    data: u64,
    reports: u64,
    document_root: u64,
    configuration: u64,
    bytes: u64,
}

impl Files {
    fn add(&mut self, place: Place, bytes: u64) {
        let count = match place {
            Place::Data => &mut self.data,
            Place::Reports => &mut self.reports,
            Place::DocumentRoot => &mut self.document_root,
            Place::Configuration => &mut self.configuration,
        };
        *count += 1;
        self.bytes += bytes;
    }

    /// Whether there are files of the document root.
    pub(super) fn has_document_root(&self) -> bool {
        self.document_root > 0
    }

    /// Whether there are reports of phones.
    pub(super) fn has_reports(&self) -> bool {
        self.reports > 0
    }

    /// Whether the configuration is there.
    pub(super) fn has_configuration(&self) -> bool {
        self.configuration > 0
    }
}

/// A path that was read from a backup leads nowhere but below.
pub(super) fn is_below(path: &str) -> bool {
    use std::path::Component;
    let normal = |part| matches!(part, Component::Normal(_));
    !path.is_empty()
        && !path.contains('\0')
        && Path::new(path).components().all(normal)
        && !path.ends_with('/')
}

/// Refuses a backup that names files outside of its places.
pub(super) fn check_path(path: &str) -> anyhow::Result<()> {
    ensure!(is_below(path), "it names a file {path:?}, which offhook never writes");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_nowhere_else() {
        for good in ["trust.toml", "certificates/tftp.key.pem", "a b/ü", "..a/b.."] {
            assert!(is_below(good), "{good}");
        }
        for bad in ["", "/etc/passwd", "../x", "a/../../x", "./x", "a/", "a\0b", "..", "."] {
            assert!(!is_below(bad), "{bad:?}");
        }
    }
}
