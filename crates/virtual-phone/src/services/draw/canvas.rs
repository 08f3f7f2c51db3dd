//! A surface of pixels, with text and rectangles.

use super::font::Font;
use super::picture::Picture;

pub(crate) type Colour = [u8; 3];

/// A rectangle: left, top, width, height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub x: i32,
    pub y: i32,
    pub w: i32,
    pub h: i32,
}

/// What is drawn on.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    width: i32,
    height: i32,
    pixels: Vec<Colour>,
}

impl Area {
    pub(crate) fn new(x: i32, y: i32, w: i32, h: i32) -> Self {
        Self { x, y, w, h }
    }

    /// Smaller by so many pixels on each side.
    pub(crate) fn inset(self, x: i32, y: i32) -> Self {
        Self { x: self.x + x, y: self.y + y, w: self.w - 2 * x, h: self.h - 2 * y }
    }
}

impl Canvas {
    pub(crate) fn new((width, height): (u32, u32), colour: Colour) -> Self {
        Self { width: width as i32, height: height as i32, pixels: vec![colour; (width * height) as usize] }
    }

    fn at(&mut self, x: i32, y: i32) -> Option<&mut Colour> {
        let inside = (0..self.width).contains(&x) && (0..self.height).contains(&y);
        inside.then(|| &mut self.pixels[(y * self.width + x) as usize])
    }

    pub(crate) fn fill(&mut self, area: Area, colour: Colour) {
        for y in area.y..area.y + area.h {
            for x in area.x..area.x + area.w {
                if let Some(pixel) = self.at(x, y) {
                    *pixel = colour;
                }
            }
        }
    }

    /// From one colour at the top to another at the bottom.
    pub(crate) fn shade(&mut self, area: Area, top: Colour, bottom: Colour) {
        for row in 0..area.h {
            let share = (row * 255 / (area.h - 1).max(1)) as u8;
            self.fill(Area::new(area.x, area.y + row, area.w, 1), mix(top, bottom, share));
        }
    }

    /// A rectangle whose corners are cut round.
    pub(crate) fn rounded(&mut self, area: Area, radius: i32, colour: Colour) {
        for row in 0..area.h {
            let from_edge = row.min(area.h - 1 - row);
            let cut = if from_edge < radius {
                let rise = (radius - from_edge) as f32 - 0.5;
                let radius = radius as f32;
                (radius - (radius * radius - rise * rise).max(0.0).sqrt()).round() as i32
            } else {
                0
            };
            self.fill(Area::new(area.x + cut, area.y + row, area.w - 2 * cut, 1), colour);
        }
    }

    pub(crate) fn frame(&mut self, area: Area, colour: Colour) {
        let Area { x, y, w, h } = area;
        for edge in [
            Area::new(x, y, w, 1),
            Area::new(x, y + h - 1, w, 1),
            Area::new(x, y, 1, h),
            Area::new(x + w - 1, y, 1, h),
        ] {
            self.fill(edge, colour);
        }
    }

    /// Writes a text from its upper left corner; what does not fit is shortened.
    pub(crate) fn text(&mut self, font: &Font, text: &str, (x, y): (i32, i32), width: i32, colour: Colour) {
        let mut at = x;
        for c in font.fit(text, width).chars() {
            let start = at;
            at += font.letter(c, |dx, dy, dark| {
                if let Some(pixel) = self.at(start + dx, y + dy) {
                    *pixel = mix(*pixel, colour, dark);
                }
            });
        }
    }

    /// Writes a text in the middle of an area.
    pub(crate) fn centred(&mut self, font: &Font, text: &str, area: Area, colour: Colour) {
        let text = font.fit(text, area.w);
        let x = area.x + (area.w - font.width(&text)) / 2;
        self.text(font, &text, (x, area.y + (area.h - font.height()) / 2), area.w, colour);
    }

    /// Puts a picture down; what lies outside `clip` is cut off.
    pub(crate) fn picture(&mut self, picture: &Picture, (x, y): (i32, i32), clip: Area) {
        for (number, pixel) in picture.pixels.iter().enumerate() {
            let (px, py) = (x + (number % picture.width) as i32, y + (number / picture.width) as i32);
            let inside = (clip.x..clip.x + clip.w).contains(&px) && (clip.y..clip.y + clip.h).contains(&py);
            if let Some(below) = self.at(px, py).filter(|_| inside) {
                *below = mix(*below, pixel.colour, pixel.opacity);
            }
        }
    }

    /// The pixels, in the colours a screen of this depth has.
    pub(crate) fn finish(self, depth: u8, colour: bool) -> Vec<Colour> {
        let levels: [u32; 3] = match (colour, depth) {
            (true, ..=12) => [15; 3],
            (true, 13..=16) => [31, 63, 31],
            (true, _) => [255; 3],
            // Two tones are chosen by the look; nothing is to be mixed.
            (false, 1) => return self.pixels,
            (false, depth) => [(1 << depth.min(8)) - 1; 3],
        };
        let reduce = |value: u8, most: u32| ((u32::from(value) * most + 127) / 255 * 255 / most) as u8;
        let pixel = |[r, g, b]: Colour| {
            let [r, g, b] = if colour {
                [r, g, b]
            } else {
                [((u32::from(r) * 30 + u32::from(g) * 59 + u32::from(b) * 11) / 100) as u8; 3]
            };
            [reduce(r, levels[0]), reduce(g, levels[1]), reduce(b, levels[2])]
        };
        self.pixels.into_iter().map(pixel).collect()
    }
}

fn mix(below: Colour, above: Colour, share: u8) -> Colour {
    let share = u32::from(share);
    let mut mixed = below;
    for (value, above) in mixed.iter_mut().zip(above) {
        *value = ((u32::from(*value) * (255 - share) + u32::from(above) * share + 127) / 255) as u8;
    }
    mixed
}
