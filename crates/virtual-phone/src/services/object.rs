//! What a phone makes of an answer: an object it can show, or the words it shows instead.

use super::tree::Node;
use crate::models::{Model, Screen};

/// Something on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The name of the object, without `CiscoIPPhone`.
    pub kind: String,
    /// Above it; empty if it has none.
    pub title: String,
    /// Below it; empty if it has none.
    pub prompt: String,
    /// What it shows.
    pub content: Content,
    /// Its own soft keys, by position; none means the phone gives its usual ones.
    pub keys: Vec<SoftKey>,
}

/// What an object shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Things to choose.
    Menu(Vec<Item>),
    /// Something to read.
    Text(String),
    /// A form, and where it goes.
    Form {
        /// The address.
        url: String,
        /// Whether it goes there with POST.
        post: bool,
        /// What is filled in.
        fields: Vec<Field>,
    },
    /// Names and numbers.
    Directory(Vec<(String, String)>),
    /// A picture, and what is chosen by digit.
    Picture {
        /// From the left; negative is the middle.
        x: i32,
        /// From the top.
        y: i32,
        /// The pixels, or where they are.
        source: Source,
        /// What the digits lead to.
        items: Vec<Item>,
    },
    /// Things to do at once; nothing is shown.
    Execute(Vec<String>),
}

/// Where pixels come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the object: 0 is white, 3 is black.
    Drawn {
        /// Pixels across.
        width: u32,
        /// The levels, row by row.
        levels: Vec<u8>,
    },
    /// From a file.
    File(String),
}

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What is shown.
    pub name: String,
    /// Where it leads.
    pub url: String,
    /// The icon beside it, as file or drawn.
    pub icon: Option<Source>,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its label.
    pub label: String,
    /// The name it is sent under.
    pub parameter: String,
    /// What is in it.
    pub value: String,
    /// Whether it is shown as dots.
    pub hidden: bool,
    /// What may be entered: A, T, N, E, U or L.
    pub entry: char,
}

/// A soft key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftKey {
    /// Its label.
    pub name: String,
    /// What it does.
    pub url: String,
    /// Where it stands, from 1.
    pub position: usize,
}

/// What a phone shows instead, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{shown} ({why})")]
pub struct Refusal {
    /// The words on its screen.
    pub shown: &'static str,
    /// What is wrong, in more words than any phone has.
    pub why: String,
}

const PARSE: &str = "XML Error[4]: Parse Error";
const UNSUPPORTED: &str = "XML Error[5]: Unsupported XML Object";

fn parse_error(why: impl Into<String>) -> Refusal {
    Refusal { shown: PARSE, why: why.into() }
}

/// Limits as phones have them, written down a second time.
mod limit {
    pub(super) const MENU: usize = 100;
    pub(super) const ICON_MENU: usize = 32;
    pub(super) const ICONS: usize = 10;
    pub(super) const NAME: usize = 64;
    pub(super) const TEXT: usize = 4000;
    pub(super) const FIELDS: usize = 5;
    pub(super) const ENTRIES: usize = 32;
    pub(super) const DIGITS: usize = 10;
    pub(super) const PANE: (u32, u32) = (133, 65);
    pub(super) const URL: usize = 256;
}

impl Page {
    /// Reads an answer of this type as a phone of this model does. `accepts` are the charsets it lists.
    pub fn read(body: &[u8], content_type: &str, model: &Model, accepts: &[&str]) -> Result<Self, Refusal> {
        let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media.as_str() {
            "text/xml" | "application/xml" => {}
            "text/html" | "text/plain" => return Ok(Self::plain(&String::from_utf8_lossy(body))),
            "" => return Err(parse_error("the answer has no Content-Type")),
            _ => {
                return Err(parse_error(format!(
                    "a Content-Type {media}, which phones do not show as a page"
                )));
            }
        }
        if body.is_empty() {
            return Err(parse_error("an empty answer"));
        }
        let text = decode(body, content_type, accepts)?;
        let root = Node::parse(&text).map_err(parse_error)?;
        let kind = root.name.strip_prefix("CiscoIPPhone").unwrap_or_default().to_owned();
        knows(&kind, model.screen.as_ref())?;
        Reading::new(&kind, &root, model)?.page()
    }

    fn plain(text: &str) -> Self {
        Self {
            kind: "Text".to_owned(),
            title: String::new(),
            prompt: String::new(),
            content: Content::Text(text.to_owned()),
            keys: Vec::new(),
        }
    }
}

/// The declared encoding must be one the phone listed; without one, old phones take ISO-8859-1.
fn decode(body: &[u8], content_type: &str, accepts: &[&str]) -> Result<String, Refusal> {
    let head = String::from_utf8_lossy(&body[..body.len().min(200)]).to_ascii_lowercase();
    let declared = head.strip_prefix("<?xml").and_then(|head| {
        let head = head.split("?>").next()?;
        let value = head.split("encoding=").nth(1)?;
        Some(value.trim_matches(['"', '\'', ' ']).to_owned())
    });
    let header = content_type
        .to_ascii_lowercase()
        .split("charset=")
        .nth(1)
        .map(|charset| charset.trim_matches(['"', ' ']).to_owned());
    if let (Some(declared), Some(header)) = (&declared, &header)
        && declared != header
    {
        return Err(parse_error(format!("the declaration says {declared} and the header {header}")));
    }
    let charset =
        declared.or(header).unwrap_or_else(|| accepts.first().copied().unwrap_or("utf-8").to_owned());
    if !accepts.contains(&charset.as_str()) {
        return Err(parse_error(format!(
            "encoded as {charset}, and the phone accepts {}",
            accepts.join(", ")
        )));
    }
    match charset.as_str() {
        "utf-8" => String::from_utf8(body.to_vec()).map_err(|_| parse_error("bytes that are not UTF-8")),
        _ => Ok(body.iter().map(|byte| char::from(*byte)).collect()),
    }
}

fn knows(kind: &str, screen: Option<&Screen>) -> Result<(), Refusal> {
    let unsupported = |why: String| Refusal { shown: UNSUPPORTED, why };
    let screen = screen.ok_or_else(|| unsupported("this model shows no services at all".to_owned()))?;
    let needs = match kind {
        "Menu" | "Text" | "Input" | "Directory" | "Execute" | "IconMenu" => return Ok(()),
        "IconFileMenu" => "iconfile",
        "Image" => "image",
        "ImageFile" => "imagefile",
        "GraphicMenu" => "graphic",
        "GraphicFileMenu" => "graphicfile",
        "Status" => "status",
        "StatusFile" => "statusfile",
        other => return Err(unsupported(format!("no object of name CiscoIPPhone{other}"))),
    };
    let known = screen.objects.iter().any(|object| object == needs);
    known.then_some(()).ok_or_else(|| unsupported(format!("this model does not show CiscoIPPhone{kind}")))
}

/// An object being read: its children are taken in order, and nothing may be left.
struct Reading<'a> {
    kind: &'a str,
    children: std::iter::Peekable<std::slice::Iter<'a, Node>>,
    tag: &'a str,
    keys_most: usize,
    is_8800: bool,
}

impl<'a> Reading<'a> {
    fn new(kind: &'a str, root: &'a Node, model: &Model) -> Result<Self, Refusal> {
        if !root.text.trim().is_empty() {
            return Err(parse_error(format!("text directly in {}", root.name)));
        }
        const KNOWN: [&str; 7] = [
            "appId",
            "onAppFocusGained",
            "onAppFocusLost",
            "onAppMinimized",
            "onAppClosed",
            "WindowMode",
            "keypadTarget",
        ];
        if let Some((name, _)) = root.attributes.iter().find(|(name, _)| !KNOWN.contains(&name.as_str())) {
            return Err(parse_error(format!("an attribute {name}")));
        }
        let keys_most = if model.name == "8821" { 8 } else { 16 };
        let is_8800 = matches!(model.series, crate::models::Series::S7800 | crate::models::Series::S8800);
        Ok(Self { kind, children: root.children.iter().peekable(), tag: &root.name, keys_most, is_8800 })
    }

    fn page(mut self) -> Result<Page, Refusal> {
        let is_status = self.kind.starts_with("Status");
        let (title, prompt) = if is_status || self.kind == "Execute" {
            (String::new(), String::new())
        } else {
            (self.optional("Title")?.unwrap_or_default(), self.optional("Prompt")?.unwrap_or_default())
        };
        let content = match self.kind {
            "Menu" => Content::Menu(self.items(limit::MENU, &[])?),
            "IconMenu" | "IconFileMenu" => return self.icon_menu(title, prompt),
            "Text" => Content::Text(self.limited("Text", limit::TEXT)?),
            "Input" => self.form()?,
            "Directory" => self.directory()?,
            "Image" | "ImageFile" | "GraphicMenu" | "GraphicFileMenu" => self.picture(limit::PANE)?,
            "Execute" => self.execute()?,
            _ => self.status()?,
        };
        let keys = self.keys()?;
        self.finish()?;
        Ok(Page { kind: self.kind.to_owned(), title, prompt, content, keys })
    }

    fn icon_menu(mut self, title: String, prompt: String) -> Result<Page, Refusal> {
        let mut items: Vec<(Item, Option<u8>)> = self.items(limit::ICON_MENU, &["IconIndex"])?;
        // Drawn icons stand behind the soft keys, files before them.
        let mut icons = if self.kind == "IconFileMenu" { self.icons()? } else { Vec::new() };
        let keys = self.keys()?;
        if self.kind == "IconMenu" {
            icons = self.icons()?;
        }
        self.finish()?;
        for (item, index) in &mut items {
            item.icon = index
                .and_then(|index| icons.iter().find(|(at, _)| *at == index))
                .map(|(_, icon)| icon.clone());
        }
        let items = items.into_iter().map(|(item, _)| item).collect();
        Ok(Page { kind: self.kind.to_owned(), title, prompt, content: Content::Menu(items), keys })
    }

    /// The next child, if it has this name.
    fn next(&mut self, name: &str) -> Option<&'a Node> {
        self.children.next_if(|node| node.name == name)
    }

    fn need(&mut self, name: &str) -> Result<&'a Node, Refusal> {
        self.next(name).ok_or_else(|| {
            let found = self.children.peek().map_or("nothing", |node| node.name.as_str());
            parse_error(format!("{} where {name} must stand in {}", found, self.tag))
        })
    }

    fn optional(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        self.next(name).map(leaf).transpose()
    }

    fn limited(&mut self, name: &str, most: usize) -> Result<String, Refusal> {
        let text = leaf(self.need(name)?)?;
        limited(name, text, most)
    }

    fn number(&mut self, name: &str) -> Result<i32, Refusal> {
        let text = leaf(self.need(name)?)?;
        text.trim().parse().map_err(|_| parse_error(format!("{name} is {text:?} and no number")))
    }

    fn finish(&mut self) -> Result<(), Refusal> {
        match self.children.next() {
            Some(node) => Err(parse_error(format!(
                "{} where nothing of that name may stand in {}",
                node.name, self.tag
            ))),
            None => Ok(()),
        }
    }

    fn inner(&self, node: &'a Node) -> Self {
        Self {
            kind: self.kind,
            children: node.children.iter().peekable(),
            tag: &node.name,
            keys_most: self.keys_most,
            is_8800: self.is_8800,
        }
    }
}

/// A text without anything in it.
fn leaf(node: &Node) -> Result<String, Refusal> {
    match node.children.first() {
        Some(child) => Err(parse_error(format!("{} inside {}", child.name, node.name))),
        None => Ok(node.text.clone()),
    }
}

fn limited(name: &str, text: String, most: usize) -> Result<String, Refusal> {
    let length = text.chars().count();
    if length > most {
        return Err(parse_error(format!("{name} has {length} characters, and phones take {most}")));
    }
    Ok(text)
}

mod parts;

#[cfg(test)]
mod tests;
