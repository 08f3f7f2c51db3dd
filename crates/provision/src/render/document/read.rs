//! Files that anybody wrote, as documents of the inventory.

use super::folder;
use crate::inventory::{
    Background, Content, DialRule, Document, DocumentError, Ring, SoftKeySet, TemplateRule,
};
use crate::tree::Element;

pub(super) fn read(name: &str, xml: &[u8]) -> Result<Document, DocumentError> {
    let refused = |problem: String| DocumentError { document: name.to_owned(), problem };
    let root = Element::parse(xml).map_err(|error| refused(error.to_string()))?;
    let content = match &*root.name.to_ascii_lowercase() {
        "softkeycfg" => Ok(Content::SoftKeys(soft_keys(&root))),
        "dialtemplate" => {
            root.all("TEMPLATE").map(template).collect::<Result<_, _>>().map(Content::DialTemplate)
        }
        "dialrules" => root.all("DialRule").map(rule).collect::<Result<_, _>>().map(Content::DialRules),
        "featurepolicy" => policy(&root),
        "ciscoipphoneringlist" => Ok(Content::Rings(root.all("Ring").map(ring).collect())),
        "ciscoipphoneimagelist" => {
            let own = folder(name);
            Ok(Content::Backgrounds(root.all("ImageItem").map(|item| background(item, own)).collect()))
        }
        _ => Err(format!(
            "a file that begins with <{}> is no soft key file, dial template, feature policy, or list of dial rules, rings or \
             wallpapers",
            root.name
        )),
    };
    Ok(Document { name: name.to_owned(), content: content.map_err(refused)? })
}

/// Only the sets: offhook defines the keys by itself.
fn soft_keys(root: &Element) -> SoftKeySet {
    let sets = root.child("softKeySets").into_iter().flat_map(|list| list.all("softKeySet"));
    let keys = |set: &Element| {
        let keys = set.all("softKey").filter_map(|key| key.attribute("keyID"));
        keys.map(|key| if key == "Null" { "Undefined".to_owned() } else { key.to_owned() }).collect()
    };
    sets.filter_map(|set| Some((set.attribute("id")?.to_owned(), keys(set)))).collect()
}

fn policy(root: &Element) -> Result<Content, String> {
    let feature = |definition: &Element| {
        let id = definition.text_of("id").to_owned();
        match definition.text_of("enable") {
            "true" => Ok((id, true)),
            "false" => Ok((id, false)),
            other => Err(format!("feature {id:?} is neither true nor false but {other:?}")),
        }
    };
    root.all("featureDef").map(feature).collect::<Result<_, _>>().map(Content::FeaturePolicy)
}

/// Phones pay no attention to the case of the attributes, and wait ten seconds where no time is given.
fn template(element: &Element) -> Result<TemplateRule, String> {
    let mut rule = TemplateRule { wait: 10, ..TemplateRule::default() };
    for attribute in &element.attributes {
        let value = attribute.value.clone().into_owned();
        match &*attribute.name.to_ascii_lowercase() {
            "match" => rule.pattern = value,
            "timeout" => rule.wait = number(&attribute.name, &value)?,
            // No line, or line 0, is every line.
            "line" => rule.line = Some(number(&attribute.name, &value)?).filter(|line| *line > 0),
            "rewrite" => rule.rewrite = Some(value),
            "tone" => rule.tone = Some(value),
            "user" => rule.user = Some(value),
            "route" => rule.route = Some(value),
            other => return Err(format!("phones know no attribute {other} of TEMPLATE")),
        }
    }
    Ok(rule)
}

fn rule(element: &Element) -> Result<DialRule, String> {
    let text = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
    Ok(DialRule {
        begins_with: text("BeginsWith"),
        digits: number("NumDigits", &text("NumDigits"))?,
        remove: number("DigitsToRemove", &text("DigitsToRemove"))?,
        prefix: text("PrefixWith"),
    })
}

fn number(name: &str, value: &str) -> Result<u16, String> {
    value.parse().map_err(|_| format!("{name} is {value:?}; write a number from 0 to 65535"))
}

fn ring(element: &Element) -> Ring {
    Ring { name: element.text_of("DisplayName").to_owned(), file: element.text_of("FileName").to_owned() }
}

fn background(item: &Element, own: &str) -> Background {
    let file = |name: &str| {
        let path = item.attribute(name).unwrap_or_default();
        let path = path.strip_prefix("TFTP:").unwrap_or(path);
        match path.rsplit_once('/') {
            Some((folder, file)) if folder == own => file.to_owned(),
            _ => path.to_owned(),
        }
    };
    Background { thumbnail: file("Image"), image: file("URL") }
}
