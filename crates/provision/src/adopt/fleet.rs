//! All phones of a document root together: what they share becomes a profile for each series and, if wanted, a site; what is
//! left over becomes overrides; and every phone is rendered and held against its file.

use std::collections::{BTreeMap, BTreeSet};

use super::read::Reading;
use super::{Refused, difference, equal, prune, shared};
use crate::inventory::{
    Bundle, Change, Group, GroupKind, Layer, Line, Name, Number, Override, Phone, Replacement,
};
use crate::mac::Mac;
use crate::render::{Note, Surroundings, configuration};
use crate::tree::Element;

/// What is wanted of the phones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The name of their profile; of several series each gets its own, with the series behind the name.
    pub profile: Option<String>,
    /// The site they stand at.
    pub site: Option<String>,
    /// What files leave out stays as offhook fills it, instead of being left out again.
    pub fill: bool,
}

/// What is there already.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// What the server tells phones.
    pub surroundings: Surroundings,
    /// Every group that there is; those that phones come into are used as they are.
    pub groups: Vec<Group>,
    /// Phones that are known, as far as they are adopted again.
    pub phones: BTreeMap<Mac, Phone>,
}

/// One phone, taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// As it is to be kept.
    pub phone: Phone,
    /// How many lines it has.
    pub lines: usize,
    /// What rendering has to say about it.
    pub notes: Vec<String>,
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fleet {
    /// New groups.
    pub groups: Vec<Group>,
    /// Lines, on as many phones as there were.
    pub lines: BTreeMap<Number, Line>,
    /// Phones, in the order of their addresses.
    pub phones: Vec<Adopted>,
    /// Phones that cannot be taken over.
    pub refused: Vec<(Mac, Refused)>,
}

impl Fleet {
    /// What is to be done.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let groups = self.groups.iter().cloned().map(Change::PutGroup);
        let lines = self.lines.values().cloned().map(Change::PutLine);
        let phones = self.phones.iter().map(|adopted| Change::PutPhone(adopted.phone.clone()));
        groups.chain(lines).chain(phones).collect()
    }
}

/// Takes phones over.
#[must_use]
pub fn fleet(mut readings: Vec<Reading>, wanted: &Wanted, around: &Around) -> Fleet {
    readings.sort_by_key(|reading| reading.mac);
    let mut fleet = Fleet { lines: shared::lines(&mut readings), ..Fleet::default() };
    let site = wanted.site.as_ref().map(|name| site(name, &mut readings, around, &mut fleet));
    let mut all: BTreeMap<&'static str, Vec<Reading>> = BTreeMap::new();
    for reading in readings {
        all.entry(reading.model.series).or_default().push(reading);
    }
    let numbers: BTreeMap<&str, BTreeSet<Number>> =
        all.iter().map(|(series, readings)| (*series, numbers(readings))).collect();
    let several = all.len() > 1;
    for (series, mut readings) in all {
        let others = numbers.iter().filter(|(other, _)| **other != series);
        let elsewhere = others.flat_map(|(_, numbers)| numbers.iter().cloned()).collect();
        let profile =
            Profile::of(series, several, &mut readings, &elsewhere, wanted, around, &mut fleet.lines);
        let surroundings = [around.surroundings.clone(), prune::everything(), Surroundings::default()];
        let layers = Layers { site: site.as_ref(), wanted, around, surroundings };
        layers.series(series, readings, profile, &mut fleet);
    }
    fleet.phones.sort_by_key(|adopted| adopted.phone.mac);
    // Lines of phones that were refused are nobody's.
    let phones = fleet.phones.iter().flat_map(|adopted| adopted.phone.layer.keys.values().flatten());
    let used: BTreeSet<&Number> = phones.filter_map(|key| key.line.as_ref()).collect();
    fleet.lines.retain(|number, _| used.contains(number));
    fleet
}

fn numbers(readings: &[Reading]) -> BTreeSet<Number> {
    readings
        .iter()
        .flat_map(|reading| reading.keys.values())
        .filter_map(|read| read.key.line.clone())
        .collect()
}

fn there<'a>(around: &'a Around, kind: GroupKind, name: &str) -> Option<&'a Group> {
    around.groups.iter().find(|group| group.kind == kind && group.name == name)
}

fn site(name: &str, readings: &mut [Reading], around: &Around, fleet: &mut Fleet) -> Group {
    if let Some(group) = there(around, GroupKind::Site, name) {
        return group.clone();
    }
    let mut group = Group::new(GroupKind::Site, name);
    if readings.len() > 1 {
        group.layer.settings = shared::of_the_site(readings);
    }
    fleet.groups.push(group.clone());
    group
}

/// The profile that phones of a series come into.
struct Profile {
    group: Group,
    /// It was there before and stays as it is.
    kept: bool,
}

impl Profile {
    fn of(
        series: &str,
        several: bool,
        readings: &mut [Reading],
        elsewhere: &BTreeSet<Number>,
        wanted: &Wanted,
        around: &Around,
        lines: &mut BTreeMap<Number, Line>,
    ) -> Option<Self> {
        let name = match &wanted.profile {
            Some(name) if several => format!("{name}-{series}"),
            Some(name) => name.clone(),
            // One phone shares nothing with anybody.
            None if readings.len() < 2 => return None,
            None => format!("adopted-{series}"),
        };
        if let Some(group) = there(around, GroupKind::Profile, &name) {
            return Some(Self { group: group.clone(), kept: true });
        }
        let mut group = Group::new(GroupKind::Profile, name);
        group.description = format!("What {} phones of series {series} had in common", readings.len());
        if readings.len() > 1 {
            let mut readings: Vec<&mut Reading> = readings.iter_mut().collect();
            group.layer = shared::common(&mut readings);
            let of_lines = shared::common_of_lines(&readings, elsewhere, lines);
            group.layer.settings.extend(of_lines.iter().map(|(name, word)| (name, word.to_owned())));
        }
        Some(Self { group, kept: false })
    }
}

struct Layers<'a> {
    site: Option<&'a Group>,
    wanted: &'a Wanted,
    around: &'a Around,
    /// What this server offers, all it might offer, and nothing.
    surroundings: [Surroundings; 3],
}

impl Layers<'_> {
    fn series(&self, series: &str, readings: Vec<Reading>, profile: Option<Profile>, fleet: &mut Fleet) {
        let mut profile = profile;
        let mut phones: Vec<(Phone, Reading)> = Vec::new();
        for reading in readings {
            phones.push((self.phone(&reading, profile.as_ref(), &fleet.lines), reading));
        }
        if let Some(profile) = profile.as_mut().filter(|profile| !profile.kept && phones.len() > 1) {
            let all = phones.iter().map(|(phone, reading)| {
                let bundle = self.bundle(phone.clone(), series, Some(&profile.group), &fleet.lines);
                self.left_over(&bundle, &reading.root)
            });
            profile.group.layer.overrides = in_all(all);
        }
        for (phone, reading) in phones {
            let mac = phone.mac;
            let group = profile.as_ref().map(|profile| &profile.group);
            let bundle = self.bundle(phone, series, group, &fleet.lines);
            match self.finished(bundle, &reading.root) {
                Ok(adopted) => fleet.phones.push(adopted),
                Err(refused) => fleet.refused.push((mac, refused)),
            }
        }
        fleet.groups.extend(profile.filter(|profile| !profile.kept).map(|profile| profile.group));
    }

    fn phone(&self, reading: &Reading, profile: Option<&Profile>, lines: &BTreeMap<Number, Line>) -> Phone {
        let known = self.around.phones.get(&reading.mac);
        let mut phone = Phone::new(reading.mac, Some(reading.model));
        phone.profile = profile.map(|profile| profile.group.name.clone());
        phone.site = self.site.map(|site| site.name.clone()).or_else(|| known?.site.clone());
        phone.notes = known.map(|known| known.notes.clone()).unwrap_or_default();
        let keys = reading.keys.iter().map(|(button, read)| (*button, Some(read.key.clone())));
        let settings = reading.settings.clone();
        phone.layer = Layer { settings, keys: keys.collect(), overrides: Vec::new() };
        let described = known.map(|known| known.description.clone()).filter(|text| !text.is_empty());
        phone.description = described.unwrap_or_else(|| described_by(&phone, lines));
        phone
    }

    fn bundle(
        &self,
        phone: Phone,
        series: &str,
        profile: Option<&Group>,
        lines: &BTreeMap<Number, Line>,
    ) -> Bundle {
        let site = match self.site {
            Some(site) => Some(site),
            None => phone.site.as_ref().and_then(|name| there(self.around, GroupKind::Site, name)),
        };
        let series = there(self.around, GroupKind::Series, series);
        let numbers = phone.layer.keys.values().flatten().filter_map(|key| key.line.as_ref());
        let own = numbers.filter_map(|number| Some((number.clone(), lines.get(number)?.clone()))).collect();
        let groups = [site, series, profile].into_iter().flatten().cloned().collect();
        Bundle { phone, groups, lines: own }
    }

    /// Overrides that make the phone's document of what is rendered, whatever else this server may offer one day: who switches
    /// certificate enrolment on does not mean to change every phone that was taken over.
    fn left_over(&self, bundle: &Bundle, wanted: &Element) -> Option<Vec<Override>> {
        if self.wanted.fill {
            return difference::additions(&self.rendered(bundle, &self.around.surroundings).0, wanted);
        }
        let mut changed = bundle.clone();
        for surroundings in &self.surroundings {
            let (there, _) = self.rendered(&changed, surroundings);
            changed.phone.layer.overrides.extend(difference::overrides(&there, wanted)?);
        }
        Some(changed.phone.layer.overrides.split_off(bundle.phone.layer.overrides.len()))
    }

    fn rendered(&self, bundle: &Bundle, surroundings: &Surroundings) -> (Element, Vec<Note>) {
        let rendered = configuration(bundle, surroundings);
        let root = Element::parse(rendered.xml.as_bytes()).expect("what is rendered can be read");
        (root, rendered.notes)
    }

    /// The phone with its overrides, proved.
    fn finished(&self, mut bundle: Bundle, wanted: &Element) -> Result<Adopted, Refused> {
        let unequal = |path: &str| Refused::Unequal(path.chars().take(120).collect());
        let changes = self.left_over(&bundle, wanted).ok_or_else(|| unequal("a name in it"))?;
        bundle.phone.layer.overrides = changes;
        if let Some(path) = self.differs(&bundle, wanted) {
            // One more round: what an override put there may have brought something with it.
            let more = self.left_over(&bundle, wanted).ok_or_else(|| unequal(&path))?;
            bundle.phone.layer.overrides.extend(more);
            if let Some(path) = self.differs(&bundle, wanted) {
                return Err(unequal(&path));
            }
        }
        let (_, notes) = self.rendered(&bundle, &self.around.surroundings);
        let notes = notes.into_iter().map(|note| format!("{}: {}", note.origin, note.text)).collect();
        let lines = bundle.phone.layer.keys.values().flatten().filter(|key| key.line.is_some()).count();
        Ok(Adopted { phone: bundle.phone, lines, notes })
    }

    /// Where the rendered document is another than the file, if anywhere.
    fn differs(&self, bundle: &Bundle, wanted: &Element) -> Option<String> {
        let counted = if self.wanted.fill { &self.surroundings[..1] } else { &self.surroundings };
        counted
            .iter()
            .find_map(|surroundings| self.differs_in(&self.rendered(bundle, surroundings).0, wanted))
    }

    fn differs_in(&self, there: &Element, wanted: &Element) -> Option<String> {
        if !self.wanted.fill && equal(there, wanted) {
            return None;
        }
        let Some(changes) = difference::overrides(there, wanted) else { return Some("the root".to_owned()) };
        let counts = |change: &&Override| !(self.wanted.fill && change.replacement == Replacement::Nothing);
        match changes.iter().find(counts) {
            Some(change) => Some(change.path.clone()),
            None if self.wanted.fill => None,
            None => Some("the order of its elements".to_owned()),
        }
    }
}

/// What all lists hold, in the order of the first.
fn in_all(mut lists: impl Iterator<Item = Option<Vec<Override>>>) -> Vec<Override> {
    let Some(Some(mut common)) = lists.next() else { return Vec::new() };
    for list in lists {
        let Some(list) = list else { return Vec::new() };
        let there: BTreeSet<String> =
            list.iter().map(|change| format!("{} {:?}", change.path, kind(change))).collect();
        common.retain(|change| there.contains(&format!("{} {:?}", change.path, kind(change))));
    }
    common
}

fn kind(change: &Override) -> (u8, &str) {
    match &change.replacement {
        Replacement::Nothing => (0, ""),
        Replacement::Text(text) => (1, text),
        Replacement::Fragment(xml) => (2, xml),
    }
}

/// What people may call the phone: its label, or that of its first line.
fn described_by(phone: &Phone, lines: &BTreeMap<Number, Line>) -> String {
    let label = |key: &str| Name::new(key).expect("the catalogue has labels");
    if let Some(own) = phone.layer.settings.get(label("phone_label")).filter(|text| !text.is_empty()) {
        return own.to_owned();
    }
    let first = phone.layer.keys.values().flatten().find_map(|key| Some((key, key.line.as_ref()?)));
    let said = first.and_then(|(key, number)| {
        let line = lines.get(number);
        ["label", "display_name"].iter().find_map(|name| {
            let name = label(name);
            key.settings.get(name).or_else(|| line?.settings.get(name)).map(str::to_owned)
        })
    });
    said.unwrap_or_default()
}
