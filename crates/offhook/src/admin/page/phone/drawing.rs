//! What a phone looks like, as far as the catalogue knows: its screen, its keys with what stands beside them, its modules.
//!
//! Number, order and sides of the keys are the model's; the shape of the case is everybody's. The drawing holds no style of
//! its own: classes of the style sheet colour it.

use std::fmt::Write as _;

use provision::models::{self, Model, Module};
use quick_xml::escape::escape;

use super::made::Looked;
use crate::edit::effective::{self, Button};

/// Width of a screen; its height follows from the model.
const SCREEN: u32 = 420;
/// From the top of one key to the next.
const PITCH: u32 = 46;
/// The same on modules and on phones with a column of paper.
const NARROW: u32 = 25;
/// A key with its lamp.
const KEY: u32 = 40;
const MODULE: u32 = 250;

/// Where a model has its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Places {
    /// Beside the screen: so many on the left, the rest on the right.
    Beside { left: u16 },
    /// In a column of their own, with paper to write on.
    Column,
    /// It has one line and no key for it.
    Nowhere,
}

/// The keys of a model by its series; `all` is how many it has in its line mode.
fn places(model: &Model, all: u16) -> Places {
    match (model.name, model.series) {
        (_, _) if all <= 1 || model.name == "8821" => Places::Nowhere,
        ("7861" | "7931" | "6961", _) => Places::Column,
        (_, "7900" | "6900") => Places::Beside { left: 0 },
        (_, "8900" | "9900") => Places::Beside { left: all },
        (_, "8800") => Places::Beside { left: all.min(5) },
        _ => Places::Beside { left: all.div_ceil(2) },
    }
}

/// The phone as SVG; nothing when nobody knows what it is. Each key leads to `target`, an address with its number behind.
pub(super) fn draw(looked: &Looked, target: &str) -> Option<String> {
    let model = looked.made.bundle.phone.model?;
    Some(Drawing::new(looked, model, target).finish())
}

struct Drawing<'a> {
    looked: &'a Looked,
    model: &'static Model,
    target: &'a str,
    buttons: Vec<Button<'a>>,
    svg: String,
}

impl<'a> Drawing<'a> {
    fn new(looked: &'a Looked, model: &'static Model, target: &'a str) -> Self {
        let buttons = effective::keys(&looked.made.bundle);
        Self { looked, model, target, buttons, svg: String::new() }
    }

    fn finish(mut self) -> String {
        let own = self.looked.own_keys();
        let places = places(self.model, own);
        let modules = self.looked.modules();
        let height = self.screen_height();
        let column = if places == Places::Column { MODULE } else { 0 };
        let (body, tall) =
            (SCREEN + 2 * KEY + 60, (height + 260).max(u32::from(own) * NARROW * u32::from(column > 0) + 80));
        let across = 110 + body + column + u32::try_from(modules.len()).unwrap_or(0) * (MODULE + 14) + 10;
        let name = self.looked.made.bundle.phone.mac.device_name();
        let _ = write!(
            self.svg,
            r#"<svg class="drawing" viewBox="0 0 {across} {tall}" role="group" aria-label="{name}, a {}, with its keys" xmlns="http://www.w3.org/2000/svg">"#,
            self.model.name
        );
        self.case(body + column, tall);
        let left = 100 + 30 + KEY;
        self.screen(left, 34, SCREEN, height);
        match places {
            Places::Beside { left: on_left } => self.beside(left, height, on_left, own),
            Places::Column => self.column(100 + body - 20, 34, own),
            Places::Nowhere => {}
        }
        self.below(left, 34 + height);
        let mut first = own + 1;
        for (place, module) in modules.iter().enumerate() {
            let x = 110 + body + column + u32::try_from(place).unwrap_or(0) * (MODULE + 14);
            self.module(x, tall, module, first);
            first += module.keys;
        }
        self.svg.push_str("</svg>");
        self.svg
    }

    fn screen_height(&self) -> u32 {
        let size = self.model.panel.value.split_once('x');
        let size =
            size.and_then(|(across, down)| Some((across.parse::<u32>().ok()?, down.parse::<u32>().ok()?)));
        size.map_or(120, |(across, down)| (SCREEN * down / across.max(1)).clamp(110, 320))
    }

    fn case(&mut self, across: u32, tall: u32) {
        let _ = write!(
            self.svg,
            r#"<rect class="d-base" x="4" y="18" width="92" height="{}" rx="26"/><rect class="d-handset" x="16" y="30" width="68" height="{}" rx="24"/><rect class="d-body" x="90" y="6" width="{across}" height="{}" rx="22"/>"#,
            tall - 36,
            tall - 60,
            tall - 12
        );
    }

    fn screen(&mut self, x: u32, y: u32, across: u32, down: u32) {
        let _ = write!(
            self.svg,
            r#"<rect class="d-bezel" x="{}" y="{}" width="{}" height="{}" rx="8"/><rect class="d-screen" x="{x}" y="{y}" width="{across}" height="{down}" rx="3"/>"#,
            x - 8,
            y - 8,
            across + 16,
            down + 16
        );
        let label = self.looked.phone_label();
        self.text(x + 10, y + 19, 14, "d-soft", "start", "10:24");
        self.text(x + across - 10, y + 19, 14, "d-text", "end", &cut(&label, 34));
        let _ = write!(
            self.svg,
            r#"<line class="d-rule" x1="{x}" y1="{}" x2="{}" y2="{}"/>"#,
            y + 28,
            x + across,
            y + 28
        );
        let soft = self.looked.soft_keys();
        let each = across / u32::try_from(soft.len().max(1)).unwrap_or(1);
        for (place, key) in (0..).zip(&soft) {
            self.text(x + each * place + each / 2, y + down - 8, 13, "d-soft", "middle", &cut(key, 12));
        }
    }

    /// Keys on both sides of the screen, their labels on it.
    fn beside(&mut self, x: u32, down: u32, left: u16, all: u16) {
        let rows = left.max(all - left).max(1);
        let room = down.saturating_sub(28 + 24);
        let pitch = (room / u32::from(rows)).clamp(18, PITCH);
        if all == left && self.model.keys_enhanced.is_some() {
            self.idle_keys(x + SCREEN + 12, down, u32::from(left));
        }
        for button in 1..=all {
            let on_left = button <= left;
            let row = if on_left { button - 1 } else { button - 1 - left };
            let y = 34 + 30 + u32::from(row) * pitch + pitch / 2;
            let key_x = if on_left { x - KEY - 12 } else { x + SCREEN + 12 };
            let (text_x, anchor) = if on_left { (x + 12, "start") } else { (x + SCREEN - 12, "end") };
            let size = if pitch < 24 { 13 } else { 15 };
            self.key(
                button,
                key_x,
                y,
                KEY,
                on_left,
                Label {
                    x: text_x,
                    y: y + 5,
                    size,
                    anchor,
                    class: "d-text",
                    most: if all > left && left > 0 { 22 } else { 40 },
                },
            );
        }
    }

    /// Keys for calls, on the side that has no programmable ones.
    fn idle_keys(&mut self, x: u32, down: u32, count: u32) {
        let pitch = (down.saturating_sub(52) / count).clamp(18, PITCH);
        for row in 0..count {
            let y = 64 + row * pitch + pitch / 2 - 8;
            let _ =
                write!(self.svg, r#"<rect class="d-cap" x="{x}" y="{y}" width="{KEY}" height="16" rx="4"/>"#);
        }
    }

    fn column(&mut self, x: u32, y: u32, all: u16) {
        let rows = u32::from(all) * NARROW;
        let _ = write!(
            self.svg,
            r#"<rect class="d-paper" x="{x}" y="{y}" width="190" height="{}" rx="4"/>"#,
            rows + 8
        );
        for button in 1..=all {
            let middle = y + 4 + u32::from(button - 1) * NARROW + NARROW / 2;
            self.key(
                button,
                x + 196,
                middle,
                30,
                false,
                Label { x: x + 182, y: middle + 4, size: 12, anchor: "end", class: "d-paper-text", most: 26 },
            );
        }
    }

    fn module(&mut self, x: u32, tall: u32, module: &Module, first: u16) {
        let rows = module.keys.div_ceil(2);
        let pitch = ((tall - 60) / u32::from(rows)).clamp(12, 34);
        let down = u32::from(rows) * pitch + 16;
        let _ = write!(
            self.svg,
            r#"<rect class="d-body" x="{x}" y="6" width="{MODULE}" height="{}" rx="14"/><rect class="d-screen" x="{}" y="22" width="{}" height="{down}" rx="3"/>"#,
            tall - 12,
            x + 32,
            MODULE - 64
        );
        for place in 0..module.keys {
            let (on_left, row) = (place < rows, u32::from(place % rows));
            let y = 30 + row * pitch + pitch / 2;
            let key_x = if on_left { x + 5 } else { x + MODULE - 27 };
            let (text_x, anchor) = if on_left { (x + 36, "start") } else { (x + MODULE - 36, "end") };
            let size = if pitch < 18 { 9 } else { 12 };
            self.key(
                first + place,
                key_x,
                y,
                22,
                on_left,
                Label { x: text_x, y: y + 4, size, anchor, class: "d-text", most: 12 },
            );
        }
        self.text(x + MODULE / 2, tall - 16, 11, "d-engraved", "middle", module.name);
    }

    /// A key with its lamp, and what stands beside it.
    fn key(&mut self, number: u16, x: u32, middle: u32, across: u32, lamp_on_right: bool, label: Label) {
        let found = self.buttons.iter().find(|button| button.number == number);
        let (text, lamp, about) = match found.and_then(|button| Some((button, button.key?))) {
            None => (String::new(), "", "empty".to_owned()),
            Some((button, key)) => {
                let own = button.label();
                let text = if own.is_empty() { key.feature.name } else { own };
                let lamp = match key.feature.key {
                    "line" | "intercom" => " on",
                    "service" | "secure_service" => " service",
                    _ => " dial",
                };
                (text.to_owned(), lamp, effective::words(Some(key)))
            }
        };
        let tall = if across < 30 { 10 } else { 16 };
        let lamp_x = if lamp_on_right { x + across - 9 } else { x + 3 };
        let _ = write!(
            self.svg,
            r#"<a class="d-key" href="{}{number}" data-key="{number}" aria-label="Key {number}: {}"><rect class="d-cap" x="{x}" y="{}" width="{across}" height="{tall}" rx="4"/><rect class="d-lamp{lamp}" x="{lamp_x}" y="{}" width="6" height="{}" rx="2"/>"#,
            escape(self.target),
            escape(&about),
            middle - tall / 2,
            middle - tall / 2 + 2,
            tall - 4,
        );
        self.text(label.x, label.y, label.size, label.class, label.anchor, &cut(&text, label.most));
        self.svg.push_str("</a>");
    }

    /// Soft keys, the pad, the buttons that every phone has.
    fn below(&mut self, x: u32, y: u32) {
        for place in 0..4 {
            let _ = write!(
                self.svg,
                r#"<rect class="d-cap" x="{}" y="{}" width="46" height="13" rx="6"/>"#,
                x + SCREEN / 4 * place + SCREEN / 8 - 23,
                y + 20
            );
        }
        let (centre, top) = (x + SCREEN / 2, y + 56);
        let _ = write!(
            self.svg,
            r#"<circle class="d-cap" cx="{}" cy="{}" r="30"/><circle class="d-body" cx="{}" cy="{}" r="13"/>"#,
            x + 56,
            top + 56,
            x + 56,
            top + 56
        );
        for (place, digit) in (0_u32..).zip("123456789*0#".chars()) {
            let (key_x, key_y) = (centre - 75 + place % 3 * 52, top + place / 3 * 36);
            let _ = write!(
                self.svg,
                r#"<rect class="d-cap" x="{key_x}" y="{key_y}" width="46" height="28" rx="7"/>"#
            );
            self.text(key_x + 23, key_y + 19, 14, "d-soft", "middle", &digit.to_string());
        }
        for place in 0..4 {
            let _ = write!(
                self.svg,
                r#"<rect class="d-cap" x="{}" y="{}" width="46" height="24" rx="7"/>"#,
                x + SCREEN - 104 + place % 2 * 54,
                top + place / 2 * 36
            );
        }
        self.text(x + SCREEN - 54, top + 132, 13, "d-engraved", "middle", self.model.name);
    }

    fn text(&mut self, x: u32, y: u32, size: u32, class: &str, anchor: &str, text: &str) {
        let text = escape(text);
        let _ = write!(
            self.svg,
            r#"<text class="{class}" x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}">{text}</text>"#
        );
    }
}

/// Where and how a label stands.
struct Label {
    x: u32,
    y: u32,
    size: u32,
    anchor: &'static str,
    class: &'static str,
    most: usize,
}

/// As much of a text as there is room for.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// The module of that code.
pub(super) fn module(code: &str) -> Option<&'static Module> {
    models::modules().iter().find(|module| module.name == code)
}
