//! `offhook document add` and `set`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use provision::inventory::{Change, Document};

use super::show::value;
use super::{Whose, check, find, named_by, setting, shadowed, source};
use crate::command::stock::Stock;
use crate::command::{Context, WrongUse};

/// Add a document, from TOML, JSON, an XML file that phones read, or like another one
#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// The name phones ask for: SoftKeys-reception.xml, Dial-Berlin.xml, Desktops/800x480x24/List.xml.
    #[arg(value_name = "NAME")]
    name: String,
    /// The file it is in; - for standard input.
    #[arg(value_name = "FILE", required_unless_present = "like")]
    file: Option<PathBuf>,
    /// The same as this document, which is kept or which offhook makes.
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    like: Option<String>,
}

/// Replace what is in a document
#[derive(Debug, clap::Args)]
pub(super) struct Set {
    /// The document.
    #[arg(value_name = "NAME")]
    name: String,
    /// The file it is in: TOML, JSON or XML; - for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Add {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let there = stock.wait(stock.store.documents())?;
        if let Some(own) = there.iter().find(|own| own.name.eq_ignore_ascii_case(&self.name)) {
            let name = &own.name;
            bail!(
                "there is a document {name} already; `offhook document set {name} FILE` replaces what is in it"
            );
        }
        let document = match (&self.file, &self.like) {
            (Some(file), _) => source::read(&self.name, file)?,
            (None, Some(like)) => Document { name: self.name.clone(), ..find(&stock, like)?.0 },
            (None, None) => return Err(WrongUse("say which FILE it is in, or --like NAME".to_owned()).into()),
        };
        keep(document, "added", &stock, context)
    }
}

impl Set {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let (there, whose) = find(&stock, &self.name)?;
        if whose == Whose::Made {
            let name = &there.name;
            bail!(
                "offhook makes {name} by itself; `offhook document add {name} FILE` puts one of your own in its place"
            );
        }
        let document = source::read(&there.name, &self.file)?;
        if document.content.word() != there.content.word() {
            let (is, was) = (document.content.word(), there.content.word());
            return Err(WrongUse(format!("{} is {was}, and what is to be in it is {is}", there.name)).into());
        }
        let what = if document == there { "is as it was" } else { "changed" };
        keep(document, what, &stock, context)
    }
}

fn keep(document: Document, what: &str, stock: &Stock, context: &Context) -> anyhow::Result<ExitCode> {
    check(&document, context)?;
    stock.change(&[Change::PutDocument(document.clone())])?;
    shadowed(&document, stock, context);
    let named = named_by(stock, &document)?;
    let mut text = format!("document {} {what}", document.name);
    if let Some(setting) = setting(&document).filter(|_| named.is_empty()) {
        text.push_str(&format!(
            "\n\nTell phones of it: offhook profile set NAME {setting}={}",
            document.name
        ));
    }
    context.output.show(text, &value(&document, Whose::Kept.word(), &named)?)?;
    Ok(ExitCode::SUCCESS)
}
