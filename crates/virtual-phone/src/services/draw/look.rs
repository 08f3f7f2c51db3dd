//! What a model's screen looks like: its colours, its letters, and where everything stands.

use super::canvas::{Area, Colour};
use super::font::Font;
use crate::models::Screen;

/// Colours of one kind of screen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colours {
    pub paper: Colour,
    pub ink: Colour,
    pub faint: Colour,
    pub bar: Colour,
    pub bar_end: Colour,
    pub bar_ink: Colour,
    pub chosen: Colour,
    pub chosen_ink: Colour,
    pub key: Colour,
    pub key_ink: Colour,
    pub field: Colour,
}

/// Everything in its place.
#[derive(Debug)]
pub(crate) struct Look {
    pub colours: Colours,
    pub plain: &'static Font,
    pub bold: &'static Font,
    /// Time and name; screens without room for it have none.
    pub header: Option<Area>,
    pub title: Area,
    /// The part for services, or what is left of it on screens that have nothing else.
    pub pane: Area,
    pub prompt: Option<Area>,
    pub keys: Area,
    /// From one row to the next.
    pub row: i32,
    pub pad: i32,
    /// Whether corners are round and colours shade.
    pub is_fine: bool,
    /// Whether there are two tones only.
    pub is_mono: bool,
}

const LCD: Colours = Colours {
    paper: [199, 207, 190],
    ink: [28, 34, 30],
    faint: [28, 34, 30],
    bar: [28, 34, 30],
    bar_end: [28, 34, 30],
    bar_ink: [199, 207, 190],
    chosen: [28, 34, 30],
    chosen_ink: [199, 207, 190],
    key: [199, 207, 190],
    key_ink: [28, 34, 30],
    field: [199, 207, 190],
};

const GREY: Colours = Colours {
    paper: [238, 238, 238],
    ink: [17, 17, 17],
    faint: [119, 119, 119],
    bar: [85, 85, 85],
    bar_end: [51, 51, 51],
    bar_ink: [255, 255, 255],
    chosen: [51, 51, 51],
    chosen_ink: [255, 255, 255],
    key: [204, 204, 204],
    key_ink: [17, 17, 17],
    field: [255, 255, 255],
};

const LIGHT: Colours = Colours {
    paper: [240, 244, 248],
    ink: [20, 28, 40],
    faint: [110, 124, 142],
    bar: [44, 92, 140],
    bar_end: [22, 56, 94],
    bar_ink: [255, 255, 255],
    chosen: [58, 124, 190],
    chosen_ink: [255, 255, 255],
    key: [206, 216, 228],
    key_ink: [20, 28, 40],
    field: [255, 255, 255],
};

const DARK: Colours = Colours {
    paper: [17, 22, 29],
    ink: [238, 242, 246],
    faint: [130, 144, 160],
    bar: [44, 54, 68],
    bar_end: [30, 37, 47],
    bar_ink: [255, 255, 255],
    chosen: [0, 108, 168],
    chosen_ink: [255, 255, 255],
    key: [52, 63, 78],
    key_ink: [238, 242, 246],
    field: [34, 43, 55],
};

const DARK_GREY: Colours = Colours {
    paper: [20, 20, 20],
    ink: [240, 240, 240],
    faint: [140, 140, 140],
    bar: [62, 62, 62],
    bar_end: [42, 42, 42],
    bar_ink: [255, 255, 255],
    chosen: [190, 190, 190],
    chosen_ink: [0, 0, 0],
    key: [66, 66, 66],
    key_ink: [240, 240, 240],
    field: [48, 48, 48],
};

impl Look {
    pub(crate) fn of(screen: &Screen) -> Self {
        let (w, h) = (screen.panel.0 as i32, screen.panel.1 as i32);
        let is_mono = !screen.colour && screen.depth == 1;
        let is_fine = w >= 640;
        let size = match (w, h) {
            (_, ..=64) => 9,
            (_, ..=90) => 11,
            _ if is_mono => 14,
            (640.., _) if w >= 800 => 22,
            (640.., _) => 18,
            _ if screen.colour => 13,
            _ => 11,
        };
        let colours = match (screen.colour, is_fine) {
            _ if is_mono => LCD,
            (true, true) => DARK,
            (true, false) => LIGHT,
            (false, true) => DARK_GREY,
            (false, false) => GREY,
        };
        let (plain, bold) = (Font::named(&format!("plain-{size}")), Font::named(&format!("bold-{size}")));
        let line = plain.height();
        let pad = (line / 5).max(1);
        let row = if is_mono { line } else { line + 2 * pad };
        let places = Places::new(screen, line, pad, is_mono);
        let Places { header, title, pane, prompt, keys } = places;
        Self { colours, plain, bold, header, title, pane, prompt, keys, row, pad, is_fine, is_mono }
    }

    /// Rows that fit into the pane.
    pub(crate) fn rows(&self) -> usize {
        usize::try_from(self.pane.h / self.row).unwrap_or(0).max(1)
    }
}

struct Places {
    header: Option<Area>,
    title: Area,
    pane: Area,
    prompt: Option<Area>,
    keys: Area,
}

impl Places {
    /// From top to bottom: header, title, pane, prompt, keys. Who finds no room is left out, or cut from the pane.
    fn new(screen: &Screen, line: i32, pad: i32, is_mono: bool) -> Self {
        let (w, h) = (screen.panel.0 as i32, screen.panel.1 as i32);
        let (pane_w, pane_h) = (screen.services.0 as i32, screen.services.1 as i32);
        let bar = if is_mono { line } else { line + pad };
        let rest = h - pane_h;
        if rest < 2 * bar {
            // The keys touch the bottom, the rest is the pane.
            let title = Area::new(0, 0, w, bar);
            let keys = Area::new(0, h - bar - 1, w, bar + 1);
            return Self {
                header: None,
                title,
                pane: Area::new(0, bar, w, h - 2 * bar - 1),
                prompt: None,
                keys,
            };
        }
        let bars = if rest >= 4 * bar { 4 } else { 2 + i32::from(rest >= 3 * bar) };
        let tall = rest / bars;
        let left = (w - pane_w) / 2;
        let left = if left > 40 { left } else { 0 };
        let header_h = if bars >= 3 { tall } else { 0 };
        let prompt_h = if bars >= 4 { tall } else { 0 };
        let keys_h = rest - header_h - tall - prompt_h;
        let title_y = header_h;
        let pane_y = title_y + tall;
        Self {
            header: (header_h > 0).then(|| Area::new(0, 0, w, header_h)),
            title: Area::new(left, title_y, if left > 0 { pane_w } else { w }, tall),
            pane: Area::new(left, pane_y, pane_w, pane_h),
            prompt: (prompt_h > 0)
                .then(|| Area::new(left, pane_y + pane_h, if left > 0 { pane_w } else { w }, prompt_h)),
            keys: Area::new(0, h - keys_h, w, keys_h),
        }
    }
}
