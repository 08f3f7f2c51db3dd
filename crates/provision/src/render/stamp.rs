//! Version stamps: a function of the rest of the document, so that they change when and only when it does.

use siphasher::sip128::SipHasher13;

/// What stands in a document until its stamp is known: as long as a stamp.
pub(crate) const PLACE: &str = "00000000-0000-0000-0000-000000000000";

/// The stamp of that content: 128 bits, written like the UUID that call managers put there. Phones take 3 to 64 characters.
pub(crate) fn stamp(content: &str) -> String {
    let sum = SipHasher13::new().hash(content.as_bytes());
    let (high, low) = (sum.h1, sum.h2);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

/// Puts the stamp of a document that was written with [`PLACE`] in it where that stands; gives the stamp.
///
/// Only a child of the root is meant: text is escaped, so nothing else looks like its tag on a line of that depth.
pub(crate) fn put(document: &mut String) -> String {
    const TAG: &str = "\n  <versionStamp>";
    let stamp = stamp(document);
    if let Some(tag) = document.find(TAG) {
        let from = tag + TAG.len();
        if document[from..].starts_with(PLACE) {
            document.replace_range(from..from + PLACE.len(), &stamp);
        }
    }
    stamp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_belongs_to_its_content() {
        assert_eq!(stamp("a"), stamp("a"));
        assert_ne!(stamp("a"), stamp("b"));
        assert_eq!(stamp("").len(), PLACE.len());
    }

    #[test]
    fn a_stamp_is_put_where_its_place_is_kept() {
        let written = |place| format!("<device>\n  <versionStamp>{place}</versionStamp>\n</device>\n");
        let mut document = written(PLACE);
        let stamp = put(&mut document);
        assert_eq!(document, written(&stamp));
        let mut own = written("mine");
        put(&mut own);
        assert_eq!(own, written("mine"));
    }
}
