//! A sheet to write sound on: notes are added, in seconds, at any sampling rate.

use std::f64::consts::TAU;

/// Sound being written.
pub(super) struct Score {
    pub(super) rate: u32,
    pub(super) samples: Vec<f64>,
}

/// One partial of a struck thing.
pub(super) struct Partial {
    /// Times the pitch.
    pub(super) ratio: f64,
    pub(super) gain: f64,
    /// Seconds until it is sixty decibels down.
    pub(super) decay: f64,
}

/// A blow.
#[derive(Clone, Copy)]
pub(super) struct Strike {
    /// When, in seconds.
    pub(super) at: f64,
    /// Hertz.
    pub(super) pitch: f64,
    pub(super) gain: f64,
    /// Seconds until the sound is up: a soft mallet is slow, a clapper is not.
    pub(super) attack: f64,
}

/// A tone that lasts.
#[derive(Clone, Copy)]
pub(super) struct Tone<'a> {
    /// When, in seconds.
    pub(super) at: f64,
    pub(super) seconds: f64,
    /// Highest frequency it reaches, in hertz.
    pub(super) highest: f64,
    /// Strengths of the sine and of its multiples.
    pub(super) overtones: &'a [f64],
}

/// Share of the sampling rate up to which frequencies are used.
const HIGHEST_SHARE: f64 = 0.45;

impl Score {
    pub(super) fn new(rate: u32) -> Self {
        Self { rate, samples: Vec::new() }
    }

    /// Adds a tone as a small loudspeaker makes it: a sine and some overtones of these strengths. `wave` gives, for each
    /// second after `at`, how many turns the sine has made and how loud it is. Overtones of the `highest` frequency
    /// that the sampling rate cannot hold are left out: they would come back as false low tones.
    pub(super) fn tone(&mut self, note: Tone<'_>, wave: impl Fn(f64) -> (f64, f64)) {
        let rate = f64::from(self.rate);
        let (first, count) = ((note.at * rate) as usize, (note.seconds * rate) as usize);
        let held = (HIGHEST_SHARE * rate / note.highest) as usize;
        for (n, sample) in self.room(first, count).iter_mut().enumerate() {
            let (turns, gain) = wave(n as f64 / rate);
            let partials = note.overtones.iter().take(held).enumerate();
            *sample +=
                gain * partials.map(|(n, gain)| gain * (TAU * turns * (n + 1) as f64).sin()).sum::<f64>();
        }
    }

    /// Strikes something that rings with these partials. Partials that the sampling rate cannot hold are left out,
    /// as no speaker of a phone would play them.
    pub(super) fn strike(&mut self, strike: Strike, partials: &[Partial]) {
        for partial in partials {
            let frequency = strike.pitch * partial.ratio;
            if frequency < HIGHEST_SHARE * f64::from(self.rate) {
                self.ring(strike, frequency, partial);
            }
        }
    }

    /// A decaying sine, turned sample by sample instead of computed: a bell has a thousand of them.
    fn ring(&mut self, strike: Strike, frequency: f64, partial: &Partial) {
        let rate = f64::from(self.rate);
        let (first, count) = ((strike.at * rate) as usize, (partial.decay * rate) as usize);
        let (sin, cos) = (TAU * frequency / rate).sin_cos();
        let shrink = 10f64.powf(-3.0 / (partial.decay * rate));
        let rise = (-1.0 / (strike.attack * rate).max(1.0)).exp();
        let (mut x, mut y, mut missing) = (strike.gain * partial.gain, 0.0, 1.0);
        for sample in self.room(first, count) {
            *sample += y * (1.0 - missing);
            (x, y) = (shrink * (x * cos - y * sin), shrink * (x * sin + y * cos));
            // Left alone it would become so small that processors slow down over it.
            missing = if missing < 1e-9 { 0.0 } else { missing * rise };
        }
    }

    fn room(&mut self, first: usize, count: usize) -> &mut [f64] {
        if self.samples.len() < first + count {
            self.samples.resize(first + count, 0.0);
        }
        &mut self.samples[first..first + count]
    }
}

/// Rises from nothing in `edge` seconds, stays, and falls to nothing as softly at the end of `seconds`.
pub(super) fn swell(t: f64, seconds: f64, edge: f64) -> f64 {
    let nearest = t.min(seconds - t).clamp(0.0, edge) / edge;
    0.5 - 0.5 * (nearest * TAU / 2.0).cos()
}
