//! The short lists: when a number is complete, which rings and which wallpapers there are.

use crate::models::RingFormat;
use crate::picture::pictures;
use crate::sound::RINGS;
use crate::xml::Writer;

/// Three digits are an internal number and go out after a second; anything else waits three seconds for more.
pub(super) fn dial_template() -> String {
    let mut writer = Writer::new("dialTemplate", &[]);
    writer.empty("TEMPLATE", &[("match", "..."), ("timeout", "1")]);
    writer.empty("TEMPLATE", &[("match", "*"), ("timeout", "3")]);
    writer.finish()
}

/// No rules: numbers from call lists are dialled as they stand. An empty root keeps phones from asking twice.
pub(super) fn dial_rules() -> String {
    Writer::new("DialRules", &[]).finish()
}

pub(super) fn ring_list(format: RingFormat) -> String {
    let mut writer = Writer::new("CiscoIPPhoneRingList", &[]);
    for ring in &RINGS {
        writer.open("Ring", &[]);
        writer.text("DisplayName", ring.title).text("FileName", &ring.file_name(format));
        writer.close();
    }
    writer.finish()
}

/// The scheme is always `TFTP:`; phones that know HTTP use that all the same.
pub(super) fn background_list(folder: &str) -> String {
    let mut writer = Writer::new("CiscoIPPhoneImageList", &[]);
    for picture in pictures().iter().filter(|picture| picture.folder() == folder && !picture.is_thumbnail()) {
        let [image, url] = [picture.thumbnail_name(), picture.name()].map(|name| format!("TFTP:{name}"));
        writer.empty("ImageItem", &[("Image", &image), ("URL", &url)]);
    }
    writer.finish()
}
