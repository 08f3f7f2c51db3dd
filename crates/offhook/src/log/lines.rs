//! Lines on their way to a slow place.
//!
//! A terminal that is scrolled back, or a full pipe, must not hold up a phone: lines wait in memory and a thread
//! writes them. When too many wait, new ones are dropped and counted.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// As much as waits: some ten thousand lines, a few seconds of a thousand phones booting.
const MOST_WAITING: usize = 2 << 20;

/// After a first line others often follow: waking for each would cost more than writing it.
const PAUSE: Duration = Duration::from_millis(10);

/// Takes lines and never waits.
#[derive(Clone, Debug)]
pub(super) struct Lines(Arc<Shared>);

/// The thread that writes; dropping it waits until everything is written.
#[derive(Debug)]
pub(super) struct Writing {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    dropped: u64,
    closed: bool,
}

impl Lines {
    /// Lines that end up in `sink`.
    pub(super) fn to(sink: impl Write + Send + 'static) -> io::Result<(Self, Writing)> {
        let shared = Arc::<Shared>::default();
        let theirs = shared.clone();
        let thread = thread::Builder::new().name("log".to_owned()).spawn(move || theirs.write_out(sink))?;
        Ok((Self(shared.clone()), Writing { shared, thread: Some(thread) }))
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.lock();
        let is_first = waiting.bytes.is_empty();
        if waiting.bytes.len() + line.len() > MOST_WAITING {
            waiting.dropped += 1;
        } else {
            waiting.bytes.extend_from_slice(line);
        }
        drop(waiting);
        if is_first {
            self.0.wake.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Bytes and a counter are whole after any panic.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_out(&self, mut sink: impl Write) {
        let mut batch = Vec::new();
        loop {
            let mut waiting = self.lock();
            while waiting.bytes.is_empty() && !waiting.closed {
                waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            let paused = self.wake.wait_timeout_while(waiting, PAUSE, |waiting| !waiting.closed);
            (waiting, _) = paused.unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut batch, &mut waiting.bytes);
            let dropped = std::mem::take(&mut waiting.dropped);
            let closed = waiting.closed;
            drop(waiting);
            // Nobody is left to be told when stderr is closed.
            let _ = sink.write_all(&batch);
            batch.clear();
            if dropped > 0 {
                let _ = writeln!(
                    sink,
                    "offhook: {dropped} log lines were dropped: whoever reads them is too slow"
                );
            }
            if closed {
                return;
            }
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::sync::mpsc;

    use super::*;

    /// A sink that takes nothing until it is told to.
    struct Gate(mpsc::Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // A dropped sender opens the gate for good.
            let _ = self.0.recv();
            self.1.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn all_that_was_logged_is_written_before_the_end() {
        let (open, gate) = mpsc::channel();
        let written = Arc::new(Mutex::new(Vec::new()));
        let (mut lines, writing) = Lines::to(Gate(gate, written.clone())).unwrap();
        for number in 0..1000 {
            writeln!(lines, "{number}").unwrap();
        }
        drop(open);
        drop(writing);
        let expected: String = (0..1000).map(|number| format!("{number}\n")).collect();
        assert_eq!(String::from_utf8(written.lock().unwrap().clone()).unwrap(), expected);
    }

    #[test]
    fn a_reader_that_stands_still_holds_up_nobody() {
        let (open, gate) = mpsc::channel();
        let written = Arc::new(Mutex::new(Vec::new()));
        let (mut lines, writing) = Lines::to(Gate(gate, written.clone())).unwrap();
        let line = [b'x'; 1 << 16];
        for _ in 0..200 {
            lines.write_all(&line).unwrap();
        }
        drop(open);
        drop(writing);
        let written = written.lock().unwrap();
        assert!(written.len() < 2 * MOST_WAITING + (1 << 17));
        assert!(String::from_utf8_lossy(&written).contains("log lines were dropped"));
    }
}
