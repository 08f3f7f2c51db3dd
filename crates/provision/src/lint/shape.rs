//! Which elements and attributes the small files have: those that are not a configuration.

use super::finding::Findings;
use super::tree::{Element, Tree};
use crate::catalogue::Certainty;

/// What an element may hold: (name, children, attributes, whether it holds text).
pub(super) type Shape = (&'static str, &'static [&'static str], &'static [&'static str], bool);

/// Tells what does not belong.
pub(super) fn look(tree: &Tree, shapes: &[Shape], findings: &mut Findings<'_>) {
    let mut waiting = vec![tree.root()];
    while let Some(element) = waiting.pop() {
        let Some((_, children, attributes, text)) = shapes.iter().find(|(name, ..)| element.is(name)) else {
            continue;
        };
        if !text && !element.value().is_empty() {
            findings.add(
                "element-text",
                element.text_at,
                format!("<{}> holds elements, not a text", element.name),
            );
        }
        for attribute in &element.attributes {
            let known =
                attributes.iter().any(|name| *name == attribute.name) || is_bookkeeping(&attribute.name);
            if !known {
                let nearest = crate::catalogue::nearest(&attribute.name, attributes.iter().copied());
                unknown_attribute(element, attribute, nearest, findings);
            }
        }
        for child in tree.children(element) {
            if findings.is_full() {
                return;
            }
            if let Some(name) = children.iter().find(|name| child.is(name)) {
                if *name != child.name {
                    wrong_case(child, name, findings);
                }
                waiting.push(child);
                continue;
            }
            let elsewhere =
                shapes.iter().find(|(_, children, ..)| children.iter().any(|name| child.is(name)));
            match elsewhere {
                Some((parent, ..)) => {
                    let message = format!("<{}> does not belong into <{}>", child.name, element.name);
                    findings
                        .add("element-misplaced", child.at, message)
                        .fix(Some(format!("Move it into <{parent}>")));
                }
                None => {
                    let nearest = crate::catalogue::nearest(&child.name, children.iter().copied());
                    unknown(child, &element.name, nearest, findings);
                }
            }
        }
    }
}

/// Attributes that call managers and XML tools write and phones skip.
pub(super) fn is_bookkeeping(name: &str) -> bool {
    matches!(name, "uuid" | "ctiid" | "xmlns") || name.starts_with("xmlns:") || name.starts_with("xsi:")
}

/// A name much like a known one is probably a slip; any other may be something that newer loads know.
pub(super) fn unknown(child: &Element, parent: &str, nearest: Option<&str>, findings: &mut Findings<'_>) {
    let message = format!("nobody knows <{}> in <{parent}>", child.name);
    let finding = findings.add("element-unknown", child.at, message);
    match nearest {
        Some(name) => finding.fix(Some(format!("Perhaps <{name}> is meant"))),
        None => finding.certain(Certainty::Guess),
    };
}

pub(super) fn unknown_attribute(
    element: &Element,
    attribute: &super::tree::Attribute,
    nearest: Option<&str>,
    findings: &mut Findings<'_>,
) {
    let message = format!("nobody knows the attribute {} of <{}>", attribute.name, element.name);
    let fix = nearest.map(|name| format!("Perhaps {name} is meant"));
    findings.add("attribute-unknown", attribute.at, message).fix(fix);
}

pub(super) fn wrong_case(element: &Element, name: &str, findings: &mut Findings<'_>) {
    let message = format!("<{}> is written <{name}>", element.name);
    findings.add("element-case", element.at, message).fix(Some(format!("Write <{name}>")));
}
