//! What adopting tells: each file, what phones share, what was refused, and what is left to do.

use std::path::Path;

use provision::adopt::Adopted;
use provision::inventory::Group;
use serde_json::{Value, json};

use super::Outcome;
use crate::command::output::Table;

/// More files than anybody reads; programs get all of them.
const SHOWN: usize = 50;

pub(super) struct Told<'a> {
    pub(super) outcome: &'a Outcome,
    pub(super) folder: &'a Path,
    pub(super) done: bool,
    pub(super) dry: bool,
    /// The folder is the document root.
    pub(super) wins: bool,
}

/// Files and why; a reason that many share is told once.
fn by_reason(head: &str, list: &[(String, String)]) -> Option<String> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, why) in list {
        match reasons.iter_mut().find(|(known, _)| known == why) {
            Some((_, names)) => names.push(name),
            None => reasons.push((why, vec![name])),
        }
    }
    let line = |(why, names): (&str, Vec<&str>)| match names[..] {
        [only] => format!("  {only}: {why}"),
        _ => format!("  {} files: {why}:\n    {}", names.len(), names.join("\n    ")),
    };
    let lines: Vec<_> = reasons.into_iter().map(line).collect();
    (!list.is_empty()).then(|| format!("{head}\n{}", lines.join("\n")))
}

impl Told<'_> {
    pub(super) fn text(&self) -> String {
        let mut parts = Vec::new();
        if !self.outcome.fleet.phones.is_empty() {
            parts.push(self.phones());
        }
        parts.extend(self.groups());
        let documents: Vec<_> =
            self.outcome.documents.iter().map(|document| document.name.as_str()).collect();
        if !documents.is_empty() {
            parts.push(format!("Documents: {}", documents.join(", ")));
        }
        parts.extend(self.known());
        parts.extend(self.lines());
        parts.extend(by_reason("Left as they are:", &self.outcome.left));
        parts.extend(by_reason("Cannot be taken over:", &self.outcome.refused));
        parts.push(self.end());
        parts.join("\n\n")
    }

    fn phones(&self) -> String {
        let mut table = Table::new(["FILE", "MODEL", "TOLD BY", "LINES", "KEYS", "SETTINGS", "OVERRIDES"]);
        for adopted in self.outcome.fleet.phones.iter().take(SHOWN) {
            let phone = &adopted.phone;
            let (name, told) = self.file(adopted);
            table.row([
                name.to_owned(),
                phone.model.map_or("", |model| model.name).to_owned(),
                told.to_owned(),
                adopted.lines.to_string(),
                phone.layer.keys.len().to_string(),
                phone.layer.settings.len().to_string(),
                phone.layer.overrides.len().to_string(),
            ]);
        }
        let more = self.outcome.fleet.phones.len().saturating_sub(SHOWN);
        if more > 0 { format!("{table}\n… and {more} more (--json lists all)") } else { table.to_string() }
    }

    fn file(&self, adopted: &Adopted) -> (&str, &'static str) {
        self.outcome.read.get(&adopted.phone.mac).map_or(("", ""), |(found, told)| (&found.name, told))
    }

    fn groups(&self) -> Option<String> {
        let line = |group: &Group| {
            let layer = &group.layer;
            format!(
                "{} {}: {} settings, {} keys, {} overrides",
                group.kind,
                group.name,
                layer.settings.len(),
                layer.keys.len(),
                layer.overrides.len()
            )
        };
        let lines: Vec<_> = self.outcome.fleet.groups.iter().map(line).collect();
        (!lines.is_empty()).then(|| format!("What they share:\n  {}", lines.join("\n  ")))
    }

    fn known(&self) -> Option<String> {
        let known = &self.outcome.known;
        if known.is_empty() {
            return None;
        }
        let other: Vec<_> =
            known.iter().filter(|(_, _, same)| !same).map(|(found, ..)| found.name.as_str()).collect();
        let same = known.len() - other.len();
        let mut text = format!("In the inventory already: {}; {same} get what their file says", known.len());
        if !other.is_empty() {
            let shown = other.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
            text.push_str(&format!(
                "\nTheir file says something else than the inventory, which --again would lose: {shown}"
            ));
        }
        Some(text)
    }

    fn lines(&self) -> Option<String> {
        let changed: Vec<_> =
            self.outcome.changed_lines.iter().take(SHOWN).map(ToString::to_string).collect();
        let told = if self.done { "said something else before" } else { "say something else now" };
        (!changed.is_empty())
            .then(|| format!("Lines that {told}, on all their phones: {}", changed.join(", ")))
    }

    fn end(&self) -> String {
        let phones = self.outcome.fleet.phones.len();
        let phones = if phones == 1 { "1 phone".to_owned() } else { format!("{phones} phones") };
        if self.dry {
            return format!(
                "{phones} could be taken over. Nothing was changed: leave --dry-run out to do it"
            );
        }
        if !self.done {
            return "Nothing was changed. Put that right, or take over the rest with --keep-going".to_owned();
        }
        let mut text = match self.outcome.fleet.phones.len() {
            0 => "No phone was taken over".to_owned(),
            _ => format!("{phones} taken over; each gets what its file says"),
        };
        let moved = self.outcome.moved.len();
        if moved > 0 {
            text.push_str(&format!("\n{moved} files moved out of {}", self.folder.display()));
        } else if !self.outcome.read.is_empty() {
            let place = if self.wins {
                "The files are in the document root"
            } else {
                "If the files are in the document root"
            };
            text.push_str(&format!(
                "\n{place}{} win over the inventory until they are moved away:\n  offhook phone adopt {} --move-to DIR",
                if self.wins { ": they" } else { ", they" },
                self.folder.display()
            ));
        }
        text
    }

    pub(super) fn value(&self) -> Value {
        let outcome = self.outcome;
        let phone = |adopted: &Adopted| {
            let phone = &adopted.phone;
            let (name, told) = self.file(adopted);
            json!({
                "file": name,
                "phone": phone.mac.device_name(),
                "model": phone.model.map(|model| model.name),
                "model_told_by": told,
                "description": phone.description,
                "profile": phone.profile,
                "site": phone.site,
                "lines": adopted.lines,
                "keys": phone.layer.keys.len(),
                "settings": phone.layer.settings.len(),
                "overrides": phone.layer.overrides.len(),
                "notes": adopted.notes,
            })
        };
        let pair = |(name, why): &(String, String)| json!({ "file": name, "why": why });
        let known = outcome.known.iter().map(
            |(found, mac, same)| json!({ "file": found.name, "phone": mac.device_name(), "same": same }),
        );
        json!({
            "done": self.done,
            "phones": outcome.fleet.phones.iter().map(phone).collect::<Vec<_>>(),
            "groups": outcome.fleet.groups.iter().map(shared).collect::<Vec<_>>(),
            "documents": outcome.documents.iter().map(|document| &document.name).collect::<Vec<_>>(),
            "known": known.collect::<Vec<_>>(),
            "changed_lines": outcome.changed_lines,
            "left": outcome.left.iter().map(pair).collect::<Vec<_>>(),
            "refused": outcome.refused.iter().map(pair).collect::<Vec<_>>(),
            "moved": outcome.moved,
            "files_win": self.wins && outcome.moved.is_empty(),
        })
    }
}

fn shared(group: &Group) -> Value {
    json!({
        "kind": group.kind,
        "name": group.name,
        "settings": group.layer.settings.len(),
        "keys": group.layer.keys.len(),
        "overrides": group.layer.overrides.len(),
    })
}
