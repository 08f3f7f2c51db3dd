//! The rules as `nft -j list ruleset` prints them.

use serde_json::Value;

use super::{Fate, Match, Packet, Step, Walk};
use crate::listener::Name;

/// Chains that lead to each other further than this lead in circles.
const DEEPEST: usize = 16;

struct Ruleset<'a> {
    objects: Vec<&'a Value>,
}

/// Where a chain is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Home<'a> {
    family: &'a str,
    table: &'a str,
}

/// What becomes of each packet: it must pass every chain that the kernel calls for what comes in.
pub(super) fn fates(text: &str, wanted: &[(Name, Packet)]) -> Vec<Fate> {
    let parsed: Value = serde_json::from_str(text).unwrap_or_default();
    let objects = parsed["nftables"].as_array().map(|all| all.iter().collect()).unwrap_or_default();
    let ruleset = Ruleset { objects };
    wanted.iter().map(|(_, packet)| ruleset.fate(*packet)).collect()
}

impl<'a> Ruleset<'a> {
    fn of(&self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter_map(move |object| object.get(kind))
    }

    fn fate(&self, packet: Packet) -> Fate {
        let mut worst = Fate::Passes;
        let base = |chain: &&Value| chain["hook"] == "input" && chain["type"] == "filter";
        for chain in self.of("chain").filter(base) {
            let (family, table) = (text(&chain["family"]), text(&chain["table"]));
            let home = Home { family, table };
            // Tables of the old program are read as it prints them.
            if family == "arp" || family == "netdev" || family == "bridge" || self.is_foreign(home) {
                continue;
            }
            let name = text(&chain["name"]);
            let mut walk = Walk::default();
            let end = match self.chain(home, name, packet, &mut walk, 0) {
                Step::Return | Step::Nothing if chain["policy"] == "drop" => {
                    Step::Drop(format!("the policy of chain {family} {table} {name} is drop"))
                }
                Step::Return | Step::Nothing => Step::Accept,
                end => end,
            };
            worst = match (worst, walk.fate(end)) {
                (dropped @ Fate::Dropped(_), _) | (_, dropped @ Fate::Dropped(_)) => dropped,
                (perhaps @ Fate::Perhaps(_), _) | (_, perhaps @ Fate::Perhaps(_)) => perhaps,
                _ => Fate::Passes,
            };
        }
        worst
    }

    /// Whether rules of the table are of `iptables`, and only that program can show them.
    fn is_foreign(&self, home: Home<'a>) -> bool {
        self.rules(home, None).any(|rule| exprs(rule).iter().any(|expr| expr.get("xt").is_some()))
    }

    fn rules(&self, home: Home<'a>, chain: Option<&'a str>) -> impl Iterator<Item = &'a Value> {
        self.of("rule").filter(move |rule| {
            let same = rule["family"] == home.family && rule["table"] == home.table;
            same && chain.is_none_or(|chain| rule["chain"] == chain)
        })
    }

    fn chain(&self, home: Home<'a>, name: &'a str, packet: Packet, walk: &mut Walk, depth: usize) -> Step {
        for rule in self.rules(home, Some(name)) {
            let shown = || format!("chain {} {} {name}, rule {}", home.family, home.table, rule["handle"]);
            let mut matched = Match::Yes;
            for expr in exprs(rule) {
                if let Some(condition) = expr.get("match") {
                    matched = matched.and(self.holds(home, condition, packet));
                    continue;
                }
                let (found, verdict) = match expr.get("vmap") {
                    Some(vmap) => self.looked_up(home, vmap, packet),
                    None => (Match::Yes, Some(expr)),
                };
                if expr.get("limit").is_some() {
                    matched = matched.and(Match::Perhaps);
                }
                let both = matched.and(found);
                let Some(verdict) = verdict.filter(|_| both != Match::No) else { continue };
                let step = match self.step(home, verdict, packet, walk, depth, &shown) {
                    Step::Return if both == Match::Yes => return Step::Return,
                    step => step,
                };
                if let Some(end) = walk.take(both, step, &shown()) {
                    return end;
                }
            }
        }
        Step::Nothing
    }

    fn step(
        &self,
        home: Home<'a>,
        verdict: &'a Value,
        packet: Packet,
        walk: &mut Walk,
        depth: usize,
        shown: &dyn Fn() -> String,
    ) -> Step {
        let is = |word: &str| verdict.get(word).is_some() || *verdict == word;
        if is("accept") {
            return Step::Accept;
        }
        if is("drop") || is("reject") {
            return Step::Drop(shown());
        }
        if is("return") {
            return Step::Return;
        }
        let target = verdict.get("jump").or(verdict.get("goto")).map(|target| text(&target["target"]));
        match target {
            Some(target) if depth < DEEPEST => match self.chain(home, target, packet, walk, depth + 1) {
                Step::Return => Step::Nothing,
                step => step,
            },
            _ => Step::Nothing,
        }
    }

    /// Whether a condition holds.
    fn holds(&self, home: Home<'a>, condition: &'a Value, packet: Packet) -> Match {
        let found = self.is_in(home, &condition["left"], &condition["right"], packet);
        if condition["op"] == "!=" { found.not() } else { found }
    }

    fn is_in(&self, home: Home<'a>, left: &'a Value, right: &'a Value, packet: Packet) -> Match {
        let values = self.values(home, right);
        let any = |known: &dyn Fn(&Value) -> bool| Match::of(values.iter().any(|value| known(value)));
        let transport = if packet.udp { "udp" } else { "tcp" };
        let number = if packet.udp { 17 } else { 6 };
        let is_transport = |value: &Value| *value == transport || *value == number;
        if let (Some(protocol), Some(field)) =
            (left["payload"]["protocol"].as_str(), left["payload"]["field"].as_str())
        {
            return match (protocol, field) {
                ("tcp" | "udp" | "th", "dport") => any(&|value| holds_port(value, packet.port))
                    .and(Match::of(protocol == "th" || protocol == transport)),
                ("ip", "protocol") | ("ip6", "nexthdr") => any(&is_transport),
                ("icmp" | "icmpv6" | "igmp" | "sctp" | "dccp", _) => Match::No,
                ("tcp" | "udp", _) if protocol != transport => Match::No,
                _ => Match::Perhaps,
            };
        }
        match (left["meta"]["key"].as_str(), left["ct"]["key"].as_str()) {
            (Some("l4proto"), _) => any(&is_transport),
            (Some("iifname" | "iif"), _) if values.iter().all(|value| *value == "lo") => Match::No,
            (_, Some("state")) => any(&|value| *value == "new"),
            _ => Match::Perhaps,
        }
    }

    /// The values of a set, a range, a named set, or one.
    fn values(&self, home: Home<'a>, right: &'a Value) -> Vec<&'a Value> {
        if let Some(name) = right.as_str().and_then(|name| name.strip_prefix('@')) {
            let same = |set: &&Value| {
                set["family"] == home.family && set["table"] == home.table && set["name"] == name
            };
            let set = self.of("set").find(same);
            return set
                .and_then(|set| set["elem"].as_array())
                .map(|all| all.iter().collect())
                .unwrap_or_default();
        }
        match right.get("set").unwrap_or(right) {
            Value::Array(all) => all.iter().collect(),
            one => vec![one],
        }
    }

    /// What a map says about the packet.
    fn looked_up(&self, home: Home<'a>, vmap: &'a Value, packet: Packet) -> (Match, Option<&'a Value>) {
        let pairs = vmap["data"]["set"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut perhaps = None;
        for pair in pairs {
            match self.is_in(home, &vmap["key"], &pair[0], packet) {
                Match::Yes => return (Match::Yes, Some(&pair[1])),
                Match::Perhaps => perhaps = perhaps.or(Some(&pair[1])),
                Match::No => {}
            }
        }
        (if perhaps.is_some() { Match::Perhaps } else { Match::No }, perhaps)
    }
}

fn exprs(rule: &Value) -> &[Value] {
    rule["expr"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn holds_port(value: &Value, port: u16) -> bool {
    if let Some([first, last]) = value["range"].as_array().map(Vec::as_slice) {
        let bound = |value: &Value| value.as_u64().unwrap_or(u64::MAX);
        return (bound(first)..=bound(last)).contains(&u64::from(port));
    }
    *value == port || value["elem"]["val"] == port
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fate(objects: &Value, udp: bool, port: u16) -> Fate {
        let text = json!({ "nftables": objects }).to_string();
        fates(&text, &[(Name::Tftp, Packet { udp, port })]).remove(0)
    }

    fn chain(name: &str, policy: &str) -> Value {
        let base = json!({ "family": "inet", "table": "filter", "name": name, "type": "filter", "hook": "input",
            "prio": 0, "policy": policy });
        let own = json!({ "family": "inet", "table": "filter", "name": name });
        json!({ "chain": if policy.is_empty() { own } else { base } })
    }

    fn rule(chain: &str, expr: &Value) -> Value {
        json!({ "rule": { "family": "inet", "table": "filter", "chain": chain, "handle": 7, "expr": expr } })
    }

    fn port(protocol: &str, right: &Value) -> Value {
        json!({ "match": { "op": "==", "left": { "payload": { "protocol": protocol, "field": "dport" } }, "right": right } })
    }

    #[test]
    fn a_usual_ruleset_is_understood() {
        let established = json!({ "match": { "op": "in", "left": { "ct": { "key": "state" } }, "right": ["established", "related"] } });
        let lo = json!({ "match": { "op": "==", "left": { "meta": { "key": "iifname" } }, "right": "lo" } });
        let saddr = json!({ "match": { "op": "==", "left": { "payload": { "protocol": "ip", "field": "saddr" } },
            "right": { "prefix": { "addr": "10.0.0.0", "len": 8 } } } });
        let set = json!({ "set": [2445, 3804, { "range": [6970, 6972] }] });
        let rules = json!([
            chain("input", "drop"),
            chain("phones", ""),
            rule("input", &json!([established, { "accept": null }])),
            rule("input", &json!([lo, { "accept": null }])),
            rule(
                "input",
                &json!([{ "counter": { "packets": 0, "bytes": 0 } }, { "jump": { "target": "phones" } }])
            ),
            rule("phones", &json!([port("tcp", &set), { "accept": null }])),
            rule("phones", &json!([saddr, port("udp", &json!(69)), { "accept": null }])),
        ]);
        for port in [2445, 3804, 6970, 6972] {
            assert_eq!(fate(&rules, false, port), Fate::Passes, "{port}");
        }
        let dropped = fate(&rules, false, 6973);
        assert_eq!(dropped, Fate::Dropped("the policy of chain inet filter input is drop".to_owned()));
        assert!(matches!(fate(&rules, true, 69), Fate::Perhaps(_)));
        assert!(matches!(fate(&rules, true, 6970), Fate::Dropped(_)));
    }

    #[test]
    fn maps_and_named_sets_are_looked_up() {
        let states = json!({ "vmap": { "key": { "ct": { "key": "state" } }, "data": { "set": [
            ["established", { "accept": null }], ["invalid", { "drop": null }]] } } });
        let ports = json!({ "set": { "family": "inet", "table": "filter", "name": "open", "elem": [69, { "range": [6970, 6973] }] } });
        let rules = json!([
            chain("input", "accept"),
            ports,
            rule("input", &json!([states])),
            rule("input", &json!([port("th", &json!("@open")), { "accept": null }])),
            rule("input", &json!([{ "reject": { "type": "icmpx" } }])),
        ]);
        assert_eq!(fate(&rules, true, 69), Fate::Passes);
        assert_eq!(fate(&rules, false, 6973), Fate::Passes);
        assert!(matches!(fate(&rules, false, 2445), Fate::Dropped(why) if why.contains("rule 7")));
    }

    #[test]
    fn one_chain_that_drops_is_enough_and_old_tables_are_left_to_their_program() {
        let other = json!({ "chain": { "family": "ip", "table": "raw2", "name": "in", "type": "filter", "hook": "input",
            "prio": -10, "policy": "drop" } });
        let rules = json!([chain("input", "accept"), other]);
        assert!(matches!(fate(&rules, false, 6970), Fate::Dropped(_)));
        let old = json!([
            chain("input", "drop"),
            rule("input", &json!([{ "xt": { "type": "match", "name": "conntrack" } }]))
        ]);
        assert_eq!(fate(&old, false, 6970), Fate::Passes);
    }

    #[test]
    fn circles_and_nonsense_end() {
        let rules = json!([chain("input", "accept"), chain("a", ""), rule("input", &json!([{ "jump": { "target": "a" } }])),
            rule("a", &json!([{ "jump": { "target": "a" } }])), rule("a", &json!("x")), 7, { "rule": 1 }]);
        assert_eq!(fate(&rules, false, 6970), Fate::Passes);
        assert_eq!(fates("no JSON", &[(Name::Tftp, Packet { udp: true, port: 69 })]), [Fate::Passes]);
    }
}
