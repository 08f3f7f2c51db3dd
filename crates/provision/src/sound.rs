//! Ring tones, synthesised: the tunes, and the two formats in which phones take them.

use crate::models::RingFormat;

mod master;
mod mulaw;
mod score;
mod tunes;

use score::Score;

/// A ring tone.
#[derive(Debug)]
pub(crate) struct Ring {
    /// What the ring menu shows; at most 25 characters.
    pub(crate) title: &'static str,
    stem: &'static str,
    compose: fn(&mut Score, Length),
}

/// How much room a tune has.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Length {
    /// Two seconds.
    Short,
    /// Up to ten; ours take less than five, for a phone rings again and again.
    Long,
}

/// All ring tones, in the order of the menu.
pub(crate) static RINGS: [Ring; 6] = [
    Ring { title: "Warble", stem: "Warble", compose: tunes::warble },
    Ring { title: "Classic Bell", stem: "ClassicBell", compose: tunes::classic_bell },
    Ring { title: "Marimba", stem: "Marimba", compose: tunes::marimba },
    Ring { title: "Soft Chime", stem: "SoftChime", compose: tunes::soft_chime },
    Ring { title: "Urgent", stem: "Urgent", compose: tunes::urgent },
    Ring { title: "Old Trill", stem: "OldTrill", compose: tunes::old_trill },
];

impl Ring {
    pub(crate) fn file_name(&self, format: RingFormat) -> String {
        let ending = match format {
            RingFormat::Raw => "raw",
            RingFormat::Rwb => "rwb",
        };
        format!("{}.{ending}", self.stem)
    }

    /// The whole file: headerless samples.
    pub(crate) fn render(&self, format: RingFormat) -> Vec<u8> {
        render(self.compose, format)
    }
}

/// What a phone plays when a number that was busy is free: a short knock, not a ring.
pub(crate) fn callback() -> Vec<u8> {
    render(tunes::callback, RingFormat::Raw)
}

fn render(compose: fn(&mut Score, Length), format: RingFormat) -> Vec<u8> {
    let (rate, length, most) = match format {
        RingFormat::Raw => (8000, Length::Short, 16_080),
        RingFormat::Rwb => (16_000, Length::Long, 160_800),
    };
    let mut score = Score::new(rate);
    compose(&mut score, length);
    let samples = master::finish(score, most);
    match format {
        RingFormat::Raw => samples.into_iter().map(mulaw::encode).collect(),
        RingFormat::Rwb => samples.into_iter().flat_map(i16::to_le_bytes).collect(),
    }
}

#[cfg(test)]
mod tests;
