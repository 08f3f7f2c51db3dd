//! The keys of a configuration: places, numbers, credentials, and what each feature needs.

use std::collections::HashSet;

use super::finding::Findings;
use super::tree::{Element, Tree};
use crate::article::A;
use crate::catalogue::{LineFeature, line_feature, line_features};

pub(super) fn look(tree: &Tree, findings: &mut Findings<'_>) {
    let Some(list) = tree.find("sipProfile/sipLines") else { return };
    let (mut places, mut numbers) = (HashSet::new(), HashSet::new());
    let (mut any, mut first) = (false, None);
    for line in tree.children(list).filter(|child| child.name == "line") {
        match line.attribute("button") {
            Some(button) if !places.insert(button.value.as_str()) => {
                findings.add("button-duplicate", button.at, format!("key {} is there twice", button.value));
            }
            Some(_) => {}
            None => {
                findings.add("button-missing", line.at, "the key has no attribute button");
            }
        }
        let feature = text(tree, line, "featureID");
        if let (Some(index), "9" | "23") = (line.attribute("lineIndex"), feature)
            && !numbers.insert(index.value.as_str())
        {
            findings.add("line-duplicate", index.at, format!("line {} is there twice", index.value));
        }
        if feature == "9" {
            any = true;
            let index =
                line.attribute("lineIndex").and_then(|index| index.value.parse().ok()).unwrap_or(u32::MAX);
            if first.is_none_or(|(lowest, _)| index < lowest) {
                first = Some((index, line));
            }
        }
        one(tree, line, feature, findings);
    }
    if !any {
        findings.add("line-missing", list.at, "no key is a line");
    }
    if let Some((_, first)) = first {
        credentials(tree, list, first, findings);
    }
}

fn text<'a>(tree: &'a Tree, line: &'a Element, name: &str) -> &'a str {
    tree.child(line, name).map(Element::value).unwrap_or_default()
}

/// Whether the key has that element or attribute. An empty element will do: some are documented as perhaps empty.
fn has(tree: &Tree, line: &Element, path: &str) -> bool {
    if let Some(name) = path.strip_prefix('@') {
        return line.attribute(name).is_some();
    }
    path.split('/').try_fold(line, |element, name| tree.child(element, name)).is_some()
}

fn one(tree: &Tree, line: &Element, id: &str, findings: &mut Findings<'_>) {
    let variants: Vec<&LineFeature> =
        line_features().iter().filter(|feature| feature.id.to_string() == id).collect();
    let Some(usual) = variants.first() else { return };
    if let Some(model) = findings.model
        && !variants.iter().any(|feature| feature.applies.to(model))
    {
        let message =
            format!("{} has no key {} ({id}); it is for {}", A(model.name), usual.name, usual.applies);
        findings.add("key-model", line.at, message);
    }
    let complete = |feature: &&&LineFeature| feature.required.iter().all(|path| has(tree, line, path));
    if !variants.iter().any(|feature| complete(&feature)) {
        let missing: Vec<_> = usual.required.iter().filter(|path| !has(tree, line, path)).copied().collect();
        let message = format!("the key {} ({id}) lacks {}", usual.name, missing.join(", "));
        findings.add("key-incomplete", line.at, message).fix(Some(format!("Add {}", missing.join(" and "))));
    }
    let number = |name| text(tree, line, name).parse::<u32>().ok();
    if let (Some(calls), Some(busy)) = (number("maxNumCalls"), number("busyTrigger"))
        && busy > calls
    {
        findings.add("line-limits", line.at, format!("busyTrigger {busy} is above maxNumCalls {calls}"));
    }
}

fn credentials(tree: &Tree, list: &Element, first: &Element, findings: &mut Findings<'_>) {
    let needed = line_feature("line").map(|feature| &feature.first_line[..]).unwrap_or_default();
    for name in needed.iter().filter(|name| tree.child(first, name).is_none()) {
        findings.add("line-credentials", first.at, format!("the first line has no {name}"));
    }
    for line in tree.children(list).filter(|line| line.name == "line" && line.at != first.at) {
        for element in
            needed.iter().filter_map(|name| tree.child(line, name)).filter(|child| !child.value().is_empty())
        {
            let message = format!("{} on a line that is not the first is of no effect", element.name);
            findings.add("line-credentials", element.at, message).fix(Some("Take it out".to_owned()));
        }
    }
}
