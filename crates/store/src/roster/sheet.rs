//! All phones as lists show them, packed: some 150 bytes each with two lines.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use provision::inventory::{Group, GroupKind, Number, State};
use provision::mac::Mac;
use provision::models;

use super::facets::Facets;
use super::read::Fresh;
use crate::phones::PhoneRow;
use crate::{Error, Result};

/// Between the texts of one phone. No number has it in it, and who searches for it is not answered from here.
pub(super) const GAP: char = '\0';
/// What the texts may take in memory: a thousand bytes for each of 250,000 phones.
const MOST: usize = 256 << 20;

/// The place of a name among [`Names`]; 0 is none.
pub(super) type Id = u32;

/// All phones at one moment.
pub(crate) struct Sheet {
    /// What moved until then.
    pub(super) moves: i64,
    pub(super) names: Names,
    /// By address.
    pub(super) phones: Vec<Entry>,
    /// What rows show: of each phone its description, then each number behind a gap.
    shown: String,
    /// What a search looks through: of each phone its own text, then that of each line behind a gap.
    pub(super) said: String,
    pub(super) groups: Vec<(GroupKind, String)>,
    /// The firmware that each group says, by kind, in the places of their names.
    firmware: [Vec<Id>; 3],
    pub(super) facets: OnceLock<Arc<Facets>>,
}

/// A phone.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) mac: Mac,
    pub(super) state: State,
    pub(super) changed: i64,
    pub(super) model: Id,
    pub(super) series: Id,
    pub(super) site: Id,
    pub(super) profile: Id,
    firmware: Id,
    /// Where what it shows begins, how much of that is the description, and where what it says begins.
    shown: u32,
    description: u32,
    pub(super) said: u32,
}

/// Names that many phones share, each kept once.
#[derive(Clone)]
pub(super) struct Names {
    all: Vec<String>,
    ids: HashMap<String, Id>,
}

/// Too many texts to keep them.
#[derive(Debug)]
pub(super) struct TooMuch;

impl Names {
    fn new() -> Self {
        Self { all: vec![String::new()], ids: HashMap::new() }
    }

    fn put(&mut self, name: Option<&str>) -> Id {
        let Some(name) = name else { return 0 };
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = u32::try_from(self.all.len()).expect("there are not as many names as bytes in memory");
        self.all.push(name.to_owned());
        self.ids.insert(name.to_owned(), id);
        id
    }

    /// The place of a name that some phone has.
    pub(super) fn find(&self, name: &str) -> Option<Id> {
        self.ids.get(name).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn get(&self, id: Id) -> Option<&str> {
        if id == 0 { None } else { self.all.get(id as usize).map(String::as_str) }
    }
}

impl Sheet {
    /// The sheet of no phones.
    pub(super) fn empty(moves: i64, groups: &[Group]) -> Self {
        let mut sheet = Self {
            moves,
            names: Names::new(),
            phones: Vec::new(),
            shown: String::new(),
            said: String::new(),
            groups: Vec::new(),
            firmware: Default::default(),
            facets: OnceLock::new(),
        };
        sheet.set_groups(groups);
        sheet
    }

    /// The sheet as it is after moves: `fresh` says of each phone that moved what it is now, or that it is gone.
    pub(super) fn after(
        &self,
        moves: i64,
        groups: &[Group],
        fresh: &BTreeMap<Mac, Option<Fresh>>,
    ) -> Result<Self, TooMuch> {
        let mut next = Self { names: self.names.clone(), ..Self::empty(moves, &[]) };
        next.set_groups(groups);
        next.phones.reserve(self.phones.len() + fresh.len());
        next.shown.reserve(self.shown.len());
        next.said.reserve(self.said.len());
        let mut fresh = fresh.iter().peekable();
        for (place, entry) in self.phones.iter().enumerate() {
            while let Some((_, new)) = fresh.next_if(|(mac, _)| **mac < entry.mac) {
                new.iter().try_for_each(|new| next.push(new))?;
            }
            match fresh.next_if(|(mac, _)| **mac == entry.mac) {
                Some((_, new)) => new.iter().try_for_each(|new| next.push(new))?,
                None => next.keep(self, place, *entry)?,
            }
        }
        fresh.try_for_each(|(_, new)| new.iter().try_for_each(|new| next.push(new)))?;
        Ok(next)
    }

    /// Adds a phone; its address is behind all others.
    pub(super) fn push(&mut self, new: &Fresh) -> Result<(), TooMuch> {
        let entry = Entry {
            mac: new.mac,
            state: new.state,
            changed: new.changed,
            model: self.names.put(new.model.as_deref()),
            series: self.names.put(new.series.as_deref()),
            site: self.names.put(new.site.as_deref()),
            profile: self.names.put(new.profile.as_deref()),
            firmware: self.names.put(new.firmware.as_deref()),
            shown: at(&self.shown)?,
            description: at(&new.description)?,
            said: at(&self.said)?,
        };
        self.phones.push(entry);
        self.shown.push_str(&new.description);
        self.said.push_str(&new.search);
        for (number, search) in &new.lines {
            self.shown.push(GAP);
            self.shown.push_str(number);
            self.said.push(GAP);
            self.said.push_str(search);
        }
        self.said.push(GAP);
        Ok(())
    }

    /// Adds one of another sheet that shares its names.
    fn keep(&mut self, of: &Self, place: usize, entry: Entry) -> Result<(), TooMuch> {
        let (shown, said) = (at(&self.shown)?, at(&self.said)?);
        self.phones.push(Entry { shown, said, ..entry });
        self.shown.push_str(of.shown_of(place));
        self.said.push_str(&of.said[entry.said as usize..of.end_of_said(place)]);
        Ok(())
    }

    fn set_groups(&mut self, groups: &[Group]) {
        self.groups = groups.iter().map(|group| (group.kind, group.name.clone())).collect();
        for group in groups {
            let Some(said) = group.layer.settings.of("firmware") else { continue };
            let (name, said) = (self.names.put(Some(&group.name)) as usize, self.names.put(Some(said)));
            let of_kind = &mut self.firmware[group.kind as usize];
            of_kind.resize(of_kind.len().max(name + 1), 0);
            of_kind[name] = said;
        }
    }

    /// The firmware that a phone is told: by itself, else by its profile, its series, its site.
    pub(super) fn firmware_of(&self, entry: &Entry) -> Id {
        if entry.firmware != 0 {
            return entry.firmware;
        }
        let groups = [
            (GroupKind::Profile, entry.profile),
            (GroupKind::Series, entry.series),
            (GroupKind::Site, entry.site),
        ];
        let said = |(kind, name): (GroupKind, Id)| self.firmware[kind as usize].get(name as usize).copied();
        groups.into_iter().filter_map(said).find(|said| *said != 0).unwrap_or_default()
    }

    /// Every firmware that a group says.
    pub(super) fn firmware_of_groups(&self) -> impl Iterator<Item = &str> {
        self.firmware.iter().flatten().filter_map(|id| self.names.get(*id))
    }

    /// Where the texts of a phone end that a search looks through.
    pub(super) fn end_of_said(&self, place: usize) -> usize {
        self.phones.get(place + 1).map_or(self.said.len(), |next| next.said as usize)
    }

    fn shown_of(&self, place: usize) -> &str {
        let begin = self.phones[place].shown as usize;
        let end = self.phones.get(place + 1).map_or(self.shown.len(), |next| next.shown as usize);
        &self.shown[begin..end]
    }

    fn description(&self, entry: &Entry) -> &str {
        &self.shown[entry.shown as usize..][..entry.description as usize]
    }

    pub(super) fn by_description(&self, one: &Entry, other: &Entry) -> Ordering {
        self.description(one).cmp(self.description(other))
    }

    /// The phone as a list shows it.
    pub(super) fn row(&self, place: usize) -> Result<PhoneRow> {
        let (entry, shown) = (&self.phones[place], self.shown_of(place));
        let unreadable = |problem| Error::Unreadable { thing: entry.mac.device_name(), problem };
        let model = self.names.get(entry.model).map(|name| {
            models::find(name).ok_or_else(|| unreadable(format!("this offhook knows no model {name:?}")))
        });
        // The first gap is before the first number.
        let numbers = shown[entry.description as usize..].split(GAP).skip(1);
        let lines = numbers
            .map(|number| number.parse::<Number>().map_err(|problem| unreadable(problem.to_string())))
            .collect::<Result<_>>()?;
        Ok(PhoneRow {
            mac: entry.mac,
            model: model.transpose()?,
            description: self.description(entry).to_owned(),
            site: self.names.get(entry.site).map(str::to_owned),
            profile: self.names.get(entry.profile).map(str::to_owned),
            state: entry.state,
            lines,
            changed: entry.changed,
        })
    }
}

/// Where the next text begins, while there is room for it.
fn at(text: &str) -> Result<u32, TooMuch> {
    if text.len() > MOST {
        return Err(TooMuch);
    }
    u32::try_from(text.len()).map_err(|_| TooMuch)
}
