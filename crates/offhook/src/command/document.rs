//! `offhook document`: what several phones share by name: soft keys, dial templates, dial rules, feature policies, rings,
//! wallpapers.

use std::process::ExitCode;

use provision::inventory::Document;
use provision::lint::{Finding, Severity};

use super::Context;
use super::stock::Stock;
use crate::edit::{Whose, made_document as made, made_names, setting_of as setting};

mod add;
mod dial;
mod list;
mod remove;
mod render;
mod show;
mod source;

/// Add, show, change and list what phones share: soft keys, dial plans, rings, wallpapers
///
/// A phone takes a dial template, a soft key file or a feature policy by the settings dial_template, soft_key_file and
/// feature_policy_file; it asks for dial rules, ring lists and lists of wallpapers by fixed names. Where there is no document of a
/// name that phones ask for, offhook makes the file; `document show` shows that, too, as a start for one of your own.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    List(list::Args),
    Show(show::Args),
    Add(add::Add),
    Set(add::Set),
    Remove(remove::Args),
    Render(render::Args),
    #[command(visible_alias = "test")]
    TestDial(dial::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::List(args) => args.run(context),
            Verb::Show(args) => args.run(context),
            Verb::Add(args) => args.run(context),
            Verb::Set(args) => args.run(context),
            Verb::Remove(args) => args.run(context),
            Verb::Render(args) => args.run(context),
            Verb::TestDial(args) => args.run(context),
        }
    }
}

/// The document of that name, whatever the case of its letters: the one that is kept, else the one that offhook makes.
fn find(stock: &Stock, name: &str) -> anyhow::Result<(Document, Whose)> {
    stock.wait(stock.editor.document(name))
}

/// Profiles, sites and series that name it.
fn named_by(stock: &Stock, document: &Document) -> anyhow::Result<Vec<String>> {
    stock.wait(stock.editor.named_by(document))
}

/// Remarks on what only some phones stumble over.
fn remark(findings: &[Finding], context: &Context) {
    for finding in findings {
        let what = if finding.severity == Severity::Hint { "hint" } else { "warning" };
        context.output.remark(format!("{what}: {}. {}", finding.message, finding.fix));
    }
}

/// Tells when phones get a file of the document root instead.
fn shadowed(document: &Document, stock: &Stock, context: &Context) {
    let path = stock.resolved.document_root.join(&document.name);
    if path.is_file() {
        context.output.remark(format!("note: phones get the file {}, which wins", path.display()));
    }
}
