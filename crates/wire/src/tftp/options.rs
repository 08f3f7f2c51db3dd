//! The options of RFC 2347: reading them, writing them, agreeing on them.

use std::io::Write as _;
use std::time::Duration;

use super::{DEFAULT_BLKSIZE, MAX_BLKSIZE, MIN_BLKSIZE, Pace};

/// The options we know, with the numbers that the peer wrote; the others are ignored, as RFC 2347 asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Bytes in a block.
    pub blksize: Option<u64>,
    /// Seconds until something is sent again.
    pub timeout: Option<u64>,
    /// Bytes in the file; a client that asks says 0.
    pub tsize: Option<u64>,
    /// Blocks that are sent before an ACK is due.
    pub windowsize: Option<u64>,
}

/// How far a server goes along with what clients ask, and how patient it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest block granted.
    pub max_blksize: u16,
    /// The largest window granted.
    pub max_windowsize: u16,
    /// The most bytes that may be under way in one window: one client's window must not fill the send buffer that
    /// all share, nor ask for a megabyte with a datagram of sixty bytes.
    pub max_window_bytes: u32,
    /// The longest `timeout` accepted, in seconds; a longer one is left out of the answer, and our own pace holds.
    pub max_timeout: u8,
    /// How fast things are sent again when nothing else was agreed.
    pub pace: Pace,
    /// How often the same window is sent again before giving up.
    pub retries: u32,
    /// How long a transfer may stand still before giving up.
    pub stall: Duration,
}

/// What both ends go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Bytes in a block.
    pub blksize: u16,
    /// Blocks in a window.
    pub windowsize: u16,
    /// The fixed time until something is sent again, if the client asked for one.
    pub timeout: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_blksize: MAX_BLKSIZE,
            max_windowsize: 64,
            max_window_bytes: 1 << 20,
            max_timeout: 10,
            pace: Pace::default(),
            retries: 8,
            stall: Duration::from_secs(30),
        }
    }
}

impl Default for Agreed {
    fn default() -> Self {
        Self { blksize: DEFAULT_BLKSIZE, windowsize: 1, timeout: None }
    }
}

impl Options {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads pairs of name and value. An empty name is the extra NUL of an old phone and stands for nothing; of an
    /// option that comes twice the first counts; a value that is no number leaves the option out.
    pub(super) fn decode<'a>(mut strings: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut options = Self::default();
        while let Some(name) = strings.next() {
            if name.is_empty() {
                continue;
            }
            let Some(value) = strings.next() else { break };
            let Some(slot) = options.slot(name) else { continue };
            if slot.is_none() {
                *slot = number(value);
            }
        }
        options
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let pairs = [
            ("blksize", self.blksize),
            ("timeout", self.timeout),
            ("tsize", self.tsize),
            ("windowsize", self.windowsize),
        ];
        for (name, value) in pairs {
            if let Some(value) = value {
                write!(out, "{name}\0{value}\0").expect("a vector takes everything");
            }
        }
    }

    fn slot(&mut self, name: &[u8]) -> Option<&mut Option<u64>> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("blksize") {
            Some(&mut self.blksize)
        } else if is("timeout") {
            Some(&mut self.timeout)
        } else if is("tsize") {
            Some(&mut self.tsize)
        } else if is("windowsize") {
            Some(&mut self.windowsize)
        } else {
            None
        }
    }

    /// The server's side of the bargain: what is agreed on, and the options that say so.
    ///
    /// `blksize` and `windowsize` may be lowered; `timeout` is taken as it is or left out; `tsize` is answered when
    /// the size is known. What is out of its RFC's range is left out.
    #[must_use]
    pub fn negotiate(&self, limits: &Limits, size: Option<u64>) -> (Agreed, Self) {
        let blksize = self.blksize.filter(|asked| *asked >= MIN_BLKSIZE.into()).map(|asked| {
            let most = limits.max_blksize.clamp(MIN_BLKSIZE, MAX_BLKSIZE);
            u16::try_from(asked).unwrap_or(most).min(most)
        });
        let mut agreed = Agreed { blksize: blksize.unwrap_or(DEFAULT_BLKSIZE), ..Agreed::default() };
        let windowsize = self.windowsize.filter(|asked| *asked > 0).map(|asked| {
            let fitting = limits.max_window_bytes / u32::from(agreed.blksize);
            let most = u16::try_from(fitting).unwrap_or(u16::MAX).min(limits.max_windowsize).max(1);
            u16::try_from(asked).unwrap_or(most).min(most)
        });
        let timeout = self.timeout.filter(|asked| (1..=u64::from(limits.max_timeout)).contains(asked));
        agreed.windowsize = windowsize.unwrap_or(1);
        agreed.timeout = timeout.map(Duration::from_secs);
        let answer = Self {
            blksize: blksize.map(u64::from),
            timeout,
            tsize: self.tsize.and(size),
            windowsize: windowsize.map(u64::from),
        };
        (agreed, answer)
    }

    /// The client's side: what `answer` makes of what we asked for; `None` if it is not acceptable (RFC 2347: a
    /// server must not add options nor raise values).
    pub(super) fn accept(&self, answer: &Self) -> Option<Agreed> {
        let within = |asked: Option<u64>, answered: Option<u64>, least: u64| match answered {
            Some(answered) => {
                asked.is_some_and(|asked| (least..=asked).contains(&answered)).then_some(Some(answered))
            }
            None => Some(None),
        };
        let blksize = within(self.blksize, answer.blksize, MIN_BLKSIZE.into())?;
        let windowsize = within(self.windowsize, answer.windowsize, 1)?;
        let timeout_fits = answer.timeout.is_none() || answer.timeout == self.timeout;
        let tsize_fits = answer.tsize.is_none() || self.tsize.is_some();
        (timeout_fits && tsize_fits).then_some(())?;
        Some(Agreed {
            blksize: blksize.map_or(Some(DEFAULT_BLKSIZE), |size| u16::try_from(size).ok())?,
            windowsize: windowsize.map_or(Some(1), |size| u16::try_from(size).ok())?,
            timeout: answer.timeout.map(Duration::from_secs),
        })
    }
}

/// Decimal digits and nothing else; `None` also for what is larger than any file.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn decode(text: &[u8]) -> Options {
        Options::decode(text.split(|byte| *byte == 0))
    }

    #[test]
    fn only_numbers_count_and_the_first_of_two() {
        let blksize = |value| Options { blksize: value, ..Options::default() };
        for (text, value) in [
            (b"blksize\x00512".as_slice(), Some(512)),
            (b"blksize\x00512\0blksize\x001024", Some(512)),
            (b"blksize\0+512", None),
            (b"blksize\0 512", None),
            (b"blksize\0-1", None),
            (b"blksize\x000x200", None),
            (b"blksize\0", None),
            (b"blksize\x0018446744073709551616", None),
            (b"utimeout\x00100\0rollover\x000\0blksize\x008", Some(8)),
        ] {
            assert_eq!(decode(text), blksize(value), "{text:?}");
        }
    }

    /// What is asked, and what is answered.
    #[test]
    fn a_server_lowers_or_leaves_out_and_never_raises() {
        let limits =
            Limits { max_blksize: 1468, max_windowsize: 32, max_window_bytes: 14_680, ..Limits::default() };
        let none = Options::default();
        for (asked, answered, agreed) in [
            (none, none, (512, 1, None)),
            (
                Options { blksize: Some(1428), ..none },
                Options { blksize: Some(1428), ..none },
                (1428, 1, None),
            ),
            (
                Options { blksize: Some(65_464), ..none },
                Options { blksize: Some(1468), ..none },
                (1468, 1, None),
            ),
            (
                Options { blksize: Some(u64::MAX), ..none },
                Options { blksize: Some(1468), ..none },
                (1468, 1, None),
            ),
            (Options { blksize: Some(7), ..none }, none, (512, 1, None)),
            (
                Options { windowsize: Some(16), ..none },
                Options { windowsize: Some(16), ..none },
                (512, 16, None),
            ),
            (
                Options { windowsize: Some(u64::MAX), ..none },
                Options { windowsize: Some(28), ..none },
                (512, 28, None),
            ),
            (Options { windowsize: Some(0), ..none }, none, (512, 1, None)),
            (Options { timeout: Some(3), ..none }, Options { timeout: Some(3), ..none }, (512, 1, Some(3))),
            (Options { timeout: Some(11), ..none }, none, (512, 1, None)),
            (Options { timeout: Some(0), ..none }, none, (512, 1, None)),
            (Options { tsize: Some(0), ..none }, Options { tsize: Some(77), ..none }, (512, 1, None)),
            (
                Options { blksize: Some(8), windowsize: Some(99), ..none },
                Options { blksize: Some(8), windowsize: Some(32), ..none },
                (8, 32, None),
            ),
        ] {
            let (blksize, windowsize, seconds) = agreed;
            let agreed = Agreed { blksize, windowsize, timeout: seconds.map(Duration::from_secs) };
            assert_eq!(asked.negotiate(&limits, Some(77)), (agreed, answered), "{asked:?}");
            assert_eq!(asked.accept(&answered), Some(agreed), "{asked:?}");
        }
        let tsize = Options { tsize: Some(0), ..none };
        assert_eq!(tsize.negotiate(&limits, None).1, none);
    }

    #[test]
    fn a_client_accepts_no_more_than_it_asked() {
        let none = Options::default();
        let asked = Options { blksize: Some(1024), timeout: Some(3), windowsize: Some(4), ..none };
        for answer in [
            Options { blksize: Some(1025), ..none },
            Options { blksize: Some(7), ..none },
            Options { timeout: Some(2), ..none },
            Options { windowsize: Some(5), ..none },
            Options { windowsize: Some(0), ..none },
            Options { tsize: Some(5), ..none },
        ] {
            assert_eq!(asked.accept(&answer), None, "{answer:?}");
            assert_eq!(none.accept(&answer), None, "{answer:?}");
        }
        assert_eq!(asked.accept(&none).unwrap(), Agreed::default());
    }
}
