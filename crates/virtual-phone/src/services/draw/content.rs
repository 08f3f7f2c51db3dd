//! The part between title and soft keys: menus, texts, forms, directories, pictures.

use super::canvas::{Area, Canvas};
use super::look::Look;
use super::picture::{Picture, Pixel, decode};
use crate::models::Screen;
use crate::services::browser::Shown;
use crate::services::object::{Content, Field, Source};

pub(super) fn draw(canvas: &mut Canvas, look: &Look, screen: &Screen, shown: &Shown) {
    match &shown.page.content {
        Content::Menu(items) => {
            let rows: Vec<Row<'_>> = items
                .iter()
                .enumerate()
                .map(|(number, item)| Row {
                    number: Some(number + 1),
                    name: &item.name,
                    right: "",
                    icon: item.icon.as_ref().and_then(|icon| source(icon, shown, look)),
                })
                .collect();
            list(canvas, look, &rows, shown.cursor);
        }
        Content::Directory(entries) => {
            let row = |(number, (name, phone)): (usize, &'_ (String, String))| {
                (number, name.clone(), phone.clone())
            };
            let owned: Vec<(usize, String, String)> = entries.iter().enumerate().map(row).collect();
            let rows: Vec<Row<'_>> = owned
                .iter()
                .map(|(number, name, phone)| Row { number: Some(number + 1), name, right: phone, icon: None })
                .collect();
            list(canvas, look, &rows, shown.cursor);
        }
        Content::Text(text) => paragraph(canvas, look, text, shown.cursor),
        Content::Form { fields, .. } => form(canvas, look, fields, shown.cursor),
        Content::Picture { x, y, source: from, .. } => {
            if let Some(picture) = source(from, shown, look) {
                place(canvas, look, screen, &picture, (*x, *y));
            }
        }
        Content::Execute(_) => {}
    }
}

/// One row of a list.
struct Row<'a> {
    number: Option<usize>,
    name: &'a str,
    right: &'a str,
    icon: Option<Picture>,
}

fn list(canvas: &mut Canvas, look: &Look, rows: &[Row<'_>], cursor: usize) {
    let (pane, fit) = (look.pane, look.rows());
    let first = if cursor < fit { 0 } else { cursor + 1 - fit };
    let has_bar = rows.len() > fit;
    let bar = if look.is_fine { 8 } else { 4 };
    let width = if has_bar { pane.w - bar - 2 } else { pane.w };
    for (line, row) in rows.iter().enumerate().skip(first).take(fit) {
        let area = Area::new(pane.x, pane.y + (line - first) as i32 * look.row, width, look.row);
        let chosen = line == cursor;
        if chosen {
            canvas.rounded(area, if look.is_fine { look.pad } else { 0 }, look.colours.chosen);
        }
        entry(canvas, look, row, area, chosen);
    }
    if has_bar {
        let track = Area::new(pane.x + pane.w - bar, pane.y, bar, pane.h);
        if look.is_mono {
            canvas.frame(track, look.colours.faint);
        } else {
            canvas.fill(track, look.colours.field);
        }
        let length = (track.h * fit as i32 / rows.len() as i32).max(6);
        let at = (track.h - length) * first as i32 / (rows.len() - fit).max(1) as i32;
        canvas.rounded(Area::new(track.x, track.y + at, bar, length), bar / 2, look.colours.faint);
    }
}

fn entry(canvas: &mut Canvas, look: &Look, row: &Row<'_>, area: Area, chosen: bool) {
    let colours = &look.colours;
    let ink = if chosen { colours.chosen_ink } else { colours.ink };
    let faint = if chosen { colours.chosen_ink } else { colours.faint };
    let y = area.y + (area.h - look.plain.height()) / 2;
    let mut x = area.x + look.pad;
    if let Some(number) = row.number {
        let number = number.to_string();
        let column = look.plain.width("00");
        canvas.text(look.plain, &number, (x + column - look.plain.width(&number), y), area.w, faint);
        x += column + 2 * look.pad;
    }
    if let Some(icon) = &row.icon {
        canvas.picture(icon, (x, area.y + (area.h - icon.height as i32) / 2), area);
        x += icon.width as i32 + 2 * look.pad;
    }
    let room = area.x + area.w - x - look.pad;
    // The number of a person is worth more than the end of a long name.
    let right = look.plain.width(row.right).min(room / 2);
    if !row.right.is_empty() {
        canvas.text(look.plain, row.right, (area.x + area.w - look.pad - right, y), right, faint);
    }
    let name = row.name.replace('\n', " ");
    canvas.text(look.plain, &name, (x, y), room - if right > 0 { right + 2 * look.pad } else { 0 }, ink);
}

fn paragraph(canvas: &mut Canvas, look: &Look, text: &str, cursor: usize) {
    let area = look.pane.inset(2 * look.pad, if look.is_mono { 0 } else { look.pad });
    let line = look.plain.height() + if look.is_mono { 0 } else { look.pad / 2 };
    let fit = usize::try_from(area.h / line).unwrap_or(1).max(1);
    let lines = look.plain.wrap(text, area.w - look.plain.width("▼") - look.pad);
    let first = cursor.min(lines.len().saturating_sub(fit));
    for (number, text) in lines.iter().skip(first).take(fit).enumerate() {
        canvas.text(look.plain, text, (area.x, area.y + number as i32 * line), area.w, look.colours.ink);
    }
    if first + fit < lines.len() {
        let x = area.x + area.w - look.plain.width("▼");
        canvas.text(look.plain, "▼", (x, area.y + (fit as i32 - 1) * line), area.w, look.colours.faint);
    }
}

fn form(canvas: &mut Canvas, look: &Look, fields: &[Field], cursor: usize) {
    let colours = &look.colours;
    let pane = look.pane;
    let label = (pane.w * 2 / 5)
        .min(fields.iter().map(|field| look.plain.width(&field.label)).max().unwrap_or(0) + 4 * look.pad);
    let step = look.row + look.pad;
    for (number, field) in fields.iter().enumerate() {
        let area = Area::new(pane.x, pane.y + look.pad + number as i32 * step, pane.w, look.row);
        let y = area.y + (area.h - look.plain.height()) / 2;
        canvas.text(look.plain, &field.label, (area.x + 2 * look.pad, y), label - 3 * look.pad, colours.ink);
        let slot = Area::new(area.x + label, area.y, area.w - label - 2 * look.pad, area.h);
        canvas.rounded(slot, if look.is_fine { look.pad } else { 0 }, colours.field);
        let is_here = number == cursor;
        canvas.frame(slot, if is_here { colours.chosen } else { colours.faint });
        let value =
            if field.hidden { "●".repeat(field.value.chars().count()) } else { field.value.clone() };
        let at = slot.x + look.pad + 1;
        canvas.text(look.plain, &value, (at, y), slot.w - 3 * look.pad, colours.ink);
        if is_here {
            let x = (at + look.plain.width(&value) + 1).min(slot.x + slot.w - 3);
            canvas.fill(Area::new(x, slot.y + 2, if look.is_fine { 2 } else { 1 }, slot.h - 4), colours.ink);
        }
    }
}

/// Puts a picture into the pane; what is larger is scaled down.
fn place(canvas: &mut Canvas, look: &Look, screen: &Screen, picture: &Picture, (x, y): (i32, i32)) {
    let pane = look.pane;
    let picture = picture.within(pane.w.min(screen.services.0 as i32) as usize, pane.h as usize);
    let at = |place: i32, start: i32, room: i32, size: usize| {
        if place < 0 { start + (room - size as i32) / 2 } else { start + place }
    };
    let corner = (at(x, pane.x, pane.w, picture.width), at(y, pane.y, pane.h, picture.height));
    canvas.picture(&picture, corner, pane);
}

/// The pixels of a picture, if they are there and can be read.
fn source(source: &Source, shown: &Shown, look: &Look) -> Option<Picture> {
    match source {
        Source::File(url) => decode(shown.pictures.get(url)?).ok(),
        Source::Drawn { width, levels } => {
            let (paper, ink) = (look.colours.paper, look.colours.ink);
            let width = *width as usize;
            let pixel = |level: &u8| {
                let mut colour = paper;
                for (value, ink) in colour.iter_mut().zip(ink) {
                    let level = i32::from(*level);
                    *value = (i32::from(*value) + (i32::from(ink) - i32::from(*value)) * level / 3) as u8;
                }
                Pixel { colour, opacity: 255 }
            };
            Some(Picture { width, height: levels.len() / width, pixels: levels.iter().map(pixel).collect() })
        }
    }
}
