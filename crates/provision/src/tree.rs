//! A document as elements: read, put in the catalogue's order, compared, written.
//!
//! Order and white space between elements mean nothing to phones, so they mean nothing to [`Element::same`]. Text beside
//! child elements means nothing either, and is not kept.

use std::borrow::Cow;

use crate::catalogue::by_path;
use crate::lint::tree as positioned;
use crate::xml::Writer;

/// An element with all that is in it.
#[derive(Debug, Clone, Default)]
pub struct Element {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its attributes, in order.
    pub attributes: Vec<Attribute>,
    /// Its text; of no meaning when it has children.
    pub text: Cow<'static, str>,
    /// Elements in it, in order.
    pub children: Vec<Element>,
    /// Whose text this is; 0 is nobody's.
    pub(crate) mark: Mark,
}

/// An attribute of an element.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its value.
    pub value: Cow<'static, str>,
    /// Whose value this is; 0 is nobody's.
    pub(crate) mark: Mark,
}

/// A number by which rendering knows where a value came from.
pub(crate) type Mark = u32;

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct TreeError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1 in characters.
    pub column: usize,
    /// What is wrong there.
    pub problem: String,
}

/// A text or an attribute and where it stands, as overrides write it: `sipProfile/sipLines/line[@button=3]/proxy`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaf {
    /// Where, from the root's children on.
    pub path: String,
    /// The text without blanks around, or the value of the attribute.
    pub value: String,
}

impl Element {
    /// An empty element.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// An element that holds a text.
    #[must_use]
    pub fn holding(name: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), text: text.into(), ..Self::default() }
    }

    /// Reads a whole document.
    ///
    /// # Errors
    /// When it is not well-formed, not UTF-8, or larger or deeper than anything phones read.
    pub fn parse(bytes: &[u8]) -> Result<Self, TreeError> {
        match positioned::Tree::parse(bytes) {
            Ok(tree) => match tree.misnamed() {
                Some((name, at)) => {
                    let name: String = name.chars().take(40).collect();
                    Err(TreeError::new(bytes, at, format!("{name:?} is no name of XML")))
                }
                None => Ok(Self::copy(&tree, tree.root())),
            },
            Err(fault) => Err(TreeError::new(bytes, fault.at, fault.message)),
        }
    }

    /// The reader allows a bounded depth, so this does, too.
    fn copy(tree: &positioned::Tree, element: &positioned::Element) -> Self {
        let children: Vec<_> = tree.children(element).map(|child| Self::copy(tree, child)).collect();
        let blank = !children.is_empty() || element.value().is_empty();
        let attributes = element.attributes.iter();
        Self {
            name: element.name.clone().into(),
            attributes: attributes.map(|a| Attribute::new(a.name.clone(), a.value.clone())).collect(),
            text: if blank { Cow::Borrowed("") } else { element.text.clone().into() },
            children,
            mark: 0,
        }
    }

    /// The document with a declaration, as it is served.
    #[must_use]
    pub fn document(&self) -> String {
        let mut writer = Writer::new(self.name.clone(), &self.pairs());
        for child in &self.children {
            child.write(&mut writer);
        }
        writer.finish()
    }

    fn write(&self, writer: &mut Writer) {
        if self.children.is_empty() {
            writer.text_with(&self.name, &self.pairs(), &self.text);
            return;
        }
        writer.open(self.name.clone(), &self.pairs());
        for child in &self.children {
            child.write(writer);
        }
        writer.close();
    }

    fn pairs(&self) -> Vec<(&str, &str)> {
        self.attributes.iter().map(|attribute| (&*attribute.name, &*attribute.value)).collect()
    }

    /// The value of that attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| &*attribute.value)
    }

    /// Gives the attribute that value, whether it was there or not.
    pub fn set_attribute(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> &mut Attribute {
        let name = name.into();
        let place = self.attributes.iter().position(|attribute| attribute.name == name);
        let place = place.unwrap_or_else(|| {
            self.attributes.push(Attribute::new(name, ""));
            self.attributes.len() - 1
        });
        self.attributes[place].value = value.into();
        &mut self.attributes[place]
    }

    /// The first child of that name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element on that way down: `sipProfile/sipLines`.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |element, name| element.child(name))
    }

    /// The text without blanks around.
    #[must_use]
    pub fn value(&self) -> &str {
        self.text.trim()
    }

    /// The text of the first element on that way down; nothing when there is none.
    #[must_use]
    pub fn text_of(&self, path: &str) -> &str {
        self.find(path).map(Self::value).unwrap_or_default()
    }

    /// Whether both say the same to a phone: order and white space aside, but elements of one name in their order, and keys by
    /// their button.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.name == other.name && self.sorted_leaves() == other.sorted_leaves()
    }

    fn sorted_leaves(&self) -> Vec<Leaf> {
        let mut leaves = self.leaves();
        leaves.sort();
        leaves
    }

    /// Every text and every attribute in it, in the order of the document.
    #[must_use]
    pub fn leaves(&self) -> Vec<Leaf> {
        let (mut leaves, mut path) = (Vec::new(), String::new());
        // Text of the root itself is nothing to phones, and is not written.
        self.walk(&mut path, &mut |path, value, _| {
            if path.is_empty() {
                return;
            }
            leaves.push(Leaf { path: path.to_owned(), value: value.to_owned() });
        });
        leaves
    }

    /// Tells every attribute and every text below, with its path and its mark.
    pub(crate) fn walk(&self, path: &mut String, tell: &mut impl FnMut(&str, &str, Mark)) {
        let length = path.len();
        let step = |path: &mut String| {
            if length > 0 {
                path.push('/');
            }
        };
        for attribute in &self.attributes {
            step(path);
            path.push('@');
            path.push_str(&attribute.name);
            tell(path, &attribute.value, attribute.mark);
            path.truncate(length);
        }
        if self.children.is_empty() {
            tell(path, self.value(), self.mark);
        }
        // Few names repeat, and those stand beside each other as a rule: looked for from the end, they are found at once.
        let mut seen: Vec<(&str, usize)> = Vec::with_capacity(self.children.len());
        for child in &self.children {
            let number = match seen.iter_mut().rev().find(|(name, _)| *name == child.name) {
                Some((_, number)) => {
                    *number += 1;
                    *number
                }
                None => {
                    seen.push((&child.name, 1));
                    1
                }
            };
            step(path);
            path.push_str(&child.name);
            match child.attribute("button") {
                Some(button) if child.name == "line" => path.extend(["[@button=", button, "]"]),
                _ if number > 1 => path.push_str(&format!("[{number}]")),
                _ => {}
            }
            child.walk(path, tell);
            path.truncate(length);
        }
    }

    /// Puts elements and attributes into the order of the catalogue, at every depth; what the catalogue does not know comes
    /// last, in the order it had.
    pub fn order(&mut self) {
        self.order_below("");
    }

    fn order_below(&mut self, path: &str) {
        self.children.sort_by_cached_key(|child| rank(path, &child.name));
        self.attributes.sort_by_cached_key(|attribute| rank(path, &format!("@{}", attribute.name)));
        for child in &mut self.children {
            child.order_below(&below(path, &child.name));
        }
    }

    /// Puts a child where the catalogue wants it, behind siblings of its name. `path` is where this element stands.
    pub(crate) fn insert(&mut self, path: &str, child: Self) -> &mut Self {
        let own = rank(path, &child.name);
        let place = self.children.iter().rposition(|sibling| rank(path, &sibling.name) <= own);
        let place = place.map_or(0, |place| place + 1);
        self.children.insert(place, child);
        &mut self.children[place]
    }
}

/// Where an element or `@attribute` stands among its siblings.
pub(crate) fn rank(path: &str, name: &str) -> u16 {
    by_path(&below(path, name)).map_or(u16::MAX, |setting| setting.place)
}

pub(crate) fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

impl Attribute {
    /// An attribute of that value.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, value: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), value: value.into(), mark: 0 }
    }
}

impl TreeError {
    fn new(bytes: &[u8], at: usize, problem: String) -> Self {
        let before = String::from_utf8_lossy(&bytes[..at.min(bytes.len())]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column, problem }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Element {
        Element::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_document_comes_back() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<device>\n  <a b=\"&lt;&apos;\">x &amp; y</a>\n  <c>\n    <d></d>\n  </c>\n</device>\n";
        assert_eq!(read(text).document(), text);
        assert_eq!(read(text).find("c/d").map(Element::value), Some(""));
        assert_eq!(read(text).child("a").unwrap().attribute("b"), Some("<'"));
    }

    #[test]
    fn order_and_white_space_make_no_difference_and_everything_else_does() {
        let one =
            read("<device><a>1</a><b> 2 </b><l><line button='2'/><line button='1'>x</line></l></device>");
        let other = read(
            "<device>\n<l><line button='1'>x</line>\n<line button='2'></line></l><b>2</b><a>1</a></device>",
        );
        assert!(one.same(&other));
        for different in [
            "<device><a>2</a></device>",
            "<device><a>1</a><a>1</a></device>",
            "<device><a c='1'>1</a></device>",
            "<device><a><b/></a></device>",
            "<Default><a>1</a></Default>",
        ] {
            assert!(!read("<device><a>1</a></device>").same(&read(different)), "{different}");
        }
        let swapped = |first, second| read(&format!("<device><n>{first}</n><n>{second}</n></device>"));
        assert!(!swapped("x", "y").same(&swapped("y", "x")), "which server comes first is meant");
    }

    #[test]
    fn leaves_are_named_as_overrides_are() {
        let tree = read(
            "<device><m><n p='0'>a</n><n>b</n></m><sipLines><line button='7'><x/></line></sipLines></device>",
        );
        let leaves = tree.leaves();
        let shown: Vec<_> = leaves.iter().map(|leaf| (leaf.path.as_str(), leaf.value.as_str())).collect();
        let expected = [
            ("m/n/@p", "0"),
            ("m/n", "a"),
            ("m/n[2]", "b"),
            ("sipLines/line[@button=7]/@button", "7"),
            ("sipLines/line[@button=7]/x", ""),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn elements_are_put_in_the_order_of_the_catalogue() {
        let mut tree = read(
            "<device><zzz/><loadInformation/><devicePool><callManagerGroup/><x/><dateTimeSetting/></devicePool><fullConfig/></device>",
        );
        tree.order();
        let names: Vec<_> = tree.children.iter().map(|child| &*child.name).collect();
        assert_eq!(names, ["fullConfig", "devicePool", "loadInformation", "zzz"]);
        tree.insert("", Element::new("vendorConfig"));
        tree.insert("", Element::new("yyy"));
        let names: Vec<_> = tree.children.iter().map(|child| &*child.name).collect();
        assert_eq!(names, ["fullConfig", "devicePool", "vendorConfig", "loadInformation", "zzz", "yyy"]);
        let pool: Vec<_> = tree.child("devicePool").unwrap().children.iter().map(|c| &*c.name).collect();
        assert_eq!(pool, ["dateTimeSetting", "callManagerGroup", "x"]);
    }

    fn elements() -> impl Strategy<Value = Element> {
        let name = || prop::sample::select(vec!["a", "b", "line", "vendorConfig", "phoneService"]);
        let text = "[ -~äя😀]{0,6}";
        let attributes =
            prop::collection::btree_map(prop::sample::select(vec!["button", "b", "uuid"]), text, 0..3);
        let of = move |name: &'static str, attributes: std::collections::BTreeMap<&'static str, String>| {
            let mut element = Element::new(name);
            for (name, value) in attributes {
                element.set_attribute(name, value);
            }
            element
        };
        let leaf = (name(), attributes.clone(), text)
            .prop_map(move |(name, attributes, text)| Element { text: text.into(), ..of(name, attributes) });
        leaf.prop_recursive(4, 24, 5, move |inner| {
            let children = prop::collection::vec(inner, 1..5);
            (name(), attributes.clone(), children)
                .prop_map(move |(name, attributes, children)| Element { children, ..of(name, attributes) })
        })
    }

    proptest! {
        #[test]
        fn any_document_comes_back_whatever_its_order(mut tree in elements()) {
            let again = Element::parse(tree.document().as_bytes()).unwrap();
            prop_assert!(again.same(&tree), "{}", tree.document());
            let before = tree.clone();
            tree.order();
            prop_assert!(tree.same(&before), "{}", before.document());
            let ordered = tree.document();
            tree.order();
            prop_assert_eq!(tree.document(), ordered);
        }
    }

    #[test]
    fn faults_are_placed() {
        let fault = Element::parse(b"<device>\n  <a></b>\n</device>").unwrap_err();
        assert_eq!(fault.line, 2);
        assert!(fault.to_string().starts_with("line 2, column "), "{fault}");
        assert!(Element::parse(b"").is_err());
    }
}
