//! `offhook dhcp`: what to write into a DHCP server.

use std::net::Ipv4Addr;
use std::process::ExitCode;

use provision::dhcp::{NOTES, Program, Target};
use serde_json::json;

use super::{Context, WrongUse};
use crate::dhcp::target;

/// Show what to write into a DHCP server, so that phones find this one
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Show(Show),
}

/// Show the lines for a DHCP server: options 150 and 66, with this server's address and name
#[derive(Debug, clap::Args)]
struct Show {
    /// The program: isc, kea, dnsmasq, mikrotik, windows or ios; without one, all of them.
    program: Option<Program>,
    /// The address phones shall ask, instead of this machine's; several are tried in their order.
    #[arg(long, value_name = "IPV4")]
    address: Vec<Ipv4Addr>,
    /// The name for option 66, instead of provisioning.server_name; "" for none.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only for devices that say they are Cisco's (isc, kea, dnsmasq).
    #[arg(long)]
    phones_only: bool,
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Show(args) => args.run(context),
        }
    }
}

impl Show {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let target = self.target(context)?;
        let apart = |program: &Program| !self.phones_only || program.tells_phones_apart();
        if let Some(program) = self.program.filter(|program| !apart(program)) {
            let text = format!("--phones-only is for isc, kea and dnsmasq, not for {}", program.word());
            return Err(WrongUse(text).into());
        }
        let programs =
            Program::ALL.into_iter().filter(|program| self.program.is_none_or(|one| one == *program));
        let mut snippets = Vec::new();
        for program in programs.filter(apart) {
            let snippet = program.snippet(&target).map_err(|error| WrongUse(error.to_string()))?;
            snippets.push((program, snippet));
        }
        if let (Some(_), [(_, snippet)]) = (self.program, &snippets[..]) {
            // As it is, so that it can be written into a file.
            if !context.output.is_json() {
                context.output.bytes(snippet.as_bytes())?;
                return Ok(ExitCode::SUCCESS);
            }
        }
        let mut text = String::new();
        for (program, snippet) in &snippets {
            text.push_str(&format!("{}: {}\n\n", program.title(), program.place()));
            snippet.lines().for_each(|line| text.push_str(&format!("    {line}\n")));
            text.push('\n');
        }
        text.push_str("Phones");
        for note in NOTES {
            text.push_str(&format!("\n  {:<12}  {}", note.series, note.text));
        }
        let programs: Vec<_> = snippets
            .iter()
            .map(|(program, snippet)| json!({ "program": program.word(), "place": program.place(), "snippet": snippet }))
            .collect();
        let notes: Vec<_> =
            NOTES.iter().map(|note| json!({ "series": note.series, "text": note.text })).collect();
        let value =
            json!({ "servers": target.servers, "name": target.name, "programs": programs, "notes": notes });
        context.output.show(text, &value)?;
        Ok(ExitCode::SUCCESS)
    }

    fn target(&self, context: &Context) -> anyhow::Result<Target> {
        let mut target = target(&context.resolved()?);
        if !self.address.is_empty() {
            target.servers.clone_from(&self.address);
        }
        if let Some(name) = &self.name {
            target.name = Some(name.clone()).filter(|name| !name.is_empty());
        }
        target.phones_only = self.phones_only;
        Ok(target)
    }
}
