//! Lines as a sheet wants them: the same line may stand in several rows, if all say the same.

use std::collections::{BTreeMap, HashMap};

use super::values;
use crate::catalogue::line_feature;
use crate::exchange::faults::Place;
use crate::inventory::check::takes;
use crate::inventory::{Line, Name, Number};
use crate::models::Model;

pub(super) struct Lines<'a> {
    known: &'a BTreeMap<Number, Line>,
    /// Lines that the sheet names, as it wants them.
    pub(super) wished: BTreeMap<Number, Line>,
    said: HashMap<(Number, Name), (Option<String>, Place)>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(known: &'a BTreeMap<Number, Line>) -> Self {
        Self { known, wished: BTreeMap::new(), said: HashMap::new() }
    }

    /// The sheet has a key for that line.
    pub(super) fn take(&mut self, number: &Number) -> &mut Line {
        let known = self.known;
        let there = || known.get(number).cloned().unwrap_or_else(|| Line::new(number.clone()));
        self.wished.entry(number.clone()).or_insert_with(there)
    }

    /// The sheet says something about that line.
    pub(super) fn say(
        &mut self,
        number: &Number,
        name: Name,
        value: Option<&str>,
        model: Option<&Model>,
        place: &Place,
    ) -> Result<(), String> {
        if !takes(line_feature("line").expect("the catalogue has lines"), name) {
            return Err(format!("a line has no setting {name}; keys of other kinds have it, as key2_{name}"));
        }
        let value = value.map(|value| values::checked(name, value, model)).transpose()?;
        if let Some((other, there)) = self.said.get(&(number.clone(), name))
            && *other != value
        {
            return Err(format!(
                "line {number} gets another {name} in {there}; a line has one, what only this phone shows goes into keyN_{name}"
            ));
        }
        self.said.entry((number.clone(), name)).or_insert_with(|| (value.clone(), place.clone()));
        let line = self.take(number);
        match value {
            Some(value) => drop(line.settings.set(name, value)),
            None => drop(line.settings.unset(name)),
        }
        Ok(())
    }
}
