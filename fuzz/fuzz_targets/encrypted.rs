//! Encrypted configurations: any bytes are answered, and what is accepted is what is written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::encrypted::{Encrypted, build, unpad};

fuzz_target!(|file: &[u8]| {
    if let Ok(read) = Encrypted::parse(file) {
        let ours = build(&read.sealed, &read.signing());
        let ours = ours.and_then(|unsigned| unsigned.into_file(read.signature));
        fuzz::assert_rewritten(file, read.signed_parts(), read.signature, ours);
        // As if the ciphertext were what came out of decrypting it.
        if let Some(plain) = unpad(read.sealed.ciphertext, read.sealed.padding) {
            assert!(plain.len() < read.sealed.ciphertext.len());
        }
    }
});
