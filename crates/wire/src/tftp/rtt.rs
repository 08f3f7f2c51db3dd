//! When to send again: RFC 6298 with Karn's rule, or the client's fixed `timeout`.

use std::time::Duration;

/// The bounds within which the time until something is sent again adapts to the round trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// As long as nothing was measured.
    pub initial: Duration,
    /// Never sooner: a phone that writes its flash pauses longer than any round trip in a house.
    pub least: Duration,
    /// Never later, however often it was in vain.
    pub most: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            initial: Duration::from_secs(1),
            least: Duration::from_millis(200),
            most: Duration::from_secs(8),
        }
    }
}

/// The time until something is sent again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retransmission {
    pace: Option<Pace>,
    smoothed: Option<Duration>,
    variation: Duration,
    interval: Duration,
}

impl Retransmission {
    pub(super) fn adaptive(pace: Pace) -> Self {
        Self { pace: Some(pace), smoothed: None, variation: Duration::ZERO, interval: pace.initial }
    }

    /// Always `interval`: RFC 2349 leaves nothing to adapt.
    pub(super) fn fixed(interval: Duration) -> Self {
        Self { pace: None, smoothed: None, variation: Duration::ZERO, interval }
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    pub(super) fn smoothed(&self) -> Option<Duration> {
        self.smoothed
    }

    /// A round trip of something that was sent exactly once (Karn).
    pub(super) fn sample(&mut self, round_trip: Duration) {
        let smoothed = match self.smoothed {
            None => {
                self.variation = round_trip / 2;
                round_trip
            }
            Some(smoothed) => {
                self.variation = (self.variation * 3 + smoothed.abs_diff(round_trip)) / 4;
                (smoothed * 7 + round_trip) / 8
            }
        };
        self.smoothed = Some(smoothed);
        if let Some(pace) = self.pace {
            self.interval = (smoothed + self.variation * 4).clamp(pace.least, pace.most);
        }
    }

    /// It was in vain: wait twice as long, until a new sample says better.
    pub(super) fn back_off(&mut self) {
        if let Some(pace) = self.pace {
            self.interval = (self.interval * 2).min(pace.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn the_interval_follows_rfc_6298() {
        let mut timer = Retransmission::adaptive(Pace { initial: MS(1000), least: MS(1), most: MS(8000) });
        assert_eq!(timer.interval(), MS(1000));
        timer.sample(MS(100)); // 100 + 4 × 50
        assert_eq!(timer.interval(), MS(300));
        timer.sample(MS(180)); // variation (150 + 80) / 4 = 57.5, smoothed (700 + 180) / 8 = 110
        assert_eq!(timer.interval(), MS(340));
        assert_eq!(timer.smoothed(), Some(MS(110)));
    }

    #[test]
    fn it_stays_within_its_bounds_and_backs_off_until_a_sample() {
        let mut timer = Retransmission::adaptive(Pace::default());
        timer.sample(Duration::from_micros(50));
        assert_eq!(timer.interval(), MS(200));
        for expected in [400, 800, 1600, 3200, 6400, 8000, 8000] {
            timer.back_off();
            assert_eq!(timer.interval(), MS(expected));
        }
        timer.sample(Duration::from_micros(50));
        assert_eq!(timer.interval(), MS(200));
        timer.sample(MS(60_000));
        assert_eq!(timer.interval(), MS(8000));
    }

    #[test]
    fn a_fixed_time_stays() {
        let mut timer = Retransmission::fixed(MS(3000));
        timer.sample(MS(1));
        timer.back_off();
        assert_eq!(timer.interval(), MS(3000));
    }
}
