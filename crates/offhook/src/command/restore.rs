//! `offhook restore`: the whole installation from a backup, here or on another machine, in either kind of database.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use serde_json::json;
use store::{Filling, Store};

use super::backup::Files;
use super::backup::archive::{self, Head, Item, Reader};
use super::backup::secret::Secret;
use super::backup::tree::Tree;
use super::{Context, WrongUse};
use crate::config::Resolved;

mod stage;

use stage::Stage;

/// In the data directory while files change places. A server does not start beside it.
pub(crate) const MARK: &str = "restore-unfinished";

/// Make the installation that a backup holds, on this machine or another
///
/// The whole backup is checked before anything changes, and all of it is taken or nothing. An installation that is there is left
/// alone unless --replace is given; its files are kept in `replaced-…` below the data directory. Where things go is said by the
/// configuration of this machine, not by the one in the backup. Stop the server before, and start it afterwards.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The backup.
    file: PathBuf,
    #[command(flatten)]
    secret: Secret,
    /// Put it in the place of what is there.
    #[arg(long)]
    replace: bool,
    /// Leave the files of the document root in the backup.
    #[arg(long)]
    without_document_root: bool,
    /// Write the configuration of the backup to this file, which must not be there.
    #[arg(long, value_name = "FILE")]
    configuration: Option<PathBuf>,
}

impl Args {
    /// Restores, or leaves everything as it was.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let resolved = context.resolved()?;
        let secret = self.secret.known()?;
        let open = || Reader::open(&self.file, &secret);
        let in_file = || self.file.display().to_string();
        let files = open()?.check(|_| ()).with_context(in_file)?;
        if let Some(path) = &self.configuration {
            ensure!(!path.exists(), WrongUse(format!("{} is there already", path.display())));
            ensure!(files.has_configuration(), WrongUse("the backup holds no configuration".to_owned()));
        }
        self.is_free(&resolved)?;
        let reader = open()?;
        let head = reader.head.clone();
        context.block_on(async {
            let url = &resolved.database;
            std::fs::create_dir_all(&resolved.data_dir)
                .with_context(|| format!("cannot make {}", resolved.data_dir.display()))?;
            let store = Store::open_or_create(url.url()).await?;
            let mut filling = store.fill(self.replace).await.map_err(hint)?;
            let take_root = files.has_document_root() && !self.without_document_root;
            let mut stage =
                Stage::new(&resolved, take_root, files.has_reports(), self.configuration.as_deref())?;
            let bar = super::db::bar(context, head.counts.total(), "restoring");
            fill(reader, &mut filling, &mut stage, &bar).await.with_context(in_file)?;
            let moved = stage.put_in_place(&Tree::of(&resolved), self.replace)?;
            // The files are undone when the database does not hold what was written to it.
            filling.finish().await?;
            let kept = moved.keep();
            bar.finish_and_clear();
            store.close().await;
            self.told(context, &resolved, &head, &files, kept)
        })
    }

    fn told(
        &self,
        context: &Context,
        resolved: &Resolved,
        head: &Head,
        files: &Files,
        kept: Option<PathBuf>,
    ) -> anyhow::Result<ExitCode> {
        let url = &resolved.database;
        let mut text = format!(
            "{}\n\n{} and {url} hold what was kept at {}.",
            archive::table(&head.counts, files),
            resolved.data_dir.display(),
            head.made
        );
        if let Some(kept) = &kept {
            let kept = kept.display();
            text.push_str(&format!("\nThe files of before are in {kept}: remove it when all is well."));
        }
        if files.has_configuration() && self.configuration.is_none() {
            text.push_str(
                "\nThe configuration of this machine holds; --configuration FILE writes the one of the backup.",
            );
        }
        let value = json!({ "database": url.to_string(), "made": head.made, "counts": head.counts, "files": files,
            "kept": kept.map(|kept| kept.display().to_string()) });
        context.output.show(text, &value)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Refuses to write over files unless that was said.
    fn is_free(&self, resolved: &Resolved) -> anyhow::Result<()> {
        if self.replace {
            return Ok(());
        }
        let there = Tree::of(resolved).stamps()?;
        let first = there.keys().find(|path| path.is_file());
        match first {
            None => Ok(()),
            Some(first) => anyhow::bail!(
                "there is an installation in {} already ({} is there); --replace puts the backup in its place",
                resolved.data_dir.display(),
                first.display()
            ),
        }
    }
}

fn hint(problem: store::Error) -> anyhow::Error {
    match problem {
        store::Error::NotEmpty(..) => anyhow::anyhow!("{problem}; --replace throws that away"),
        other => other.into(),
    }
}

/// Everything of the backup, into a transaction that is not ended and into files beside their places.
async fn fill(
    mut reader: Reader,
    filling: &mut Filling,
    stage: &mut Stage,
    bar: &indicatif::ProgressBar,
) -> anyhow::Result<()> {
    while let Some(item) = reader.next()? {
        match item {
            Item::Folder(told) => stage.folder(&told)?,
            Item::File(told) => match stage.file(&told)? {
                Some(mut file) => {
                    reader.bytes(&told, &mut file)?;
                    file.sync_all()?;
                }
                None => reader.bytes(&told, &mut std::io::sink())?,
            },
            Item::Records(records) => {
                filling.put(&records).await?;
                bar.inc(records.len() as u64);
            }
        }
    }
    Ok(())
}

/// Whether a restore was broken off in this data directory while files changed places; says what to do.
#[must_use]
pub fn broken_off(data_dir: &Path) -> Option<String> {
    data_dir.join(MARK).exists().then(|| {
        format!(
            "a restore was broken off in {}, and files of before and after may lie side by side: run `offhook restore FILE \
             --replace` again",
            data_dir.display()
        )
    })
}
