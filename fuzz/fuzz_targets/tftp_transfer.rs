//! The server's end of a TFTP read under arbitrary packets and times: it never sends more than a window for one input,
//! never outside what was agreed, and always comes to an end when the client goes silent.
#![no_main]

use std::time::{Duration, Instant};

use fuzz::Script;
use libfuzzer_sys::fuzz_target;
use wire::tftp::{Action, Limits, Outcome, Packet, Reply, Request, Transfer};

struct Play {
    transfer: Transfer<Vec<u8>>,
    now: Instant,
    /// The highest wire number sent last.
    sent: u16,
    /// When the machine wants to be woken; nothing when it is over.
    wake: Option<Instant>,
}

impl Play {
    /// Takes everything the machine wants to send now.
    fn drain(&mut self) {
        let agreed = self.transfer.agreed();
        let mut datagram = Vec::new();
        // A window, and the answer to the options before it.
        for _ in 0..=usize::from(agreed.windowsize) + 1 {
            match self.transfer.poll(self.now) {
                Action::Send(reply) => {
                    datagram.clear();
                    self.transfer.write(&reply, &mut datagram);
                    self.check(&reply, &datagram);
                }
                Action::Wait(wake) => {
                    self.wake = Some(wake);
                    return;
                }
                Action::Done(outcome) => {
                    if outcome == Outcome::Complete {
                        assert_eq!(self.transfer.acknowledged(), self.transfer.bytes().len());
                    }
                    self.wake = None;
                    return;
                }
            }
        }
        panic!("more than a window for one input");
    }

    fn check(&mut self, reply: &Reply, datagram: &[u8]) {
        match (reply, Packet::decode(datagram)) {
            (Reply::OptionAck(options), Ok(Packet::OptionAck(decoded))) => assert_eq!(*options, decoded),
            (Reply::Data(_), Ok(Packet::Data { block, data })) => {
                assert!(data.len() <= usize::from(self.transfer.agreed().blksize));
                self.sent = block;
            }
            (reply, decoded) => panic!("{reply:?} went out as {decoded:?}"),
        }
    }

    /// Lets time pass to when the machine wants to be woken.
    fn sleep(&mut self) {
        if let Some(wake) = self.wake {
            self.now = self.now.max(wake);
            self.transfer.handle_timeout(self.now);
            self.drain();
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut script = Script::new(bytes);
    let file = (0..script.u16() % 5000).map(|at| (at % 251).to_le_bytes()[0]).collect();
    let request = Request { name: b"file", mode: script.mode(), options: script.options() };
    let limits = Limits { max_windowsize: 16, ..Limits::default() };
    let now = Instant::now();
    let transfer = Transfer::new(file, &request, &limits, now);
    let mut play = Play { transfer, now, sent: 0, wake: None };
    play.drain();

    while !script.is_over() && play.wake.is_some() {
        match script.u8() % 6 {
            0 => play.sleep(),
            1 => play.now += Duration::from_millis(u64::from(script.u16())),
            2 => {
                let block = play.sent.wrapping_add(u16::from(script.u8())).wrapping_sub(8);
                play.transfer.handle(&Packet::Ack { block }, play.now);
            }
            3 => play.transfer.handle(&Packet::Ack { block: play.sent }, play.now),
            4 => play.transfer.handle(&Packet::Read(request), play.now),
            _ => {
                if let Ok(packet) = Packet::decode(script.datagram()) {
                    play.transfer.handle(&packet, play.now);
                }
            }
        }
        play.drain();
    }

    // The client has gone silent.
    for _ in 0..=limits.retries + 1 {
        play.sleep();
    }
    assert_eq!(play.wake, None, "the transfer has no end");
});
