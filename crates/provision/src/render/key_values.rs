//! What stands in a key: what somebody says, what follows from something else, or the default.

use std::borrow::Cow;

use super::Origin;
use super::build::{Builder, Value};
use super::keys::Placed;
use super::plan::Node;
use crate::catalogue::setting;
use crate::inventory::Layer;
use crate::inventory::check::{code, registers};

/// What stands there for the key: what follows from its place, what somebody says, what follows from the line, or the default.
pub(super) fn value<'a>(
    builder: &mut Builder<'a>,
    node: &'static Node,
    place: &str,
    placed: &Placed<'a>,
) -> Option<Value> {
    let feature = placed.key.feature;
    let of_place = match place {
        "@button" => Some(placed.button.to_string()),
        "@lineIndex" => Some(placed.index?.to_string()),
        "featureID" => {
            let code = feature.id.to_string();
            let (word, origin) = (feature.key.into(), placed.origin.clone());
            return Some(builder.marked(node, 1, word, code.into(), origin));
        }
        _ => None,
    };
    if let Some(code) = of_place {
        let origin = placed.origin.clone();
        return Some(builder.marked(node, 1, code.clone().into(), code.into(), origin));
    }
    if !node.had.by(placed.feature, placed.first) {
        return None;
    }
    // An intercom is one because it answers by itself.
    if feature.key == "intercom" && place == "autoAnswer/autoAnswerEnabled" {
        return Some(builder.marked(node, 1, "on".into(), "3".into(), Origin::Follows("intercom")));
    }
    if let Some(value) = said(builder, node, placed) {
        return Some(value);
    }
    let following = Follower { builder, placed }.value(place);
    if let Some((word, code, whence)) = following {
        return Some(builder.marked(node, 1, word, code, Origin::Follows(whence)));
    }
    let wanted = node.had.needed_by(placed.feature) || feature.key == "line" && !builder.minimal;
    let (code, word) = node.default.as_ref().filter(|_| wanted)?;
    Some(builder.marked(node, 1, word.as_str().into(), (*code).into(), Origin::BuiltIn))
}

/// The key's own word, the line's, or what a layer says for all lines: the first of them that can be rendered.
fn said<'a>(builder: &mut Builder<'a>, node: &'static Node, placed: &Placed<'a>) -> Option<Value> {
    let name = node.name?;
    let own = placed.key.settings.get(name).map(|word| (word, placed.origin.clone()));
    let mut found = own.and_then(|(word, origin)| told(builder, node, word, origin));
    if found.is_some() || !registers(placed.key.feature) {
        return found;
    }
    if let Some((line, word)) = placed.line.and_then(|line| Some((line, line.settings.get(name)?))) {
        found = told(builder, node, word, Origin::Line(line.number.clone()));
    }
    let mut layers = builder.sayings.layers.len();
    while found.is_none() && layers > 0 {
        layers -= 1;
        let (origin, layer) = &builder.sayings.layers[layers];
        let layer: &'a Layer = layer;
        if let Some(word) = layer.settings.get(name) {
            let origin = origin.clone();
            found = told(builder, node, word, origin);
        }
    }
    found
}

fn told<'a>(builder: &mut Builder<'a>, node: &'static Node, word: &'a str, origin: Origin) -> Option<Value> {
    let code = builder.sayings.told(node.name?, word, &origin)?;
    Some(builder.marked(node, 1, word.into(), code.into(), origin))
}

/// Calls a line holds, and from how many on it is busy, when nobody says: the defaults of the catalogue.
const CALLS: u16 = 5;
const BUSY: u16 = 4;

/// The longest label or name that phones take.
const LONGEST: usize = 30;

/// Word, code and from what it follows.
type Following = Option<(Cow<'static, str>, Cow<'static, str>, &'static str)>;

/// What nobody says but something else decides.
struct Follower<'b, 'a> {
    builder: &'b Builder<'a>,
    placed: &'b Placed<'a>,
}

impl Follower<'_, '_> {
    fn value(&self, place: &str) -> Following {
        let feature = self.placed.key.feature;
        match place {
            "name" | "authName" => plain(self.number()?, "the line"),
            "authPassword" => plain(String::new(), "the line"),
            "featureLabel" if registers(feature) => plain(self.number()?, "the line"),
            "featureLabel" if feature.key.ends_with("service") => {
                plain(feature.name.to_owned(), "the feature")
            }
            "featureLabel" => plain(self.own("number")?.chars().take(LONGEST).collect(), "number"),
            "displayName" => match self.own("label") {
                Some(label) => plain(label, "label"),
                None => plain(self.number()?, "the line"),
            },
            "contact" if feature.key == "park_slot" => plain(self.own("number")?, "number"),
            "autoAnswer/autoAnswerMode" if feature.key == "intercom" => {
                Some(("speaker".into(), "Auto Answer with Speakerphone".into(), "intercom"))
            }
            "port" => self.port(),
            _ if feature.key == "line" => self.of_a_line(place),
            _ => None,
        }
    }

    fn of_a_line(&self, place: &str) -> Following {
        match place {
            "callWaiting" if !self.builder.minimal => {
                let code = setting("call_waiting").ok()?.code_on("on", self.builder.sayings.model?).ok()?;
                Some(("on".into(), code.into(), "the model"))
            }
            // What nobody says must not contradict what somebody says: a line is busy before it is full.
            "busyTrigger" => {
                let most = self.said_of_lines("max_calls")?;
                (most < BUSY).then(|| plain(most.to_string(), "max_calls"))?
            }
            "maxNumCalls" => {
                let busy = self.said_of_lines("busy_trigger")?;
                (busy > CALLS).then(|| plain(busy.to_string(), "busy_trigger"))?
            }
            _ => None,
        }
    }

    /// That of the server, for the way SIP travels.
    fn port(&self) -> Following {
        let said = |key| self.builder.sayings.of_key(key).map(|said| said.code.clone());
        let encrypted = said("transport").is_some_and(|code| code == "3");
        let key = if encrypted { "secure_sip_port" } else { "sip_port" };
        match said(key) {
            Some(port) => plain(port, key),
            None if encrypted => plain("5061".to_owned(), key),
            None => None,
        }
    }

    /// The number of the line.
    fn number(&self) -> Option<String> {
        self.placed.key.line.as_ref().map(ToString::to_string)
    }

    /// What the key says, or its line; only what can be rendered, because others are to follow it.
    fn own(&self, key: &str) -> Option<String> {
        let line = self.placed.line.and_then(|line| line.settings.of(key));
        let word = self.placed.key.settings.of(key).or(line)?;
        code(setting(key).ok()?, word, self.builder.sayings.model).ok()
    }

    /// The number that the key, its line or a layer says.
    fn said_of_lines(&self, key: &str) -> Option<u16> {
        let layers = self.builder.sayings.layers.iter().rev();
        let of_layers =
            || layers.map(|(_, layer)| layer).find_map(|layer| layer.settings.of(key).map(str::to_owned));
        self.own(key).or_else(of_layers)?.parse().ok()
    }
}

fn plain(text: String, whence: &'static str) -> Following {
    let text = Cow::<'static, str>::from(text);
    Some((text.clone(), text, whence))
}
