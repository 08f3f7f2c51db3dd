//! Letters as bitmaps: sheets in `fonts/`, cut into cells.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Letters of one size and weight.
#[derive(Debug)]
pub(crate) struct Font {
    cell: (usize, usize),
    sheet_width: usize,
    /// How dark each pixel of the sheet is.
    sheet: Vec<u8>,
    moves: Vec<u8>,
}

/// Letters in a row of a sheet.
const COLUMNS: usize = 32;

static LETTERS: LazyLock<HashMap<char, usize>> = LazyLock::new(|| {
    include_str!("../../../fonts/characters.txt").chars().enumerate().map(|(number, c)| (c, number)).collect()
});

macro_rules! fonts {
    ($($name:literal),*) => {
        static FONTS: LazyLock<HashMap<&'static str, Font>> = LazyLock::new(|| {
            HashMap::from([$(($name, Font::read($name, include_bytes!(concat!("../../../fonts/", $name, ".png"))))),*])
        });
    };
}

fonts!(
    "plain-9", "bold-9", "plain-11", "bold-11", "plain-13", "bold-13", "plain-14", "bold-14", "plain-18",
    "bold-18", "plain-22", "bold-22"
);

impl Font {
    /// The font of that name.
    pub(crate) fn named(name: &str) -> &'static Self {
        FONTS.get(name).expect("the drawing asks only for fonts that are there")
    }

    fn read(name: &str, png: &[u8]) -> Self {
        let widths = include_str!("../../../fonts/widths.tsv");
        let row = widths.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('\t'));
        let mut cells = row.expect("every font has a row").split('\t');
        let mut cell = || cells.next().unwrap_or_default();
        let number = |text: &str| text.parse().expect("the tests read every font");
        let size = (number(cell()), number(cell()));
        let moves = cell().split(',').map(|text| text.parse().expect("the tests read every font")).collect();
        let picture = super::picture::decode(png).expect("the tests read every font");
        let sheet = picture.pixels.iter().map(|pixel| pixel.colour[0]).collect();
        Self { cell: size, sheet_width: picture.width, sheet, moves }
    }

    /// From the top of the tallest letter to the bottom of the lowest.
    pub(crate) fn height(&self) -> i32 {
        self.cell.1 as i32
    }

    /// How far a text moves on.
    pub(crate) fn width(&self, text: &str) -> i32 {
        text.chars().map(|c| i32::from(self.moves[index(c)])).sum()
    }

    /// The text, or as much of it as fits with an ellipsis.
    pub(crate) fn fit(&self, text: &str, width: i32) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        let room = width - self.width("…");
        let mut kept = String::new();
        let mut taken = 0;
        for c in text.chars() {
            taken += i32::from(self.moves[index(c)]);
            if taken > room {
                break;
            }
            kept.push(c);
        }
        format!("{}…", kept.trim_end())
    }

    /// The text in lines of that width, divided between words.
    pub(crate) fn wrap(&self, text: &str, width: i32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.lines() {
            let mut line = String::new();
            for word in paragraph.split(' ') {
                let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
                if self.width(&longer) > width && !line.is_empty() {
                    lines.push(std::mem::replace(&mut line, word.to_owned()));
                } else {
                    line = longer;
                }
            }
            lines.push(self.fit(&line, width));
        }
        lines
    }

    /// Calls `paint` for every pixel of a letter, with its place in the cell and its darkness; gives how far it moves on.
    pub(crate) fn letter(&self, c: char, mut paint: impl FnMut(i32, i32, u8)) -> i32 {
        let index = index(c);
        let (width, height) = self.cell;
        let (left, top) = (index % COLUMNS * width, index / COLUMNS * height);
        for y in 0..height {
            let row = (top + y) * self.sheet_width + left;
            for x in 0..width {
                let dark = self.sheet[row + x];
                if dark > 0 {
                    // Letters stand a pixel to the right in their cells.
                    paint(x as i32 - 1, y as i32, dark);
                }
            }
        }
        i32::from(self.moves[index])
    }
}

fn index(c: char) -> usize {
    let known = |c: char| LETTERS.get(&c).copied();
    known(c).or_else(|| known('\u{FFFD}')).expect("the sheet has a sign for letters it lacks")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_font_can_be_read() {
        for (name, font) in FONTS.iter() {
            assert_eq!(font.moves.len(), LETTERS.len(), "{name}");
            assert!(
                font.sheet.len() >= LETTERS.len().div_ceil(COLUMNS) * COLUMNS * font.cell.0 * font.cell.1,
                "{name}"
            );
            let mut ink = 0;
            font.letter('Щ', |_, _, _| ink += 1);
            assert!(ink > 10, "{name}");
        }
    }

    #[test]
    fn texts_are_fitted_and_wrapped() {
        let font = Font::named("plain-13");
        let fitted = font.fit("a long line of text", 60);
        assert!(fitted.ends_with('…') && font.width(&fitted) <= 60);
        let lines = font.wrap("one two three\n\nfour", font.width("one two"));
        assert_eq!(lines, ["one two", "three", "", "four"]);
        assert_eq!(font.width("日"), font.width("\u{FFFD}"));
    }
}
