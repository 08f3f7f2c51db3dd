//! The keys of a drawing: beside the screen, in a column with paper, or on a module; each leads to its row.

use std::fmt::Write as _;

use provision::models::{Model, Module};
use quick_xml::escape::escape;

use super::{Drawing, KEY, MODULE, NARROW, SCREEN, cut};
use crate::edit::effective;

/// From the top of one key to the next.
const PITCH: u32 = 46;

/// Where a model has its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Places {
    /// Beside the screen: so many on the left, the rest on the right.
    Beside { left: u16 },
    /// In a column of their own, with paper to write on.
    Column,
    /// It has one line and no key for it.
    Nowhere,
}

/// The keys of a model by its series; `all` is how many it has in its line mode.
pub(super) fn places(model: &Model, all: u16) -> Places {
    match (model.name, model.series) {
        (_, _) if all <= 1 || model.name == "8821" => Places::Nowhere,
        ("7861" | "7931" | "6961", _) => Places::Column,
        (_, "7900" | "6900") => Places::Beside { left: 0 },
        (_, "8900" | "9900") => Places::Beside { left: all },
        (_, "8800") => Places::Beside { left: all.min(5) },
        _ => Places::Beside { left: all.div_ceil(2) },
    }
}

impl Drawing<'_> {
    /// Keys on both sides of the screen, their labels on it.
    pub(super) fn beside(&mut self, x: u32, down: u32, left: u16, all: u16) {
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

    pub(super) fn column(&mut self, x: u32, y: u32, all: u16) {
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

    pub(super) fn module(&mut self, x: u32, tall: u32, module: &Module, first: u16) {
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
