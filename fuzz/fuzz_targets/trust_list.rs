//! Trust lists: any bytes are answered, what is accepted is what is written, and the rules judge both alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::trust_list::{TrustList, build, build_unchecked};

fuzz_target!(|file: &[u8]| {
    if let Ok(read) = TrustList::parse(file) {
        let ours = build_unchecked(read.kind, read.signer_version, &read.records, &read.signing());
        let ours = ours.and_then(|unsigned| unsigned.into_file(read.signature));
        let writable = ours.is_ok();
        fuzz::assert_rewritten(file, read.signed_parts(), read.signature, ours);
        if writable {
            let built = build(read.kind, read.signer_version, &read.records, &read.signing());
            assert_eq!(built.err(), read.check_rules().err());
        }
    }
});
