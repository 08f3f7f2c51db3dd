//! What must be overridden so that one document becomes another.

use std::collections::BTreeSet;

use crate::inventory::{Override, Replacement};
use crate::tree::Element;

/// The overrides that make `wanted` of `there`, in the order in which they are to be applied; `None` when no overrides can,
/// because a name in the root cannot be written in a path.
pub(super) fn overrides(there: &Element, wanted: &Element) -> Option<Vec<Override>> {
    let mut found = Vec::new();
    compare(there, wanted, "", &mut found).ok()?;
    Some(found)
}

/// As [`overrides`], only for what `wanted` says; what it leaves out stays as it is.
pub(super) fn additions(there: &Element, wanted: &Element) -> Option<Vec<Override>> {
    let found = overrides(there, wanted)?;
    Some(found.into_iter().filter(|change| change.replacement != Replacement::Nothing).collect())
}

/// Something below cannot be named: the element above has to be replaced as a whole.
struct Nameless;

fn compare(there: &Element, wanted: &Element, path: &str, into: &mut Vec<Override>) -> Result<(), Nameless> {
    attributes(there, wanted, path, into)?;
    // The root has no text; it may have nothing in it at all.
    if wanted.children.is_empty() && !path.is_empty() {
        if !there.children.is_empty() || there.value() != wanted.value() {
            into.push(text(path, wanted.value())?);
        }
        return Ok(());
    }
    let names: BTreeSet<&str> =
        there.children.iter().chain(&wanted.children).map(|child| &*child.name).collect();
    for name in names {
        if path.is_empty() && name == "versionStamp" {
            continue;
        }
        let below = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        let (before, after): (Vec<_>, Vec<_>) = (there.all(name).collect(), wanted.all(name).collect());
        let start = into.len();
        if siblings(&before, &after, &below, into).is_err() || !all_good(&into[start..]) {
            into.truncate(start);
            replaced(&before, &after, &below, into)?;
            if !all_good(&into[start..]) {
                return Err(Nameless);
            }
        }
    }
    Ok(())
}

fn all_good(changes: &[Override]) -> bool {
    changes.iter().all(|change| change.check().is_ok())
}

/// Elements of one name, before and after.
fn siblings(
    before: &[&Element],
    after: &[&Element],
    path: &str,
    into: &mut Vec<Override>,
) -> Result<(), Nameless> {
    if path.ends_with("sipLines/line") {
        return keys(before, after, path, into);
    }
    if after.is_empty() {
        into.push(nothing(path));
        return Ok(());
    }
    // From behind, so that the numbers of those in front stay.
    for place in (after.len()..before.len()).rev() {
        into.push(nothing(&numbered(path, place)));
    }
    for (place, wanted) in after.iter().enumerate() {
        one(before.get(place).copied(), wanted, &numbered(path, place), into)?;
    }
    Ok(())
}

/// Keys are told apart by their buttons.
fn keys(
    before: &[&Element],
    after: &[&Element],
    path: &str,
    into: &mut Vec<Override>,
) -> Result<(), Nameless> {
    let button = |key: &Element| {
        key.attribute("button").and_then(|text| text.parse::<u16>().ok().map(|n| (n, text.len())))
    };
    let buttons = |keys: &[&Element]| {
        let all: Option<Vec<_>> = keys.iter().map(|key| button(key).map(|(n, _)| n)).collect();
        // `01` is another text than `1`.
        let plain =
            keys.iter().all(|key| button(key).is_some_and(|(n, length)| n.to_string().len() == length));
        all.filter(|all| plain && all.iter().collect::<BTreeSet<_>>().len() == all.len())
    };
    let (was, is) = (buttons(before).ok_or(Nameless)?, buttons(after).ok_or(Nameless)?);
    for gone in was.iter().filter(|button| !is.contains(button)) {
        into.push(nothing(&format!("{path}[@button={gone}]")));
    }
    for (button, wanted) in is.iter().zip(after) {
        let there = was.iter().position(|known| known == button).map(|place| before[place]);
        one(there, wanted, &format!("{path}[@button={button}]"), into)?;
    }
    Ok(())
}

fn one(
    there: Option<&Element>,
    wanted: &Element,
    path: &str,
    into: &mut Vec<Override>,
) -> Result<(), Nameless> {
    let start = into.len();
    let leaf = wanted.children.is_empty();
    match there {
        // Something new inside a container is a fragment; a text with its attributes is written one by one.
        Some(there) if (leaf || !there.children.is_empty()) && compare(there, wanted, path, into).is_ok() => {
            return Ok(());
        }
        None if leaf => {
            into.push(text(path, wanted.value())?);
            return attributes(&Element::new(wanted.name.clone()), wanted, path, into);
        }
        _ => {}
    }
    into.truncate(start);
    into.push(fragment(path, wanted));
    Ok(())
}

/// The last resort: everything of that name as it stands in the file.
fn replaced(
    before: &[&Element],
    after: &[&Element],
    path: &str,
    into: &mut Vec<Override>,
) -> Result<(), Nameless> {
    if before.len() == after.len() && before.iter().zip(after).all(|(before, after)| before.same(after)) {
        return Ok(());
    }
    if path.ends_with("sipLines/line") {
        return Err(Nameless);
    }
    for place in (after.len()..before.len()).rev() {
        into.push(nothing(&numbered(path, place)));
    }
    for (place, wanted) in after.iter().enumerate() {
        if wanted.children.is_empty() {
            return Err(Nameless);
        }
        into.push(fragment(&numbered(path, place), wanted));
    }
    Ok(())
}

fn attributes(
    there: &Element,
    wanted: &Element,
    path: &str,
    into: &mut Vec<Override>,
) -> Result<(), Nameless> {
    let at = |name: &str| if path.is_empty() { format!("@{name}") } else { format!("{path}/@{name}") };
    for attribute in &there.attributes {
        if wanted.attribute(&attribute.name).is_none() {
            into.push(nothing(&at(&attribute.name)));
        }
    }
    for attribute in &wanted.attributes {
        if there.attribute(&attribute.name) != Some(&*attribute.value) {
            let path = at(&attribute.name);
            into.push(Override { path, replacement: Replacement::Text(attribute.value.to_string()) });
        }
    }
    Ok(())
}

fn numbered(path: &str, place: usize) -> String {
    if place == 0 { path.to_owned() } else { format!("{path}[{}]", place + 1) }
}

fn nothing(path: &str) -> Override {
    Override { path: path.to_owned(), replacement: Replacement::Nothing }
}

fn text(path: &str, value: &str) -> Result<Override, Nameless> {
    // The root itself cannot be given a text.
    if path.is_empty() {
        return Err(Nameless);
    }
    Ok(Override { path: path.to_owned(), replacement: Replacement::Text(value.to_owned()) })
}

fn fragment(path: &str, element: &Element) -> Override {
    let document = element.document();
    let xml = document.split_once("?>\n").map_or(document.as_str(), |(_, xml)| xml);
    Override { path: path.to_owned(), replacement: Replacement::Fragment(xml.trim_end().to_owned()) }
}
