//! Pictures: drawn in the object itself (133x65 pixels of four greys) or as a PNG file, with and without things to choose.

use super::frame::{Frame, Screen};
use super::menu::{full, item_name};
use super::{Kind, ObjectError, Phone, Target};
use crate::xml::Writer;

/// Pixels of two or four greys, packed as phones read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    width: u16,
    height: u16,
    depth: Depth,
    data: Vec<u8>,
}

/// Bits of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Depth {
    /// Black and white.
    One,
    /// Four greys.
    Two,
}

/// Where a picture is put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the middle.
    #[default]
    Middle,
    /// So many pixels from the left and from the top.
    At(u16, u16),
}

/// `CiscoIPPhoneImage` or `CiscoIPPhoneImageFile`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    frame: Frame,
    place: Place,
    source: Source,
}

/// `CiscoIPPhoneGraphicMenu` or `CiscoIPPhoneGraphicFileMenu`: a picture with things to choose by digit or touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphicMenu {
    image: Image,
    items: Vec<(String, Target, Option<Area>)>,
}

/// A part of a picture that is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Left edge.
    pub left: u16,
    /// Upper edge.
    pub top: u16,
    /// Right edge.
    pub right: u16,
    /// Lower edge.
    pub bottom: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Drawn(Bitmap),
    File(Target),
}

/// Pixels of a picture in the object itself, as documented for every phone that has it.
pub const PANE: (u16, u16) = (133, 65);
/// One for each digit key.
const MOST_ITEMS: usize = 10;

impl Bitmap {
    /// A picture of 0 (white) to 3 (black), or to 1 at depth one, asked for each pixel by column and row.
    pub fn new(width: u16, height: u16, depth: Depth, level: impl Fn(u16, u16) -> u8) -> Self {
        let (bits, most) = match depth {
            Depth::One => (1, 1),
            Depth::Two => (2, 3),
        };
        // The first pixel stands in the lowest bits; rows follow each other without a gap.
        let mut data = vec![0; (usize::from(width) * usize::from(height) * bits).div_ceil(8)];
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        for (number, (x, y)) in pixels.enumerate() {
            let bit = number * bits;
            data[bit / 8] |= level(x, y).min(most) << (bit % 8);
        }
        Self { width, height, depth, data }
    }

    /// The pixels as hexadecimal digits.
    #[must_use]
    pub fn data(&self) -> String {
        self.data.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    pub(super) fn fits(&self, (width, height): (u16, u16)) -> bool {
        self.width <= width && self.height <= height
    }

    pub(super) fn too_big(&self, kind: Kind, most: (u16, u16)) -> ObjectError {
        ObjectError::TooBig { kind, size: (self.width, self.height), most }
    }

    /// Icons name their height first.
    pub(super) fn write(&self, writer: &mut Writer, is_icon: bool) {
        let (width, height) = (self.width.to_string(), self.height.to_string());
        if is_icon {
            writer.text("Height", &height).text("Width", &width);
        } else {
            writer.text("Width", &width).text("Height", &height);
        }
        let depth = match self.depth {
            Depth::One => "1",
            Depth::Two => "2",
        };
        writer.text("Depth", depth).text("Data", &self.data());
    }
}

impl Place {
    pub(super) fn write(self, writer: &mut Writer) {
        let (x, y) = match self {
            Self::Middle => ("-1".to_owned(), "-1".to_owned()),
            Self::At(x, y) => (x.to_string(), y.to_string()),
        };
        writer.text("LocationX", &x).text("LocationY", &y);
    }
}

impl Image {
    /// A picture of at most 133x65 pixels.
    ///
    /// # Errors
    /// When it is bigger, or the phone does not know the object.
    pub fn drawn(phone: Phone, title: &str, place: Place, bitmap: Bitmap) -> Result<Self, ObjectError> {
        Self::new(phone, Kind::Image, title, place, Source::Drawn(bitmap))
    }

    /// A PNG file; what is larger than the phone's area for services is scaled down by some and cut by others.
    ///
    /// # Errors
    /// When the phone does not know the object, or `file` is not on a server.
    pub fn file(phone: Phone, title: &str, place: Place, file: Target) -> Result<Self, ObjectError> {
        Self::new(phone, Kind::ImageFile, title, place, Source::File(file))
    }

    fn new(phone: Phone, kind: Kind, title: &str, place: Place, source: Source) -> Result<Self, ObjectError> {
        let frame = Frame::new(phone, kind, title)?;
        match &source {
            Source::Drawn(bitmap) if !bitmap.fits(PANE) => Err(bitmap.too_big(kind, PANE)),
            Source::File(file) if !file.is_url() => Err(ObjectError::OnlyUrl(file.to_string())),
            _ => Ok(Self { frame, place, source }),
        }
    }
}

impl Screen for Image {
    fn frame(&mut self) -> &mut Frame {
        &mut self.frame
    }

    fn content(&self, writer: &mut Writer) {
        self.place.write(writer);
        match &self.source {
            Source::Drawn(bitmap) => bitmap.write(writer, false),
            Source::File(file) => {
                writer.text("URL", file.as_str());
            }
        }
    }
}

impl GraphicMenu {
    /// A picture of at most 133x65 pixels, whose items are chosen by digit.
    ///
    /// # Errors
    /// When it is bigger, or the phone does not know the object.
    pub fn drawn(phone: Phone, title: &str, place: Place, bitmap: Bitmap) -> Result<Self, ObjectError> {
        let image = Image::new(phone, Kind::GraphicMenu, title, place, Source::Drawn(bitmap))?;
        Ok(Self { image, items: Vec::new() })
    }

    /// A PNG file, whose items are chosen by digit, or by touch where the screen feels it.
    ///
    /// # Errors
    /// When the phone does not know the object, or `file` is not on a server.
    pub fn file(phone: Phone, title: &str, place: Place, file: Target) -> Result<Self, ObjectError> {
        let image = Image::new(phone, Kind::GraphicFileMenu, title, place, Source::File(file))?;
        Ok(Self { image, items: Vec::new() })
    }

    /// One more item. The area counts for files only.
    ///
    /// # Errors
    /// When every digit is taken, or the phone does not follow the target.
    pub fn item(mut self, name: &str, target: Target, area: Option<Area>) -> Result<Self, ObjectError> {
        let phone = self.image.frame.phone();
        full(Kind::GraphicMenu, self.items.len(), MOST_ITEMS)?;
        phone.must_follow(&target)?;
        let area = area.filter(|_| matches!(self.image.source, Source::File(_)));
        self.items.push((item_name(phone, name), target, area));
        Ok(self)
    }
}

impl Screen for GraphicMenu {
    fn frame(&mut self) -> &mut Frame {
        &mut self.image.frame
    }

    fn content(&self, writer: &mut Writer) {
        self.image.content(writer);
        for (name, target, area) in &self.items {
            writer.open("MenuItem", &[]).text("Name", name).text("URL", target.as_str());
            if let Some(Area { left, top, right, bottom }) = area {
                let corners = [left, top, right, bottom].map(ToString::to_string);
                let [x1, y1, x2, y2] = corners.each_ref().map(String::as_str);
                writer.empty("TouchArea", &[("X1", x1), ("Y1", y1), ("X2", x2), ("Y2", y2)]);
            }
            writer.close();
        }
    }
}
