//! Things of the catalogue, by the names that people write.

use provision::catalogue::nearest;
use provision::models::{Model, all, find};

use super::{Error, Problem, Result};

/// The model of that name: 8845, CP-7942G.
pub fn model(name: &str) -> Result<&'static Model> {
    find(name).ok_or_else(|| {
        let text = format!("there is no model {name:?}");
        let problem = match nearest(name, all().iter().map(|model| model.name)) {
            Some(near) => Problem::new("model", format!("{text}; perhaps {near}")),
            None => Problem::new("model", text).hint("; `offhook catalogue models` lists them"),
        };
        Error::Wrong(vec![problem])
    })
}

/// The series of that name: 8800.
pub fn series(name: &str) -> Result<&'static str> {
    all().iter().map(|model| model.series).find(|series| *series == name).ok_or_else(|| {
        let mut series: Vec<_> = all().iter().map(|model| model.series).collect();
        series.sort_unstable();
        series.dedup();
        let rather = match nearest(name, series.iter().copied()) {
            Some(near) => format!("perhaps {near}"),
            None => format!("there are {}", series.join(", ")),
        };
        Error::wrong("series", format!("there is no series {name:?}; {rather}"))
    })
}
