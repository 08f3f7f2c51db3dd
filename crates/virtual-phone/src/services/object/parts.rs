//! The parts objects are made of: items, fields, entries, pictures, soft keys.

use super::super::uri;
use super::{Content, Field, Item, Reading, Refusal, SoftKey, Source, leaf, limit, limited, parse_error};

impl<'a> Reading<'a> {
    /// Menu items, with the number of the icon where the object has them.
    fn numbered(&mut self, most: usize, with: &[&str]) -> Result<Vec<(Item, Option<u8>)>, Refusal> {
        let mut items = Vec::new();
        while let Some(node) = self.next("MenuItem") {
            if items.len() == most {
                return Err(parse_error(format!("more than {most} items")));
            }
            let mut inner = self.inner(node);
            let mut icon = None;
            if with.contains(&"IconIndex") {
                icon = inner.optional("IconIndex")?;
            }
            let name = inner.limited("Name", limit::NAME)?;
            if name.matches(['\n', '\r']).count() > 2 {
                return Err(parse_error(format!("more than two line breaks in {name:?}")));
            }
            let url = address(inner.need("URL").and_then(leaf)?)?;
            if with.contains(&"TouchArea") {
                inner.next("TouchArea");
            }
            inner.finish()?;
            let icon = icon
                .map(|text| text.trim().parse().map_err(|_| parse_error("IconIndex is no number")))
                .transpose()?;
            items.push((Item { name, url, icon: None }, icon));
        }
        Ok(items)
    }

    pub(super) fn form(&mut self) -> Result<Content, Refusal> {
        let node = self.need("URL")?;
        let post = node.attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        if post && !self.is_8800 {
            return Err(parse_error("a form with method=post, which this series does not know"));
        }
        let url = address(leaf(node)?)?;
        if !uri::is_http(&url) {
            return Err(parse_error(format!("a form that goes to {url}")));
        }
        let mut fields = Vec::new();
        while let Some(node) = self.next("InputItem") {
            if fields.len() == limit::FIELDS {
                return Err(parse_error(format!("more than {} fields", limit::FIELDS)));
            }
            let mut inner = self.inner(node);
            let label = inner.need("DisplayName").and_then(leaf)?;
            let parameter = inner.need("QueryStringParam").and_then(leaf)?;
            let value = inner.optional("DefaultValue")?.unwrap_or_default();
            let flags = inner.need("InputFlags").and_then(leaf)?;
            inner.finish()?;
            let mut letters = flags.chars();
            let entry = letters.next().filter(|c| "ATNEUL".contains(*c));
            let (Some(entry), hidden @ ("" | "P")) = (entry, letters.as_str()) else {
                return Err(parse_error(format!("InputFlags {flags:?}")));
            };
            fields.push(Field { label, parameter, value, hidden: hidden == "P", entry });
        }
        Ok(Content::Form { url, post, fields })
    }

    pub(super) fn directory(&mut self) -> Result<Content, Refusal> {
        let mut entries = Vec::new();
        while let Some(node) = self.next("DirectoryEntry") {
            if entries.len() == limit::ENTRIES {
                return Err(parse_error(format!("more than {} entries", limit::ENTRIES)));
            }
            let mut inner = self.inner(node);
            let name = inner.need("Name").and_then(leaf)?;
            let number = inner.need("Telephone").and_then(leaf)?;
            inner.finish()?;
            entries.push((name, number));
        }
        Ok(Content::Directory(entries))
    }

    pub(super) fn picture(&mut self, most: (u32, u32)) -> Result<Content, Refusal> {
        let (x, y) = (self.number("LocationX")?, self.number("LocationY")?);
        let source = if self.kind.contains("File") { self.file()? } else { self.drawn(most)? };
        let items = match self.kind {
            "GraphicMenu" => self.items(limit::DIGITS, &[])?,
            "GraphicFileMenu" => self.items(limit::MENU, &["TouchArea"])?,
            _ => Vec::new(),
        };
        Ok(Content::Picture { x, y, source, items })
    }

    pub(super) fn status(&mut self) -> Result<Content, Refusal> {
        self.optional("Text")?;
        self.optional("Timer")?;
        let x = if self.children.peek().is_some_and(|node| node.name == "LocationX") {
            self.number("LocationX")?
        } else {
            -1
        };
        let y = if self.children.peek().is_some_and(|node| node.name == "LocationY") {
            self.number("LocationY")?
        } else {
            -1
        };
        let source = if self.kind == "StatusFile" { self.file()? } else { self.drawn((106, 21))? };
        Ok(Content::Picture { x, y, source, items: Vec::new() })
    }

    pub(super) fn execute(&mut self) -> Result<Content, Refusal> {
        let mut urls = Vec::new();
        while let Some(node) = self.next("ExecuteItem") {
            let url = node.attribute("URL").ok_or_else(|| parse_error("an ExecuteItem without URL"))?;
            urls.push(address(url.to_owned())?);
        }
        let on_servers = urls.iter().filter(|url| uri::is_http(url)).count();
        if urls.is_empty() || urls.len() > 3 || on_servers > 1 {
            return Err(parse_error("an Execute holds one to three items, one of them on a server"));
        }
        Ok(Content::Execute(urls))
    }

    fn file(&mut self) -> Result<Source, Refusal> {
        let url = address(self.need("URL").and_then(leaf)?)?;
        if !uri::is_http(&url) {
            return Err(parse_error(format!("a picture at {url}")));
        }
        Ok(Source::File(url))
    }

    fn drawn(&mut self, most: (u32, u32)) -> Result<Source, Refusal> {
        let (width, height, depth) = (self.number("Width")?, self.number("Height")?, self.number("Depth")?);
        let data = self.need("Data").and_then(leaf)?;
        pixels(width, height, depth, &data, most)
    }

    pub(super) fn icons(&mut self) -> Result<Vec<(u8, Source)>, Refusal> {
        let mut icons = Vec::new();
        while let Some(node) = self.next("IconItem") {
            if icons.len() == limit::ICONS {
                return Err(parse_error(format!("more than {} icons", limit::ICONS)));
            }
            let mut inner = self.inner(node);
            let index = inner.number("Index")?;
            let index = u8::try_from(index).ok().filter(|index| usize::from(*index) < limit::ICONS);
            let index = index.ok_or_else(|| parse_error("an icon that is not 0 to 9"))?;
            let icon = if self.kind == "IconFileMenu" {
                Source::File(inner.need("URL").and_then(leaf)?)
            } else {
                let (height, width, depth) =
                    (inner.number("Height")?, inner.number("Width")?, inner.number("Depth")?);
                let data = inner.need("Data").and_then(leaf)?;
                pixels(width, height, depth, &data, (16, 10))?
            };
            inner.finish()?;
            icons.push((index, icon));
        }
        Ok(icons)
    }

    pub(super) fn keys(&mut self) -> Result<Vec<SoftKey>, Refusal> {
        let mut keys: Vec<SoftKey> = Vec::new();
        while let Some(node) = self.next("SoftKeyItem") {
            let mut inner = self.inner(node);
            let name = inner.need("Name").and_then(leaf)?;
            let url = address(inner.need("URL").and_then(leaf)?)?;
            if let Some(down) = inner.optional("URLDown")?
                && uri::is_http(&down)
            {
                return Err(parse_error("a URLDown on a server"));
            }
            let position = inner.optional("Position")?;
            inner.finish()?;
            let position = match position {
                Some(text) => text
                    .trim()
                    .parse()
                    .map_err(|_| parse_error(format!("a soft key at position {text:?}")))?,
                None => keys.len() + 1,
            };
            if !(1..=self.keys_most).contains(&position) || keys.iter().any(|key| key.position == position) {
                return Err(parse_error(format!(
                    "a soft key at position {position}, which is taken or not there"
                )));
            }
            keys.push(SoftKey { name, url, position });
        }
        while let Some(node) = self.next("KeyItem") {
            let mut inner = self.inner(node);
            inner.need("Key").and_then(leaf)?;
            address(inner.need("URL").and_then(leaf)?)?;
            inner.optional("URLDown")?;
            inner.finish()?;
        }
        keys.sort_by_key(|key| key.position);
        Ok(keys)
    }
}

/// What [`Reading::numbered`] gives, as the caller wants it.
pub(super) trait Items: Sized {
    fn from(items: Vec<(Item, Option<u8>)>) -> Self;
}

impl Items for Vec<Item> {
    fn from(items: Vec<(Item, Option<u8>)>) -> Self {
        items.into_iter().map(|(item, _)| item).collect()
    }
}

impl Items for Vec<(Item, Option<u8>)> {
    fn from(items: Self) -> Self {
        items
    }
}

impl Reading<'_> {
    pub(super) fn items<T: Items>(&mut self, most: usize, with: &[&str]) -> Result<T, Refusal> {
        Ok(T::from(self.numbered(most, with)?))
    }
}

fn address(text: String) -> Result<String, Refusal> {
    let text = limited("URL", text.trim().to_owned(), limit::URL)?;
    uri::check(&text).map_err(parse_error)?;
    Ok(text)
}

fn pixels(width: i32, height: i32, depth: i32, data: &str, most: (u32, u32)) -> Result<Source, Refusal> {
    let side = |side: i32, most: u32| u32::try_from(side).ok().filter(|side| (1..=most).contains(side));
    let (Some(width), Some(height)) = (side(width, most.0), side(height, most.1)) else {
        return Err(parse_error(format!(
            "a picture of {width}x{height} pixels, and phones take {}x{}",
            most.0, most.1
        )));
    };
    let bits = match depth {
        1 | 2 => depth as usize,
        _ => return Err(parse_error(format!("a picture of depth {depth}"))),
    };
    let digits = data.trim().as_bytes();
    let count = (width * height) as usize;
    if digits.len() != (count * bits).div_ceil(8) * 2 {
        return Err(parse_error(format!("{} digits for {count} pixels of {bits} bits", digits.len())));
    }
    let nibble = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let bytes: Option<Vec<u8>> =
        digits.chunks(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)).collect();
    let bytes = bytes.ok_or_else(|| parse_error("pixels that are no hexadecimal digits"))?;
    // The first pixel stands in the lowest bits. One bit is black or white.
    let level = |pixel: usize| {
        let value = bytes[pixel * bits / 8] >> (pixel * bits % 8) & ((1 << bits) - 1);
        if bits == 1 { value * 3 } else { value }
    };
    Ok(Source::Drawn { width, levels: (0..count).map(level).collect() })
}
