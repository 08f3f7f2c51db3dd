//! The vendor's packages: the payload is in the file, behind a header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::package::payload_offset;

fuzz_target!(|package: &[u8]| {
    if let Ok(offset) = payload_offset(package) {
        // Version and header length, with the shortest version there is.
        assert!((8..=package.len()).contains(&offset));
    }
});
