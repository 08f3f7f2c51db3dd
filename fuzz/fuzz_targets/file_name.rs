//! Names that clients ask for: whatever passes stays inside the folder it is looked up in.
#![no_main]

use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use provision::name::{FileName, From, LONGEST};

fuzz_target!(|raw: &[u8]| {
    for from in [From::Plain, From::Percent] {
        let Ok(name) = FileName::parse(raw, from) else { continue };
        let text = name.as_str();
        assert!((1..=LONGEST).contains(&text.len()));
        assert!(!text.contains(char::is_control));
        assert!(
            Path::new(text).components().all(|component| matches!(component, Component::Normal(_))),
            "{text:?}"
        );
        assert!(text.split('/').all(|component| !matches!(component, "" | "." | "..")), "{text:?}");
        assert!(FileName::parse(text.as_bytes(), From::Plain).is_ok(), "{text:?} is no longer a name");
    }
});
