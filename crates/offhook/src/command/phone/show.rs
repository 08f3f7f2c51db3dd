//! `offhook phone show`: a phone, what it gets, and where each value comes from.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use provision::inventory::{Name, Phone, State};
use provision::lint::Severity;
use provision::mac::Mac;
use provision::render::Origin;
use serde_json::{Value, json};
use store::{Fetched, Waiting};

use super::own_file;
use crate::command::Context;
use crate::command::key::{self, effective};
use crate::command::made::{self, Made};
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::view::{self, Secrets};
use crate::trust::calendar;

/// Show a phone: its keys, its settings, where each value comes from, and what is wrong
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phone.
    #[arg(value_name = "SEP…")]
    mac: Mac,
    /// Show what the catalogue says, too, not only what somebody set.
    #[arg(long)]
    all: bool,
    /// Print passwords, too.
    #[arg(long)]
    secrets: bool,
}

/// Settings of a key that the table of keys shows already.
const IN_TABLE: [&str; 8] =
    ["button", "feature", "label", "number", "service_url", "secure_service_url", "line_name", "line_index"];

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let phone = stock.phone(self.mac)?;
        let fetched = stock.wait(stock.store.fetched(self.mac))?;
        let waiting = stock.wait(stock.store.waiting(self.mac))?.filter(|_| phone.state == State::Waiting);
        let file = own_file::find(&stock.resolved.document_root, self.mac);
        let made = made::made(phone, &stock)?;
        if context.output.is_json() {
            context.output.value(&self.value(&made, fetched.as_ref(), waiting.as_ref(), file.as_deref()))?;
        } else {
            context.output.line(self.text(&made, fetched.as_ref(), waiting.as_ref(), file.as_deref()))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn value(
        &self,
        made: &Made,
        fetched: Option<&Fetched>,
        waiting: Option<&Waiting>,
        file: Option<&Path>,
    ) -> Value {
        let secrets = Secrets::when(self.secrets);
        let mut fields = view::phone(&made.bundle.phone, secrets);
        let keys: Vec<_> = effective::keys(&made.bundle).iter().map(key::value).collect();
        let values: Vec<_> = made.rendered.values.iter().map(|value| made::value(&value, secrets)).collect();
        let findings = made.findings().into_iter().map(|finding| {
            json!({ "rule": finding.rule.id, "severity": finding.severity.to_string(), "message": finding.message, "fix": finding.fix })
        });
        fields.extend(view::object(json!({
            "all_keys": keys,
            "values": values,
            "stamp": made.rendered.stamp,
            "notes": made::notes(&made.rendered),
            "findings": findings.collect::<Vec<_>>(),
            "claim_code": waiting.map(|waiting| &waiting.code),
            "file": file,
            "fetched": fetched.map(|fetched| json!({
                "at": calendar::utc(fetched.at),
                "transport": fetched.transport,
                "source": fetched.source,
                "stamp": fetched.stamp,
                "current": fetched.stamp == made.rendered.stamp,
            })),
        })));
        Value::Object(fields)
    }

    fn text(
        &self,
        made: &Made,
        fetched: Option<&Fetched>,
        waiting: Option<&Waiting>,
        file: Option<&Path>,
    ) -> String {
        let phone = &made.bundle.phone;
        let mut text = format!("{}, {}", phone.mac.device_name(), described(phone));
        for (name, value) in about(phone, made, fetched, waiting) {
            let _ = write!(text, "\n  {name:<13}{value}");
        }
        if let Some(file) = file {
            let file = file.display();
            let _ = write!(text, "\n\n{file} wins: the phone gets that file, not what is shown here.");
        }
        let _ = match keys(made) {
            table if table.is_empty() => {
                write!(text, "\n\nIt has no keys: offhook key set {} 1 line NUMBER", phone.mac.device_name())
            }
            table => write!(text, "\n\n{table}"),
        };
        let settings = self.settings(made);
        if !settings.is_empty() {
            let _ = write!(text, "\n\n{settings}");
        }
        let remarks = remarks(made);
        if !remarks.is_empty() {
            let _ = write!(text, "\n\n{}", remarks.join("\n"));
        }
        text
    }

    fn settings(&self, made: &Made) -> Table {
        let secrets = Secrets::when(self.secrets);
        let mut table = Table::new(["SETTING", "VALUE", "FROM"]);
        let all = made.rendered.values.iter().filter(|_| self.all);
        let written = made.written().filter(|_| !self.all);
        for value in all.chain(written) {
            let Some(name) = value.name else {
                let from = match &value.origin {
                    of_its_own @ (Origin::BuiltIn | Origin::Follows(_)) => of_its_own.to_string(),
                    origin => format!("override, {origin}"),
                };
                table.row([value.path.to_owned(), secrets.text(value.secret, value.value).to_owned(), from]);
                continue;
            };
            let place = made::button(value.path);
            if place.is_some_and(|place| IN_TABLE.contains(&name.key()) || own_of_key(made, place, name)) {
                continue;
            }
            let of = place.map(|button| format!(", key {button}")).unwrap_or_default();
            let shown = secrets.text(value.secret, value.value).to_owned();
            table.row([format!("{name}{of}"), shown, value.origin.to_string()]);
        }
        table
    }
}

/// Whether the key itself says so: the table of keys shows that.
fn own_of_key(made: &Made, place: &str, name: Name) -> bool {
    let keys = effective::keys(&made.bundle);
    let key = keys.iter().find(|button| button.number.to_string() == place).and_then(|button| button.key);
    key.is_some_and(|key| key.settings.get(name).is_some())
}

fn described(phone: &Phone) -> String {
    let model = phone.model.map_or("model unknown", |model| model.name);
    match phone.state {
        State::Active => model.to_owned(),
        State::Waiting => format!("{model}, waiting to be claimed"),
        State::Retired => format!("{model}, retired: it is given nothing"),
    }
}

/// What is known of the phone itself; what is empty is left out.
fn about(
    phone: &Phone,
    made: &Made,
    fetched: Option<&Fetched>,
    waiting: Option<&Waiting>,
) -> Vec<(&'static str, String)> {
    let waits = waiting.map(|waiting| {
        let (source, seen) = (&waiting.source, calendar::utc(waiting.seen));
        format!("{} (asked last {seen}, by {source}); offhook phone claim {} …", waiting.code, waiting.code)
    });
    let last = fetched.map(|fetched| {
        let current =
            if fetched.stamp == made.rendered.stamp { "what it gets now" } else { "an older version" };
        format!(
            "{} over {} by {}: {current}",
            calendar::utc(fetched.at),
            fetched.transport.to_uppercase(),
            fetched.source
        )
    });
    let rows = [
        ("description", phone.description.clone()),
        ("site", phone.site.clone().unwrap_or_default()),
        ("profile", phone.profile.clone().unwrap_or_default()),
        ("claim code", waits.unwrap_or_default()),
        ("last fetched", last.unwrap_or_default()),
        ("notes", phone.notes.replace('\n', &format!("\n{:15}", ""))),
    ];
    rows.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn keys(made: &Made) -> Table {
    let buttons = effective::keys(&made.bundle);
    effective::table_with(&buttons, |button| match made.label(button.number) {
        _ if button.key.is_some() && !made.has_key(button.number) => "(left out)".to_owned(),
        Some(label) => label.to_owned(),
        None => button.label().to_owned(),
    })
}

/// What somebody should know: what rendering left out, and what lint finds.
fn remarks(made: &Made) -> Vec<String> {
    let notes = made.rendered.notes.iter().map(|note| format!("note: {} ({})", note.text, note.origin));
    let findings = made.findings().into_iter().filter(|finding| finding.severity > Severity::Hint);
    let findings =
        findings.map(|finding| format!("{}: {}\n    → {}", finding.severity, finding.message, finding.fix));
    notes.chain(findings).collect()
}
