//! What the configuration of a model holds, in the order of the catalogue: worked out once for each model.

use std::sync::{LazyLock, OnceLock};

use crate::catalogue::{self, Kind, LineFeature, Setting, line_features, settings};
use crate::inventory::Name;
use crate::inventory::check::{has, in_line};
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
    /// Nobody but the phone may read it.
    pub(super) secret: bool,
    /// For elements of keys: which features have it.
    pub(super) had: Had,
    pub(super) children: Vec<Node>,
}

/// Features of keys, a bit each in the order of the catalogue.
#[derive(Debug, Default)]
pub(super) struct Had {
    by: u64,
    by_first_line: u64,
    needed_by: u64,
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
            secret: setting.is_secret(),
            had: Had::of(setting),
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

impl Had {
    fn of(setting: &Setting) -> Self {
        let Some(place) = in_line(setting) else { return Self::default() };
        let features = || line_features().iter().enumerate();
        let bits = |wanted: &dyn Fn(&LineFeature) -> bool| {
            features().filter(|(_, feature)| wanted(feature)).fold(0, |bits, (number, _)| bits | 1 << number)
        };
        Self {
            by: bits(&|feature| has(feature, place, false)),
            by_first_line: bits(&|feature| has(feature, place, true)),
            needed_by: bits(&|feature| feature.required.contains(&place)),
        }
    }

    /// Whether keys of the feature of that number have it; `first` for the first line of the phone.
    pub(super) fn by(&self, feature: usize, first: bool) -> bool {
        (if first { self.by_first_line } else { self.by }) >> feature & 1 == 1
    }

    /// Whether keys of the feature of that number need it.
    pub(super) fn needed_by(&self, feature: usize) -> bool {
        self.needed_by >> feature & 1 == 1
    }
}

/// The number of a feature in the catalogue. The tests see that there are no more than bits.
pub(super) fn number_of(feature: &LineFeature) -> usize {
    line_features().iter().position(|known| known.key == feature.key).unwrap_or_default()
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
    fn every_feature_has_a_bit() {
        assert!(line_features().len() <= 64);
        let lines = plan(None).find("sipProfile/sipLines/line").unwrap();
        let (line, blf) =
            (number_of(&line_features()[6]), catalogue::line_feature("blf").map(number_of).unwrap());
        assert_eq!(line_features()[line].key, "line");
        let had = |path: &str| &lines.find(path).unwrap().had;
        assert!(had("speedDialNumber").by(blf, false) && had("speedDialNumber").needed_by(blf));
        assert!(!had("speedDialNumber").by(line, true) && had("featureOptionMask").by(blf, false));
        assert!(had("authName").by(line, true) && !had("authName").by(line, false));
        assert!(
            had("autoAnswer/autoAnswerMode").by(line, false)
                && !had("autoAnswer/autoAnswerMode").needed_by(line)
        );
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
