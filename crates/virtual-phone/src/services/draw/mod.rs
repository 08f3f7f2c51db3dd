//! What the screen shows, as a picture in the model's own size and colours.
//!
//! The layout is ours: bars, letters and colours are chosen to look like such a phone, and hold no picture of its maker.

mod canvas;
mod content;
mod font;
mod look;
mod picture;
#[cfg(test)]
mod tests;

use canvas::{Area, Canvas};
use look::Look;

use super::browser::Browser;
use super::object::{Refusal, SoftKey};
use crate::models::Screen;

/// What stands on the screen besides the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The time, as the phone shows it.
    pub clock: String,
    /// The number of the first line.
    pub number: String,
}

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub enum Sight<'a> {
    /// The page on the screen; without one the phone is idle.
    Page(&'a Browser),
    /// The words a phone shows when it cannot show a page.
    Refusal(&'a Refusal),
}

/// Draws the screen as a PNG file; `None` for a model that shows no services.
#[must_use]
pub fn png(screen: Option<&Screen>, sight: Sight<'_>, beside: &Beside) -> Option<Vec<u8>> {
    let screen = screen?;
    let look = Look::of(screen);
    let mut canvas = Canvas::new(screen.panel, look.colours.paper);
    background(&mut canvas, &look, screen, beside);
    match sight {
        Sight::Refusal(refusal) => {
            title(&mut canvas, &look, "");
            let area = look.pane;
            canvas.centred(look.bold, refusal.shown, area, look.colours.ink);
            let exit = SoftKey { name: "Exit".to_owned(), url: "SoftKey:Exit".to_owned(), position: 1 };
            keys(&mut canvas, &look, screen, &[exit]);
        }
        Sight::Page(browser) => match browser.shown() {
            Some(shown) => {
                title(&mut canvas, &look, &shown.title);
                content::draw(&mut canvas, &look, screen, shown);
                if let Some(prompt) = look.prompt {
                    let at = (prompt.x + 2 * look.pad, prompt.y + (prompt.h - look.plain.height()) / 2);
                    canvas.text(
                        look.plain,
                        &shown.page.prompt,
                        at,
                        prompt.w - 4 * look.pad,
                        look.colours.faint,
                    );
                }
                keys(&mut canvas, &look, screen, &shown.keys);
            }
            None => {
                title(&mut canvas, &look, "");
                keys(&mut canvas, &look, screen, &[]);
            }
        },
    }
    let (width, height) = (screen.panel.0 as usize, screen.panel.1 as usize);
    Some(picture::encode(width, height, &canvas.finish(screen.depth, screen.colour)))
}

/// Header and what lies beside the pane.
fn background(canvas: &mut Canvas, look: &Look, screen: &Screen, beside: &Beside) {
    let colours = &look.colours;
    if let Some(header) = look.header {
        canvas.shade(header, colours.bar, colours.bar_end);
        let y = header.y + (header.h - look.plain.height()) / 2;
        canvas.text(look.plain, &beside.clock, (2 * look.pad, y), header.w / 2, colours.bar_ink);
        let x = header.w - 2 * look.pad - look.bold.width(&beside.number);
        canvas.text(look.bold, &beside.number, (x.max(header.w / 2), y), header.w / 2, colours.bar_ink);
    }
    let (pane, width) = (look.pane, screen.panel.0 as i32);
    let right = width - pane.x - pane.w;
    let top = look.header.map_or(0, |header| header.h);
    let bottom = look.keys.y;
    // Keys of lines stand at both sides of large screens, and on the right of the others.
    let columns = [(0, pane.x, 5), (pane.x + pane.w, right, if look.is_fine { 5 } else { 2 })];
    for (x, w, count) in columns.into_iter().filter(|(_, w, _)| *w > 8) {
        let step = (bottom - top) / count;
        for number in 0..count {
            let area = Area::new(x, top + number * step, w, step).inset((w / 12).max(2), step / 6);
            canvas.rounded(area, look.pad, if look.is_fine { colours.field } else { colours.key });
            if look.is_fine && number == 0 && x == 0 {
                canvas.centred(look.plain, &beside.number, area, colours.ink);
            }
        }
    }
}

fn title(canvas: &mut Canvas, look: &Look, text: &str) {
    let colours = &look.colours;
    let area = look.title;
    let top = if look.header.is_some() && look.is_fine { colours.paper } else { colours.bar };
    let bottom = if look.is_fine { colours.paper } else { colours.bar_end };
    canvas.shade(area, top, bottom);
    let ink = if look.is_fine { colours.ink } else { colours.bar_ink };
    let at = (area.x + 2 * look.pad, area.y + (area.h - look.bold.height()) / 2);
    canvas.text(look.bold, text, at, area.w - 4 * look.pad, ink);
    if look.is_fine {
        canvas.fill(Area::new(area.x, area.y + area.h - 2, area.w, 2), colours.bar);
    }
}

/// The soft keys in their places. Who finds none is behind the last, "more".
fn keys(canvas: &mut Canvas, look: &Look, screen: &Screen, keys: &[SoftKey]) {
    let colours = &look.colours;
    let area = look.keys;
    let slots = screen.keys.max(1);
    let width = area.w / slots as i32;
    if look.is_mono {
        canvas.fill(Area::new(area.x, area.y, area.w, 1), colours.ink);
    } else {
        canvas.shade(area, colours.bar_end, colours.bar_end);
    }
    let beyond = keys.iter().any(|key| key.position > slots);
    for slot in 1..=slots {
        let named = keys.iter().find(|key| key.position == slot).map(|key| key.name.as_str());
        let name = if beyond && slot == slots { Some("more") } else { named };
        let Some(name) = name else { continue };
        let place = Area::new(area.x + (slot as i32 - 1) * width, area.y, width, area.h);
        if look.is_mono {
            let place = Area::new(place.x, place.y + 1, place.w, place.h - 1);
            canvas.centred(look.bold, name, place, colours.key_ink);
        } else {
            let gap = if look.is_fine { 6 } else { 2 };
            canvas.rounded(place.inset(gap, gap), look.pad, colours.key);
            canvas.centred(look.bold, name, place.inset(gap + 1, 0), colours.key_ink);
        }
    }
}
