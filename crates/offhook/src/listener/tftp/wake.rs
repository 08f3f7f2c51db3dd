//! How the asynchronous rest of the program reaches the TFTP thread: a queue, and a descriptor to wake it by.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{
    Arc,
    mpsc::{self, Receiver, Sender},
};

use nix::sys::eventfd::{EfdFlags, EventFd};

use super::transfers::Key;
use crate::artifact::Answer;

/// Something the thread is told.
#[derive(Debug)]
pub(super) enum Event {
    /// A file that was not at hand is there now, or will not be.
    Answer {
        /// Whose request it answers.
        key: Key,
        /// Which request of that peer: another may have taken its place.
        number: u64,
        /// The file or the refusal.
        answer: Answer,
    },
    /// Take no new requests, and end when the running transfers have, or their time is up.
    Stop,
    /// End now.
    Abandon,
}

/// The sending end; clones share the queue.
#[derive(Clone, Debug)]
pub(super) struct Waker {
    queue: Sender<Event>,
    bell: Arc<EventFd>,
}

/// The thread's end.
#[derive(Debug)]
pub(super) struct Events {
    queue: Receiver<Event>,
    bell: Arc<EventFd>,
}

/// Both ends.
pub(super) fn pair() -> io::Result<(Waker, Events)> {
    let bell = Arc::new(EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?);
    let (sender, receiver) = mpsc::channel();
    Ok((Waker { queue: sender, bell: bell.clone() }, Events { queue: receiver, bell }))
}

impl Waker {
    pub(super) fn send(&self, event: Event) {
        // Without a receiver the thread has ended, and nobody waits for the news; a full counter rings as well.
        let _ = self.queue.send(event);
        let _ = self.bell.write(1);
    }
}

impl Events {
    /// Everything that was sent since.
    pub(super) fn drain(&self) -> impl Iterator<Item = Event> + use<'_> {
        let _ = self.bell.read();
        self.queue.try_iter()
    }
}

impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}
