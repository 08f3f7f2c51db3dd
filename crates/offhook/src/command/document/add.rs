//! `offhook document add` and `set`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use provision::catalogue;
use provision::inventory::{Content, Document, SoftKeySet};

use super::show::value;
use super::{Whose, find, named_by, remark, setting, shadowed, source};
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

/// Change a document: replace what is in it, or keys of single call states, or single features
#[derive(Debug, clap::Args)]
pub(super) struct Set {
    /// The document.
    #[arg(value_name = "NAME")]
    name: String,
    /// The file all of it is in: TOML, JSON or XML; - for standard input.
    #[arg(value_name = "FILE", required_unless_present_any = ["keys", "features"])]
    file: Option<PathBuf>,
    /// Soft keys of a call state, in order: "On Hook=NewCall,Redial"; without keys it is as offhook has it. May be repeated.
    #[arg(long, value_name = "STATE=KEYS", conflicts_with = "file")]
    keys: Vec<String>,
    /// A feature of a policy, by number or name: 8=on, "Barge=off". May be repeated.
    #[arg(long = "feature", value_name = "FEATURE=on|off", conflicts_with_all = ["file", "keys"])]
    features: Vec<String>,
}

impl Add {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        stock.wait(stock.editor.is_new_document(&self.name))?;
        let document = match (&self.file, &self.like) {
            (Some(file), _) => source::read(&stock.console, &self.name, file)?,
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
        let document = match &self.file {
            Some(file) => source::read(&stock.console, &there.name, file)?,
            None => self.edited(there.clone())?,
        };
        if document.content.word() != there.content.word() {
            let (is, was) = (document.content.word(), there.content.word());
            return Err(WrongUse(format!("{} is {was}, and what is to be in it is {is}", there.name)).into());
        }
        let what = if document == there { "is as it was" } else { "changed" };
        keep(document, what, &stock, context)
    }
}

impl Set {
    fn edited(&self, mut document: Document) -> Result<Document, WrongUse> {
        let kind = document.content.kind().name();
        match &mut document.content {
            Content::SoftKeys(sets) if self.features.is_empty() => {
                self.keys.iter().try_for_each(|change| state(sets, change))?;
            }
            Content::FeaturePolicy(features) if self.keys.is_empty() => {
                self.features.iter().try_for_each(|change| feature(features, change))?;
            }
            _ => {
                let option = if self.keys.is_empty() { "--feature" } else { "--keys" };
                return Err(WrongUse(format!("{} is {kind}; {option} is for another kind", document.name)));
            }
        }
        Ok(document)
    }
}

/// `On Hook=NewCall,Redial`.
fn state(sets: &mut SoftKeySet, change: &str) -> Result<(), WrongUse> {
    let (name, keys) = split(change, "On Hook=NewCall,Redial")?;
    let states = || catalogue::call_states().iter().map(|state| state.id);
    let Some(state) = states().find(|state| state.eq_ignore_ascii_case(name)) else {
        let all: Vec<_> = states().collect();
        return Err(WrongUse(format!("phones know no call state {name:?}; there are {}", all.join(", "))));
    };
    let keys: Vec<_> = keys.split(',').map(str::trim).filter(|key| !key.is_empty()).map(proper).collect();
    if keys.is_empty() {
        sets.remove(state);
    } else {
        sets.insert(state.to_owned(), keys);
    }
    Ok(())
}

/// The name of a soft key in its own letters; what is none is refused later, with the one most like it.
fn proper(key: &str) -> String {
    let known = catalogue::soft_keys().iter().find(|known| known.id.eq_ignore_ascii_case(key));
    known.map_or(key, |known| known.id).to_owned()
}

/// `8=on`.
fn feature(features: &mut BTreeMap<String, bool>, change: &str) -> Result<(), WrongUse> {
    let (name, value) = split(change, "8=on")?;
    let known = catalogue::features();
    let Some(feature) = known.iter().find(|own| own.id == name || own.name.eq_ignore_ascii_case(name)) else {
        let near = catalogue::nearest(name, known.iter().map(|own| own.name));
        let perhaps = near.map(|near| format!("; perhaps {near}")).unwrap_or_default();
        return Err(WrongUse(format!("there is no feature {name:?}{perhaps}")));
    };
    let on = match value {
        "on" => true,
        "off" => false,
        other => return Err(WrongUse(format!("{name} is on or off, not {other:?}"))),
    };
    features.insert(feature.id.to_owned(), on);
    Ok(())
}

fn split<'c>(change: &'c str, example: &str) -> Result<(&'c str, &'c str), WrongUse> {
    let pair = change.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
    pair.ok_or_else(|| WrongUse(format!("{change:?} changes nothing; write it as in {example:?}")))
}

fn keep(document: Document, what: &str, stock: &Stock, context: &Context) -> anyhow::Result<ExitCode> {
    remark(&stock.wait(stock.editor.put_document(&document))?, context);
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
