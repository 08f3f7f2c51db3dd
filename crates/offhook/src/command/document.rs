//! `offhook document`: what several phones share by name: soft keys, dial templates, dial rules, feature policies, rings,
//! wallpapers.

use std::process::ExitCode;

use provision::inventory::Document;
use provision::lint::Severity;
use provision::made;

use super::stock::Stock;
use super::{Context, WrongUse};

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

/// Where a document comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// It is in the inventory.
    Kept,
    /// offhook makes it where there is none.
    Made,
}

impl Whose {
    fn word(self) -> &'static str {
        match self {
            Self::Kept => "inventory",
            Self::Made => "made by offhook",
        }
    }
}

/// The document of that name, whatever the case of its letters: the one that is kept, else the one that offhook makes.
fn find(stock: &Stock, name: &str) -> anyhow::Result<(Document, Whose)> {
    let kept = stock.wait(stock.store.documents())?;
    let names: Vec<_> = kept.iter().map(|document| document.name.clone()).collect();
    if let Some(found) = kept.into_iter().find(|document| document.name.eq_ignore_ascii_case(name)) {
        return Ok((found, Whose::Kept));
    }
    if let Some(document) = made(name) {
        return Ok((document, Whose::Made));
    }
    let names: Vec<String> = names.into_iter().chain(made_names().map(str::to_owned)).collect();
    let perhaps = match provision::catalogue::nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("; perhaps {near}"),
        None => "; `offhook document list --made` shows what there is".to_owned(),
    };
    anyhow::bail!("there is no document {name:?}{perhaps}")
}

/// The document that offhook makes by that name.
fn made(name: &str) -> Option<Document> {
    let name = made_names().find(|own| own.eq_ignore_ascii_case(name))?;
    Document::read(name, &made::make(name)?.bytes).ok()
}

fn made_names() -> impl Iterator<Item = &'static str> {
    made::names().filter(|name| name.ends_with(".xml"))
}

/// Refuses a document that phones cannot use; remarks on what only some stumble over.
fn check(document: &Document, context: &Context) -> anyhow::Result<()> {
    document.check().map_err(|error| WrongUse(error.to_string()))?;
    for finding in document.findings(None) {
        let what = if finding.severity == Severity::Hint { "hint" } else { "warning" };
        context.output.remark(format!("{what}: {}. {}", finding.message, finding.fix));
    }
    Ok(())
}

/// Tells when phones get a file of the document root instead.
fn shadowed(document: &Document, stock: &Stock, context: &Context) {
    let path = stock.resolved.document_root.join(&document.name);
    if path.is_file() {
        context.output.remark(format!("note: phones get the file {}, which wins", path.display()));
    }
}

/// The setting by which phones are told of such a document.
fn setting(document: &Document) -> Option<&'static str> {
    use provision::inventory::Content;
    match document.content {
        Content::SoftKeys(_) => Some("soft_key_file"),
        Content::DialTemplate(_) => Some("dial_template"),
        Content::FeaturePolicy(_) => Some("feature_policy_file"),
        Content::DialRules(_) | Content::Rings(_) | Content::Backgrounds(_) => None,
    }
}

/// Profiles, sites and series that name it.
fn named_by(stock: &Stock, document: &Document) -> anyhow::Result<Vec<String>> {
    let Some(setting) = setting(document) else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for kind in provision::inventory::GroupKind::ALL {
        for group in stock.wait(stock.store.groups(kind))? {
            if group.layer.settings.of(setting).is_some_and(|name| name.eq_ignore_ascii_case(&document.name))
            {
                names.push(format!("{kind} {}", group.name));
            }
        }
    }
    Ok(names)
}
