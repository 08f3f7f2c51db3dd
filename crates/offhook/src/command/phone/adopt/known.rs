//! What is known of phones beside their files: their models, and what the inventory gives them already.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use provision::adopt;
use provision::exchange::{self, Field, Format, Options};
use provision::inventory::Phone;
use provision::mac::Mac;
use provision::models::Model;
use provision::render::configuration;
use provision::tree::Element;

use crate::command::WrongUse;
use crate::command::stock::Stock;
use crate::inventory::surroundings;

/// Models, as they were named on the command line.
#[derive(Debug, Default)]
pub(super) struct Models {
    by_phone: BTreeMap<Mac, &'static Model>,
    otherwise: Option<&'static Model>,
}

impl Models {
    pub(super) fn read(file: Option<&Path>, otherwise: Option<&str>) -> anyhow::Result<Self> {
        let otherwise = otherwise.map(super::named).transpose()?;
        let by_phone = file.map(table).transpose()?.unwrap_or_default();
        Ok(Self { by_phone, otherwise })
    }

    /// The model that was named for this phone.
    pub(super) fn of(&self, mac: Mac) -> Option<&'static Model> {
        self.by_phone.get(&mac).copied()
    }

    /// The model of phones that nothing else tells.
    pub(super) fn otherwise(&self) -> Option<&'static Model> {
        self.otherwise
    }
}

/// Any file that could be imported will do: only its addresses and models are looked at.
fn table(file: &Path) -> anyhow::Result<BTreeMap<Mac, &'static Model>> {
    let wrong = |text: String| WrongUse(format!("{}: {text}", file.display()));
    let bytes = fs::read(file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let format = file.to_str().and_then(Format::of_name).unwrap_or(Format::Csv);
    let sheet = exchange::read(&bytes, format, Options { skip_unknown: true });
    let sheet = sheet.map_err(|faults| wrong(faults.to_string()))?;
    let mut models = BTreeMap::new();
    for row in sheet.rows {
        let of = |field| row.cells.iter().find(|cell| cell.field == field)?.value.as_deref();
        let (Some(mac), Some(model)) = (of(Field::Mac), of(Field::Model)) else { continue };
        let mac = mac.parse().map_err(|error| wrong(format!("{}: {mac:?}: {error}", row.place)))?;
        // What is wrong with a name is told by the search that everybody uses.
        let found = exchange::model_named(model).map_or_else(|| super::named(model), Ok);
        let model = found.with_context(|| format!("{}: {}", file.display(), row.place))?;
        models.insert(mac, model);
    }
    Ok(models)
}

/// Whether a phone of the inventory gets what its file says.
pub(super) fn says_the_same(phone: Phone, root: &Element, stock: &Stock) -> anyhow::Result<bool> {
    let bundle = stock.bundle(phone)?;
    let rendered = configuration(&bundle, &surroundings(&stock.resolved));
    let made = Element::parse(rendered.xml.as_bytes()).context("what was rendered cannot be read")?;
    Ok(adopt::equal(&made, root))
}
