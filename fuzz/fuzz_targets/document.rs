//! Files of documents, and overrides: whatever they hold, what is written of them can be read again and says the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provision::{
    inventory::{Bundle, Document, Override, Phone, Replacement},
    models,
    render::{self, Surroundings, document::dialled},
    tree::Element,
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(tree) = Element::parse(bytes) {
        let again = Element::parse(tree.document().as_bytes()).expect("what is written is well-formed");
        assert!(again.same(&tree) || has_unwritable(bytes), "a document comes back as it was");
    }
    if let Ok(read) = Document::read("Some.xml", bytes) {
        let written = render::document(&read);
        assert!(Element::parse(written.as_bytes()).is_ok());
        let _ = read.check();
        if let provision::inventory::Content::DialTemplate(rules) = &read.content {
            let _ = dialled(rules, "00491234*#", Some(1));
        }
    }
    // A line of a path, then what stands there.
    let text = String::from_utf8_lossy(bytes);
    let (path, what) = text.split_once('\n').unwrap_or((&text, ""));
    let mac = "001122334455".parse().expect("it is an address");
    for replacement in
        [Replacement::Text(what.into()), Replacement::Fragment(what.into()), Replacement::Nothing]
    {
        let mut bundle = Bundle::new(Phone::new(mac, models::find("8845")));
        bundle.phone.layer.overrides.push(Override { path: path.to_owned(), replacement });
        let rendered = render::configuration(&bundle, &Surroundings::default());
        assert!(Element::parse(rendered.xml.as_bytes()).is_ok(), "no override breaks a document");
    }
});

/// Characters that no phone can show are not written, and line breaks in attributes become blanks.
fn has_unwritable(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let odd = |c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    text.contains("&#") || text.chars().any(odd)
}
