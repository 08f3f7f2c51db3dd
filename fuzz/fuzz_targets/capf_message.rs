//! Any bytes as a CAPF message: refused, or written again byte for byte; and the stream cut into messages wherever it
//! may be cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::capf::{Framing, MAX_BODY, Message};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = Message::decode(bytes) {
        assert_eq!(message.encode().expect("what was read can be written"), bytes);
        assert!(message.password().is_none() || !format!("{message:?}").contains("Password(["));
    }
    let (step, stream) = bytes.split_first().unwrap_or((&0, &[]));
    let (mut framing, mut given) = (Framing::default(), Vec::new());
    for piece in stream.chunks(usize::from(*step) + 1) {
        framing.push(piece);
        while let Ok(Some(message)) = framing.next_message() {
            assert!(message.len() <= 8 + MAX_BODY);
            given.extend(message);
        }
    }
    assert!(stream.starts_with(&given), "the messages are not what came in");
});
