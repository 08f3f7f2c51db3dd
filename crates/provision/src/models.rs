//! The catalogue of phone models: what a screen shows, what a speaker plays, which files a model reads.

use std::sync::LazyLock;

use crate::catalogue::{Certainty, Row, Table, items};

pub use crate::catalogue::Fact;

/// A phone model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// As it names itself, without `CP-`: `8845`, `8851NR`.
    pub name: &'static str,
    /// `6900`, `7800`, `7900`, `8800`, `8900` or `9900`.
    pub series: &'static str,
    /// Wallpapers, if its screen has any.
    pub wallpaper: Option<Fact<Wallpaper>>,
    /// Formats of ring files it plays.
    pub rings: Vec<Fact<RingFormat>>,
    /// The list its ring menu reads.
    pub ring_list: Option<Fact<&'static str>>,
    /// File of its user locale, where known.
    pub locale_jar: Option<Fact<&'static str>>,
    /// File of its network locale.
    pub tones_file: Fact<&'static str>,
    /// Types of key expansion modules it takes.
    pub modules: Vec<Fact<&'static str>>,
    /// A call manager's numbers for it: the suffix of `loadInformationN` in the default configuration.
    pub device_types: Vec<&'static str>,
    /// Programmable keys on the phone itself.
    pub keys: u16,
    /// The same in enhanced line mode, where there is one.
    pub keys_enhanced: Option<u16>,
    /// The most programmable keys there can be, with key modules.
    pub most_keys: Fact<u16>,
    /// Calls a line can hold, where known.
    pub max_calls: Option<u16>,
    /// Area for XML services.
    pub service_screen: Fact<&'static str>,
    /// The whole screen.
    pub panel: Fact<&'static str>,
    /// Whether it asks HTTP on port 6970 before TFTP: `yes`, `no`, `likely` or `unknown`.
    pub http: Fact<&'static str>,
    /// Whether it asks HTTPS on port 6971 for its configuration.
    pub https: Fact<&'static str>,
    /// Highest TLS version as a client.
    pub tls: Fact<&'static str>,
    /// Whether it can use elliptic-curve keys.
    pub elliptic_curves: Fact<&'static str>,
    /// Bluetooth.
    pub bluetooth: Fact<&'static str>,
    /// Wireless network.
    pub wifi: Fact<&'static str>,
    /// Camera: `yes`, `no`, or `USB`.
    pub camera: Fact<&'static str>,
    /// Whether it uploads problem reports.
    pub problem_report: Fact<&'static str>,
    /// Which file decides its soft keys.
    pub key_policy: &'static str,
    /// Names of firmware, without `.loads`.
    pub loads: Vec<&'static str>,
    /// What else is to be known.
    pub note: Option<&'static str>,
    /// How sure the row as a whole is.
    pub certainty: Certainty,
}

/// A key expansion module with a screen that shows wallpapers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Value of `addOnModule/deviceType`.
    pub name: &'static str,
    /// Keys on it.
    pub keys: u16,
    /// Series of the phones it fits.
    pub series: &'static str,
    /// Models it fits.
    pub hosts: Fact<&'static str>,
    /// How many a phone takes.
    pub most: Fact<&'static str>,
    /// Whether the configuration must name its firmware.
    pub needs_load: bool,
    /// Wallpapers, if its screen has any.
    pub wallpaper: Option<Fact<Wallpaper>>,
}

/// Where a screen's wallpapers are and how big they must be, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wallpaper {
    /// `Desktops/800x480x24`.
    pub folder: &'static str,
    /// Size of the picture.
    pub image: Size,
    /// Bits of a pixel the screen shows: 1 and 4 are greys, 12, 16 and 24 are colours.
    pub depth: u8,
    /// Size of the preview in the menu.
    pub thumbnail: Size,
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// How the samples of a ring file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RingFormat {
    /// `.raw`: mu-law, 8 bit, 8 kHz, mono.
    Raw,
    /// `.rwb`: signed 16 bit little-endian, 16 kHz, mono.
    Rwb,
}

static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
    Table::parse(include_str!("../catalogue/models.tsv")).rows().map(|row| Model::read(&row)).collect()
});

static MODULES: LazyLock<Vec<Module>> = LazyLock::new(|| {
    let table = Table::parse(include_str!("../catalogue/expansion_modules.tsv"));
    let module = |row: Row<'_>| Module {
        name: row.get("type"),
        keys: row.get("keys").parse().expect("the tests read every row"),
        series: row.get("series"),
        hosts: row.fact("host_models"),
        most: row.fact("max_per_phone"),
        needs_load: row.get("needs_load") == "yes",
        wallpaper: wallpaper(&row),
    };
    table.rows().map(module).collect()
});

/// Every model, sorted by name.
pub fn all() -> &'static [Model] {
    &MODELS
}

/// The model of that name, with or without `CP-` and the letter that tells its colour: `8845`, `CP-8845`, `CP-7942G`.
pub fn find(name: &str) -> Option<&'static Model> {
    let name = name.strip_prefix("CP-").unwrap_or(name);
    let exactly = |name: &str| all().iter().find(|model| model.name.eq_ignore_ascii_case(name));
    exactly(name).or_else(|| exactly(name.trim_end_matches(|c: char| c.is_ascii_alphabetic())))
}

/// Every key expansion module.
pub fn modules() -> &'static [Module] {
    &MODULES
}

impl Model {
    /// Whether it runs loads of that name; `None` when no model is known to.
    pub fn runs(&self, load: &str) -> Option<bool> {
        let mut known = that_run(load).peekable();
        known.peek()?;
        Some(known.any(|model| model.name == self.name))
    }

    /// Its own among several loads with commas or blanks between. Text in which nobody knows a load is taken as it is.
    pub fn own_load<'l>(&self, loads: &'l str) -> Option<&'l str> {
        let all = || loads.split([',', ' ']).filter(|load| !load.is_empty());
        if all().all(|load| self.runs(load).is_none()) {
            return Some(loads);
        }
        all().find(|load| self.runs(load) == Some(true))
    }

    /// The numbers of a call manager for it, each with the name it has there: `115` is 7941, `309` is 7941GE.
    pub fn numbers(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        self.device_types
            .iter()
            .map(|cell| cell.split_once('=').map_or((self.name, *cell), |(name, number)| (name, number)))
    }

    fn read(row: &Row<'_>) -> Self {
        let rings = row.fact("ring_formats");
        let modules = row.fact("expansion_modules");
        Self {
            name: row.get("model"),
            series: row.get("series"),
            wallpaper: wallpaper(row),
            rings: items(rings.value).filter_map(ring_format).map(|format| rings.map(|_| format)).collect(),
            ring_list: known(row.fact("ring_list")),
            locale_jar: known(row.fact("locale_jar")),
            tones_file: row.fact("tones_file"),
            modules: items(modules.value).map(|module| modules.map(|_| module)).collect(),
            device_types: items(row.get("device_type")).collect(),
            keys: row.get("line_keys").parse().expect("the tests read every row"),
            keys_enhanced: row.get("line_keys_enhanced").parse().ok(),
            most_keys: most_keys(row),
            max_calls: row.get("max_calls").parse().ok(),
            service_screen: row.fact("service_screen"),
            panel: row.fact("panel"),
            http: row.fact("http6970"),
            https: row.fact("https6971"),
            tls: row.fact("tls_max"),
            elliptic_curves: row.fact("ec"),
            bluetooth: row.fact("bluetooth"),
            wifi: row.fact("wifi"),
            camera: row.fact("camera"),
            problem_report: row.fact("problem_report"),
            key_policy: row.get("key_policy"),
            loads: items(row.get("load_examples")).collect(),
            note: Some(row.get("note")).filter(|note| *note != "-"),
            certainty: match row.get("certainty") {
                "sure" => Certainty::Sure,
                "partly" => Certainty::OneReport,
                _ => Certainty::Guess,
            },
        }
    }
}

/// What the names of loads for the same models begin with: `sip88xx`.
fn family(load: &str) -> String {
    load.split(['.', '…']).next().unwrap_or(load).to_ascii_lowercase()
}

/// Models that run loads of that name, as far as any are known.
pub fn that_run(load: &str) -> impl Iterator<Item = &'static Model> {
    let wanted = family(load);
    all().iter().filter(move |model| model.loads.iter().any(|own| family(own) == wanted))
}

/// Without modules, enhanced line mode gives the most. That count is product knowledge, so only totals that are written
/// down are sure.
fn most_keys(row: &Row<'_>) -> Fact<u16> {
    let with_modules = row.fact("line_keys_modules");
    if let Ok(value) = with_modules.value.parse() {
        return Fact { value, sure: with_modules.sure };
    }
    let own = ["line_keys_enhanced", "line_keys"].iter().find_map(|column| row.get(column).parse().ok());
    Fact { value: own.expect("the tests read every row"), sure: row.get("series") == "8800" }
}

fn known(cell: Fact<&'static str>) -> Option<Fact<&'static str>> {
    (!matches!(cell.value, "none" | "none listed" | "unknown")).then_some(cell)
}

fn ring_format(text: &str) -> Option<RingFormat> {
    match text {
        "raw" => Some(RingFormat::Raw),
        "rwb" => Some(RingFormat::Rwb),
        _ => None,
    }
}

fn wallpaper(row: &Row<'_>) -> Option<Fact<Wallpaper>> {
    let (folder, image, thumbnail) =
        (row.fact("background_dir"), row.fact("background_image"), row.fact("thumbnail"));
    let (size, depth) = image.value.rsplit_once('x')?;
    let wallpaper = Wallpaper {
        folder: folder.value,
        image: Size::read(size)?,
        depth: depth.parse().ok()?,
        thumbnail: Size::read(thumbnail.value)?,
    };
    Some(Fact { value: wallpaper, sure: folder.sure && image.sure && thumbnail.sure })
}

impl Size {
    fn read(text: &str) -> Option<Self> {
        let (width, height) = text.split_once('x')?;
        Some(Self { width: width.parse().ok()?, height: height.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::collections::HashSet;

    use super::*;

    const TABLE: &str = include_str!("../catalogue/models.tsv");

    #[test]
    fn every_row_is_complete_and_in_order() {
        assert_eq!(all().len(), 40);
        assert!(all().is_sorted_by(|a, b| a.name < b.name));
        for model in all() {
            let series = ["6900", "7800", "7900", "8800", "8900", "9900"];
            assert!(series.contains(&model.series), "{}", model.name);
            assert_eq!(
                &model.name[..2],
                &model.series[..2].replace("89", &model.name[..2]),
                "{}",
                model.name
            );
            assert!(matches!(model.tones_file.value, "g3-tones.xml" | "g4-tones.xml"), "{}", model.name);
            assert_eq!(model.rings.is_empty(), model.ring_list.is_none(), "{}", model.name);
            for module in &model.modules {
                assert!(modules().iter().any(|known| known.name == module.value), "{}", model.name);
            }
        }
    }

    #[test]
    fn no_cell_is_empty_and_choices_are_the_known_ones() {
        for row in Table::parse(TABLE).rows() {
            let name = row.get("model");
            for column in TABLE.lines().find(|line| line.starts_with("model\t")).unwrap().split('\t') {
                let cell = row.get(column);
                assert!(
                    !cell.is_empty() && cell.trim() == cell && !cell.contains(['[', ']']),
                    "{name} {column}: {cell:?}"
                );
            }
            let cell = |column| row.fact(column).value;
            assert!(matches!(cell("certainty"), "sure" | "partly" | "guess"), "{name}");
            assert!(matches!(cell("http6970"), "yes" | "no" | "likely" | "unknown"), "{name}");
            assert!(matches!(cell("bluetooth"), "yes" | "no"), "{name}");
            assert!(matches!(cell("wifi"), "yes" | "no"), "{name}");
            assert!(matches!(cell("camera"), "yes" | "no" | "USB"), "{name}");
            assert!(cell("service_screen") == "none" || cell("panel") != "none", "{name}");
            assert!(cell("line_keys").starts_with(|c: char| c.is_ascii_digit()), "{name}");
            assert!(cell("device_type").starts_with(|c: char| c.is_ascii_digit()), "{name}");
            assert!(cell("max_calls") == "unknown" || cell("max_calls").parse::<u16>().is_ok(), "{name}");
        }
    }

    #[test]
    fn wallpapers_are_all_or_nothing() {
        for row in Table::parse(TABLE).rows() {
            let model = find(row.get("model")).unwrap();
            let none = row.get("background_dir") == "none";
            assert_eq!(model.wallpaper.is_none(), none, "{}", model.name);
            assert_eq!(row.get("background_image") == "none", none, "{}", model.name);
        }
        let all = all().iter().filter_map(|model| Some((model.name, model.wallpaper?)));
        for (name, wallpaper) in
            all.chain(modules().iter().filter_map(|module| Some((module.name, module.wallpaper?))))
        {
            let Wallpaper { folder, image, depth, thumbnail } = wallpaper.value;
            assert!(folder.starts_with("Desktops/"), "{name}");
            assert!(matches!(depth, 1 | 4 | 12 | 16 | 24), "{name}");
            assert!(thumbnail.width < image.width && thumbnail.height < image.height, "{name}");
            let named = format!("Desktops/{}x{}x{depth}", image.width, image.height);
            assert_eq!(folder == named, !matches!(name, "8941" | "8945"), "{name}");
        }
        let folders: HashSet<_> =
            modules().iter().filter_map(|module| Some(module.wallpaper?.value.folder)).collect();
        assert_eq!(folders, HashSet::from(["Desktops/272x480x24", "Desktops/320x480x24"]));
    }

    #[test]
    fn guesses_stay_marked() {
        let sure = |name| find(name).unwrap().wallpaper.unwrap().sure;
        assert!(sure("8845") && sure("7942"));
        assert!(!sure("8811") && !sure("7911"));
        assert!(!find("6921").unwrap().rings[0].sure);
    }

    #[test]
    fn models_are_found_by_the_names_they_use() {
        for (text, name) in [
            ("8845", "8845"),
            ("CP-8845", "8845"),
            ("CP-7942G", "7942"),
            ("8851NR", "8851NR"),
            ("7961GE", "7961"),
        ] {
            assert_eq!(find(text).map(|model| model.name), Some(name));
        }
        assert_eq!(find("1234"), None);
        assert_eq!(find(""), None);
    }
}
