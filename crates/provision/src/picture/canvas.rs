//! What scenes are drawn on: points in units of the picture's height, so that a scene fits any size, and a little noise.

use super::colour::Lab;
use crate::models::Size;

/// A picture being drawn.
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<Lab>,
}

impl Canvas {
    pub(super) fn new(size: Size) -> Self {
        let (width, height) = (size.width as usize, size.height as usize);
        Self { width, height, pixels: vec![Lab::default(); width * height] }
    }

    pub(super) fn at(&self, x: usize, y: usize) -> Lab {
        self.pixels[y * self.width + x]
    }

    /// Width when the height is one.
    pub(super) fn aspect(&self) -> f32 {
        self.width as f32 / self.height as f32
    }

    /// Size of a pixel when the height is one.
    pub(super) fn pixel(&self) -> f32 {
        1.0 / self.height as f32
    }

    /// Paints every pixel from its place and what is there already.
    pub(super) fn paint(&mut self, colour: impl Fn(f32, f32, Lab) -> Lab) {
        let pixel = self.pixel();
        for (row, line) in self.pixels.chunks_exact_mut(self.width).enumerate() {
            let y = (row as f32 + 0.5) * pixel;
            for (column, under) in line.iter_mut().enumerate() {
                *under = colour((column as f32 + 0.5) * pixel, y, *under);
            }
        }
    }

    /// Paints what lies below a curve, whose height may differ from column to column; `colour` is told the column and
    /// the depth below the curve. The edge is as soft as a pixel.
    pub(super) fn paint_below(&mut self, curve: &[f32], colour: impl Fn(usize, f32, Lab) -> Lab) {
        let pixel = self.pixel();
        let top = curve.iter().copied().fold(f32::INFINITY, f32::min);
        let first = ((top * self.height as f32) - 1.0).max(0.0) as usize;
        for (row, line) in self.pixels.chunks_exact_mut(self.width).enumerate().skip(first) {
            let y = (row as f32 + 0.5) * pixel;
            for (column, (under, start)) in line.iter_mut().zip(curve).enumerate() {
                let depth = y - start;
                let cover = depth / pixel + 0.5;
                if cover > 0.0 {
                    *under = under.mix(colour(column, depth.max(0.0), *under), cover.min(1.0));
                }
            }
        }
    }

    /// A value for each column, from its place.
    pub(super) fn columns(&self, value: impl Fn(f32) -> f32) -> Vec<f32> {
        let pixel = self.pixel();
        (0..self.width).map(|column| value((column as f32 + 0.5) * pixel)).collect()
    }
}

/// Zero at `from` and below, one at `to` and above, without a corner.
pub(super) fn step(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Evenly scattered numbers from zero to one.
pub(super) fn scatter(x: i32, y: i32, seed: u32) -> f32 {
    let mut h = seed.wrapping_mul(0x9E37_79B9)
        ^ (x as u32).wrapping_mul(0x85EB_CA6B)
        ^ (y as u32).wrapping_mul(0xC2B2_AE35);
    h = (h ^ h >> 15).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ h >> 12).wrapping_mul(0x297A_2D39);
    ((h ^ h >> 15) >> 8) as f32 / 16_777_216.0
}

/// The library's own is a call into the C library, which costs more than all the rest of [`noise`].
fn floor(x: f32) -> i32 {
    let cut = x as i32;
    cut - i32::from(x < cut as f32)
}

/// Smooth noise from zero to one that changes over a distance of one.
pub(super) fn noise(x: f32, y: f32, seed: u32) -> f32 {
    let (column, row) = (floor(x), floor(y));
    let (s, t) = (step(0.0, 1.0, x - column as f32), step(0.0, 1.0, y - row as f32));
    let across = |row| {
        let left = scatter(column, row, seed);
        left + (scatter(column + 1, row, seed) - left) * s
    };
    let above = across(row);
    above + (across(row + 1) - above) * t
}
