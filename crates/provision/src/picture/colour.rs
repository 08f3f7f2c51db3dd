//! Colour as the eye sees it (Oklab), and the way from there to the levels of a screen.
//!
//! Phones write white text and black text over their wallpapers. Both stay readable when a picture keeps to the middle:
//! a relative luminance between 0.1 and 0.3 is a contrast of three to one with either.

use std::ops::{Add, Mul};
use std::sync::LazyLock;

/// Lightness, green to red, blue to yellow.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Lab {
    pub(super) l: f32,
    pub(super) a: f32,
    pub(super) b: f32,
}

/// The middle of the lightness that is readable behind black and white, and how far it reaches to both sides.
const MIDDLE: f32 = 0.565;
const REACH: f32 = 0.112;

impl Lab {
    /// By lightness, strength of colour, and hue in degrees: 30 red, 90 yellow, 145 green, 260 blue, 310 violet.
    pub(super) fn new(lightness: f32, chroma: f32, hue: f32) -> Self {
        let (sin, cos) = hue.to_radians().sin_cos();
        Self { l: lightness, a: chroma * cos, b: chroma * sin }
    }

    pub(super) fn mix(self, other: Self, share: f32) -> Self {
        self * (1.0 - share) + other * share
    }

    pub(super) fn lighter(self, by: f32) -> Self {
        Self { l: self.l + by, ..self }
    }

    /// Lightness drawn softly into the readable middle: from -1 to 1 across it.
    fn place(self) -> f32 {
        let offset = (self.l - MIDDLE) / REACH;
        // Straight in the inner part, bent towards the border beyond it.
        let beyond = offset.abs() - 0.7;
        if beyond <= 0.0 { offset } else { (0.7 + 0.3 * beyond / (beyond + 0.3)).copysign(offset) }
    }

    /// The three levels of a colour screen, zero to one.
    pub(super) fn rgb(self) -> [f32; 3] {
        let l = MIDDLE + REACH * self.place();
        let cubed = |x: f32| x * x * x;
        let long = cubed(l + 0.396_337_8 * self.a + 0.215_803_76 * self.b);
        let medium = cubed(l - 0.105_561_346 * self.a - 0.063_854_17 * self.b);
        let short = cubed(l - 0.089_484_18 * self.a - 1.291_485_5 * self.b);
        [
            4.076_741_7 * long - 3.307_711_6 * medium + 0.230_969_94 * short,
            -1.268_438 * long + 2.609_757_4 * medium - 0.341_319_4 * short,
            -0.004_196_086 * long - 0.703_418_6 * medium + 1.707_614_7 * short,
        ]
        .map(gamma)
    }

    /// The level of a grey screen, zero to one. Such screens have black text, so `darkest` is rather light.
    pub(super) fn grey(self, darkest: f32) -> f32 {
        darkest + (1.0 - darkest) * (0.5 + 0.5 * self.place())
    }
}

impl Add for Lab {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { l: self.l + other.l, a: self.a + other.a, b: self.b + other.b }
    }
}

impl Mul<f32> for Lab {
    type Output = Self;

    fn mul(self, by: f32) -> Self {
        Self { l: self.l * by, a: self.a * by, b: self.b * by }
    }
}

/// Linear light to what is stored, by a table: the power function would cost more than the whole scene.
fn gamma(linear: f32) -> f32 {
    const STEPS: usize = 4096;
    static TABLE: LazyLock<Vec<f32>> = LazyLock::new(|| {
        let exact = |linear: f32| {
            if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
        };
        (0..=STEPS).map(|step| exact(step as f32 / STEPS as f32)).collect()
    });
    TABLE[(linear.clamp(0.0, 1.0) * STEPS as f32 + 0.5) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grey_is_grey_and_colours_go_the_right_way() {
        let [r, g, b] = Lab::new(0.565, 0.0, 0.0).rgb();
        assert!((r - g).abs() < 0.005 && (g - b).abs() < 0.005 && (0.4..0.5).contains(&g), "{r} {g} {b}");
        let [r, g, b] = Lab::new(0.565, 0.1, 30.0).rgb();
        assert!(r > g && r > b);
        let [r, g, b] = Lab::new(0.565, 0.1, 260.0).rgb();
        assert!(b > g && b > r);
    }

    #[test]
    fn whatever_is_drawn_stays_in_the_readable_middle() {
        for l in [-1.0, 0.0, 0.2, 0.45, 0.565, 0.68, 0.9, 3.0] {
            for hue in [0.0, 90.0, 180.0, 270.0] {
                let [r, g, b] = Lab::new(l, 0.1, hue).rgb().map(|v| ((v + 0.055) / 1.055).powf(2.4));
                let luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
                assert!((0.07..0.34).contains(&luminance), "{l} {hue}: {luminance}");
            }
            assert!((0.5..=1.0).contains(&Lab::new(l, 0.0, 0.0).grey(0.5)));
        }
    }
}
