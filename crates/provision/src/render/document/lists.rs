//! Lists of rings and of wallpapers as files.

use crate::xml::Writer;

/// Rings by what the menu shows and their file.
pub(crate) fn rings<'a>(rings: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut writer = Writer::new("CiscoIPPhoneRingList", &[]);
    for (name, file) in rings {
        writer.open("Ring", &[]).text("DisplayName", name).text("FileName", file).close();
    }
    writer.finish()
}

/// Wallpapers by the file of the preview and that of the picture. The scheme is always `TFTP:`; phones that know HTTP use that all
/// the same.
pub(crate) fn backgrounds(pictures: impl Iterator<Item = (String, String)>) -> String {
    let mut writer = Writer::new("CiscoIPPhoneImageList", &[]);
    for (thumbnail, image) in pictures {
        let [thumbnail, image] = [thumbnail, image].map(|file| format!("TFTP:{file}"));
        writer.empty("ImageItem", &[("Image", &thumbnail), ("URL", &image)]);
    }
    writer.finish()
}
