//! `offhook init [DIR]`: a commented configuration and everything a first start needs.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{self, Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use serde::Serialize;

use super::Context;
use super::output::{Output, Table};
use crate::config::{self, Resolved, page};
use crate::trust::{self, Certificates};

/// Write a commented configuration and make what a first start needs
///
/// Makes offhook.toml (or the file named by --config), the data directory, the document root and the certificates. What
/// is there already stays as it is.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where; relative paths of the configuration start here.
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

#[derive(Serialize)]
struct Made {
    path: PathBuf,
    is_new: bool,
    what: String,
}

impl Args {
    /// Makes what is missing, and says what it made.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let directory = &self.directory;
        fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        let file = context.config.clone().unwrap_or_else(|| placed("offhook.toml".as_ref(), directory));
        let is_new = write_new(&file, &page::commented_file())
            .with_context(|| format!("cannot write {}", file.display()))?;
        let mut made = vec![Made { path: file.clone(), is_new, what: "configuration".to_owned() }];
        let mut resolved = config::load(Some(&file))?.resolved;
        resolved.data_dir = placed(&resolved.data_dir, directory);
        resolved.document_root = placed(&resolved.document_root, directory);
        for (path, what) in
            [(&resolved.data_dir, "keys and state"), (&resolved.document_root, "your own files")]
        {
            let is_new = !path.exists();
            fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
            made.push(Made { path: path.clone(), is_new, what: what.to_owned() });
        }
        made.push(certificates(&resolved)?);
        tell(&context.output, &made, directory, context.config.as_deref())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Relative paths start at `directory`, as they will when `serve` is started there.
fn placed(path: &Path, directory: &Path) -> PathBuf {
    if directory == Path::new(".") { path.to_owned() } else { directory.join(path) }
}

fn certificates(resolved: &Resolved) -> anyhow::Result<Made> {
    let path = trust::certificates_folder(&resolved.data_dir);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().cast_signed();
    let names = trust::server_names(resolved);
    let (_, made) = Certificates::open_or_create_with(
        &path,
        &names,
        resolved.provisioning.legacy_tls,
        now,
        &resolved.keys.ring()?,
    )?;
    let what = if made.is_empty() {
        "certificates".to_owned()
    } else {
        format!("certificates: {}", made.join(", "))
    };
    Ok(Made { path, is_new: !made.is_empty(), what })
}

/// Writes a file that is not there yet, and the folder for it; false if it is.
fn write_new(path: &Path, text: &str) -> io::Result<bool> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    match File::create_new(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn tell(output: &Output, made: &[Made], directory: &Path, config: Option<&Path>) -> io::Result<()> {
    if output.is_json() {
        return output.value(&made);
    }
    let mut table = Table::new(["", "path", "what it is for"]);
    for one in made {
        let is_new = if one.is_new { "made" } else { "kept" };
        table.row([is_new.to_owned(), one.path.display().to_string(), one.what.clone()]);
    }
    let mut next = "offhook serve".to_owned();
    if directory != Path::new(".") {
        next = format!("cd {} && {next}", directory.display());
    }
    if let Some(file) = config {
        // Seen from the directory, a relative path would mean another file.
        next.push_str(&format!(" --config {}", path::absolute(file)?.display()));
    }
    output.line(format_args!("{table}\n\nNext: {next}"))
}
