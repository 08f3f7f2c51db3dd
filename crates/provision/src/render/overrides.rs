//! Overrides: what stands in the document in spite of everything else.

use std::collections::BTreeSet;

use super::Origin;
use super::build::{Builder, Meta};
use crate::inventory::{Name, Override, OverrideError, Replacement};
use crate::tree::{Element, Mark, below};
use crate::xml::is_name;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// An element, and which of several.
    Element(String, Which),
    /// An attribute; always last.
    Attribute(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Which {
    /// The first, or all of them where something is left out.
    Any,
    /// The n-th of that name, from 1 on.
    Nth(usize),
    /// The one whose attribute has that value.
    With(String, String),
}

impl Override {
    /// Whether it can be applied to a document at all.
    ///
    /// # Errors
    /// When the path cannot be read, or the fragment is no XML or not the element that the path ends in.
    pub fn check(&self) -> Result<(), OverrideError> {
        let steps = steps(&self.path)?;
        match &self.replacement {
            Replacement::Fragment(xml) => fragment(&self.path, &steps, xml).map(|_| ()),
            Replacement::Text(_) | Replacement::Nothing => Ok(()),
        }
    }
}

/// Applies the overrides of all layers, in the order of the layers.
pub(super) fn apply(builder: &mut Builder<'_>, root: &mut Element) {
    for (rank, (origin, layer)) in builder.sayings.layers.clone().into_iter().enumerate() {
        for change in &layer.overrides {
            let hidden = hidden(builder, root, change, rank);
            let word = match &change.replacement {
                Replacement::Text(text) => text.clone().into(),
                _ => "".into(),
            };
            let secret = change.path.to_ascii_lowercase().contains("password");
            let mark = builder.mark(Meta { name: None, word, origin: origin.clone(), secret });
            if let Err(problem) = one(root, change, mark) {
                builder.sayings.note(&origin, format!("the override of {}: {problem}", change.path));
            } else if !hidden.is_empty() {
                let names: Vec<String> = hidden.iter().map(ToString::to_string).collect();
                let names = names.join(", ");
                let text =
                    format!("the override of {} hides {names}; drop it, and that counts again", change.path);
                builder.sayings.note(&origin, text);
            }
        }
    }
}

/// What every key has, whether anybody says so or not.
const FOLLOWING: [&str; 3] = ["button", "line_index", "feature"];

/// Settings that the override hides though they are said in the same layer or a later one: who said them meant them.
fn hidden(builder: &Builder<'_>, root: &Element, change: &Override, rank: usize) -> Vec<Name> {
    let Ok(steps) = steps(&change.path) else { return Vec::new() };
    let Some((last, above)) = steps.split_last() else { return Vec::new() };
    let Some(parent) = above.iter().try_fold(root, seen) else { return Vec::new() };
    let mut marks: Vec<(Mark, String)> = Vec::new();
    match last {
        Step::Attribute(name) => {
            let found = parent.attributes.iter().filter(|attribute| attribute.name == *name);
            marks.extend(found.map(|attribute| (attribute.mark, attribute.value.to_string())));
        }
        Step::Element(name, which) => {
            let every = *which == Which::Any && change.replacement == Replacement::Nothing;
            let found = seen(parent, last);
            let all = parent.all(name).filter(|_| every);
            for element in found.into_iter().filter(|_| !every).chain(all) {
                element.walk(&mut String::new(), &mut |_, value, mark| marks.push((mark, value.to_owned())));
            }
        }
    }
    let later = |origin: &Origin| match origin {
        Origin::Line(_) => true,
        origin => builder.sayings.layers.iter().skip(rank).any(|(known, _)| known == origin),
    };
    let same = |value: &str| matches!(&change.replacement, Replacement::Text(text) if text == value);
    let said = |(mark, value): &(Mark, String)| {
        let meta = builder.meta(*mark).filter(|meta| later(&meta.origin) && !same(value))?;
        meta.name.filter(|name| !FOLLOWING.contains(&name.key()))
    };
    marks.iter().filter_map(said).collect::<BTreeSet<Name>>().into_iter().collect()
}

fn one(root: &mut Element, change: &Override, mark: Mark) -> Result<(), String> {
    let steps = steps(&change.path).map_err(|error| error.to_string())?;
    let (last, above) = steps.split_last().expect("a path has a step");
    let replacement = match &change.replacement {
        Replacement::Nothing => {
            if let Some(parent) = above.iter().try_fold(root, |element, step| existing(element, step)) {
                remove(parent, last);
            }
            return Ok(());
        }
        Replacement::Text(text) => Err(text),
        Replacement::Fragment(xml) => {
            let mut element = fragment(&change.path, &steps, xml).map_err(|error| error.to_string())?;
            paint(&mut element, mark);
            Ok(element)
        }
    };
    let (mut parent, mut path) = (root, String::new());
    for step in above {
        let Step::Element(name, _) = step else { return Err("an attribute holds nothing".to_owned()) };
        parent = wanted(parent, &path, step)?;
        path = below(&path, name);
    }
    match (last, replacement) {
        (Step::Attribute(name), Err(text)) => {
            let attribute = parent.set_attribute(name.clone(), text.clone());
            attribute.mark = mark;
        }
        (Step::Attribute(_), Ok(_)) => return Err("an attribute holds a text, not XML".to_owned()),
        (step @ Step::Element(..), Err(text)) => {
            let element = wanted(parent, &path, step)?;
            element.children.clear();
            element.text = text.clone().into();
            element.mark = mark;
        }
        (step @ Step::Element(..), Ok(new)) => *wanted(parent, &path, step)? = new,
    }
    Ok(())
}

/// The element of that step, made when it is not there.
fn wanted<'t>(parent: &'t mut Element, path: &str, step: &Step) -> Result<&'t mut Element, String> {
    let Step::Element(name, which) = step else { return Err("an attribute holds nothing".to_owned()) };
    if let Some(place) = position(parent, step) {
        return Ok(&mut parent.children[place]);
    }
    let mut new = Element::new(name.clone());
    match which {
        Which::Any => {}
        Which::Nth(number) => {
            let there = parent.all(name).count();
            if *number != there + 1 {
                return Err(format!(
                    "there are only {there} elements {name}, so none can be number {number}"
                ));
            }
        }
        Which::With(attribute, value) => {
            new.set_attribute(attribute.clone(), value.clone());
        }
    }
    Ok(parent.insert(path, new))
}

fn existing<'t>(parent: &'t mut Element, step: &Step) -> Option<&'t mut Element> {
    let place = position(parent, step)?;
    Some(&mut parent.children[place])
}

fn seen<'t>(parent: &'t Element, step: &Step) -> Option<&'t Element> {
    position(parent, step).map(|place| &parent.children[place])
}

fn position(parent: &Element, step: &Step) -> Option<usize> {
    let Step::Element(name, which) = step else { return None };
    let mut of_name = parent.children.iter().enumerate().filter(|(_, child)| child.name == *name);
    let found = match which {
        Which::Any => of_name.next(),
        Which::Nth(number) => of_name.nth(number - 1),
        Which::With(attribute, value) => {
            of_name.find(|(_, child)| child.attribute(attribute) == Some(value.as_str()))
        }
    };
    found.map(|(place, _)| place)
}

/// What is not there need not be removed: a group speaks to many models.
fn remove(parent: &mut Element, step: &Step) {
    match step {
        Step::Attribute(name) => parent.attributes.retain(|attribute| attribute.name != *name),
        Step::Element(name, Which::Any) => parent.children.retain(|child| child.name != *name),
        Step::Element(..) => {
            if let Some(place) = position(parent, step) {
                parent.children.remove(place);
            }
        }
    }
}

fn paint(element: &mut Element, mark: Mark) {
    element.mark = mark;
    element.attributes.iter_mut().for_each(|attribute| attribute.mark = mark);
    element.children.iter_mut().for_each(|child| paint(child, mark));
}

fn fragment(path: &str, steps: &[Step], xml: &str) -> Result<Element, OverrideError> {
    let refused = |problem: String| OverrideError::Fragment { path: path.to_owned(), problem };
    let element = Element::parse(xml.as_bytes()).map_err(|error| refused(error.to_string()))?;
    match steps.last() {
        Some(Step::Element(name, _)) if element.name == *name => Ok(element),
        Some(Step::Element(name, _)) => {
            Err(refused(format!("it begins with <{}>, the path ends in {name}", element.name)))
        }
        _ => Err(refused("an attribute holds a text, not XML".to_owned())),
    }
}

/// `sipProfile/sipLines/line[@button=3]/@lineIndex` as steps. Brackets may hold a slash, so the text is not simply split.
fn steps(path: &str) -> Result<Vec<Step>, OverrideError> {
    let wrong = || OverrideError::Path(path.chars().take(200).collect());
    let mut steps = Vec::new();
    let mut rest = path;
    loop {
        let name_end = rest.find(['/', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(name_end);
        let (which, after) = match after.strip_prefix('[') {
            Some(inside) => {
                let (inside, after) = inside.split_once(']').ok_or_else(wrong)?;
                (which(inside).ok_or_else(wrong)?, after)
            }
            None => (Which::Any, after),
        };
        let step = match name.strip_prefix('@') {
            Some(name) if is_name(name) && which == Which::Any && after.is_empty() => {
                Step::Attribute(name.to_owned())
            }
            None if is_name(name) => Step::Element(name.to_owned(), which),
            _ => return Err(wrong()),
        };
        steps.push(step);
        // Nothing phones read is deeper than eight.
        if steps.len() > 32 {
            return Err(wrong());
        }
        match after.strip_prefix('/') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(steps),
            None => return Err(wrong()),
        }
    }
}

/// `2`, or `@button=3`, with or without quotes.
fn which(inside: &str) -> Option<Which> {
    let Some(condition) = inside.strip_prefix('@') else {
        let number = inside.parse().ok().filter(|number| (1..=999).contains(number))?;
        return Some(Which::Nth(number));
    };
    let (name, value) = condition.split_once('=')?;
    let bare = |quote| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    let value = bare('"').or_else(|| bare('\'')).unwrap_or(value);
    is_name(name).then(|| Which::With(name.to_owned(), value.to_owned()))
}
