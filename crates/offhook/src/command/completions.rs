//! `offhook completions SHELL`: completions from the same definition as the parser.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Context, Offhook};

/// Print completions for a shell
///
/// For bash: `offhook completions bash > /etc/bash_completion.d/offhook`. For zsh: put it as `_offhook` into a
/// directory of $fpath. For fish: `offhook completions fish > ~/.config/fish/completions/offhook.fish`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which shell.
    shell: Shell,
}

impl Args {
    /// Prints them.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Offhook::command(), "offhook", &mut script);
        context.output.bytes(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
