//! From a canvas to a PNG file with as many levels as the screen has, mixed in a fine pattern so that no step shows.

use png::{BitDepth, ColorType, DeflateCompression, Encoder, Filter};

use super::canvas::Canvas;

/// Darkest level of grey screens, zero to one: their text is black.
const DARKEST_GREY: f32 = 0.5;
/// Share of white in the darkest place of a screen that knows only black and white.
const DARKEST_PATTERN: f32 = 0.8;
/// Difference in lightness between neighbours that such a screen shows as a line, in the height of a wallpaper; in
/// the few pixels of a preview everything changes faster.
const LINE: f32 = 0.022 * 34.0;

/// The file for a screen of `depth` bits.
pub(super) fn png(canvas: &Canvas, depth: u8) -> Vec<u8> {
    match depth {
        1 => grey(canvas, BitDepth::One, |x, y| {
            if is_on_line(canvas, x, y) { 0.0 } else { canvas.at(x, y).grey(DARKEST_PATTERN) }
        }),
        4 => grey(canvas, BitDepth::Four, |x, y| canvas.at(x, y).grey(DARKEST_GREY)),
        12 => colour(canvas, [15, 15, 15]),
        16 => colour(canvas, [31, 63, 31]),
        _ => colour(canvas, [255; 3]),
    }
}

/// Packed greys of one or four bits, each row beginning on a byte.
fn grey(canvas: &Canvas, depth: BitDepth, value: impl Fn(usize, usize) -> f32) -> Vec<u8> {
    let bits = depth as usize;
    let most = (1 << bits) - 1;
    let row_length = (canvas.width * bits).div_ceil(8);
    let mut data = vec![0; row_length * canvas.height];
    for (y, row) in data.chunks_exact_mut(row_length).enumerate() {
        for x in 0..canvas.width {
            let level = quantised(value(x, y), most, x, y) as u8;
            let bit = x * bits;
            row[bit / 8] |= level << (8 - bits - bit % 8);
        }
    }
    encode(canvas, ColorType::Grayscale, depth, &data)
}

/// Two tones cannot shade, but they can draw: what stands out from the pixel above or to the left becomes a line.
fn is_on_line(canvas: &Canvas, x: usize, y: usize) -> bool {
    let here = canvas.at(x, y).l;
    let line = LINE * canvas.pixel();
    [(x.checked_sub(1), Some(y)), (Some(x), y.checked_sub(1))].into_iter().any(|neighbour| match neighbour {
        (Some(x), Some(y)) => (canvas.at(x, y).l - here).abs() > line,
        _ => false,
    })
}

/// Eight bits a channel, of which only `most` + 1 different values are used.
fn colour(canvas: &Canvas, most: [u16; 3]) -> Vec<u8> {
    let mut data = Vec::with_capacity(canvas.pixels.len() * 3);
    for (y, line) in canvas.pixels.chunks_exact(canvas.width).enumerate() {
        for (x, pixel) in line.iter().enumerate() {
            for (value, most) in pixel.rgb().into_iter().zip(most) {
                let level = quantised(value, most, x, y);
                data.push((level * 255 / most) as u8);
            }
        }
    }
    encode(canvas, ColorType::Rgb, BitDepth::Eight, &data)
}

/// The level for a value, rounded up or down by an even pattern of eight by eight pixels.
fn quantised(value: f32, most: u16, x: usize, y: usize) -> u16 {
    // Values are not negative, so cutting the fraction off is rounding down.
    ((value * f32::from(most) + threshold(x, y)) as u16).min(most)
}

/// Bayer's pattern: bits of x^y and y interleaved, the lowest counting most.
fn threshold(x: usize, y: usize) -> f32 {
    let mixed = x ^ y;
    let bit = |n: usize| (mixed >> n & 1) << (5 - 2 * n) | (y >> n & 1) << (4 - 2 * n);
    ((bit(0) | bit(1) | bit(2)) as f32 + 0.5) / 64.0
}

fn encode(canvas: &Canvas, colour: ColorType, depth: BitDepth, data: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, canvas.width as u32, canvas.height as u32);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    // The pattern repeats, and filters would hide that from the compressor: without one the files are the smallest.
    // Beyond this level they take twice the time to become a tenth smaller.
    encoder.set_filter(Filter::NoFilter);
    encoder.set_deflate_compression(DeflateCompression::Level(3));
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(data));
    written.expect("memory takes any picture, and the data has the length of its size");
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_holds_each_threshold_once() {
        let mut all: Vec<_> = (0..64).map(|n| (threshold(n % 8, n / 8) * 64.0) as u32).collect();
        all.sort_unstable();
        assert_eq!(all, (0..64).collect::<Vec<_>>());
    }

    #[test]
    fn a_flat_value_is_right_on_average() {
        for value in [0.0, 0.1, 0.37, 0.5, 0.93, 1.0] {
            let sum: u16 = (0..64).map(|n| quantised(value, 15, n % 8, n / 8)).sum();
            assert!((f32::from(sum) / 64.0 / 15.0 - value).abs() < 0.003, "{value}");
        }
    }
}
