//! Dial templates, which tell when a number is complete, and dial rules, which rewrite numbers from call lists.

use std::collections::HashSet;

use super::finding::Findings;
use super::shape::{self, Shape};
use super::tree::{Attribute, Element, Tree};
use crate::catalogue::nearest;

/// A file of 8,192 bytes or more is dropped without a word.
const MOST_BYTES: usize = 8191;

const TEMPLATE: &[Shape] =
    &[("dialTemplate", &["versionStamp", "TEMPLATE"], &[], false), ("versionStamp", &[], &[], true)];

const RULES: &[Shape] = &[("DialRules", &["DialRule"], &[], false), ("DialRule", &[], &RULE, false)];

const RULE: [&str; 4] = ["BeginsWith", "NumDigits", "DigitsToRemove", "PrefixWith"];

const ATTRIBUTES: [&str; 7] = ["match", "timeout", "line", "rewrite", "tone", "user", "route"];

const TONES: [&str; 20] = [
    "Bellcore-Inside",
    "Bellcore-Outside",
    "Bellcore-Busy",
    "Bellcore-Reorder",
    "Bellcore-CallWaiting",
    "Bellcore-Hold",
    "Bellcore-Reminder",
    "Bellcore-Confirmation",
    "Bellcore-Permanent",
    "Bellcore-None",
    "Cisco-Zip",
    "Cisco-ZipZip",
    "Cisco-BeepBonk",
    "Bellcore-Alerting",
    "Bellcore-BusyVerify",
    "Bellcore-Stutter",
    "Bellcore-MsgWaiting",
    "Bellcore-Cw2",
    "Bellcore-Cw3",
    "Bellcore-Cw4",
];

pub(super) fn template(tree: &Tree, bytes: usize, findings: &mut Findings<'_>) {
    if bytes > MOST_BYTES {
        findings.add("dial-too-large", MOST_BYTES, format!("{bytes} bytes; the phone reads {MOST_BYTES}"));
    }
    let mut seen = HashSet::new();
    for element in tree.children(tree.root()) {
        if element.name == "TEMPLATE" {
            entry(element, &mut seen, findings);
        } else if element.is("TEMPLATE") {
            findings.add("dial-element", element.at, format!("<{}> is written <TEMPLATE>", element.name));
        } else if !element.is("versionStamp") {
            shape::unknown(
                element,
                "dialTemplate",
                nearest(&element.name, ["TEMPLATE", "versionStamp"]),
                findings,
            );
        } else if !(3..=64).contains(&element.value().chars().count()) {
            findings
                .add("value-length", element.at, "a versionStamp has 3 to 64 characters")
                .source("SIP stack");
        }
    }
    // Attributes of TEMPLATE are looked at by hand: their letter case does not matter.
    shape::look(tree, &TEMPLATE[1..], findings);
    for attribute in tree.root().attributes.iter().filter(|attribute| !shape::is_bookkeeping(&attribute.name))
    {
        shape::unknown_attribute(tree.root(), attribute, None, findings);
    }
}

fn entry<'a>(element: &'a Element, seen: &mut HashSet<(&'a str, &'a str)>, findings: &mut Findings<'_>) {
    let get =
        |name: &str| element.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
    for attribute in &element.attributes {
        let Some(name) = ATTRIBUTES.iter().find(|name| attribute.name.eq_ignore_ascii_case(name)) else {
            if !shape::is_bookkeeping(&attribute.name) {
                let near =
                    nearest(&attribute.name, ATTRIBUTES).map(|name| format!("Perhaps {name} is meant"));
                let message = format!("TEMPLATE has no attribute {}", attribute.name);
                findings.add("dial-attribute", attribute.at, message).fix(near);
            }
            continue;
        };
        match *name {
            "match" => pattern(attribute, findings),
            "timeout" | "line" => number(attribute, findings),
            "rewrite" => rewrite(attribute, findings),
            "tone" => word(attribute, &TONES, findings),
            "user" => word(attribute, &["Phone", "IP"], findings),
            _ => word(attribute, &["Default", "Emergency", "FQDN"], findings),
        }
    }
    let Some(pattern) = get("match") else {
        findings.add("dial-match", element.at, "TEMPLATE without match");
        return;
    };
    let line = get("line").map_or("0", |line| line.value.as_str());
    if !seen.insert((&pattern.value, if line.is_empty() { "0" } else { line })) {
        findings.add("dial-duplicate", element.at, format!("the pattern {:?} is there twice", pattern.value));
    }
}

fn pattern(attribute: &Attribute, findings: &mut Findings<'_>) {
    let value = &attribute.value;
    // A group is a run of dots, or a star; what a backslash precedes is none of them.
    let (mut groups, mut commas, mut in_dots, mut literal) = (0, 0, false, false);
    for character in value.chars() {
        let plain = !std::mem::replace(&mut literal, false);
        match character {
            '\\' if plain => literal = true,
            '.' if plain && !in_dots => groups += 1,
            '*' if plain => groups += 1,
            ',' if plain => commas += 1,
            _ => {}
        }
        in_dots = plain && character == '.';
    }
    let mut too_much = |what: String| {
        findings.add("dial-limits", attribute.at, what);
    };
    if groups > 5 {
        too_much(format!("{groups} groups of dots and stars; 5 is the most"));
    }
    if commas > 3 {
        too_much(format!("{commas} commas; 3 is the most"));
    }
    if value.chars().count() > 195 {
        too_much("a pattern over 195 characters".to_owned());
    }
}

fn number(attribute: &Attribute, findings: &mut Findings<'_>) {
    let value = &attribute.value;
    let digits = !value.is_empty() && value.len() <= 9 && value.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        findings.add("dial-number", attribute.at, format!("{} is {value:?}", attribute.name));
    }
}

fn rewrite(attribute: &Attribute, findings: &mut Findings<'_>) {
    let mut characters = attribute.value.chars();
    while let Some(character) = characters.next() {
        if character == '%' {
            let next = characters.next();
            if !matches!(next, Some('0'..='5' | 's' | '%' | '.')) {
                let shown = next.map(String::from).unwrap_or_default();
                findings.add("dial-rewrite", attribute.at, format!("%{shown} in rewrite means nothing"));
            }
        }
    }
    if attribute.value.chars().count() > 63 {
        findings.add("dial-limits", attribute.at, "a rewrite over 63 characters");
    }
}

fn word(attribute: &Attribute, known: &[&'static str], findings: &mut Findings<'_>) {
    if !known.iter().any(|word| attribute.value.eq_ignore_ascii_case(word)) {
        let fix = nearest(&attribute.value, known.iter().copied()).map(|word| format!("Write {word}"));
        let message = format!("phones know no {} {}", attribute.name.to_ascii_lowercase(), attribute.value);
        findings.add("dial-word", attribute.at, message).fix(fix);
    }
}

pub(super) fn rules(tree: &Tree, findings: &mut Findings<'_>) {
    shape::look(tree, RULES, findings);
    for rule in tree.children(tree.root()).filter(|child| child.name == "DialRule") {
        for name in RULE.iter().filter(|name| rule.attribute(name).is_none()) {
            let fix = Some(format!("Add {name}"));
            findings.add("rule-attribute", rule.at, format!("the rule has no {name}")).fix(fix);
        }
        let mut numbers = [None; 2];
        for (number, name) in numbers.iter_mut().zip(["NumDigits", "DigitsToRemove"]) {
            let Some(attribute) = rule.attribute(name) else { continue };
            *number = attribute.value.parse::<u8>().ok();
            if number.is_none() {
                findings.add(
                    "rule-attribute",
                    attribute.at,
                    format!("{name} is {:?}, not a number", attribute.value),
                );
            }
        }
        if let [Some(digits), Some(removed)] = numbers
            && removed > digits
        {
            findings.add("rule-removes", rule.at, format!("{removed} of {digits} digits are removed"));
        }
    }
}
