//! Northern lights over hills: curtains that are sharp below and fade upwards.

use crate::picture::canvas::{Canvas, noise, scatter, step};
use crate::picture::colour::Lab;

/// Height of the lower edge, its phase, its strength.
const CURTAINS: [(f32, f32, f32); 3] = [(0.40, 0.6, 0.55), (0.56, 2.9, 0.95), (0.70, 5.1, 0.6)];

/// How far a curtain glows below its edge.
const BELOW: f32 = 0.10;

pub(super) fn draw(canvas: &mut Canvas) {
    let (zenith, horizon) = (Lab::new(0.465, 0.075, 285.0), Lab::new(0.545, 0.055, 225.0));
    canvas.paint(|_, y, _| zenith.mix(horizon, step(0.0, 0.95, y)));
    stars(canvas);
    for (number, curtain) in CURTAINS.into_iter().enumerate() {
        hang(canvas, curtain, number as u32);
    }
    hills(canvas);
}

fn stars(canvas: &mut Canvas) {
    let cells = 16.0;
    let size = canvas.pixel().max(0.0022);
    // A star cannot be smaller than a pixel, so on a small picture it is fainter.
    let brightness = 0.22 * (0.0022 / size).powi(2).max(0.12);
    canvas.paint(|x, y, under| {
        let (column, row) = ((x * cells) as i32, (y * cells) as i32);
        let random = |n| scatter(column, row * 8 + n, 11);
        if random(0) > 0.34 {
            return under;
        }
        let (star_x, star_y) =
            ((column as f32 + 0.1 + 0.8 * random(1)) / cells, (row as f32 + 0.1 + 0.8 * random(2)) / cells);
        let distance = (x - star_x).hypot(y - star_y) / (size * (0.6 + 0.7 * random(3)));
        under.lighter((1.0 - distance).max(0.0) * brightness * (1.0 - y))
    });
}

fn hang(canvas: &mut Canvas, (edge, phase, strength): (f32, f32, f32), seed: u32) {
    let lower = canvas.columns(|x| {
        edge + 0.05 * (x * 2.0 + phase).sin()
            + 0.03 * (x * 4.3 - phase * 1.7).sin()
            + 0.012 * (x * 11.0 + phase).sin()
    });
    let fold = canvas.columns(|x| {
        let bend = x + 0.05 * (x * 6.0 + phase).sin();
        let broad = noise(bend * 2.4 + phase, 0.0, seed + 20);
        let fine = noise(bend * 17.0, 0.0, seed + 30);
        let finest = noise(bend * 46.0, 0.0, seed + 31);
        (0.15 + 0.85 * broad) * (0.45 + 0.37 * fine + 0.18 * finest)
    });
    let reach = canvas.columns(|x| 0.09 + 0.20 * noise(x * 14.0, 3.0, seed + 40));
    let (green, violet) = (Lab::new(0.70, 0.135, 160.0), Lab::new(0.60, 0.12, 312.0));
    let width = canvas.width;
    let pixel = canvas.pixel();
    for (row, line) in canvas.pixels.chunks_exact_mut(width).enumerate() {
        let y = (row as f32 + 0.5) * pixel;
        for (column, under) in line.iter_mut().enumerate() {
            let above = lower[column] - y;
            if above < -BELOW {
                continue;
            }
            let fade = if above > 0.0 { (-above / reach[column]).exp() } else { step(-BELOW, 0.0, above) };
            let light = strength * fold[column] * fade;
            let colour = green.mix(violet, step(0.06, 0.34, above));
            *under = under.mix(colour, (light * 0.92).min(0.92));
        }
    }
}

fn hills(canvas: &mut Canvas) {
    for (base, height, pitch, colour) in
        [(0.845, 0.06, 3.1, Lab::new(0.485, 0.05, 240.0)), (0.93, 0.05, 1.9, Lab::new(0.445, 0.045, 255.0))]
    {
        let ridge = canvas.columns(|x| {
            let broad = noise(x * pitch, base, 60);
            let rough = noise(x * pitch * 4.0, base, 61);
            base - height * (broad * 1.5 + rough * 0.3 - 0.8)
        });
        canvas.paint_below(&ridge, |_, depth, _| colour.lighter(0.03 * (-depth / 0.03).exp()));
    }
}
