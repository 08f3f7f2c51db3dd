//! What a sheet comes down to: changes to the inventory, or everything that is wrong with it.

mod keys;
mod lines;
mod values;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use super::cells::{Cells, NOTHING, cells};
use super::faults::{Faults, Place};
use super::field::Field;
use super::{Cell, Row, Sheet, damage};
use crate::catalogue::nearest;
use crate::inventory::{Change, Line, Number, Override, Phone, State};
use crate::mac::Mac;
use crate::models::{self, Model};

/// What is there.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Phones, by their addresses.
    pub phones: BTreeMap<Mac, Phone>,
    /// Lines, by their numbers.
    pub lines: BTreeMap<Number, Line>,
    /// Names of sites.
    pub sites: BTreeSet<String>,
    /// Names of profiles.
    pub profiles: BTreeSet<String>,
}

/// What a sheet would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Every phone of the sheet, in its order.
    pub phones: Vec<Planned>,
    /// Phones that are not in the sheet and change because a line of theirs does.
    pub also: Vec<(Mac, Number)>,
    /// What is to be done; nothing when all is as it should be.
    pub changes: Vec<Change>,
}

/// What becomes of one phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Where the sheet says it.
    pub place: Place,
    /// The phone.
    pub mac: Mac,
    /// In a word.
    pub verdict: Verdict,
    /// Field by field.
    pub differences: Vec<Difference>,
    /// How many fields stay.
    pub same: usize,
}

/// What becomes of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Verdict {
    Added,
    Changed,
    Unchanged,
}

/// A field that changes. Secrets are never in it, only that they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub field: Field,
    /// What stands there now.
    pub from: Option<String>,
    /// What will stand there.
    pub to: Option<String>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
        })
    }
}

/// Holds a sheet against what is there. Nothing is planned unless everything can be done.
pub fn plan(sheet: &Sheet, known: &Known) -> Result<Plan, Faults> {
    let mut planner = Planner::new(known);
    for row in &sheet.rows {
        planner.row(row);
    }
    let Planner { faults, phones, lines, .. } = planner;
    faults.or(())?;
    Ok(compared(known, phones, &lines.wished))
}

/// What differs between what is there and what shall be.
fn compared(known: &Known, phones: Vec<(Place, Phone)>, wished: &BTreeMap<Number, Line>) -> Plan {
    let mut plan = Plan::default();
    let changed = |line: &&Line| known.lines.get(&line.number) != Some(line);
    let changed: BTreeMap<&Number, &Line> =
        wished.values().filter(changed).map(|line| (&line.number, line)).collect();
    plan.changes.extend(changed.values().map(|line| Change::PutLine((*line).clone())));
    let named: BTreeSet<Mac> = phones.iter().map(|(_, phone)| phone.mac).collect();
    for phone in known.phones.values().filter(|phone| !named.contains(&phone.mac)) {
        let of_keys = phone.layer.keys.values().flatten().filter_map(|key| key.line.as_ref());
        let mut touched = of_keys.filter(|number| changed.contains_key(number));
        plan.also.extend(touched.next().map(|number| (phone.mac, number.clone())));
    }
    for (place, phone) in phones {
        let old = known.phones.get(&phone.mac);
        let before = old.map(|old| cells(old, |number| known.lines.get(number)));
        let after = cells(&phone, |number| wished.get(number).or_else(|| known.lines.get(number)));
        let secret =
            old.into_iter().chain([&phone]).flat_map(|phone| &phone.layer.overrides).any(Override::is_secret);
        let differences = differences(before.as_ref(), &after, secret);
        let verdict = match (&before, differences.is_empty()) {
            (None, _) => Verdict::Added,
            (_, false) => Verdict::Changed,
            (_, true) => Verdict::Unchanged,
        };
        let changes = differences.iter().filter(|difference| difference.to.is_some()).count();
        let same = after.len() - changes;
        plan.phones.push(Planned { place, mac: phone.mac, verdict, differences, same });
        if old != Some(&phone) {
            plan.changes.push(Change::PutPhone(phone));
        }
    }
    plan
}

fn differences(before: Option<&Cells>, after: &Cells, secret_overrides: bool) -> Vec<Difference> {
    let nothing = Cells::new();
    let before = before.unwrap_or(&nothing);
    let fields: BTreeSet<Field> = before.keys().chain(after.keys()).copied().collect();
    let difference = |field: Field| {
        let (from, to) = (before.get(&field), after.get(&field));
        let secret = field.is_secret() || field == Field::Overrides && secret_overrides;
        let shown =
            |value: Option<&String>| value.map(|value| if secret { "…".to_owned() } else { value.clone() });
        (from != to).then(|| Difference { field, from: shown(from), to: shown(to) })
    };
    fields.into_iter().filter_map(difference).collect()
}

struct Planner<'a> {
    known: &'a Known,
    faults: Faults,
    seen: HashMap<Mac, Place>,
    phones: Vec<(Place, Phone)>,
    lines: lines::Lines<'a>,
}

impl<'a> Planner<'a> {
    fn new(known: &'a Known) -> Self {
        Self {
            known,
            faults: Faults::default(),
            seen: HashMap::new(),
            phones: Vec::new(),
            lines: lines::Lines::new(&known.lines),
        }
    }

    fn row(&mut self, row: &Row) {
        let Some(mac) = self.mac(row) else { return };
        if let Some(other) = self.seen.insert(mac, row.place.clone()) {
            let problem = format!("{} stands in {other} already; one of them must go", mac.device_name());
            return self.faults.add(row.place.clone(), problem);
        }
        let known = self.known.phones.get(&mac);
        let mut phone = known.cloned().unwrap_or_else(|| Phone::new(mac, None));
        let mut cells = keys::with_buttons(row, &phone);
        // The model first: it decides what the other fields may say. Lines before what is said about them.
        cells.sort_by_key(|cell| (rank(cell.field), cell.field));
        if phone.state == State::Waiting && !cells.iter().any(|cell| cell.field == Field::State) {
            // Who says what a waiting phone shall be has claimed it.
            phone.state = State::Active;
        }
        for cell in &cells {
            if let Err(problem) = self.apply(&mut phone, cell) {
                self.faults.add(cell.place.clone(), problem);
            }
        }
        let said = |field| cells.iter().any(|cell| cell.field == field);
        if phone.model.is_none() && known.is_none() && !said(Field::Model) {
            let problem = format!("{} is new and has no model: say which, as in 8845", mac.device_name());
            self.faults.add(row.place.at("model"), problem);
        }
        for (cell, problem) in keys::wrong(&phone, &cells) {
            self.faults.add(cell.place.clone(), problem);
        }
        self.phones.push((row.place.clone(), phone));
    }

    fn mac(&mut self, row: &Row) -> Option<Mac> {
        let cell = row.cells.iter().find(|cell| cell.field == Field::Mac);
        let Some((cell, text)) = cell.and_then(|cell| Some((cell, cell.value.as_deref()?))) else {
            self.faults.add(row.place.at("mac"), "no address: which phone is it?");
            return None;
        };
        match text.parse() {
            Ok(mac) => Some(mac),
            Err(error) => {
                let problem = match damage::of_address(text) {
                    Some(damage) => format!("{text:?} is no address: {damage}"),
                    None => format!("{text:?} is no address: {error}"),
                };
                self.faults.add(cell.place.clone(), problem);
                None
            }
        }
    }

    fn apply(&mut self, phone: &mut Phone, cell: &Cell) -> Result<(), String> {
        let value = cell.value.as_deref();
        if let Some(damage) = value.and_then(damage::of) {
            return Err(format!("{:?}: {damage}", value.unwrap_or_default()));
        }
        match cell.field {
            Field::Mac => {}
            Field::Model => model(phone, value)?,
            Field::Description => value.unwrap_or_default().clone_into(&mut phone.description),
            Field::Notes => value.unwrap_or_default().clone_into(&mut phone.notes),
            Field::Site => phone.site = group("site", value, &self.known.sites)?,
            Field::Profile => phone.profile = group("profile", value, &self.known.profiles)?,
            Field::State => {
                phone.state = value.map(|value| value.to_lowercase().parse()).transpose()?.unwrap_or_default()
            }
            Field::Overrides => phone.layer.overrides = overrides(value)?,
            Field::Setting(name) => match value {
                Some(value) => {
                    let value = values::checked(name, value, phone.model)?;
                    phone.layer.settings.set(name, value);
                }
                None => drop(phone.layer.settings.unset(name)),
            },
            Field::Line(button) => {
                if let Some(number) = keys::line(phone, button, value)? {
                    self.lines.take(&number);
                }
            }
            Field::LineSetting(button, name) => {
                let number = keys::number(phone, button).ok_or_else(|| no_line(button))?;
                self.lines.say(&number, name, value, phone.model, &cell.place)?;
            }
            Field::Key(button) => keys::feature(phone, button, value)?,
            Field::KeyLine(button) => {
                if let Some(number) = keys::line_of(phone, button, value)? {
                    self.lines.take(&number);
                }
            }
            Field::KeySetting(button, name) => keys::setting(phone, button, name, value)?,
            Field::Extra(..) | Field::ExtraLabel(..) => {}
        }
        Ok(())
    }
}

/// Fields that others depend on come first.
fn rank(field: Field) -> u8 {
    match field {
        Field::Model => 0,
        Field::Key(_) | Field::Line(_) => 1,
        Field::KeyLine(_) => 2,
        _ => 3,
    }
}

fn no_line(button: u16) -> String {
    format!("key {button} of this phone is no line: fill line{button} as well")
}

/// The model by any name under which it is sold and listed: `8845`, `CP-7942G`, `Cisco 8851`, `CP-8865-K9=`.
#[must_use]
pub fn model_named(text: &str) -> Option<&'static Model> {
    let upper = text.trim().to_ascii_uppercase();
    let bare = upper.strip_prefix("CISCO ").unwrap_or(&upper).trim_start_matches("IP PHONE ").trim();
    let bare = bare.split("-K9").next().unwrap_or(bare).trim_end_matches('=');
    models::find(bare)
}

fn model(phone: &mut Phone, value: Option<&str>) -> Result<(), String> {
    let Some(value) = value else {
        return Err("every phone has a model; leave the cell empty to keep it".to_owned());
    };
    if value.trim().is_empty() {
        return Ok(());
    }
    let Some(model) = model_named(value) else {
        let bare = value.rsplit("CP-").next().unwrap_or(value);
        let near = nearest(bare, models::all().iter().map(|model| model.name));
        let near = near.map(|name| format!("; perhaps {name}")).unwrap_or_default();
        return Err(format!("there is no model {value:?}{near} (`offhook catalogue models` lists them)"));
    };
    phone.model = Some(model);
    Ok(())
}

fn group(kind: &str, value: Option<&str>, known: &BTreeSet<String>) -> Result<Option<String>, String> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    if known.contains(value) {
        return Ok(Some(value.to_owned()));
    }
    let near = nearest(value, known.iter().map(String::as_str));
    Err(match (near, known.len()) {
        (Some(near), _) => format!("there is no {kind} {value:?}; perhaps {near:?}"),
        (None, 0) => format!("there is no {kind} {value:?}: make it first, with `offhook {kind} add`"),
        (None, 1..=12) => {
            let all: Vec<_> = known.iter().map(String::as_str).collect();
            format!("there is no {kind} {value:?}; there are {}", all.join(", "))
        }
        (None, _) => format!("there is no {kind} {value:?}: `offhook {kind} list` has them"),
    })
}

fn overrides(value: Option<&str>) -> Result<Vec<Override>, String> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(Vec::new()) };
    serde_json::from_str(value).map_err(|error| {
        format!("overrides are JSON, [{{\"path\": …, \"replacement\": {{\"text\": …}}}}, …]: {error}")
    })
}

/// The word for a key that stays empty.
fn is_nothing(value: &str) -> bool {
    value.eq_ignore_ascii_case(NOTHING)
}
