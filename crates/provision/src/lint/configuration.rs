//! A phone's configuration, held against the catalogue of settings.

use std::collections::HashSet;

use super::finding::Findings;
use super::lines;
use super::shape::{is_bookkeeping, unknown, unknown_attribute, wrong_case};
use super::tree::{Element, Tree};
use crate::article::A;
use crate::catalogue::{Certainty, Kind, Problem, Reading, Setting, by_path, nearest, settings};
use crate::models::{self, Model};

/// Wider defaults that call managers write beside the settings of the device, with the same elements.
const WIDER: [&str; 2] = ["commonConfig", "enterpriseConfig"];

pub(super) fn look(tree: &Tree, findings: &mut Findings<'_>) {
    let mut waiting = vec![(tree.root(), String::new())];
    while let Some((element, path)) = waiting.pop() {
        attributes(element, &path, findings);
        let mut seen = HashSet::new();
        for child in tree.children(element) {
            if findings.is_full() {
                return;
            }
            if path.is_empty() && WIDER.contains(&child.name.as_str()) {
                waiting.push((child, "vendorConfig".to_owned()));
                continue;
            }
            let below = if path.is_empty() { child.name.clone() } else { format!("{path}/{}", child.name) };
            let Some(setting) = by_path(&below) else {
                stranger(child, element, &path, findings);
                continue;
            };
            if !seen.insert(child.name.as_str()) && !setting.repeats() {
                findings.add("element-repeated", child.at, format!("<{}> stands there twice", child.name));
            }
            if known(child, setting, findings) {
                waiting.push((child, below));
            }
        }
    }
    lines::look(tree, findings);
    modules(tree, findings);
    together(tree, findings);
}

/// Looks at an element that the catalogue knows; tells whether to look into it.
fn known(element: &Element, setting: &'static Setting, findings: &mut Findings<'_>) -> bool {
    if let Some(model) = findings.model.filter(|model| !setting.applies.to(model)) {
        let message =
            format!("{} does not know <{}>; it is for {}", A(model.name), element.name, setting.applies);
        findings.add("element-model", element.at, message).source(setting.source);
        return false;
    }
    if setting.kind == Kind::Container {
        if !element.value().is_empty() {
            findings.add(
                "element-text",
                element.text_at,
                format!("<{}> holds elements, not a text", element.name),
            );
        }
        return true;
    }
    let at = if element.value().is_empty() { element.at } else { element.text_at };
    if element.text != element.value() && !element.has_children() {
        findings.add("value-spaces", element.at, format!("blanks around the value of <{}>", element.name));
    }
    value(setting, element.value(), at, &format!("<{}>", element.name), findings);
    true
}

fn attributes(element: &Element, path: &str, findings: &mut Findings<'_>) {
    for attribute in &element.attributes {
        match by_path(&format!("{path}/@{}", attribute.name)) {
            Some(setting) => value(setting, &attribute.value, attribute.at, &attribute.name, findings),
            None if is_bookkeeping(&attribute.name) => {}
            None => {
                let known = settings().iter().filter_map(|setting| {
                    setting.path.replace("[]", "").rsplit_once("/@").and_then(|(parent, _)| {
                        (parent == path).then_some(setting.element().trim_start_matches('@'))
                    })
                });
                let nearest = nearest(&attribute.name, known);
                unknown_attribute(element, attribute, nearest, findings);
            }
        }
    }
}

/// An element that is not known in that place.
fn stranger(child: &Element, parent: &Element, path: &str, findings: &mut Findings<'_>) {
    let inside = |setting: &&Setting| match setting.path.rsplit_once('/') {
        Some((above, _)) => above.replace("[]", "") == path,
        None => path.is_empty(),
    };
    let names = || settings().iter().filter(|setting| !setting.path.contains('@') && setting.path != ".");
    if let Some(setting) = names().filter(inside).find(|setting| child.is(setting.element())) {
        return wrong_case(child, setting.element(), findings);
    }
    // Names such as `name` and `port` stand in many places; they tell nothing about where this one belongs.
    let mut elsewhere = names().filter(|setting| setting.element() == child.name);
    if let (Some(setting), None) = (elsewhere.next(), elsewhere.next()) {
        let above = setting.path.rsplit_once('/').map_or("device", |(above, _)| above).replace("[]", "");
        let message = format!("<{}> does not belong into <{}>", child.name, parent.name);
        findings.add("element-misplaced", child.at, message).fix(Some(format!("Move it into <{above}>")));
        return;
    }
    let near = nearest(&child.name, names().filter(inside).map(Setting::element));
    unknown(child, &parent.name, near, findings);
}

/// Looks at what stands in an element or an attribute.
fn value(setting: &'static Setting, code: &str, at: usize, name: &str, findings: &mut Findings<'_>) {
    // An empty element says that the phone shall keep what it has.
    if code.is_empty() && !name.starts_with(|c: char| c.is_alphabetic()) {
        return;
    }
    let read = match findings.model {
        Some(model) => setting.word_on(code, model),
        None => setting.word(code, findings.series()),
    };
    let shown = if setting.is_secret() { "its value" } else { code };
    let problem = match read {
        Ok(Reading { documented: true, .. }) => return,
        Ok(Reading { word, .. }) => {
            let message =
                format!("{name} is {shown}, which was seen to mean {word} and is documented nowhere");
            let better = setting.code(&word, findings.series()).ok().filter(|better| better != code);
            findings
                .add("value-undocumented", at, message)
                .source(setting.source)
                .fix(better.map(|code| format!("Write {code}")));
            return;
        }
        Err(problem) => problem,
    };
    if setting.element() == "proxy" {
        findings.add("line-proxy", at, format!("the proxy of the line is {shown}")).source(setting.source);
        return;
    }
    let message = format!("{name} cannot be {shown}; {problem}");
    let (rule, fix, sure) = match &problem {
        Problem::Unknown { allowed } => ("value-unknown", format!("Write one of {allowed}"), true),
        Problem::Length { limits, sure, .. } => {
            ("value-length", format!("Keep it to {} characters", limits.1), *sure)
        }
        Problem::Range { limits, sure } => {
            ("value-range", format!("Write a number from {} to {}", limits.0, limits.1), *sure)
        }
        Problem::Malformed { expected } => ("value-form", format!("Write {expected}"), true),
        Problem::Zone { nearest } => (
            "time-zone",
            nearest.map_or("Use a name of docs/keys.md".to_owned(), |name| format!("Write {name}")),
            true,
        ),
    };
    let certainty = if sure { setting.certainty } else { Certainty::Guess };
    findings.add(rule, at, message).certain(certainty).source(setting.source).fix(Some(fix));
}

/// Key modules: their types, keys and firmware.
fn modules(tree: &Tree, findings: &mut Findings<'_>) {
    let Some(list) = tree.find("addOnModules") else { return };
    let mut first: Option<&str> = None;
    for element in tree.children(list).filter(|child| child.name == "addOnModule") {
        let text = |name| tree.child(element, name).map(Element::value).unwrap_or_default();
        let kind = text("deviceType");
        let Some(module) = crate::models::modules().iter().find(|module| module.name == kind) else {
            continue;
        };
        if module.needs_load && text("loadInformation").is_empty() {
            findings.add("firmware-missing", element.at, format!("the module {kind} has no loadInformation"));
        }
        if let Some(model) = findings.model
            && !model.modules.iter().any(|fits| fits.value == kind)
        {
            let message = format!("{} takes no module {kind}", A(model.name));
            let fits: Vec<_> = model.modules.iter().map(|module| module.value).collect();
            let fix =
                if fits.is_empty() { "Take it out".to_owned() } else { format!("Use {}", fits.join(" or ")) };
            findings.add("module-model", element.at, message).fix(Some(fix));
        }
        if let Some(first) = first.filter(|first| *first != kind) {
            findings.add("module-mixed", element.at, format!("{} beside {}", A(&kind), A(&first)));
        }
        first = first.or(Some(kind));
        let keys = text("deviceLine");
        if !keys.is_empty() && keys.parse() != Ok(module.keys) && !(module.keys == 24 && keys == "12") {
            let message = format!("{} has {} keys, not {keys}", A(&kind), module.keys);
            findings.add("module-keys", element.at, message).fix(Some(format!("Write {}", module.keys)));
        }
    }
}

/// The configuration for phones that have none of their own: firmware by the number of the model.
pub(super) fn defaults(tree: &Tree, findings: &mut Findings<'_>) {
    const START: &str = "loadInformation";
    let mut seen = HashSet::new();
    for load in tree.children(tree.root()) {
        // Some servers write it in small letters, and phones take it.
        let number = load.name.get(..START.len()).filter(|start| start.eq_ignore_ascii_case(START));
        let Some(number) = number.map(|start| &load.name[start.len()..]) else { continue };
        if findings.is_full() {
            return;
        }
        let of_number = || models::all().iter().find(|model| model.numbers().any(|(_, own)| own == number));
        if !seen.insert(number) {
            findings.add("element-repeated", load.at, format!("<{}> stands there twice", load.name));
        }
        match of_number() {
            Some(model) => firmware(load, Some(model), findings),
            None => {
                firmware(load, None, findings);
                let named = load.attribute("model").and_then(|name| models::find(last_word(&name.value)));
                let number_of = named.and_then(|model| model.numbers().next());
                let fix = number_of
                    .map(|(name, number)| format!("Write <loadInformation{number}> for {}", A(name)));
                let message = format!("no model that is known here has the number {number:?}");
                findings.add("default-number", load.at, message).fix(fix);
            }
        }
    }
}

/// `Cisco 8845`, as call managers write it.
fn last_word(name: &str) -> &str {
    name.rsplit(' ').next().unwrap_or(name)
}

/// Looks at the name of firmware, for that model where one is known.
fn firmware(load: &Element, model: Option<&Model>, findings: &mut Findings<'_>) {
    let name = load.value();
    if name.to_ascii_lowercase().ends_with(".loads") {
        let fix = Some(format!("Write {}", &name[..name.len() - ".loads".len()]));
        findings.add("firmware-name", load.text_at, format!("{name} ends with .loads")).fix(fix);
    }
    if let Some(model) = model.filter(|model| model.runs(name) == Some(false)) {
        let names: Vec<_> = models::that_run(name).map(|model| model.name).collect();
        let message = format!("{name} is for {}, not for {}", names.join(", "), A(model.name));
        let fix = model.loads.last().map(|load| format!("Name a load like {load}"));
        findings.add("firmware-model", load.text_at, message).fix(fix);
    }
}

/// Settings that only make sense together.
fn together(tree: &Tree, findings: &mut Findings<'_>) {
    let at = |path: &str| tree.find(path).filter(|element| !element.value().is_empty());
    let text = |path: &str| at(path).map(Element::value).unwrap_or_default();
    let number = |path: &str| at(path).and_then(|element| element.value().parse::<u32>().ok());
    for load in ["loadInformation", "inactiveLoadInformation"].into_iter().filter_map(at) {
        firmware(load, findings.model, findings);
    }
    if let (Some(mode), Some(transport)) = (at("deviceSecurityMode"), at("transportLayerProtocol"))
        && matches!(mode.value(), "2" | "3")
        && transport.value() != "3"
    {
        findings.add(
            "security-transport",
            mode.text_at,
            "deviceSecurityMode asks for TLS, transportLayerProtocol does not",
        );
    }
    if let Some(transport) = at("transportLayerProtocol").filter(|element| element.value() == "2") {
        findings.add("transport-udp", transport.text_at, "SIP over UDP");
    }
    if let (Some(first), Some(last)) =
        (number("sipProfile/startMediaPort"), number("sipProfile/stopMediaPort"))
        && (first % 2 == 1 || first >= last)
        && let Some(element) = at("sipProfile/startMediaPort")
    {
        findings.add("media-ports", element.text_at, format!("RTP ports {first} to {last}"));
    }
    if let Some(picture) = at("vendorConfig/defaultWallpaperFile")
        && text("commonProfile/backgroundImageAccess") == "true"
    {
        let message = "defaultWallpaperFile is of no effect while backgroundImageAccess is true";
        findings.add("wallpaper-access", picture.text_at, message);
    }
}
