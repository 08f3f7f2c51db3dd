//! Sheets of coloured paper cut into circles and laid on one another, each with a soft shadow.

use crate::picture::canvas::{Canvas, step};
use crate::picture::colour::Lab;

const SHEETS: usize = 7;

pub(super) fn draw(canvas: &mut Canvas) {
    let aspect = canvas.aspect();
    let (first, last) = (Lab::new(0.50, 0.075, 268.0), Lab::new(0.67, 0.085, 45.0));
    canvas.paint(|x, y, _| first.lighter(0.03 * (1.0 - y) - 0.015 * x / aspect));
    let reach = (aspect * aspect + 1.0).sqrt();
    let edge = canvas.pixel() * 0.6;
    for number in 0..SHEETS {
        let n = number as f32;
        let share = (n + 1.0) / SHEETS as f32;
        let radius = reach * (1.0 - 0.115 * n) * 0.93;
        let middle = (aspect * (1.0 + 0.02 * (n * 2.1).sin()), 1.06 + 0.05 * (n * 1.3).cos());
        let colour = hue_path(first, last, share);
        canvas.paint(|x, y, under| {
            let (dx, dy) = (x - middle.0, y - middle.1);
            let distance = dx.hypot(dy);
            let outside = distance - radius;
            if outside > 0.09 {
                return under;
            }
            let shadow = 0.05 * (1.0 - step(-0.01, 0.085, outside));
            let shaded = under.lighter(-shadow);
            let light =
                colour.lighter(0.022 * (distance / radius) - 0.012 + 0.012 * step(-0.012, 0.0, outside));
            shaded.mix(light, step(edge, -edge, outside))
        });
    }
}

/// From blue through violet and rose to peach, rather than straight through grey.
fn hue_path(first: Lab, last: Lab, share: f32) -> Lab {
    let lightness = first.l + (last.l - first.l) * share;
    Lab::new(
        lightness,
        0.078 + 0.015 * (share * std::f32::consts::PI).sin(),
        268.0 + (45.0 + 360.0 - 268.0) * share,
    )
}
