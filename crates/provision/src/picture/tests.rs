#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;
use std::io::Cursor;

use png::{BitDepth, ColorType};

use super::*;

struct Decoded {
    size: (u32, u32),
    colour: ColorType,
    depth: BitDepth,
    data: Vec<u8>,
}

fn decoded(file: &[u8]) -> Decoded {
    let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut data).unwrap();
    data.truncate(info.buffer_size());
    Decoded { size: (info.width, info.height), colour: info.color_type, depth: info.bit_depth, data }
}

/// Pictures of one scene: the others go the same ways.
fn of_scene(number: usize) -> impl Iterator<Item = &'static Picture> {
    pictures().iter().filter(move |picture| picture.scene.stem == SCENES[number].stem)
}

#[test]
fn every_model_has_every_scene_in_its_folder() {
    for model in models::all() {
        let Some(wallpaper) = model.wallpaper else { continue };
        let own = pictures().iter().filter(|picture| picture.wallpaper == wallpaper.value);
        assert_eq!(own.count(), 2 * SCENES.len(), "{}", model.name);
    }
}

#[test]
fn no_two_pictures_share_a_name() {
    let names: HashSet<_> = pictures().iter().map(|picture| picture.name().to_ascii_lowercase()).collect();
    assert_eq!(names.len(), pictures().len());
    assert!(names.contains("desktops/800x480x24/dunes.png"));
    assert!(names.contains("desktops/800x480x24/tn-dunes-640x480.png"));
    assert!(names.contains("desktops/272x480x24/dunes.png"));
}

#[test]
fn names_fit_the_setting_for_a_default_wallpaper() {
    for picture in pictures() {
        let name = picture.name();
        let file = name.rsplit('/').next().unwrap();
        assert!(file.len() <= 64 && file.is_ascii() && !file.contains(' '), "{name}");
    }
}

#[test]
fn sizes_are_exact_and_levels_are_those_of_the_screen() {
    for number in 0..SCENES.len() {
        for picture in of_scene(number).filter(|picture| number == 0 || picture.thumbnail) {
            let Wallpaper { image, thumbnail, depth, .. } = picture.wallpaper;
            let Decoded { size, colour, depth: bits, data } = decoded(&picture.draw());
            let wanted = if picture.thumbnail { thumbnail } else { image };
            assert_eq!(size, (wanted.width, wanted.height), "{}", picture.name());
            let form = match depth {
                1 => (ColorType::Grayscale, BitDepth::One),
                4 => (ColorType::Grayscale, BitDepth::Four),
                _ => (ColorType::Rgb, BitDepth::Eight),
            };
            assert_eq!((colour, bits), form, "{}", picture.name());
            for (channel, bits) in [4, 4, 4].into_iter().enumerate().filter(|_| depth == 12) {
                assert!(values(&data, channel) <= 1 << bits);
            }
            for (channel, bits) in [5, 6, 5].into_iter().enumerate().filter(|_| depth == 16) {
                assert!(values(&data, channel) <= 1 << bits);
            }
        }
    }
}

/// How many different values a channel has.
fn values(data: &[u8], channel: usize) -> usize {
    data.iter().skip(channel).step_by(3).collect::<HashSet<_>>().len()
}

#[test]
fn black_and_white_text_is_readable_everywhere() {
    for number in 0..SCENES.len() {
        let picture = of_scene(number).find(|p| p.wallpaper.depth == 24 && p.thumbnail).unwrap();
        let pixels = decoded(&picture.draw()).data;
        let luminance = |pixel: &[u8; 3]| {
            let linear = pixel.map(|value| ((f32::from(value) / 255.0 + 0.055) / 1.055).powf(2.4));
            0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        };
        let (pixels, _) = pixels.as_chunks::<3>();
        for pixel in pixels {
            let luminance = luminance(pixel);
            let (white, black) = (1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05);
            assert!(white > 2.8 && black > 2.8, "{}: {pixel:?}", picture.name());
        }
    }
}

#[test]
fn the_same_picture_is_the_same_file() {
    let picture = &pictures()[1];
    assert_eq!(picture.draw(), picture.draw());
}
