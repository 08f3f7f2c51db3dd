//! What the configuration of a model holds, in the order of the catalogue: worked out once for each model.

use std::sync::{LazyLock, OnceLock};

use crate::catalogue::{self, Kind, Setting, settings};
use crate::inventory::Name;
use crate::models::{self, Model};

/// An element or attribute that the model knows.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) setting: &'static Setting,
    /// The name of the element, or of the attribute without `@`.
    pub(super) element: &'static str,
    /// The name people write, where they may.
    pub(super) name: Option<Name>,
    pub(super) shape: Shape,
    /// What stands there when nobody says anything: the code and its word.
    pub(super) default: Option<(&'static str, String)>,
    pub(super) children: Vec<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Attribute,
    Text,
    Container,
    /// A container that may stand several times, with the setting that says whether it stands there at all.
    Repeated(Anchor),
    /// The keys.
    Keys,
    /// A container that is of use only when somebody fills it.
    Optional,
}

/// Without it, one of several elements is left out.
pub(super) type Anchor = &'static str;

/// One for each model, and one for phones of which nobody knows what they are.
static PLANS: LazyLock<Vec<OnceLock<Node>>> =
    LazyLock::new(|| (0..=models::all().len()).map(|_| OnceLock::new()).collect());

/// The plan of a model; of what every phone knows when there is none.
pub(super) fn plan(model: Option<&Model>) -> &'static Node {
    let all = models::all();
    let place = model.and_then(|model| all.iter().position(|known| known.name == model.name));
    PLANS[place.unwrap_or(all.len())].get_or_init(|| {
        let root = settings().iter().find(|setting| setting.path == ".").expect("the catalogue has a root");
        Node::new(root, model)
    })
}

impl Node {
    fn new(setting: &'static Setting, model: Option<&Model>) -> Self {
        let known = |child: &&Setting| match model {
            Some(model) => child.applies.to(model),
            None => child.applies.to_all(),
        };
        let below = |child: &&'static Setting| child.path != "." && parent(child.path) == setting.path;
        let children = settings().iter().filter(below).filter(known);
        let default = setting.default.map(|code| {
            let word = setting.word(code, model.map(|model| model.series));
            (code, word.map_or_else(|_| code.to_owned(), |reading| reading.word))
        });
        Self {
            setting,
            element: setting.element().trim_start_matches('@'),
            name: setting.key.and_then(|key| Name::new(key).ok()),
            shape: Shape::of(setting),
            default,
            children: children.map(|child| Self::new(child, model)).collect(),
        }
    }

    #[cfg(test)]
    pub(super) fn find(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |node, element| {
            node.children.iter().find(|child| child.setting.element() == element)
        })
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(above, _)| above)
}

impl Shape {
    fn of(setting: &Setting) -> Self {
        let anchored = |key: Anchor| {
            debug_assert!(catalogue::setting(key).is_ok(), "{key} is in the catalogue");
            Self::Repeated(key)
        };
        match setting.path {
            "sipProfile/sipLines/line[]" => Self::Keys,
            "vpnGroup" => Self::Optional,
            "devicePool/dateTimeSetting/ntps/ntp[]" => anchored("ntp_server"),
            "devicePool/callManagerGroup/members/member[]" => anchored("sip_server"),
            "TVS/members/member[]" => anchored("tvs_server"),
            "addOnModules/addOnModule[]" => anchored("module_type"),
            "phoneServices/phoneService[]" => anchored("service_entry_url"),
            "capfList/capf[]" => anchored("enrolment_server"),
            path if path.contains('@') => Self::Attribute,
            _ if setting.kind == Kind::Container => Self::Container,
            _ => Self::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn all<'a>(node: &'a Node, into: &mut Vec<&'a Node>) {
        into.push(node);
        node.children.iter().for_each(|child| all(child, into));
    }

    #[test]
    fn every_setting_is_in_the_plan_of_each_model_that_knows_it() {
        for model in models::all() {
            let mut nodes = Vec::new();
            all(plan(Some(model)), &mut nodes);
            let known = |setting: &&Setting| {
                let mut above = setting.path;
                loop {
                    let known = crate::catalogue::by_path(above).is_some_and(|s| s.applies.to(model));
                    match (known, above.rsplit_once('/')) {
                        (false, _) => return false,
                        (true, Some((parent, _))) => above = parent,
                        (true, None) => return true,
                    }
                }
            };
            let expected: Vec<_> = settings().iter().filter(known).map(|s| s.path).collect();
            let found: Vec<_> = nodes.iter().map(|node| node.setting.path).collect();
            assert_eq!(found, expected, "{}", model.name);
        }
    }

    #[test]
    fn each_element_that_repeats_has_an_anchor() {
        let mut nodes = Vec::new();
        all(plan(models::find("8851")), &mut nodes);
        for node in nodes.iter().filter(|node| node.setting.repeats()) {
            assert!(matches!(node.shape, Shape::Repeated(_) | Shape::Keys), "{}", node.setting.path);
        }
        let lines = plan(None).find("sipProfile/sipLines/line").unwrap();
        assert!(lines.find("autoAnswer/autoAnswerMode").is_some());
    }
}
