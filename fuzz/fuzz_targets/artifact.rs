//! What a name means: every name means something, and its plain name is its beginning.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provision::{
    artifact::{Artifact, Form},
    name::{FileName, From},
};

fuzz_target!(|raw: &[u8]| {
    let Ok(name) = FileName::parse(raw, From::Plain) else { return };
    let artifact = Artifact::parse(&name);
    let ending =
        name.as_str().strip_prefix(artifact.plain_name).expect("a plain name is the beginning of its name");
    let expected = match artifact.form {
        Form::Plain => "",
        Form::Signed => ".sgn",
        Form::Encrypted => ".enc.sgn",
    };
    assert!(ending.eq_ignore_ascii_case(expected), "{ending:?}");
    assert!(!artifact.content_type().is_empty());
    if let Some(device) = artifact.device() {
        let contains = |text: &str| name.as_str().to_ascii_uppercase().contains(text);
        assert!(contains(&device.to_string()));
    }
    if let Some(reason) = artifact.normal_miss() {
        assert!(!reason.is_empty());
    }
});
