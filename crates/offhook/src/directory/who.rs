//! Whose number is that? Names for callers, from lines and from every source.

use provision::dialled::{Dialled, Same};
use provision::inventory::Number;

use super::source::Source;
use super::{Directory, together};
use crate::inventory::Silence;

/// Who may have a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// The surest first, then in the order of the sources.
    pub known: Vec<Known>,
    /// Sources that gave what they said a while ago.
    pub old: Vec<Source>,
    /// Sources that gave nothing, and why.
    pub away: Vec<(Source, String)>,
}

/// Somebody who has the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name.
    pub name: String,
    /// The firm or department, if it is known.
    pub organisation: String,
    /// The number as it is written there.
    pub number: String,
    /// Where it is written.
    pub source: Source,
    /// Whether it says the same; else it only ends alike, one of them without country or area.
    pub sure: bool,
}

impl Directory {
    /// Who has that number: lines, and everybody's people of all sources. What is somebody's own names no caller.
    pub async fn who_is(&self, number: &str) -> Who {
        let mut who = Who::default();
        let mut found = Vec::new();
        match self.line(number).await {
            Ok(known) => found.extend(known.map(|known| (Same::Sure, known))),
            Err(why) => who.away.push((lines(), why)),
        }
        let Some(dialled) = Dialled::parse(number) else {
            who.known = found.into_iter().map(|(_, known)| known).collect();
            return who;
        };
        let (sources, ways): (Vec<_>, Vec<_>) = self.ways().unzip();
        let asked = ways.into_iter().map(|way| way.known_by(&dialled, self.0.patience)).collect();
        for (source, answer) in sources.into_iter().zip(together::all(asked).await) {
            match answer {
                Ok((people, old)) => {
                    if old {
                        who.old.push(source.clone());
                    }
                    found.extend(people.into_iter().map(|(same, one)| {
                        let (source, sure) = (source.clone(), same == Same::Sure);
                        let known = Known {
                            name: one.name,
                            organisation: one.organisation,
                            number: one.number,
                            source,
                            sure,
                        };
                        (same, known)
                    }));
                }
                Err(why) => who.away.push((source.clone(), why)),
            }
        }
        found.sort_by_key(|(same, _)| *same);
        who.known = found.into_iter().map(|(_, known)| known).collect();
        who
    }

    /// The line of that number, if it has a name.
    async fn line(&self, number: &str) -> Result<Option<Known>, String> {
        let typed: String = number.chars().filter(|c| !c.is_whitespace()).collect();
        let (Some(inventory), Ok(number)) = (&self.0.inventory, typed.parse::<Number>()) else {
            return Ok(None);
        };
        let line = inventory.ask(|store| async move { store.line(&number).await }).await;
        let line = line.map_err(|silence| match silence {
            Silence::Away => "the database does not answer".to_owned(),
            Silence::Broken => "what the database says cannot be used".to_owned(),
        })?;
        let Some(line) = line else { return Ok(None) };
        let said = |key: &str| line.settings.of(key).filter(|name| !name.trim().is_empty());
        let name = said("display_name").or_else(|| said("label"));
        Ok(name.map(|name| Known {
            name: name.to_owned(),
            organisation: String::new(),
            number: line.number.to_string(),
            source: lines(),
            sure: true,
        }))
    }
}

fn lines() -> Source {
    Source::new("lines", "Lines")
}
