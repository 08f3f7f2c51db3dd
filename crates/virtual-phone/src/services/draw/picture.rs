//! PNG files in and out.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, Encoder, Limits, Transformations};

/// A decoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<Pixel>,
}

/// A colour, and how much of what is below it stays hidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pixel {
    pub colour: [u8; 3],
    pub opacity: u8,
}

/// No screen is wider or higher, and no server should make us take more memory.
const LARGEST: u32 = 4096;

/// Reads a PNG file of any kind.
pub(crate) fn decode(bytes: &[u8]) -> Result<Picture, String> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: 64 << 20 });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let info = reader.info();
    if info.width > LARGEST || info.height > LARGEST {
        return Err(format!("a picture of {}x{} pixels", info.width, info.height));
    }
    let size = reader.output_buffer_size().ok_or("a picture too large to hold")?;
    let mut data = vec![0; size];
    let frame = reader.next_frame(&mut data).map_err(|error| error.to_string())?;
    let samples = frame.color_type.samples();
    let pixel = |part: &[u8]| match *part {
        [grey] => Pixel { colour: [grey; 3], opacity: 255 },
        [grey, opacity] => Pixel { colour: [grey; 3], opacity },
        [r, g, b] => Pixel { colour: [r, g, b], opacity: 255 },
        [r, g, b, opacity] => Pixel { colour: [r, g, b], opacity },
        _ => Pixel::default(),
    };
    let (width, height) = (frame.width as usize, frame.height as usize);
    let pixels = data.chunks_exact(samples).take(width * height).map(pixel).collect::<Vec<_>>();
    if pixels.len() < width * height {
        return Err("a picture with too few pixels".to_owned());
    }
    Ok(Picture { width, height, pixels })
}

/// Writes pixels as a PNG file.
pub(crate) fn encode(width: usize, height: usize, pixels: &[[u8; 3]]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    let written =
        encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels.as_flattened()));
    written.expect("a picture of that many pixels can be written into memory");
    file
}

impl Picture {
    /// Scaled down to fit, each pixel the mean of those it stands for; never scaled up.
    pub(crate) fn within(&self, width: usize, height: usize) -> Self {
        if self.width <= width && self.height <= height {
            return self.clone();
        }
        let scale = (self.width as f32 / width as f32).max(self.height as f32 / height as f32);
        let side = |side: usize, most: usize| ((side as f32 / scale) as usize).clamp(1, most);
        let (width, height) = (side(self.width, width), side(self.height, height));
        let span = |at: usize, of: usize, from: usize| {
            let start = at * from / of;
            start..((at + 1) * from / of).max(start + 1)
        };
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let rows = span(y, height, self.height);
                let mut sums = [0_u32; 4];
                let mut count = 0;
                for row in rows {
                    for column in span(x, width, self.width) {
                        let pixel = self.pixels[row * self.width + column];
                        for (sum, value) in
                            sums.iter_mut().zip(pixel.colour.into_iter().chain([pixel.opacity]))
                        {
                            *sum += u32::from(value);
                        }
                        count += 1;
                    }
                }
                let [r, g, b, opacity] = sums.map(|sum| (sum / count) as u8);
                pixels.push(Pixel { colour: [r, g, b], opacity });
            }
        }
        Self { width, height, pixels }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn pictures_come_back_and_shrink() {
        let pixels: Vec<[u8; 3]> = (0..16).map(|n| [n * 10, 0, 255]).collect();
        let file = encode(4, 4, &pixels);
        let picture = decode(&file).unwrap();
        assert_eq!(picture.pixels[5], Pixel { colour: [50, 0, 255], opacity: 255 });
        let small = picture.within(2, 4);
        assert_eq!((small.width, small.height), (2, 2));
        assert_eq!(small.pixels[0].colour, [25, 0, 255]);
        assert_eq!(picture.within(9, 9), picture);
        assert!(decode(b"\x89PNG").is_err() && decode(b"").is_err() && decode(&file[..50]).is_err());
    }
}
