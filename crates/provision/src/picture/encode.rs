//! From a canvas to a PNG file with as many levels as the screen has, mixed in a fine pattern where those are few.

use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use super::canvas::Canvas;

/// Darkest level of grey screens, zero to one: their text is black.
const DARKEST_GREY: f32 = 0.5;
/// Share of white in the darkest place of a screen that knows only black and white.
const DARKEST_PATTERN: f32 = 0.62;

/// The file for a screen of `depth` bits.
pub(super) fn png(canvas: &Canvas, depth: u8) -> Vec<u8> {
    match depth {
        1 => grey(canvas, BitDepth::One, DARKEST_PATTERN),
        4 => grey(canvas, BitDepth::Four, DARKEST_GREY),
        12 => colour(canvas, [15, 15, 15]),
        16 => colour(canvas, [31, 63, 31]),
        _ => colour(canvas, [255; 3]),
    }
}

/// Packed greys of one or four bits, each row beginning on a byte.
fn grey(canvas: &Canvas, depth: BitDepth, darkest: f32) -> Vec<u8> {
    let bits = depth as usize;
    let most = ((1 << bits) - 1) as f32;
    let row_length = (canvas.width * bits).div_ceil(8);
    let mut data = vec![0; row_length * canvas.height];
    for (y, line) in canvas.pixels.chunks_exact(canvas.width).enumerate() {
        for (x, pixel) in line.iter().enumerate() {
            let level = quantised(pixel.grey(darkest), most, x, y) as u8;
            let bit = x * bits;
            data[y * row_length + bit / 8] |= level << (8 - bits - bit % 8);
        }
    }
    encode(canvas, ColorType::Grayscale, depth, &data)
}

/// Eight bits a channel, of which only `most` + 1 different values are used.
fn colour(canvas: &Canvas, most: [u16; 3]) -> Vec<u8> {
    let mut data = Vec::with_capacity(canvas.pixels.len() * 3);
    for (y, line) in canvas.pixels.chunks_exact(canvas.width).enumerate() {
        for (x, pixel) in line.iter().enumerate() {
            for (value, most) in pixel.rgb().into_iter().zip(most) {
                let level =
                    if most == 255 { value * 255.0 + 0.5 } else { quantised(value, f32::from(most), x, y) };
                data.push((level as u16 * 255 / most) as u8);
            }
        }
    }
    encode(canvas, ColorType::Rgb, BitDepth::Eight, &data)
}

/// The level for a value, rounded up or down by an even pattern of eight by eight pixels.
fn quantised(value: f32, most: f32, x: usize, y: usize) -> f32 {
    (value * most + threshold(x, y)).floor().clamp(0.0, most)
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
    encoder.set_compression(Compression::Balanced);
    if depth != BitDepth::Eight {
        encoder.set_filter(Filter::NoFilter);
    }
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
            let sum: f32 = (0..64).map(|n| quantised(value, 15.0, n % 8, n / 8)).sum();
            assert!((sum / 64.0 / 15.0 - value).abs() < 0.003, "{value}");
        }
    }
}
