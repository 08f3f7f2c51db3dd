//! From a score to samples that phones take: equally loud, never clipped, silent at both ends, of a length they like.

use super::score::Score;

/// Loudness every tune is brought to, in decibels below full scale.
const LOUDNESS: f64 = -15.0;
/// No sample goes beyond this; the rest of the way is left to the phone's own volume.
const PEAK: f64 = 0.89;
/// From here on peaks are pressed together rather than cut.
const KNEE: f64 = 0.7;
/// Phones want a multiple of this many samples.
pub(super) const GRAIN: usize = 240;

/// At most `most` samples; what would ring on beyond them is faded out.
pub(super) fn finish(score: Score, most: usize) -> Vec<i16> {
    let Score { rate, mut samples } = score;
    let cut = samples.len() > most;
    samples.truncate(most);
    let gain = 10f64.powf((LOUDNESS - loudness(&samples, rate)) / 20.0);
    for sample in &mut samples {
        *sample = limited(*sample * gain);
    }
    fade(&mut samples, rate, cut);
    samples.resize(samples.len().next_multiple_of(GRAIN), 0.0);
    samples.into_iter().map(|sample| (sample * f64::from(i16::MAX)).round() as i16).collect()
}

/// Loudness in decibels of full scale: the mean power of the tenths of a second in which something sounds, after the
/// bass is taken away that neither a phone's speaker plays nor an ear hears loud.
pub(super) fn loudness(samples: &[f64], rate: u32) -> f64 {
    let heard = without_bass(samples, rate);
    let powers: Vec<f64> = heard
        .chunks(rate as usize / 10)
        .map(|part| part.iter().map(|s| s * s).sum::<f64>() / part.len() as f64)
        .collect();
    let mean = |powers: &[f64]| powers.iter().sum::<f64>() / powers.len().max(1) as f64;
    // What is ten decibels below the mean is a pause, or the end of a note.
    let floor = mean(&powers) / 10.0;
    let sounding: Vec<f64> = powers.into_iter().filter(|power| *power >= floor).collect();
    10.0 * mean(&sounding).max(1e-12).log10()
}

/// Two first-order high-pass filters at 400 Hz.
fn without_bass(samples: &[f64], rate: u32) -> Vec<f64> {
    let keep = (-std::f64::consts::TAU * 400.0 / f64::from(rate)).exp();
    let pass = |input: Vec<f64>| {
        let (mut before, mut state) = (0.0, 0.0);
        let step = |sample: f64| {
            // Halfway between one and `keep`, so that the highest tones pass whole at any rate.
            state = keep * state + 0.5 * (1.0 + keep) * (sample - before);
            before = sample;
            state
        };
        input.into_iter().map(step).collect::<Vec<_>>()
    };
    pass(pass(samples.to_vec()))
}

fn limited(sample: f64) -> f64 {
    let room = PEAK - KNEE;
    let beyond = sample.abs() - KNEE;
    if beyond <= 0.0 { sample } else { (KNEE + room * (beyond / room).tanh()).copysign(sample) }
}

/// Two milliseconds in, thirty out, so that neither end clicks; longer out where a tune was cut while it rang.
fn fade(samples: &mut [f64], rate: u32, cut: bool) {
    let (rise, fall) = (rate as usize / 500, rate as usize * if cut { 40 } else { 3 } / 100);
    for n in 0..rise.min(samples.len()) {
        samples[n] *= n as f64 / rise as f64;
    }
    for (n, sample) in samples.iter_mut().rev().take(fall).enumerate() {
        *sample *= n as f64 / fall as f64;
    }
}
