//! The short lists: when a number is complete, which rings and which wallpapers there are.

use crate::inventory::TemplateRule;
use crate::models::RingFormat;
use crate::picture::pictures;
use crate::render::document;
use crate::sound::RINGS;

/// Three digits are an internal number and go out after a second; anything else waits three seconds for more.
pub(super) fn dial_template() -> String {
    let rule =
        |pattern: &str, wait| TemplateRule { pattern: pattern.to_owned(), wait, ..TemplateRule::default() };
    document::template(&[rule("...", 1), rule("*", 3)])
}

/// No rules: numbers from call lists are dialled as they stand.
pub(super) fn dial_rules() -> String {
    document::rules(&[])
}

pub(super) fn ring_list(format: RingFormat) -> String {
    let files: Vec<_> = RINGS.iter().map(|ring| (ring.title, ring.file_name(format))).collect();
    document::rings(files.iter().map(|(title, file)| (*title, file.as_str())))
}

pub(super) fn background_list(folder: &str) -> String {
    let own = pictures().iter().filter(|picture| picture.folder() == folder && !picture.is_thumbnail());
    document::backgrounds(own.map(|picture| (picture.thumbnail_name(), picture.name())))
}
