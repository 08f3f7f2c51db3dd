//! Keys as a sheet wants them.

use super::{is_nothing, values};
use crate::catalogue::{line_feature, line_features, nearest};
use crate::exchange::field::{Extra, Field};
use crate::exchange::{Cell, Row, damage};
use crate::inventory::check::{registers, takes};
use crate::inventory::{Key, KeyError, Name, Number, Phone, check_key};

/// The cells of a row, with a button for every key that only counts itself: those behind the lines, speed dials before
/// BLF keys.
pub(super) fn with_buttons(row: &Row, phone: &Phone) -> Vec<Cell> {
    let mut extras: Vec<(Extra, u16)> = row
        .cells
        .iter()
        .filter_map(|cell| match cell.field {
            Field::Extra(kind, n) | Field::ExtraLabel(kind, n) => Some((kind, n)),
            _ => None,
        })
        .collect();
    extras.sort_unstable();
    extras.dedup();
    let taken: Vec<u16> = row.cells.iter().filter_map(|cell| cell.field.button()).collect();
    let is_line = |n: &u16| {
        phone.layer.keys.get(n).is_some_and(|key| key.as_ref().is_some_and(|key| key.line.is_some()))
    };
    let last =
        taken.iter().copied().chain(phone.layer.keys.keys().copied().filter(is_line)).max().unwrap_or(0);
    let mut cells = Vec::with_capacity(row.cells.len() + extras.len());
    for cell in &row.cells {
        let behind = |extra| {
            let place = extras.iter().position(|known| *known == extra).unwrap_or_default();
            last.saturating_add(1).saturating_add(u16::try_from(place).unwrap_or(u16::MAX))
        };
        let named = |key: &str| Name::new(key).expect("the catalogue has what keys need");
        match cell.field {
            Field::Extra(kind, n) => {
                let button = behind((kind, n));
                let feature = if kind == Extra::Blf { "blf" } else { "speed_dial" };
                let value = cell.value.as_ref().map(|_| feature.to_owned());
                cells.push(Cell { field: Field::Key(button), value, ..cell.clone() });
                if cell.value.is_some() {
                    cells.push(Cell { field: Field::KeySetting(button, named("number")), ..cell.clone() });
                }
            }
            Field::ExtraLabel(kind, n) => {
                let field = Field::KeySetting(behind((kind, n)), named("label"));
                cells.push(Cell { field, ..cell.clone() });
            }
            _ => cells.push(cell.clone()),
        }
    }
    cells
}

/// Puts a line on a key; gives its number.
pub(super) fn line(phone: &mut Phone, button: u16, value: Option<&str>) -> Result<Option<Number>, String> {
    let is_line = |key: &Key| key.feature.key == "line";
    let there = phone.layer.keys.get(&button).and_then(Option::as_ref);
    let Some(value) = value else {
        if there.is_some_and(is_line) {
            phone.layer.keys.remove(&button);
        }
        return Ok(None);
    };
    if value.is_empty() {
        return Ok(None);
    }
    let number = number_of(value)?;
    let mut key = there.filter(|key| is_line(key)).cloned().unwrap_or_else(|| Key::line(number.clone()));
    key.line = Some(number.clone());
    phone.layer.keys.insert(button, Some(key));
    Ok(Some(number))
}

/// Says which line a key belongs to that is no line itself.
pub(super) fn line_of(phone: &mut Phone, button: u16, value: Option<&str>) -> Result<Option<Number>, String> {
    let key = there(phone, button)?;
    key.line = value.filter(|value| !value.is_empty()).map(number_of).transpose()?;
    Ok(key.line.clone())
}

/// Says what a key does.
pub(super) fn feature(phone: &mut Phone, button: u16, value: Option<&str>) -> Result<(), String> {
    let Some(value) = value else {
        phone.layer.keys.remove(&button);
        return Ok(());
    };
    if value.is_empty() {
        return Ok(());
    }
    if is_nothing(value) {
        phone.layer.keys.insert(button, None);
        return Ok(());
    }
    let word = value.trim().to_lowercase().replace([' ', '-'], "_");
    let Some(found) = line_feature(&word).or_else(|| line_feature(value)) else {
        let near = nearest(&word, line_features().iter().map(|feature| feature.key));
        let near = near.map(|word| format!("; perhaps {word}")).unwrap_or_default();
        return Err(format!(
            "no key can be {value:?}{near} (`offhook catalogue keys` lists what keys can be)"
        ));
    };
    let key = phone.layer.keys.entry(button).or_default();
    match key {
        Some(key) if (key.feature.key == "line") == (found.key == "line") => {
            key.feature = found;
            // What a speed dial had, a key that dials nothing cannot keep.
            key.settings = key
                .settings
                .iter()
                .filter(|(name, _)| takes(found, *name))
                .map(|(name, value)| (name, value.to_owned()))
                .collect();
            key.line = key.line.take().filter(|_| registers(found));
        }
        key => *key = Some(Key::new(found)),
    }
    Ok(())
}

/// Says what a key needs.
pub(super) fn setting(phone: &mut Phone, button: u16, name: Name, value: Option<&str>) -> Result<(), String> {
    let model = phone.model;
    let key = there(phone, button)?;
    let Some(value) = value else {
        key.settings.unset(name);
        return Ok(());
    };
    if name.key() == "number"
        && let Some(damage) = damage::of_number(value)
    {
        return Err(format!("{value:?}: {damage}"));
    }
    let value = values::checked(name, value, model)?;
    key.settings.set(name, value);
    Ok(())
}

/// The line that a key belongs to.
pub(super) fn number(phone: &Phone, button: u16) -> Option<Number> {
    phone.layer.keys.get(&button)?.as_ref()?.line.clone()
}

/// Keys that the row speaks of and that phones cannot have so.
pub(super) fn wrong<'a>(phone: &Phone, cells: &'a [Cell]) -> Vec<(&'a Cell, String)> {
    let mut seen = Vec::new();
    let check = |cell: &'a Cell| {
        let button = cell.field.button().filter(|button| !seen.contains(button))?;
        seen.push(button);
        let key = phone.layer.keys.get(&button)?.as_ref()?;
        let error = check_key(button, key, phone.model).err()?;
        let column = match &error {
            KeyError::Incomplete { needs, .. } if needs.contains(' ') => match key.feature.key {
                "line" => format!("; fill line{button}"),
                _ => format!("; fill key{button}_line"),
            },
            KeyError::Incomplete { needs, .. } => format!("; fill key{button}_{needs}"),
            _ => String::new(),
        };
        Some((cell, format!("{error}{column}")))
    };
    cells.iter().filter_map(check).collect()
}

fn there(phone: &mut Phone, button: u16) -> Result<&mut Key, String> {
    let key = phone.layer.keys.get_mut(&button).and_then(Option::as_mut);
    key.ok_or_else(|| {
        format!("nobody says what key {button} is: fill key{button} (as speed_dial or blf) or line{button}")
    })
}

fn number_of(value: &str) -> Result<Number, String> {
    if let Some(damage) = damage::of_number(value) {
        return Err(format!("{value:?}: {damage}"));
    }
    value.parse().map_err(|error: crate::inventory::NumberError| error.to_string())
}
