//! Signed files: any bytes are answered, and what is accepted is what is written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::signed::{Signed, build};

fuzz_target!(|file: &[u8]| {
    if let Ok(read) = Signed::parse(file) {
        let ours = build(read.name, read.payload, &read.signing());
        let ours = ours.and_then(|unsigned| unsigned.into_file(read.signature));
        fuzz::assert_rewritten(file, read.signed_parts(), read.signature, ours);
    }
});
