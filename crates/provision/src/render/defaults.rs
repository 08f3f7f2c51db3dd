//! `XMLDefault.cnf.xml`: what phones read that have no configuration of their own: where to go, and which firmware to run.

use super::{Rendered, Surroundings, Values, stamp};
use crate::inventory::{Group, GroupKind};
use crate::models;
use crate::tree::Element;

/// The default configuration: the firmware that each series names, for those of its models that run it.
#[must_use]
pub fn default_configuration(groups: &[Group], surroundings: &Surroundings) -> Rendered {
    let mut root = Element::new("Default");
    let server = &surroundings.server;
    if !server.is_empty() {
        let ports = [("ethernetPhonePort", "2000"), ("sipPort", "5060"), ("securedSipPort", "5061")];
        let ports = ports.map(|(name, port)| Element::holding(name, port));
        let address = Element::holding("processNodeName", server.clone());
        let manager = around("callManager", vec![around("ports", ports.into()), address]);
        root.children.push(around("callManagerGroup", vec![members(vec![manager])]));
        if let Some(port) = surroundings.tvs {
            let tvs =
                vec![Element::holding("port", port.to_string()), Element::holding("address", server.clone())];
            root.children.push(around("TVS", vec![members(tvs)]));
        }
    }
    root.children.extend(loads(groups));
    let xml = root.document();
    Rendered { stamp: stamp::stamp(&xml), xml, values: Values::default(), notes: Vec::new() }
}

/// One element for each number of a call manager; two phones that one catalogue row describes may have two.
fn loads(groups: &[Group]) -> impl Iterator<Item = Element> {
    let load_of = |series: &str| {
        let mut own =
            groups.iter().filter(move |group| group.kind == GroupKind::Series && group.name == series);
        own.find_map(|group| group.layer.settings.of("firmware")).filter(|load| !load.is_empty())
    };
    models::all().iter().flat_map(move |model| {
        let load = load_of(model.series).and_then(|loads| model.own_load(loads));
        let of_number = move |(name, number): (&str, &str)| {
            let mut element = Element::holding(format!("loadInformation{number}"), load?.to_owned());
            element.set_attribute("model", format!("Cisco {name}"));
            Some(element)
        };
        model.numbers().filter_map(of_number)
    })
}

fn members(content: Vec<Element>) -> Element {
    let mut member = around("member", content);
    member.set_attribute("priority", "0");
    around("members", vec![member])
}

fn around(name: &'static str, children: Vec<Element>) -> Element {
    Element { children, ..Element::new(name) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::inventory::Name;
    use crate::lint::lint;

    #[test]
    fn each_model_is_told_the_firmware_of_its_series_if_it_runs_it() {
        let mut newer = Group::new(GroupKind::Series, "8800");
        newer.layer.settings.set(Name::new("firmware").unwrap(), "sip88xx.14-2-1, sip8845_65.14-2-2");
        let mut older = Group::new(GroupKind::Series, "7900");
        older.layer.settings.set(Name::new("firmware").unwrap(), "SIP41.9-4-2SR3-1S");
        let around =
            Surroundings { server: "pbx.example.net".into(), tvs: Some(2445), ..Surroundings::default() };
        let rendered = default_configuration(&[newer, older], &around);
        assert_eq!(lint(rendered.xml.as_bytes(), None).findings, []);
        let tree = Element::parse(rendered.xml.as_bytes()).unwrap();
        let load = |number: u32| tree.text_of(&format!("loadInformation{number}")).to_owned();
        // 8841, 8861, 8845; 7941, 7941GE, 7961; then an 8821 and a 7942, which run other loads.
        for (number, expected) in [
            (683, "sip88xx.14-2-1"),
            (685, "sip88xx.14-2-1"),
            (115, "SIP41.9-4-2SR3-1S"),
            (309, "SIP41.9-4-2SR3-1S"),
            (30018, "SIP41.9-4-2SR3-1S"),
            (36224, "sip8845_65.14-2-2"),
            (36216, ""),
            (434, ""),
        ] {
            assert_eq!(load(number), expected, "{number}");
        }
        assert_eq!(tree.child("loadInformation309").unwrap().attribute("model"), Some("Cisco 7941GE"));
        assert_eq!(tree.text_of("TVS/members/member/port"), "2445");
        assert_eq!(
            tree.text_of("callManagerGroup/members/member/callManager/processNodeName"),
            "pbx.example.net"
        );
        assert_ne!(rendered.stamp, default_configuration(&[], &around).stamp);
    }

    #[test]
    fn without_anything_to_say_it_is_an_empty_root() {
        let rendered = default_configuration(&[], &Surroundings::default());
        assert_eq!(Element::parse(rendered.xml.as_bytes()).unwrap().children.len(), 0);
        assert_eq!(lint(rendered.xml.as_bytes(), None).findings, []);
    }
}
