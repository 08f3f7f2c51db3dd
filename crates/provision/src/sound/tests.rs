use super::master::GRAIN;
use super::*;

fn linear(ring: &Ring, format: RingFormat) -> (u32, Vec<i16>) {
    let bytes = ring.render(format);
    match format {
        RingFormat::Raw => (8000, bytes.into_iter().map(mulaw::decode).collect()),
        RingFormat::Rwb => {
            let (pairs, rest) = bytes.as_chunks::<2>();
            assert!(rest.is_empty());
            (16_000, pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect())
        }
    }
}

fn every() -> impl Iterator<Item = (&'static Ring, RingFormat, u32, Vec<i16>)> {
    let both = |ring| [RingFormat::Raw, RingFormat::Rwb].map(|format| (ring, format));
    RINGS.iter().flat_map(both).map(|(ring, format)| {
        let (rate, samples) = linear(ring, format);
        (ring, format, rate, samples)
    })
}

#[test]
fn lengths_are_what_phones_take() {
    for (ring, format, _, samples) in every() {
        let most = if format == RingFormat::Raw { 16_080 } else { 160_800 };
        assert!((240..=most).contains(&samples.len()), "{} {format:?}: {}", ring.title, samples.len());
        assert_eq!(samples.len() % GRAIN, 0, "{} {format:?}", ring.title);
    }
    let callback = callback();
    assert!((240..=16_080).contains(&callback.len()) && callback.len().is_multiple_of(GRAIN));
}

#[test]
fn names_fit_the_list() {
    for ring in &RINGS {
        assert!(ring.title.len() <= 25);
        for format in [RingFormat::Raw, RingFormat::Rwb] {
            assert!(ring.file_name(format).len() <= 25 && !ring.file_name(format).contains(' '));
        }
    }
}

#[test]
fn a_ring_begins_and_ends_in_silence() {
    for (ring, format, _, samples) in every() {
        assert_eq!((samples.first(), samples.last()), (Some(&0), Some(&0)), "{} {format:?}", ring.title);
    }
    assert_eq!((callback().first(), callback().last()), (Some(&0xFF), Some(&0xFF)));
}

#[test]
fn none_is_louder_than_another_and_none_is_clipped() {
    for (ring, format, rate, samples) in every() {
        let samples: Vec<f64> = samples.into_iter().map(|s| f64::from(s) / 32768.0).collect();
        let peak = samples.iter().fold(0.0f64, |peak, s| peak.max(s.abs()));
        let loudness = master::loudness(&samples, rate);
        assert!((0.25..0.92).contains(&peak), "{} {format:?}: peak {peak}", ring.title);
        assert!((loudness + 15.0).abs() < 1.0, "{} {format:?}: {loudness} dB", ring.title);
        let mean = samples.iter().sum::<f64>() / samples.len() as f64;
        assert!(mean.abs() < 0.005, "{} {format:?}: mean {mean}", ring.title);
    }
}

#[test]
fn the_same_ring_is_the_same_file() {
    for ring in &RINGS {
        assert_eq!(ring.render(RingFormat::Raw), ring.render(RingFormat::Raw));
    }
}

/// Power of one frequency (Goertzel), relative to the whole.
fn share(samples: &[i16], rate: u32, frequency: f64) -> f64 {
    let step = 2.0 * (std::f64::consts::TAU * frequency / f64::from(rate)).cos();
    let (mut s1, mut s2) = (0.0, 0.0);
    for &sample in samples {
        (s1, s2) = (f64::from(sample) + step * s1 - s2, s1);
    }
    let power = (s1 * s1 + s2 * s2 - step * s1 * s2) / samples.len() as f64;
    power / samples.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>().max(1.0)
}

#[test]
fn the_warble_is_made_of_its_two_tones() {
    for format in [RingFormat::Raw, RingFormat::Rwb] {
        let (rate, samples) = linear(&RINGS[0], format);
        let [low, high, between] =
            [784.0, 988.0, 880.0].map(|f| share(&samples[..rate as usize / 2], rate, f));
        assert!(low > 5.0 * between && high > 5.0 * between, "{low} {high} {between}");
    }
}
