//! What the phone models do at start, read from `models.tsv` beside this crate: the virtual phone's own knowledge,
//! kept apart from the server's catalogue so that a mistake in one is seen by the other.

use std::{fmt, str::FromStr, sync::LazyLock};

use crate::ask::{Purpose, Transport};

/// One phone model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// `8845`.
    pub name: String,
    /// The family whose habits it has.
    pub series: Series,
    /// The number by which `XMLDefault.cnf.xml` names its firmware.
    pub device_type: u32,
    /// Whether it asks for a CTL only; all but two models know the ITL.
    pub ctl_only: bool,
    /// The ways it fetches files, in the order it tries them; HTTPS stands for the configuration only.
    pub roads: Vec<Transport>,
    /// The highest TLS version it speaks as a client.
    pub tls: Tls,
    /// Whether it takes EC certificates, from a trust list of version 1.1.
    pub ec: bool,
    /// Whether it is known to check SHA-512 signatures.
    pub sha512: bool,
    /// The file of a user locale.
    pub jar: Option<String>,
    /// The file of a network locale.
    pub tones: String,
    /// What it asks for once it has a configuration, in order.
    pub after: Vec<Purpose>,
    /// The list its ring menu reads.
    pub ring_list: Option<String>,
    /// Its wallpapers: the folder, and the width and height of a picture.
    pub wallpaper: Option<(String, (u32, u32))>,
    /// A dial template with more bytes is dropped without a word.
    pub dial_limit: Option<usize>,
    /// A firmware load it may run.
    pub load: String,
    /// Its screen, if it has one that shows XML services.
    pub screen: Option<Screen>,
}

/// A screen, as far as XML services see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Pixels of all of it, across and down.
    pub panel: (u32, u32),
    /// Pixels of the part for services.
    pub services: (u32, u32),
    /// Bits of a pixel.
    pub depth: u8,
    /// Whether it has colours.
    pub colour: bool,
    /// Soft keys below it.
    pub keys: usize,
    /// Objects it shows beside those that all show.
    pub objects: Vec<String>,
}

/// A family of models with the same habits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Series {
    S6900,
    S7800,
    S7900,
    S8800,
    S8900,
    S9900,
}

/// The highest TLS version a model speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tls {
    /// TLS 1.0 with RSA key exchange and CBC ciphers.
    V1_0,
    /// TLS 1.2.
    V1_2,
}

/// A model this crate does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no virtual phone of model `{0}`; there are {known}", known = names().join(", "))]
pub struct UnknownModel(String);

/// All models, sorted by name.
#[must_use]
pub fn all() -> &'static [Model] {
    static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
        let rows = include_str!("../models.tsv").lines().filter(|line| !line.starts_with('#')).skip(1);
        rows.map(|row| {
            parse(row).unwrap_or_else(|wrong| panic!("models.tsv is checked by a test: {wrong}: {row}"))
        })
        .collect()
    });
    &MODELS
}

/// The model of that name; `CP-8845` and `8845` are the same.
pub fn find(name: &str) -> Result<&'static Model, UnknownModel> {
    let bare = name.strip_prefix("CP-").unwrap_or(name);
    all()
        .iter()
        .find(|model| model.name.eq_ignore_ascii_case(bare))
        .ok_or_else(|| UnknownModel(name.to_owned()))
}

fn names() -> Vec<&'static str> {
    all().iter().map(|model| model.name.as_str()).collect()
}

impl Model {
    /// Whether a file that nobody answered about is asked for again and again, until the phone starts over: only
    /// phones without HTTP do that, the others go on with the next file.
    #[must_use]
    pub fn waits_for_tftp(&self) -> bool {
        self.roads == [Transport::Tftp]
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S6900 => "6900",
            Self::S7800 => "7800",
            Self::S7900 => "7900",
            Self::S8800 => "8800",
            Self::S8900 => "8900",
            Self::S9900 => "9900",
        })
    }
}

impl FromStr for Series {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::S6900, Self::S7800, Self::S7900, Self::S8800, Self::S8900, Self::S9900]
            .into_iter()
            .find(|series| series.to_string() == text)
            .ok_or("no such series")
    }
}

fn parse(row: &str) -> Result<Model, &'static str> {
    let cells: Vec<&str> = row.split('\t').collect();
    let [
        name,
        series,
        device_type,
        lists,
        roads,
        tls,
        ec,
        sha512,
        jar,
        tones,
        after,
        ring_list,
        wallpaper_dir,
        wallpaper_size,
        dial_limit,
        load,
        panel,
        services,
        keys,
        objects,
    ] = cells[..]
    else {
        return Err("not twenty cells");
    };
    Ok(Model {
        name: name.to_owned(),
        series: series.parse()?,
        device_type: device_type.parse().map_err(|_| "device_type")?,
        ctl_only: choice(lists, "ctl", "ctl,itl")?,
        roads: roads.split(',').map(road).collect::<Result<_, _>>()?,
        tls: if choice(tls, "1.2", "1.0")? { Tls::V1_2 } else { Tls::V1_0 },
        ec: choice(ec, "yes", "no")?,
        sha512: choice(sha512, "yes", "no")?,
        jar: optional(jar),
        tones: tones.to_owned(),
        after: after.split(',').map(purpose).collect::<Result<_, _>>()?,
        ring_list: optional(ring_list),
        wallpaper: optional(wallpaper_dir).map(|dir| Ok((dir, size(wallpaper_size)?))).transpose()?,
        dial_limit: optional(dial_limit).map(|n| n.parse().map_err(|_| "dial_limit")).transpose()?,
        load: load.to_owned(),
        screen: optional(panel).map(|panel| screen(&panel, services, keys, objects)).transpose()?,
    })
}

fn screen(panel: &str, services: &str, keys: &str, objects: &str) -> Result<Screen, &'static str> {
    let (area, depth) = services.rsplit_once('x').ok_or("services")?;
    let (bits, kind) = depth.split_at(depth.len().saturating_sub(1));
    Ok(Screen {
        panel: size(panel)?,
        services: size(area)?,
        depth: bits.parse().map_err(|_| "depth")?,
        colour: choice(kind, "C", "G")?,
        keys: keys.parse().map_err(|_| "keys")?,
        objects: objects.split(',').filter(|object| *object != "-").map(str::to_owned).collect(),
    })
}

fn optional(cell: &str) -> Option<String> {
    (cell != "-").then(|| cell.to_owned())
}

fn choice(cell: &str, yes: &str, no: &str) -> Result<bool, &'static str> {
    if cell == yes || cell == no { Ok(cell == yes) } else { Err("neither of the two words") }
}

fn size(cell: &str) -> Result<(u32, u32), &'static str> {
    let (width, height) = cell.split_once('x').ok_or("wallpaper_size")?;
    Ok((width.parse().map_err(|_| "width")?, height.parse().map_err(|_| "height")?))
}

fn road(cell: &str) -> Result<Transport, &'static str> {
    match cell {
        "https" => Ok(Transport::Https),
        "http" => Ok(Transport::Http),
        "tftp" => Ok(Transport::Tftp),
        _ => Err("no such road"),
    }
}

fn purpose(cell: &str) -> Result<Purpose, &'static str> {
    match cell {
        "locale" => Ok(Purpose::UserLocale),
        "tones" => Ok(Purpose::Tones),
        "dial-template" => Ok(Purpose::DialTemplate),
        "app-dial-rules" => Ok(Purpose::AppDialRules),
        "soft-keys" => Ok(Purpose::SoftKeys),
        "feature-policy" => Ok(Purpose::FeaturePolicy),
        "headset" => Ok(Purpose::Headset),
        "rings" => Ok(Purpose::RingList),
        "wallpaper" => Ok(Purpose::Wallpaper),
        _ => Err("no such file"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_row_is_read_and_sorted() {
        let names = names();
        assert_eq!(names.len(), 40);
        assert!(names.is_sorted());
    }

    #[test]
    fn each_series_has_the_roads_its_phones_have() {
        use Transport::{Http, Https, Tftp};
        for model in all() {
            let roads = match model.series {
                Series::S6900 | Series::S7900 => vec![Tftp],
                Series::S8900 | Series::S9900 => vec![Http, Tftp],
                Series::S7800 | Series::S8800 if model.name == "8831" => vec![Http, Tftp],
                Series::S7800 | Series::S8800 => vec![Https, Http, Tftp],
            };
            assert_eq!(model.roads, roads, "{}", model.name);
            assert_eq!(model.ec, model.roads[0] == Https, "{}", model.name);
            assert_eq!(model.ctl_only, matches!(model.name.as_str(), "6901" | "6911"));
            assert_eq!(model.waits_for_tftp(), model.roads == [Tftp]);
        }
    }

    #[test]
    fn an_8845_knows_its_files() {
        let model = find("CP-8845").unwrap();
        assert_eq!(model.jar.as_deref(), Some("sl-bev-sip.jar"));
        assert_eq!((model.dial_limit, model.device_type), (Some(8191), 36224));
        assert_eq!(model.wallpaper, Some(("Desktops/800x480x24".to_owned(), (800, 480))));
    }

    #[test]
    fn an_unknown_model_is_named_with_the_known_ones() {
        let message = find("8888").unwrap_err().to_string();
        assert!(message.contains("`8888`") && message.contains("8845"), "{message}");
    }

    #[test]
    fn a_broken_row_is_refused() {
        let good = "8845\t8800\t36224\tctl,itl\thttp\t1.2\tyes\tyes\t-\tg3\ttones\t-\tdir\t800x480\t8191\tload\t800x480\t559x265x24C\t4\ticonfile";
        assert!(parse(good).is_ok());
        for (from, to) in
            [("8800", "8801"), ("36224", "x"), ("ctl,itl", "itl"), ("http", "smtp"), ("1.2", "1.1")]
                .into_iter()
                .chain([
                    ("yes\tyes", "yes\tmaybe"),
                    ("tones", "songs"),
                    ("800x480", "800"),
                    ("\tload", ""),
                    ("24C", "24X"),
                ])
        {
            assert!(parse(&good.replace(from, to)).is_err(), "{to}");
        }
    }
}
