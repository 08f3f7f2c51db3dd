//! `offhook phone add`: a phone, with the lines it shall have.

use std::process::ExitCode;

use provision::inventory::Phone;
use provision::mac::Mac;
use serde_json::json;

use super::wanted;
use crate::command::made::made;
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::values::{Assignment, Wanted, lines_with_passwords, with_passwords};
use crate::command::view::{self, Secrets};
use crate::command::{Context, catalogue};
use crate::edit::{NewPhone, Placed, Placement};

/// Add a phone, and the lines it has that are not there yet
///
/// A phone that came by itself and waits is claimed by this. Lines take the first free keys, in the order they are given. A line that is there already is only put on a key.
///
/// Phones sign in to the PBX with the name and password of their first line, on all their lines. If that line is new and
/// no password is given, one is made up and shown, for the PBX. A password on the command line can be read in the
/// history of the shell and in the list of processes: --line 1001:@FILE takes it from a file, --line 1001:@- from
/// standard input, which asks at a terminal.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Its address in any usual spelling: SEP001122334455, 00:11:22:33:44:55, 0011.2233.4455.
    #[arg(value_name = "SEP…")]
    mac: Mac,
    /// What it is: 8845, CP-7942G.
    #[arg(long)]
    model: String,
    /// What people call it.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
    /// The profile it takes after.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The site it stands at.
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Whatever is to be remembered.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    notes: String,
    /// A line it has; may be repeated.
    #[arg(long = "line", value_name = "NUMBER[:PASSWORD[:LABEL]]")]
    lines: Vec<Wanted>,
    /// A setting; may be repeated. `offhook catalogue settings --model 8845` lists them.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Assignment>,
}

const EXAMPLES: &str = "\
Examples:
  offhook phone add SEP001122334455 --model 8845 --description Reception --line 1001 --line 1002
  offhook phone add 00:11:22:33:44:55 --model 7942G --line 1001:@-:Ann --set time_zone=Europe/Berlin";

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let model = catalogue::model(&self.model)?;
        let stock = Stock::open(context)?;
        let fields = [
            ("description", Some(self.description)),
            ("notes", Some(self.notes)),
            ("profile", self.profile),
            ("site", self.site),
        ];
        let fields = fields.into_iter().filter_map(|(key, value)| Some(Assignment::new(key, value?)));
        let settings = with_passwords(&stock.console, &self.mac.device_name(), self.settings)?;
        let new = NewPhone {
            model: Some(model),
            assignments: fields.chain(settings).collect(),
            lines: lines_with_passwords(&stock.console, self.lines)?,
        };
        let Placement { phone, placed } = stock.wait(stock.editor.add_phone(self.mac, new))?;
        let ended = tell(context, &phone, &placed)?;
        made(phone, &stock)?.remark(context);
        Ok(ended)
    }
}

fn tell(context: &Context, phone: &Phone, placed: &[Placed]) -> anyhow::Result<ExitCode> {
    let mut value = view::phone(phone, Secrets::Hidden);
    value.insert("placed".to_owned(), json!(placed));
    let name = phone.mac.device_name();
    let model = phone.model.map_or("unknown", |model| model.name);
    let mut text = format!("{name} is added: model {model}");
    if !phone.description.is_empty() {
        text.push_str(&format!(", {}", phone.description));
    }
    if !placed.is_empty() {
        let mut table = Table::new(["  KEY", "LINE", ""]);
        for placed in placed {
            let new = if placed.new { "new" } else { "was there" };
            table.row([format!("  {:>3}", placed.button), placed.line.to_string(), new.to_owned()]);
        }
        text.push_str(&format!("\n\n{table}"));
    }
    text.push_str(&wanted::advice(placed));
    if placed.is_empty() {
        text.push_str(&format!("\n\nIt has no line yet: offhook key set {name} 1 line NUMBER"));
    }
    context.output.show(text, &value)?;
    Ok(ExitCode::SUCCESS)
}
