//! What a file name means: which kind of file, for which phone, plain or sealed, and whether lacking it is normal.

use crate::mac::Mac;
use crate::name::FileName;

mod miss;

/// A file as its name describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Artifact<'a> {
    /// What the file is for.
    pub kind: Kind,
    /// How its bytes are wrapped.
    pub form: Form,
    /// The name without the endings of its form: what to look for, and to make, before sealing.
    pub plain_name: &'a str,
}

/// How the bytes of a file are wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// Not at all, or by the vendor.
    Plain,
    /// `NAME.sgn`: signed.
    Signed,
    /// `NAME.enc.sgn`: encrypted, then signed.
    Encrypted,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `ITLFile.tlv`, `CTLSEP<MAC>.tlv`, `ext_ITLSEP<MAC>.tlv`.
    TrustList(TrustList),
    /// `SEP<MAC>.cnf.xml`.
    PhoneConfiguration(Mac),
    /// `XMLDefault.cnf.xml`, for phones without a configuration of their own.
    DefaultConfiguration,
    /// Which soft keys a call state shows.
    SoftKeys,
    /// When a dialled number is complete.
    DialTemplate,
    /// Which features 8961, 9951 and 9971 offer.
    FeaturePolicy,
    /// Rewriting of numbers dialled from call lists.
    DialRules,
    /// List of ring tones, for all calls or per line.
    RingList,
    /// One ring tone.
    Ring,
    /// List of wallpapers for one size of screen.
    BackgroundList,
    /// One picture.
    Image,
    /// Settings of connected headsets.
    HeadsetDefaults,
    /// Words or tones of a country.
    Locale,
    /// Vendor's software, which carries its own signature: served untouched, never unwrapped and never signed again.
    Firmware,
    /// A text configuration or list of 7940, 7960 and older loads.
    Legacy,
    /// Anything else.
    Plain,
}

/// A trust list as its name describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TrustList {
    /// Identity or certificate trust list.
    pub list: List,
    /// The phone it is named after; none for the common one.
    pub device: Option<Mac>,
    /// The list that newer phones may ask for after their configuration.
    pub extended: bool,
}

/// Which of the two trust lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    /// Identity trust list.
    Itl,
    /// Certificate trust list.
    Ctl,
}

impl<'a> Artifact<'a> {
    /// Reads a name, in any letter case.
    pub fn parse(name: &'a FileName<'_>) -> Self {
        let name = name.as_str();
        let (folder, file) = name.rsplit_once('/').map_or(("", name), |(folder, file)| (folder, file));
        if is_vendor_signed(file) {
            return Self { kind: Kind::Firmware, form: Form::Plain, plain_name: name };
        }
        let (form, endings) = if ends_with(file, ".enc.sgn") {
            (Form::Encrypted, ".enc.sgn".len())
        } else if ends_with(file, ".sgn") {
            (Form::Signed, ".sgn".len())
        } else {
            (Form::Plain, 0)
        };
        let plain_file = &file[..file.len() - endings];
        let kind = if is_vendor_package(plain_file) { Kind::Firmware } else { kind(folder, plain_file) };
        Self { kind, form, plain_name: &name[..name.len() - endings] }
    }

    /// The phone that the name names, if it does.
    pub fn device(&self) -> Option<Mac> {
        match self.kind {
            Kind::PhoneConfiguration(mac) | Kind::TrustList(TrustList { device: Some(mac), .. }) => Some(mac),
            _ => None,
        }
    }

    /// Why nothing is wrong when this file is not there; `None` when someone should look.
    pub fn normal_miss(&self) -> Option<&'static str> {
        miss::reason(self)
    }

    /// What to call the bytes in HTTP. Phones do not look; people's tools do.
    pub fn content_type(&self) -> &'static str {
        if self.form != Form::Plain { "application/octet-stream" } else { content_type(self.plain_name) }
    }
}

/// The media type of a plain file, by the ending of its name.
pub fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("xml") => "text/xml",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("txt" | "cnf" | "cfg") => "text/plain",
        _ => "application/octet-stream",
    }
}

/// Longer than the ending, which may not be the whole name; in any letter case.
fn ends_with(file: &str, ending: &str) -> bool {
    file.len() > ending.len()
        && file.as_bytes()[file.len() - ending.len()..].eq_ignore_ascii_case(ending.as_bytes())
}

/// The text between two others, in any letter case.
fn between<'a>(file: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let middle = file.len().checked_sub(start.len() + end.len())?;
    let fits = file.as_bytes()[..start.len()].eq_ignore_ascii_case(start.as_bytes())
        && file.as_bytes()[start.len() + middle..].eq_ignore_ascii_case(end.as_bytes());
    if fits { file.get(start.len()..start.len() + middle) } else { None }
}

/// Names whose whole file, signature included, comes from the vendor.
fn is_vendor_signed(file: &str) -> bool {
    [".loads", ".sbn", ".zz.sgn", ".cop.sgn", ".cop.sha512"].iter().any(|ending| ends_with(file, ending))
        || file.len() > 4 && ends_with(file, ".sgn") && is_numbered_binary(&file[..file.len() - 4])
}

/// The same files asked for without the vendor's ending, or with one of ours: still nothing to unwrap or to sign.
fn is_vendor_package(file: &str) -> bool {
    is_vendor_signed(file)
        || [".zz", ".cop"].iter().any(|ending| ends_with(file, ending))
        || is_numbered_binary(file)
}

/// `BOOT894x….bin`, `SIP6945….bin4`.
fn is_numbered_binary(file: &str) -> bool {
    ends_with(file.trim_end_matches(|c: char| c.is_ascii_digit()), ".bin")
}

fn kind(folder: &str, file: &str) -> Kind {
    if let Some(kind) = trust_list(file) {
        return kind;
    }
    if let Some(mac) = between(file, "SEP", ".cnf.xml").and_then(Mac::from_digits) {
        return Kind::PhoneConfiguration(mac);
    }
    let lower = file.to_ascii_lowercase();
    match lower.as_str() {
        "xmldefault.cnf.xml" => Kind::DefaultConfiguration,
        "softkeys.xml" => Kind::SoftKeys,
        "dialtemplate.xml" => Kind::DialTemplate,
        "featurepolicy.xml" => Kind::FeaturePolicy,
        "appdialrules.xml" | "dirlookupdialrules.xml" => Kind::DialRules,
        "ringlist.xml" | "ringlist-wb.xml" | "distinctiveringlist.xml" => Kind::RingList,
        "list.xml" if is_wallpaper_folder(folder) => Kind::BackgroundList,
        "defaultheadsetconfig.json" => Kind::HeadsetDefaults,
        "os79xx.txt" | "sepdefault.cnf" | "sipdefault.cnf" | "ringlist.dat" | "dialplan.xml" => Kind::Legacy,
        _ => kind_by_shape(&lower),
    }
}

/// Names that are not fixed: `SK<uuid>.xml`, `<locale>/g3-tones.xml`, `Chime.rwb`.
fn kind_by_shape(lower: &str) -> Kind {
    if is_call_manager_name(lower, "sk") {
        Kind::SoftKeys
    } else if is_call_manager_name(lower, "dr") {
        Kind::DialRules
    } else if lower.starts_with("defaultfp") && lower.ends_with(".xml") {
        Kind::FeaturePolicy
    } else if ends_with(lower, ".raw") || ends_with(lower, ".rwb") {
        Kind::Ring
    } else if ends_with(lower, ".png") {
        Kind::Image
    } else if ends_with(lower, ".jar") || is_tones(lower) {
        Kind::Locale
    } else if between(lower, "sip", ".cnf").and_then(Mac::from_digits).is_some() {
        Kind::Legacy
    } else {
        Kind::Plain
    }
}

fn trust_list(file: &str) -> Option<Kind> {
    let (name, extended) = match between(file, "ext_", "") {
        Some(rest) => (rest, true),
        None => (file, false),
    };
    for (start, list) in [("ITL", List::Itl), ("CTL", List::Ctl)] {
        let Some(whose) = between(name, start, ".tlv") else { continue };
        if whose.eq_ignore_ascii_case("File") {
            return Some(Kind::TrustList(TrustList { list, device: None, extended }));
        }
        let device = Some(between(whose, "SEP", "").and_then(Mac::from_digits)?);
        return Some(Kind::TrustList(TrustList { list, device, extended }));
    }
    None
}

/// Two letters and the 36 characters of a UUID: how a call manager names files it makes.
fn is_call_manager_name(lower: &str, letters: &str) -> bool {
    between(lower, letters, ".xml").is_some_and(|uuid| {
        uuid.len() == 36 && uuid.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
    })
}

fn is_tones(lower: &str) -> bool {
    between(lower, "g", "-tones.xml").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_wallpaper_folder(folder: &str) -> bool {
    folder.split_once('/').is_some_and(|(first, _)| first.eq_ignore_ascii_case("Desktops"))
}

#[cfg(test)]
mod tests;
