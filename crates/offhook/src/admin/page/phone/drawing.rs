//! What a phone looks like, as far as the catalogue knows: its screen, its keys with what stands beside them, its modules.
//!
//! Number, order and sides of the keys are the model's; the shape of the case is everybody's. The drawing holds no style of
//! its own: classes of the style sheet colour it.

use std::fmt::Write as _;

use provision::models::{self, Model, Module};
use quick_xml::escape::escape;

use super::made::Looked;
use crate::edit::effective::{self, Button};

mod keys;

use keys::{Places, places};

/// Width of a screen; its height follows from the model.
const SCREEN: u32 = 420;
/// From the top of one key to the next, on modules and on phones with a column of paper.
const NARROW: u32 = 25;
/// A key with its lamp.
const KEY: u32 = 40;
const MODULE: u32 = 250;

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
