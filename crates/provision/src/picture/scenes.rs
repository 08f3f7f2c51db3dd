//! The scenes, each drawn from formulas at any size: calm, without faces, letters or anything that ages.

use super::canvas::Canvas;

mod aurora;
mod dunes;
mod paper;
mod waves;

/// Something to draw.
#[derive(Debug)]
pub(super) struct Scene {
    /// Its file name without size and ending.
    pub(super) stem: &'static str,
    pub(super) draw: fn(&mut Canvas),
}

/// Every scene, in the order of the menu.
pub(super) static SCENES: [Scene; 4] = [
    Scene { stem: "Dunes", draw: dunes::draw },
    Scene { stem: "Waves", draw: waves::draw },
    Scene { stem: "Aurora", draw: aurora::draw },
    Scene { stem: "Paper", draw: paper::draw },
];
