//! TFTP packets: any datagram is answered, and what was understood survives being sent on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::tftp::Packet;

fuzz_target!(|datagram: &[u8]| {
    if let Ok(packet) = Packet::decode(datagram) {
        let mut again = Vec::new();
        packet.encode(&mut again).expect("what was decoded can be encoded");
        assert_eq!(Packet::decode(&again), Ok(packet));
    }
});
