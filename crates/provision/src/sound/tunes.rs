//! The ring tones themselves.

use std::f64::consts::TAU;

use super::Length;
use super::score::{Partial, Score, Strike, Tone, swell};

const fn partial(ratio: f64, gain: f64, decay: f64) -> Partial {
    Partial { ratio, gain, decay }
}

/// When, which, how strong: in the beats or seconds of its tune, semitones above the A of 440 Hz, and a gain.
type Note = (f64, i32, f64);

/// Equal temperament: semitones above the A of 440 Hz.
fn pitch(semitones: i32) -> f64 {
    440.0 * 2f64.powf(f64::from(semitones) / 12.0)
}

/// Two tones taking turns, as office phones have done since they lost their bells.
pub(super) fn warble(score: &mut Score, length: Length) {
    let bursts: &[f64] = match length {
        Length::Short => &[0.0, 1.05],
        Length::Long => &[0.0, 1.05, 2.6, 3.65],
    };
    const OVERTONES: [f64; 4] = [0.7, 0.18, 0.14, 0.05];
    for &at in bursts {
        for (pitch, low) in [(784.0, true), (988.0, false)] {
            score.tone(Tone { at, seconds: 0.85, highest: pitch, overtones: &OVERTONES }, |t| {
                let turn = 0.5 + 0.5 * (2.4 * (TAU * 11.0 * t).sin()).tanh();
                (pitch * t, swell(t, 0.85, 0.02) * if low { 1.0 - turn } else { turn })
            });
        }
    }
}

/// Two gongs and a clapper between them, twenty-two strokes a second.
pub(super) fn classic_bell(score: &mut Score, length: Length) {
    const GONG: [Partial; 6] = [
        partial(1.0, 1.0, 0.9),
        partial(1.006, 0.5, 0.85),
        partial(2.36, 0.55, 0.6),
        partial(2.89, 0.22, 0.4),
        partial(4.16, 0.25, 0.3),
        partial(6.24, 0.12, 0.16),
    ];
    let rings: &[(f64, f64)] = match length {
        Length::Short => &[(0.0, 1.3)],
        Length::Long => &[(0.0, 1.5), (2.1, 1.5)],
    };
    for &(start, seconds) in rings {
        for stroke in 0..(seconds * 22.0) as u32 {
            // A clapper never strikes twice alike.
            let uneven = (f64::from(stroke) * 2.4).sin();
            let (pitch, gain) = if stroke % 2 == 0 { (1046.0, 1.0) } else { (1318.0, 0.85) };
            let at = start + f64::from(stroke) / 22.0 + 0.002 * uneven;
            score.strike(
                Strike { at: at.max(0.0), pitch, gain: gain * (1.0 + 0.12 * uneven), attack: 0.0004 },
                &GONG,
            );
        }
    }
}

/// A rising question on wooden bars, and in the long form its answer.
pub(super) fn marimba(score: &mut Score, length: Length) {
    const BAR: [Partial; 4] = [
        partial(1.0, 1.0, 0.95),
        partial(2.0, 0.06, 0.5),
        partial(3.93, 0.32, 0.28),
        partial(9.2, 0.1, 0.07),
    ];
    const EIGHTH: f64 = 0.17;
    const QUESTION: [Note; 8] = [
        (0.0, -2, 0.8),
        (1.0, 2, 0.8),
        (2.0, 5, 0.9),
        (3.0, 10, 1.0),
        (4.5, 7, 0.9),
        (5.5, 5, 0.8),
        (6.5, 2, 0.75),
        (7.5, 5, 0.85),
    ];
    const ANSWER: [Note; 8] = [
        (0.0, 0, 0.8),
        (1.0, 3, 0.8),
        (2.0, 7, 0.9),
        (3.0, 12, 1.0),
        (4.5, 10, 0.9),
        (5.5, 5, 0.8),
        (6.5, 2, 0.8),
        (7.5, -2, 0.9),
    ];
    let phrases: &[(f64, &[Note])] = match length {
        Length::Short => &[(0.0, &QUESTION)],
        Length::Long => &[(0.0, &QUESTION), (11.0, &ANSWER)],
    };
    for (start, phrase) in phrases {
        for &(beat, semitones, gain) in *phrase {
            let at = (start + beat) * EIGHTH;
            score.strike(Strike { at, pitch: pitch(semitones + 7), gain, attack: 0.0025 }, &BAR);
        }
    }
}

/// Glass, far away: a slow broken chord that blends into itself.
pub(super) fn soft_chime(score: &mut Score, length: Length) {
    const GLASS: [Partial; 5] = [
        partial(1.0, 1.0, 2.2),
        partial(1.003, 0.6, 2.0),
        partial(2.0, 0.28, 1.4),
        partial(3.01, 0.12, 0.8),
        partial(5.43, 0.06, 0.35),
    ];
    const FIRST: [Note; 4] = [(0.0, 12, 0.9), (0.3, 16, 0.8), (0.6, 19, 0.75), (0.9, 24, 0.55)];
    const SECOND: [Note; 3] = [(0.0, 9, 0.85), (0.3, 12, 0.75), (0.6, 17, 0.7)];
    let chords: &[(f64, &[Note])] = match length {
        Length::Short => &[(0.0, &FIRST)],
        Length::Long => &[(0.0, &FIRST), (2.1, &SECOND)],
    };
    for &(start, chord) in chords {
        for &(at, semitones, gain) in chord {
            score.strike(Strike { at: start + at, pitch: pitch(semitones), gain, attack: 0.02 }, &GLASS);
        }
    }
}

/// Three quick beeps, and again: somebody should come.
pub(super) fn urgent(score: &mut Score, length: Length) {
    let groups = if length == Length::Short { 4 } else { 7 };
    for beep in 0..groups * 3 {
        let (group, place) = (beep / 3, beep % 3);
        let at = f64::from(group) * 0.5 + f64::from(place) * 0.115;
        let frequency = [1175.0, 1175.0, 1568.0][place as usize];
        let tone = Tone { at, seconds: 0.085, highest: frequency, overtones: &[0.6, 0.1, 0.22, 0.02, 0.08] };
        score.tone(tone, |t| (frequency * t, swell(t, 0.085, 0.008)));
    }
}

/// The trill of the first phones with a transistor in place of a bell: it starts quietly and insists.
pub(super) fn old_trill(score: &mut Score, length: Length) {
    let trills: &[(f64, f64)] = match length {
        Length::Short => &[(0.0, 0.55), (0.95, 1.0)],
        Length::Long => &[(0.0, 0.4), (0.95, 0.6), (1.9, 0.8), (2.85, 1.0)],
    };
    for &(at, gain) in trills {
        score.tone(Tone { at, seconds: 0.75, highest: 1550.0, overtones: &[0.8, 0.12, 0.06] }, |t| {
            // The pitch leans with each beat, so the phase is an integral, not a product.
            let beat = TAU * 17.0 * t;
            let phase = 1480.0 * t - 70.0 / (TAU * 17.0) * (beat.cos() - 1.0);
            (phase, gain * swell(t, 0.75, 0.03) * (0.55 + 0.45 * beat.sin()))
        });
    }
}

/// Two short knocks on a bar.
pub(super) fn callback(score: &mut Score, _: Length) {
    const BAR: [Partial; 3] = [partial(1.0, 1.0, 0.5), partial(2.76, 0.3, 0.2), partial(5.4, 0.1, 0.08)];
    for (at, semitones) in [(0.0, 12), (0.16, 19)] {
        score.strike(Strike { at, pitch: pitch(semitones), gain: 1.0, attack: 0.001 }, &BAR);
    }
}
