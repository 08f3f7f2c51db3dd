//! Files on their way from a backup to their places: first beside them, then all of them moved at once.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::MARK;
use crate::command::WrongUse;
use crate::command::backup::archive::{Place, Told};
use crate::command::backup::tree::{REPLACED, STAGE, Tree};
use crate::config::Resolved;
use crate::trust::calendar;

/// The configuration of the backup, where files are laid out.
const CONFIGURATION: &str = ".configuration";

/// Where files are laid out before they are moved. Dropped before that, nothing of it stays.
pub(super) struct Stage {
    data: Corner,
    document_root: Option<Corner>,
    configuration: Option<PathBuf>,
    with_reports: bool,
}

/// One folder to be filled, and the files for it.
struct Corner {
    target: PathBuf,
    staged: PathBuf,
    files: BTreeSet<String>,
    folders: Vec<(String, u32)>,
    /// Whose everything is to be: the folder's.
    owner: (u32, u32),
}

impl Corner {
    fn new(target: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(target).with_context(|| format!("cannot make {}", target.display()))?;
        let staged = target.join(format!("{STAGE}{}", std::process::id()));
        sweep(target);
        // Nobody else looks into it: there are keys.
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&staged)
            .with_context(|| format!("cannot make {}", staged.display()))?;
        let metadata = fs::metadata(target)?;
        let owner = (metadata.uid(), metadata.gid());
        Ok(Self { target: target.to_owned(), staged, files: BTreeSet::new(), folders: Vec::new(), owner })
    }

    fn create(&mut self, path: String, mode: u32) -> anyhow::Result<File> {
        let to = self.staged.join(&path);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        let shown = || format!("cannot write {}", to.display());
        let file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&to).with_context(shown)?;
        file.set_permissions(Permissions::from_mode(mode & 0o777))?;
        self.give(&to);
        self.files.insert(path);
        Ok(file)
    }

    /// What root restores belongs to whom the folder belongs: the server must read it.
    fn give(&self, path: &Path) {
        let mine = fs::metadata(path).map(|metadata| (metadata.uid(), metadata.gid()));
        if mine.is_ok_and(|mine| mine != self.owner) {
            // Nobody but root can, and nobody else has to.
            let _ = chown(path, Some(self.owner.0), Some(self.owner.1));
        }
    }

    /// Makes the folders that lead to a file.
    fn lead_to(&self, path: &str) -> anyhow::Result<()> {
        let mut at = self.target.clone();
        let parents = Path::new(path).parent().into_iter().flat_map(Path::components);
        for part in parents {
            at.push(part);
            if !at.is_dir() {
                fs::DirBuilder::new()
                    .mode(0o755)
                    .create(&at)
                    .with_context(|| format!("cannot make {}", at.display()))?;
                self.give(&at);
            }
        }
        Ok(())
    }
}

/// Takes away what a restore that was broken off left behind: there are keys in it.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(STAGE) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for Corner {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.staged);
    }
}

impl Stage {
    pub(super) fn new(
        resolved: &Resolved,
        document_root: bool,
        with_reports: bool,
        configuration: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let root = document_root.then(|| Corner::new(&resolved.document_root)).transpose()?;
        let data = Corner::new(&resolved.data_dir)?;
        Ok(Self { data, document_root: root, configuration: configuration.map(Path::to_owned), with_reports })
    }

    pub(super) fn folder(&mut self, told: &Told) -> anyhow::Result<()> {
        if told.at == Place::Data {
            self.data.folders.push((told.path.clone(), told.mode));
        }
        Ok(())
    }

    /// Where the bytes of a file are to be written; nothing when nobody asked for it.
    pub(super) fn file(&mut self, told: &Told) -> anyhow::Result<Option<File>> {
        match told.at {
            Place::Data => self.data.create(told.path.clone(), told.mode).map(Some),
            Place::Reports => self.data.create(format!("reports/{}", told.path), told.mode).map(Some),
            Place::DocumentRoot => {
                let root = self.document_root.as_mut();
                root.map(|root| root.create(told.path.clone(), told.mode)).transpose()
            }
            Place::Configuration if self.configuration.is_none() => Ok(None),
            Place::Configuration => Ok(Some(File::create_new(self.data.staged.join(CONFIGURATION))?)),
        }
    }

    /// Moves what is there out of the way, and everything to its place. Dropping what this gives undoes it.
    pub(super) fn put_in_place(self, tree: &Tree, replace: bool) -> anyhow::Result<Moved> {
        if let Some(root) = self.document_root.as_ref().filter(|_| !replace)
            && let Some(there) =
                root.files.iter().map(|path| root.target.join(path)).find(|path| path.exists())
        {
            let problem =
                format!("{} is there already; --replace puts the backup in its place", there.display());
            return Err(WrongUse(problem).into());
        }
        let time = calendar::utc(calendar::now()).replace(':', "");
        let kept = self.data.target.join(format!("{REPLACED}{time}"));
        let mark = self.data.target.join(MARK);
        let mut moved =
            Moved { steps: Vec::new(), kept: kept.clone(), mark: mark.clone(), holds: false, stage: None };
        File::create(&mark)
            .and_then(|mark| mark.sync_all())
            .with_context(|| format!("cannot write {}", mark.display()))?;
        for path in tree.stamps()?.into_keys().filter(|path| path.is_file()) {
            let below = path.strip_prefix(&self.data.target)?;
            moved.step(&path, &kept.join("data").join(below))?;
        }
        let reports = self.data.target.join("reports");
        if self.with_reports && reports.exists() {
            moved.step(&reports, &kept.join("data/reports"))?;
        }
        if let Some(root) = &self.document_root {
            for path in &root.files {
                let target = root.target.join(path);
                ensure!(!target.is_dir(), "{} is a folder, and a file in the backup", target.display());
                if target.exists() {
                    // It stays on its own disk until all is done.
                    moved.step(&target, &root.staged.join(".before").join(path))?;
                }
            }
        }
        for (path, mode) in &self.data.folders {
            self.data.lead_to(&format!("{path}/x"))?;
            fs::set_permissions(self.data.target.join(path), Permissions::from_mode(mode & 0o777))?;
        }
        for corner in std::iter::once(&self.data).chain(&self.document_root) {
            for path in &corner.files {
                corner.lead_to(path)?;
                moved.step(&corner.staged.join(path), &corner.target.join(path))?;
            }
        }
        if let Some(path) = &self.configuration {
            pki::files::write_private(path, &fs::read(self.data.staged.join(CONFIGURATION))?)?;
        }
        moved.stage = Some(self);
        Ok(moved)
    }
}

/// Files that were moved.
pub(super) struct Moved {
    steps: Vec<(PathBuf, PathBuf)>,
    kept: PathBuf,
    mark: PathBuf,
    /// Nothing is to be undone.
    holds: bool,
    /// Held until the end: what is undone goes back there.
    stage: Option<Stage>,
}

impl Moved {
    fn step(&mut self, from: &Path, to: &Path) -> anyhow::Result<()> {
        let shown = || format!("cannot move {} to {}", from.display(), to.display());
        if let Some(folder) = to.parent()
            && !folder.exists()
        {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(shown)?;
        }
        fs::rename(from, to).with_context(shown)?;
        self.steps.push((from.to_owned(), to.to_owned()));
        Ok(())
    }

    /// Leaves everything where it is now; gives where the files of before are, if there were any.
    pub(super) fn keep(mut self) -> Option<PathBuf> {
        self.holds = true;
        self.kept.exists().then(|| self.kept.clone())
    }
}

impl Drop for Moved {
    fn drop(&mut self) {
        let undone = || self.steps.iter().rev().all(|(from, to)| fs::rename(to, from).is_ok());
        if self.holds {
            let _ = fs::remove_file(&self.mark);
        } else if undone() {
            let _ = fs::remove_file(&self.mark);
            // Only empty folders are left in it.
            let _ = fs::remove_dir_all(&self.kept);
        }
        drop(self.stage.take());
    }
}
