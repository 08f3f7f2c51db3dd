//! `offhook phone diff`: what offhook makes for a phone, beside another document.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use provision::mac::Mac;
use provision::tree::Element;
use serde_json::{Value, json};

use super::{fetch, own_file};
use crate::command::Context;
use crate::command::made;
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::view::Secrets;
use crate::edit::difference::{Difference, compare};

/// Compare what offhook makes for a phone with a file, an address or another phone; exit 1 when they differ
///
/// The order of elements and white space mean nothing to phones, and are not compared; neither is the version stamp.
/// Of another phone, its own name in addresses is taken for the first one's. Without a name, the phone's file in the document root is compared. Signed files are read without their signature.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phone.
    #[arg(value_name = "SEP…")]
    mac: Mac,
    /// A file (- is standard input), an address http://…, or another phone.
    #[arg(value_name = "FILE|URL|SEP…")]
    other: Option<String>,
    /// Print passwords, too.
    #[arg(long)]
    secrets: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let made = made::made(stock.phone(self.mac)?, &stock)?;
        let (name, bytes) = self.other(&stock)?;
        let other = Element::parse(&bytes).with_context(|| format!("{name} is no document"))?;
        let own = Element::parse(made.rendered.xml.as_bytes())?;
        if own.name != other.name {
            bail!("{name} is no configuration: it begins with <{}>, not <{}>", other.name, own.name);
        }
        let differences = compare(&own, &other);
        let secrets = Secrets::when(self.secrets);
        if context.output.is_json() {
            context.output.value(&self.value(&name, &differences, secrets))?;
        } else if differences.is_empty() {
            context.output.line(format!("{} and {name} say the same", self.mac.device_name()))?;
        } else {
            context.output.line(table(&self.mac.device_name(), &name, &differences, secrets))?;
            let s = if differences.len() == 1 { "" } else { "s" };
            context.output.line(format!("\n{} difference{s}", differences.len()))?;
        }
        Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// What to compare with, and its name for people.
    fn other(&self, stock: &Stock) -> anyhow::Result<(String, Vec<u8>)> {
        let Some(other) = &self.other else {
            let root = &stock.resolved.document_root;
            let Some(file) = own_file::find(root, self.mac) else {
                bail!(
                    "there is no file of {} in {}: name a file, an address or another phone to compare with",
                    self.mac.device_name(),
                    root.display()
                );
            };
            return Ok((file.display().to_string(), own_file::read(&file)?));
        };
        if other == "-" {
            let bytes = stock.console.read(Path::new("-"), own_file::MOST_BYTES)?;
            return Ok(("standard input".to_owned(), own_file::payload(bytes)));
        }
        if other.starts_with("http://") || other.starts_with("https://") {
            let bytes = stock.wait(fetch::get(other, own_file::MOST_BYTES))?;
            return Ok((other.clone(), own_file::payload(bytes)));
        }
        match other.parse::<Mac>() {
            Ok(mac) if !stock.console.is_here() || !Path::new(other).exists() => {
                let made = made::made(stock.phone(mac)?, stock)?;
                // Each phone asks for pages under its own name; that is no difference between them.
                let xml = made.rendered.xml.replace(&mac.device_name(), &self.mac.device_name());
                Ok((mac.device_name(), xml.into_bytes()))
            }
            _ => {
                let read = stock.console.read(Path::new(other), own_file::MOST_BYTES);
                let bytes = read.with_context(|| format!("cannot read {other}"))?;
                Ok((other.clone(), own_file::payload(bytes)))
            }
        }
    }

    fn value(&self, name: &str, differences: &[Difference], secrets: Secrets) -> Value {
        let one = |difference: &Difference| {
            let hidden = difference.is_secret() && secrets == Secrets::Hidden;
            let side = |side: &Option<String>| match side {
                Some(_) if hidden => json!("(hidden)"),
                side => json!(side),
            };
            json!({ "path": difference.path, "made": side(&difference.made), "other": side(&difference.other) })
        };
        let differences: Vec<_> = differences.iter().map(one).collect();
        json!({ "phone": self.mac.device_name(), "other": name, "same": differences.is_empty(), "differences": differences })
    }
}

fn table(own: &str, name: &str, differences: &[Difference], secrets: Secrets) -> Table {
    let mut table = Table::new(["PATH", own, name]);
    for difference in differences {
        let hidden = difference.is_secret() && secrets == Secrets::Hidden;
        let side = |side: &Option<String>, shown: &str| match side {
            None => "(not there)".to_owned(),
            Some(text) if text.is_empty() => "(empty)".to_owned(),
            Some(_) if hidden => shown.to_owned(),
            Some(text) => text.clone(),
        };
        let (own, other) = (side(&difference.made, "(hidden)"), side(&difference.other, "(hidden, another)"));
        table.row([difference.path.clone(), own, other]);
    }
    table
}
