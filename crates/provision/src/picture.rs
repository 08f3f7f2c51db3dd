//! Wallpapers, drawn: every scene in every size the catalogue of models knows, with its preview.

use std::sync::LazyLock;

use crate::models::{self, Size, Wallpaper};

mod canvas;
mod colour;
mod encode;
mod scenes;

use canvas::Canvas;
use scenes::{SCENES, Scene};

/// One picture file.
#[derive(Debug)]
pub(crate) struct Picture {
    scene: &'static Scene,
    wallpaper: Wallpaper,
    thumbnail: bool,
}

/// Every picture for every screen, folder by folder and in the order of the menus.
pub(crate) fn pictures() -> &'static [Picture] {
    static PICTURES: LazyLock<Vec<Picture>> = LazyLock::new(|| {
        let mut pictures = Vec::new();
        for wallpaper in wallpapers() {
            for scene in &SCENES {
                pictures.extend([false, true].map(|thumbnail| Picture { scene, wallpaper, thumbnail }));
            }
        }
        pictures
    });
    &PICTURES
}

/// The different screens of all models and modules.
fn wallpapers() -> Vec<Wallpaper> {
    let phones = models::all().iter().filter_map(|model| model.wallpaper);
    let modules = models::modules().iter().filter_map(|module| module.wallpaper);
    let mut different = Vec::new();
    for wallpaper in phones.chain(modules) {
        if !different.contains(&wallpaper.value) {
            different.push(wallpaper.value);
        }
    }
    different
}

impl Picture {
    pub(crate) fn folder(&self) -> &'static str {
        self.wallpaper.folder
    }

    pub(crate) fn is_thumbnail(&self) -> bool {
        self.thumbnail
    }

    pub(crate) fn name(&self) -> String {
        if self.thumbnail { self.thumbnail_name() } else { self.named("") }
    }

    /// Name of the preview of this picture.
    pub(crate) fn thumbnail_name(&self) -> String {
        self.named("TN-")
    }

    /// The file name is the same in every folder, for a module looks in its own folder for the name of the phone's
    /// wallpaper. Only where a folder is shared by screens of another size does the size tell them apart.
    fn named(&self, start: &str) -> String {
        let Wallpaper { folder, image: Size { width, height }, depth, .. } = self.wallpaper;
        let stem = self.scene.stem;
        if folder.ends_with(&format!("/{width}x{height}x{depth}")) {
            format!("{folder}/{start}{stem}.png")
        } else {
            format!("{folder}/{start}{stem}-{width}x{height}.png")
        }
    }

    /// The whole PNG file.
    pub(crate) fn draw(&self) -> Vec<u8> {
        let size = if self.thumbnail { self.wallpaper.thumbnail } else { self.wallpaper.image };
        let mut canvas = Canvas::new(size);
        (self.scene.draw)(&mut canvas);
        encode::png(&canvas, self.wallpaper.depth)
    }
}

/// A picture for an idle screen: the last scene, the quietest, in any size and depth.
#[must_use]
pub fn idle_picture(width: u32, height: u32, depth: u8) -> Vec<u8> {
    let mut canvas = Canvas::new(Size { width, height });
    (SCENES[SCENES.len() - 1].draw)(&mut canvas);
    // Depths in between are those of phones that report fewer bits than they have.
    let depth = match depth {
        0 | 1 => 1,
        2..=8 => 4,
        9..=12 => 12,
        13..=16 => 16,
        _ => 24,
    };
    encode::png(&canvas, depth)
}

#[cfg(test)]
mod tests;
