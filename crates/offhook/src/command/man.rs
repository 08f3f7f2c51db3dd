//! `offhook man [DIR]`: manual pages from the same definition as the parser.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory;
use clap_mangen::Man;

use super::{Context, Offhook};

/// Print the manual page, or write one for each command
///
/// `offhook man | man -l -` reads it at once; `offhook man /usr/local/share/man/man1` installs all pages.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write offhook.1 and a page for each command into this directory.
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

impl Args {
    /// Prints or writes them.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let Some(directory) = self.directory else {
            let mut page = Vec::new();
            Man::new(definition()).render(&mut page)?;
            context.output.bytes(&page)?;
            return Ok(ExitCode::SUCCESS);
        };
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        clap_mangen::generate_to(definition(), &directory)
            .with_context(|| format!("cannot write manual pages into {}", directory.display()))?;
        let pages = fs::read_dir(&directory)?.flatten();
        let mut pages: Vec<String> = pages
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.starts_with("offhook") && name.ends_with(".1"))
            .collect();
        pages.sort();
        let text = format!("wrote {} manual pages into {}", pages.len(), directory.display());
        context.output.show(text, &serde_json::json!({ "directory": directory, "pages": pages }))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The command line, without what is of no use on paper.
fn definition() -> clap::Command {
    Offhook::command().disable_help_subcommand(true)
}
