//! Dunes at dusk: ridges of sand, each nearer one darker, lit from the left.

use crate::picture::canvas::{Canvas, noise, step};
use crate::picture::colour::Lab;

/// Ridges from far to near: where they begin, how high their dunes are, how wide.
const RIDGES: [(f32, f32, f32); 5] =
    [(0.485, 0.05, 0.42), (0.58, 0.085, 0.6), (0.71, 0.13, 0.8), (0.87, 0.16, 1.0), (1.06, 0.2, 1.25)];

pub(super) fn draw(canvas: &mut Canvas) {
    sky(canvas);
    let aspect = canvas.aspect();
    for (number, ridge) in RIDGES.into_iter().enumerate() {
        let nearness = number as f32 / (RIDGES.len() - 1) as f32;
        sand(canvas, ridge, nearness, number as u32, aspect);
    }
}

fn sky(canvas: &mut Canvas) {
    let (zenith, rose, horizon) =
        (Lab::new(0.52, 0.065, 285.0), Lab::new(0.60, 0.075, 5.0), Lab::new(0.655, 0.085, 48.0));
    let sun = (canvas.aspect() * 0.3, 0.40);
    canvas.paint(|x, y, _| {
        let sky = zenith.mix(rose, step(0.0, 0.34, y)).mix(horizon, step(0.18, 0.48, y));
        let distance = (x - sun.0).hypot(y - sun.1);
        let glow = (-distance * 5.0).exp() * 0.05;
        sky.lighter(glow)
    });
    let edge = canvas.pixel();
    canvas.paint(|x, y, under| {
        let distance = (x - sun.0).hypot(y - sun.1);
        under.mix(Lab::new(0.645, 0.135, 28.0), step(0.062 + edge, 0.062 - edge, distance) * 0.9)
    });
}

fn sand(canvas: &mut Canvas, (base, height, width): (f32, f32, f32), nearness: f32, seed: u32, aspect: f32) {
    let profile = |x: f32| dune(x / width + seed as f32 * 7.31 + aspect * 0.1, seed);
    let crest = canvas.columns(|x| base - height * profile(x));
    // How steeply the sand rises towards the right, for points to the left of each column: the light side leans
    // rightwards as it runs down.
    let margin = 2.0;
    let steps = 512;
    let span = aspect + margin;
    let slopes: Vec<f32> = (0..=steps)
        .map(|n| {
            let x = n as f32 / steps as f32 * span - margin;
            (profile(x + 0.01) - profile(x - 0.01)) / 0.02
        })
        .collect();
    let slope = |x: f32| {
        let place = ((x + margin) / span * steps as f32).clamp(0.0, steps as f32 - 1.0);
        let first = place as usize;
        slopes[first] + (slopes[first + 1] - slopes[first]) * (place - first as f32)
    };
    let far = Lab::new(0.635, 0.078, 42.0);
    let near = Lab::new(0.49, 0.085, 30.0);
    let colour = far.mix(near, nearness);
    let pixel = canvas.pixel();
    canvas.paint_below(&crest, |column, depth, _| {
        let x = (column as f32 + 0.5) * pixel;
        let light = (slope(x - depth * (0.7 + 0.5 * nearness)) * width * 0.45).clamp(-1.0, 1.0);
        let fade = (-depth / (0.07 + 0.22 * nearness)).exp();
        let ripple = noise(x * 2.2 + depth * 3.0, (depth + crest[column]) * 46.0, seed) - 0.5;
        let relief = light * fade;
        let sand = colour.lighter(0.065 * relief + 0.016 * fade + 0.012 * ripple * nearness - 0.05 * depth);
        // Shadows take their colour from the sky.
        let shadow = (-relief).max(0.0);
        Lab { a: sand.a + 0.012 * shadow, b: sand.b - 0.05 * shadow, ..sand }
    });
}

/// Height of the sand at a place: long windward sides, short lee sides, no two alike.
fn dune(x: f32, seed: u32) -> f32 {
    let mut height = 0.0f32;
    let first = x.floor() as i32 - 1;
    for cell in first..=first + 2 {
        let random = |n| crate::picture::canvas::scatter(cell, n, seed + 40);
        let peak = cell as f32 + 0.2 + 0.6 * random(0);
        let tall = 0.45 + 0.55 * random(1);
        let t = x - peak;
        let side = if t < 0.0 { -t / 0.62 } else { t / 0.34 };
        height += tall * (-side * side).exp();
    }
    height
}
