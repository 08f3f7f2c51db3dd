#!/usr/bin/env python3
"""Makes the letters that the virtual phone draws with: crates/virtual-phone/fonts.

Needs Pillow, and DejaVu Sans as Debian installs it (fonts-dejavu-core). Run it from the root of the project when a size or a
character is to be added; nothing else needs it.
"""
import pathlib
from PIL import Image, ImageDraw, ImageFont

FOLDER = pathlib.Path("crates/virtual-phone/fonts")
FONTS = "/usr/share/fonts/truetype/dejavu/"
# Name, file, size, whether it has edges without greys.
SIZES = [(9, True), (11, True), (14, True), (13, False), (18, False), (22, False)]
COLUMNS = 32


def characters():
    ranges = [(0x20, 0x7E), (0xA0, 0x17F), (0x386, 0x3CE), (0x401, 0x45F), (0x490, 0x491), (0x2010, 0x2027), (0x2030, 0x203A)]
    single = [0x20AC, 0x2116, 0x2122, 0x2190, 0x2191, 0x2192, 0x2193, 0x25B2, 0x25B6, 0x25BC, 0x25C0, 0x25CF, 0x2713, 0x260E, 0xFFFD]
    return [chr(c) for low, high in ranges for c in range(low, high + 1)] + [chr(c) for c in single]


def main():
    FOLDER.mkdir(exist_ok=True)
    letters = characters()
    (FOLDER / "characters.txt").write_text("".join(letters), encoding="utf-8")
    rows = ["# The letters of characters.txt, each font: name, width and height of a cell, and how far each letter moves on."]
    for size, hard in SIZES:
        for bold in (False, True):
            font = ImageFont.truetype(FONTS + ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"), size, layout_engine=ImageFont.Layout.BASIC)
            ascent, descent = font.getmetrics()
            moves = [round(font.getlength(c)) for c in letters]
            width, height = max(moves) + 3, ascent + descent
            lines = -(-len(letters) // COLUMNS)
            sheet = Image.new("L", (COLUMNS * width, lines * height), 0)
            draw = ImageDraw.Draw(sheet)
            draw.fontmode = "1" if hard else "L"
            for number, letter in enumerate(letters):
                # A pixel to the left: some letters reach over their edge.
                draw.text((number % COLUMNS * width + 1, number // COLUMNS * height), letter, fill=255, font=font)
            name = f"{'bold' if bold else 'plain'}-{size}"
            sheet.save(FOLDER / f"{name}.png", optimize=True, bits=8)
            rows.append("\t".join([name, str(width), str(height), ",".join(map(str, moves))]))
    (FOLDER / "widths.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


main()
