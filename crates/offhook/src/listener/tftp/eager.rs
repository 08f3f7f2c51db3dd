//! Whether to look for the next datagram a moment longer before going to sleep.
//!
//! A transfer is lock-step: after each block the thread would sleep until the ACK comes. When the client is near (the
//! same machine, the same rack) the ACK is there before the thread has properly gone to sleep and been woken again,
//! which takes as long as everything else together. Looking pays only then; so it is given up as soon as it was in
//! vain, and tried again after a while.

use std::time::Duration;

/// How long to look: about what going to sleep and being woken cost.
pub(super) const MOMENT: Duration = Duration::from_micros(40);
/// With more transfers than this there is always something to do, and looking is only in the way.
const FEW: usize = 4;
/// How many sleeps to let pass after looking in vain for the first time, and at most.
const SOME: u32 = 64;
const MANY: u32 = 4096;

/// What looking has brought so far.
#[derive(Debug)]
pub(super) struct Eager {
    pause: u32,
    next_pause: u32,
}

impl Eager {
    pub(super) fn new() -> Self {
        Self { pause: 0, next_pause: SOME }
    }

    /// Whether to look now.
    pub(super) fn worth_it(&mut self, transfers: usize) -> bool {
        if transfers == 0 || transfers > FEW {
            return false;
        }
        let worth_it = self.pause == 0;
        self.pause = self.pause.saturating_sub(1);
        worth_it
    }

    /// Something came while looking.
    pub(super) fn found(&mut self) {
        self.next_pause = SOME;
    }

    /// Nothing came.
    pub(super) fn in_vain(&mut self) {
        self.pause = self.next_pause;
        self.next_pause = (self.next_pause * 2).min(MANY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_goes_on_while_it_pays_and_ever_more_rarely_when_it_does_not() {
        let mut eager = Eager::new();
        for _ in 0..1000 {
            assert!(eager.worth_it(1));
            eager.found();
        }
        let mut looks = 0;
        for _ in 0..100_000 {
            if eager.worth_it(1) {
                looks += 1;
                eager.in_vain();
            }
        }
        assert!((20..40).contains(&looks), "{looks}");
        assert!(!eager.worth_it(0) && !eager.worth_it(5));
    }
}
