//! Whether the files a phone reads after its configuration are what they should be.

use crate::{
    ask::Purpose,
    models::Model,
    xml::{Node, walk},
};

/// The ring menu shows so many.
const MOST_RINGS: usize = 50;
/// The longest name of a ring, and of its file.
const LONGEST_RING_NAME: usize = 25;

/// What the phone makes of a payload: a remark, or the reason why it drops it.
pub(super) fn check(purpose: Purpose, payload: &[u8], model: &Model) -> Result<String, String> {
    match purpose {
        Purpose::DialTemplate => {
            if let Some(limit) = model.dial_limit.filter(|limit| payload.len() > *limit) {
                return Err(format!("{} bytes, and this series takes {limit} at most", payload.len()));
            }
            let rules = count(payload, "dialTemplate", "TEMPLATE")?;
            Ok(format!("{rules} dial patterns"))
        }
        Purpose::AppDialRules => {
            count(payload, "DialRules", "DialRule").map(|rules| format!("{rules} dial rules"))
        }
        Purpose::RingList => rings(payload),
        Purpose::SoftKeys | Purpose::FeaturePolicy | Purpose::Tones => {
            walk(payload, |_, _| ()).map_err(|e| e.to_string())?;
            Ok(format!("takes the {purpose}"))
        }
        Purpose::UserLocale => {
            magic(payload, b"PK", "no Java archive").map(|()| "takes the user locale".to_owned())
        }
        Purpose::Headset => {
            let trimmed = payload.trim_ascii();
            if trimmed.starts_with(b"{") && trimmed.ends_with(b"}") {
                Ok("takes the headset defaults".to_owned())
            } else {
                Err("no JSON object".to_owned())
            }
        }
        Purpose::Wallpaper => wallpaper(payload, model),
        Purpose::Load => load(payload),
        _ => Ok("takes it".to_owned()),
    }
}

/// How often an element stands in the root, whose name is read without regard to case.
fn count(xml: &[u8], wanted_root: &str, element: &str) -> Result<usize, String> {
    let mut found = 0;
    let root = walk(xml, |path, node| {
        if matches!(node, Node::Open(_)) && path.split_once('/').is_some_and(|(_, below)| below == element) {
            found += 1;
        }
    });
    let root = root.map_err(|e| e.to_string())?;
    if !root.eq_ignore_ascii_case(wanted_root) {
        return Err(format!("its root element is <{root}>, not <{wanted_root}>"));
    }
    Ok(found)
}

fn rings(xml: &[u8]) -> Result<String, String> {
    let rings = count(xml, "CiscoIPPhoneRingList", "Ring")?;
    if rings > MOST_RINGS {
        return Err(format!("{rings} rings, and phones take {MOST_RINGS}"));
    }
    let mut long = None;
    let checked = walk(xml, |path, node| {
        let is_name = path.ends_with("/Ring/DisplayName") || path.ends_with("/Ring/FileName");
        if let (true, Node::Close(text)) = (is_name, node)
            && text.chars().count() > LONGEST_RING_NAME
        {
            long = Some(text.to_owned());
        }
    });
    checked.map_err(|e| e.to_string())?;
    match long {
        Some(name) => Err(format!("`{name}` is longer than {LONGEST_RING_NAME} characters")),
        None => Ok(format!("{rings} rings")),
    }
}

fn magic(payload: &[u8], expected: &[u8], otherwise: &str) -> Result<(), String> {
    if payload.starts_with(expected) { Ok(()) } else { Err(otherwise.to_owned()) }
}

/// A PNG begins with eight fixed bytes, then a chunk head of eight, then its width and height.
fn wallpaper(png: &[u8], model: &Model) -> Result<String, String> {
    magic(png, b"\x89PNG\r\n\x1a\n", "no PNG picture")?;
    let number = |at: usize| png.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes);
    let (Some(width), Some(height)) = (number(16), number(20)) else {
        return Err("a PNG cut short".to_owned());
    };
    match &model.wallpaper {
        Some((_, (w, h))) if (*w, *h) != (width, height) => {
            Err(format!("{width}x{height}, and this model takes {w}x{h} only"))
        }
        _ => Ok(format!("a picture of {width}x{height}")),
    }
}

/// A load is a list of the files that make it up, under the vendor's signature.
fn load(file: &[u8]) -> Result<String, String> {
    let start = wire::package::payload_offset(file).map_err(|e| format!("no firmware list, {e}"))?;
    let text = String::from_utf8_lossy(file.get(start..).unwrap_or_default());
    let parts = text.split_ascii_whitespace().filter(|word| word.contains('.')).count();
    Ok(format!("would load the firmware: the list has {parts} files"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::models::find;

    fn check_on(model: &str, purpose: Purpose, payload: &[u8]) -> Result<String, String> {
        check(purpose, payload, find(model).unwrap())
    }

    #[test]
    fn a_dial_template_over_8191_bytes_is_dropped_by_the_8800_only() {
        let template =
            format!("<dialTemplate><TEMPLATE match='.' timeout='5'/>{}</dialTemplate>", " ".repeat(8192));
        let fault = check_on("8845", Purpose::DialTemplate, template.as_bytes()).unwrap_err();
        assert!(fault.contains("8191"), "{fault}");
        assert_eq!(check_on("7942", Purpose::DialTemplate, template.as_bytes()).unwrap(), "1 dial patterns");
    }

    #[test]
    fn files_of_another_kind_are_dropped() {
        for (purpose, payload) in [
            (Purpose::DialTemplate, &b"<device/>"[..]),
            (Purpose::AppDialRules, b"<DialRule/>"),
            (Purpose::RingList, b"<rings/>"),
            (Purpose::SoftKeys, b"not xml"),
            (Purpose::Tones, b"<tones>"),
            (Purpose::UserLocale, b"<html/>"),
            (Purpose::Headset, b"<html/>"),
            (Purpose::Wallpaper, b"GIF89a"),
            (Purpose::Wallpaper, b"\x89PNG\r\n\x1a\n"),
            (Purpose::Load, b"loads"),
        ] {
            assert!(check_on("8845", purpose, payload).is_err(), "{purpose:?}");
        }
    }

    #[test]
    fn rings_keep_their_limits() {
        let list = |ring: &str, times| {
            format!("<CiscoIPPhoneRingList>{}</CiscoIPPhoneRingList>", ring.repeat(times)).into_bytes()
        };
        let ring = "<Ring><DisplayName>Bell</DisplayName><FileName>bell.raw</FileName></Ring>";
        assert_eq!(check_on("8845", Purpose::RingList, &list(ring, 50)).unwrap(), "50 rings");
        assert!(check_on("8845", Purpose::RingList, &list(ring, 51)).is_err());
        let long = ring.replace("Bell", "A bell with a name far too long");
        assert!(check_on("8845", Purpose::RingList, &list(&long, 1)).is_err());
    }

    #[test]
    fn a_wallpaper_must_have_the_size_of_the_model() {
        let png = |width: u32, height: u32| {
            let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
            png.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
            png
        };
        assert!(check_on("8845", Purpose::Wallpaper, &png(800, 480)).is_ok());
        let fault = check_on("8845", Purpose::Wallpaper, &png(640, 480)).unwrap_err();
        assert_eq!(fault, "640x480, and this model takes 800x480 only");
    }
}
