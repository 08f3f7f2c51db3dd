//! `offhook phone adopt`: the phones of a document root that somebody wrote, taken over into the inventory.

mod files;
mod known;
mod moved;
mod printed;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::ProgressBar;
use provision::adopt::{self, Around, Fleet, Reading, Refused, Told, Wanted};
use provision::inventory::{Change, Document, GroupKind, Line, Number, Phone, State};
use provision::mac::Mac;
use provision::models::Model;

use super::import::bar;
use crate::command::stock::Stock;
use crate::command::{Context, catalogue};
use crate::inventory::surroundings;
use files::Found;
use provision::article::A;

/// Take the phones of a document root over into the inventory
///
/// Reads every SEP….cnf.xml of the folder, signed or not: settings by their names, lines, keys. What phones of a series
/// share becomes a profile; what the catalogue does not explain, or offhook would add by itself, becomes an override. The
/// configuration that offhook makes for each phone then says exactly what the file says; that is proved before anything is
/// kept. Soft keys, dial templates and lists become documents if the same can be written again.
///
/// The files stay where they are, and as long as they are in the document root they win over the inventory. --move-to puts
/// files out of the way whose phones get the same without them; nothing is ever deleted. docs/adopt.md has all of it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The folder with the files.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Only tell what would be taken over.
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// The profile for what phones share; of several series, each gets its own: NAME-8800, NAME-7900.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The site they stand at; it gets what belongs to the place: time zone, servers, languages.
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// The model of phones whose files do not tell: 8845, CP-7942G.
    #[arg(long)]
    model: Option<String>,
    /// A table, JSON or YAML with the columns mac and model.
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
    /// Let offhook fill in what files leave out, instead of leaving it out as well.
    #[arg(long)]
    fill: bool,
    /// Take phones over again that are in the inventory already; what was changed there since is lost.
    #[arg(long)]
    again: bool,
    /// Take over what can be taken over, though some files cannot.
    #[arg(long)]
    keep_going: bool,
    /// Move files there that are not needed any more.
    #[arg(long, value_name = "DIR")]
    move_to: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  offhook phone adopt /srv/tftp --dry-run
  offhook phone adopt /srv/tftp --models models.csv --profile office --site Berlin
  offhook phone adopt /srv/tftp --move-to /srv/tftp-before

Exit codes: 0 done, or with --dry-run it could be done; 1 a file cannot be taken over (without --keep-going nothing was \
changed); 2 wrong use.";

/// What became of the files.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    fleet: Fleet,
    documents: Vec<Document>,
    /// Files by phone, with what told the model.
    read: BTreeMap<Mac, (Found, &'static str)>,
    /// Files that cannot be taken over, and why.
    refused: Vec<(String, String)>,
    /// Phones of the inventory that were left alone, and whether their file says the same.
    known: Vec<(Found, Mac, bool)>,
    /// Files that say what a document of the inventory says.
    same: Vec<String>,
    /// Other files, and why they stay files.
    left: Vec<(String, String)>,
    /// Lines that were there and said something else.
    changed_lines: Vec<Number>,
    /// Names of files that were moved.
    moved: Vec<String>,
}

impl Args {
    /// Reads the folder and takes over all or nothing.
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let named = known::Models::read(self.models.as_deref(), self.model.as_deref())?;
        let folder = files::read(&self.folder)?;
        let stock = Stock::open(context)?;
        let mut outcome = Outcome::default();
        outcome.left.extend(folder.left);
        let mut around = Around { surroundings: surroundings(&stock.resolved), ..Around::default() };
        for kind in GroupKind::ALL {
            around.groups.extend(stock.wait(stock.store.groups(kind))?);
        }
        let bar = bar(context, "taking apart");
        let readings = self.readings(folder.phones, &named, &stock, &mut around, &mut outcome, &bar)?;
        self.documents(folder.documents, &stock, &mut outcome)?;
        let wanted = Wanted { profile: self.profile.clone(), site: self.site.clone(), fill: self.fill };
        bar.set_message("comparing");
        bar.enable_steady_tick(Duration::from_millis(100));
        outcome.fleet = adopt::fleet(readings, &wanted, &around);
        bar.finish_and_clear();
        for (mac, refused) in std::mem::take(&mut outcome.fleet.refused) {
            let name = outcome.read.remove(&mac).map_or_else(|| mac.device_name(), |(found, _)| found.name);
            outcome.refused.push((name, refused.to_string()));
        }
        outcome.changed_lines = changed(&outcome.fleet.lines, &stock)?;
        let possible = outcome.refused.is_empty() || self.keep_going;
        if possible && !self.dry_run {
            self.keep(&stock, &mut outcome)?;
        }
        let done = possible && !self.dry_run;
        let wins = moved::wins(&self.folder, &stock.resolved.document_root);
        let told = printed::Told { outcome: &outcome, folder: &self.folder, done, dry: self.dry_run, wins };
        context.output.show(told.text(), &told.value())?;
        Ok(if outcome.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// What the configurations say, as far as their models are known.
    fn readings(
        &self,
        phones: BTreeMap<Mac, Found>,
        named: &known::Models,
        stock: &Stock,
        around: &mut Around,
        outcome: &mut Outcome,
        bar: &ProgressBar,
    ) -> anyhow::Result<Vec<Reading>> {
        let mut readings = Vec::new();
        for (mac, found) in phones {
            bar.inc(1);
            let there = stock.wait(stock.store.phone(mac))?;
            let root = match adopt::parse(&found.bytes) {
                Ok(root) if root.text_of("encrConfig") == "true" && root.text_of("fullConfig") == "false" => {
                    let why = "it is only the stub of an encrypted configuration".to_owned();
                    outcome.refused.push((found.name, why));
                    continue;
                }
                Ok(root) => root,
                Err(error) => {
                    outcome.refused.push((found.name, broken(&error)));
                    continue;
                }
            };
            if let Some(phone) = there.clone().filter(|phone| phone.state != State::Waiting && !self.again) {
                let same = known::says_the_same(phone, &root, stock)?;
                outcome.known.push((found.without_bytes(), mac, same));
                continue;
            }
            match model(mac, there.as_ref(), named, &adopt::model_of(&root)) {
                Ok((model, told)) => {
                    readings.push(Reading::of(root, mac, model));
                    around.phones.extend(there.map(|phone| (mac, phone)));
                    outcome.read.insert(mac, (found.without_bytes(), told));
                }
                Err(why) => outcome.refused.push((found.name, why)),
            }
        }
        Ok(readings)
    }

    /// Files that become documents.
    fn documents(&self, files: Vec<Found>, stock: &Stock, outcome: &mut Outcome) -> anyhow::Result<()> {
        for file in files {
            let there = stock.wait(stock.store.document(&file.name))?;
            match (adopt::document(&file.name, &file.bytes), there) {
                (Some(document), Some(there)) if document == there => outcome.same.push(file.name),
                (Some(_), Some(_)) => {
                    outcome
                        .left
                        .push((file.name, "the inventory has another document of that name".to_owned()));
                }
                (Some(document), None) => outcome.documents.push(document),
                (None, _) => {
                    outcome.left.push((file.name, "it would not be written the same again".to_owned()));
                }
            }
        }
        Ok(())
    }

    fn keep(&self, stock: &Stock, outcome: &mut Outcome) -> anyhow::Result<()> {
        let mut changes: Vec<Change> = outcome.documents.iter().cloned().map(Change::PutDocument).collect();
        changes.extend(outcome.fleet.changes());
        if !changes.is_empty() {
            stock.change(&changes)?;
        }
        let Some(to) = &self.move_to else { return Ok(()) };
        let adopted = outcome.read.values().flat_map(|(found, _)| found.files.iter());
        // With --fill a phone gets more than its file says, which is what was wanted.
        let same =
            outcome.known.iter().filter(|(_, _, same)| *same).flat_map(|(found, ..)| found.files.iter());
        let documents = outcome.documents.iter().map(|document| &document.name);
        let documents = documents.chain(&outcome.same);
        let names: Vec<String> = adopted.chain(same).chain(documents).cloned().collect();
        outcome.moved = moved::out_of_the_way(&self.folder, to, &names)?;
        Ok(())
    }
}

fn broken(error: &Refused) -> String {
    match error {
        Refused::Broken(error) => format!("it cannot be read, and phones could not either: {error}"),
        other => other.to_string(),
    }
}

/// The model, and what told it. It is never guessed.
fn model(
    mac: Mac,
    there: Option<&Phone>,
    named: &known::Models,
    told: &Told,
) -> Result<(&'static Model, &'static str), String> {
    if let Some(model) = named.of(mac) {
        return Ok((model, "--models"));
    }
    if let Some(model) = there.and_then(|phone| phone.model) {
        return Ok((model, "inventory"));
    }
    match (told, named.otherwise()) {
        (Told::One(model), _) => Ok((model, "firmware")),
        (Told::Several(fitting), Some(model)) if fitting.iter().any(|one| one.name == model.name) => {
            Ok((model, "--model"))
        }
        (Told::Several(fitting), otherwise) => {
            let names: Vec<_> = fitting.iter().map(|model| model.name).collect();
            let but = otherwise.map(|model| format!(", not {}", A(model.name))).unwrap_or_default();
            let which = "say which in a file for --models, or with --model";
            Err(format!("its firmware is for {}{but}: {which}", names.join(", ")))
        }
        (Told::Nothing, Some(model)) => Ok((model, "--model")),
        (Told::Nothing, None) => {
            Err("nothing in it tells the model: say it in a file for --models, or with --model".to_owned())
        }
    }
}

/// Lines that are there and say something else than the files.
fn changed(lines: &BTreeMap<Number, Line>, stock: &Stock) -> anyhow::Result<Vec<Number>> {
    let mut changed = Vec::new();
    for line in lines.values() {
        let there = stock.wait(stock.store.line(&line.number))?;
        if there.is_some_and(|there| there != *line) {
            changed.push(line.number.clone());
        }
    }
    Ok(changed)
}

/// Checked here, so that a typing error is told before the folder is read.
pub(super) fn named(model: &str) -> anyhow::Result<&'static Model> {
    Ok(catalogue::model(model)?)
}
