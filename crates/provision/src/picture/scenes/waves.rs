//! A quiet sea seen from above the shore: long swells, each a little deeper than the one before.

use crate::picture::canvas::{Canvas, step};
use crate::picture::colour::Lab;

const SWELLS: usize = 8;

pub(super) fn draw(canvas: &mut Canvas) {
    let (high, low) = (Lab::new(0.665, 0.075, 212.0), Lab::new(0.69, 0.06, 195.0));
    canvas.paint(|_, y, _| high.mix(low, step(0.0, 0.4, y)));
    for number in 0..SWELLS {
        swell(canvas, number);
    }
}

fn swell(canvas: &mut Canvas, number: usize) {
    let n = number as f32;
    let nearness = (n + 1.0) / SWELLS as f32;
    let base = 0.16 + 0.80 * nearness.powf(1.15);
    let height = 0.018 + 0.042 * nearness;
    let crest = canvas.columns(|x| {
        let long = (x * 2.1 / (0.6 + 0.6 * nearness) + n * 2.4).sin();
        let short = (x * 4.7 / (0.6 + 0.6 * nearness) - n * 1.7).sin();
        base - 0.13 - height * (0.75 * long + 0.35 * short)
    });
    let shallow = Lab::new(0.645, 0.075, 195.0);
    let deep = Lab::new(0.455, 0.085, 248.0);
    let colour = shallow.mix(deep, nearness);
    canvas.paint_below(&crest, |_, depth, under| {
        let lit = (-depth / 0.015).exp() * 0.03 + (-depth / 0.10).exp() * 0.04;
        let body = colour.lighter(lit - 0.03 * step(0.0, 0.25, depth));
        under.mix(body, 0.88)
    });
}
