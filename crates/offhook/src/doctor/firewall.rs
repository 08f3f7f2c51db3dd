//! The firewall of this machine, as far as its rules tell: whether a first packet from another machine comes to each port.
//!
//! Rules that look at where a packet comes from are not known to match: then the answer is "perhaps".

use super::program::{Told, ask};
use super::{Finding, Site};
use crate::listener::Name;

mod iptables;
mod nft;

/// A first packet from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packet {
    udp: bool,
    port: u16,
}

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    Yes,
    No,
    Perhaps,
}

impl Match {
    fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Perhaps => Self::Perhaps,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Perhaps,
        }
    }
}

/// What becomes of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    Passes,
    /// By which rule or policy.
    Dropped(String),
    /// It depends on what cannot be seen here.
    Perhaps(String),
}

/// How a walk through rules goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Accept,
    Drop(String),
    /// Back to the chain before.
    Return,
    Nothing,
}

/// A walk through the rules of a chain: what was certain, and what might have ended it before.
#[derive(Debug, Default)]
struct Walk {
    maybe_accepted: Option<String>,
    maybe_dropped: Option<String>,
}

impl Walk {
    /// Takes note of a rule; gives the end if it is certain.
    fn take(&mut self, matched: Match, step: Step, rule: &str) -> Option<Step> {
        match (matched, step) {
            (Match::No, _) | (_, Step::Nothing) => None,
            (Match::Yes, step) => Some(step),
            (Match::Perhaps, Step::Drop(_)) => {
                self.maybe_dropped.get_or_insert_with(|| rule.to_owned());
                None
            }
            (Match::Perhaps, _) => {
                self.maybe_accepted.get_or_insert_with(|| rule.to_owned());
                None
            }
        }
    }

    fn fate(self, end: Step) -> Fate {
        match (end, self.maybe_accepted, self.maybe_dropped) {
            (Step::Drop(_), Some(rule), _) | (_, _, Some(rule)) => Fate::Perhaps(rule),
            (Step::Drop(rule), None, None) => Fate::Dropped(rule),
            _ => Fate::Passes,
        }
    }
}

/// All listeners that phones come to.
fn wanted(site: &Site) -> Vec<(Name, Packet)> {
    let phones = Name::ALL.into_iter().filter(|name| *name != Name::Admin);
    let ports =
        phones.flat_map(|name| site.addresses(name).into_iter().map(move |address| (name, address.port())));
    let mut wanted: Vec<_> = ports.map(|(name, port)| (name, Packet { udp: name.is_udp(), port })).collect();
    wanted.dedup();
    wanted
}

pub(super) fn look(site: &Site) -> Vec<Finding> {
    let told = [
        ("nftables", ask("nft", &["-j", "list", "ruleset"])),
        ("iptables", ask("iptables-save", &[])),
        ("ip6tables", ask("ip6tables-save", &[])),
    ];
    judge(&wanted(site), &told)
}

fn judge(wanted: &[(Name, Packet)], told: &[(&'static str, Told)]) -> Vec<Finding> {
    if told.iter().all(|(_, told)| *told == Told::Absent) {
        return vec![Finding::good(
            "this machine has no program for a firewall; others on the way are not seen from here",
        )];
    }
    let mut findings = Vec::new();
    let mut seen = Vec::new();
    for (program, told) in told {
        let fates = match told {
            Told::Absent => continue,
            Told::Failed(_) => {
                findings.push(Finding::note(
                    format!("the rules of {program} cannot be read by this user"),
                    "run the doctor as root",
                ));
                continue;
            }
            Told::Text(text) if *program == "nftables" => nft::fates(text, wanted),
            Told::Text(text) => iptables::fates(text, wanted),
        };
        seen.push(*program);
        findings.extend(bad(program, wanted, &fates));
    }
    if findings.is_empty() && !seen.is_empty() {
        findings.push(Finding::good(format!("{} lets every port through", seen.join(" and "))));
    }
    findings
}

/// What is said about packets that do not surely pass: one line for all that meet the same rule.
fn bad(program: &str, wanted: &[(Name, Packet)], fates: &[Fate]) -> Vec<Finding> {
    let mut rules: Vec<(bool, &str, Vec<String>)> = Vec::new();
    for ((name, packet), fate) in wanted.iter().zip(fates) {
        let (certain, rule) = match fate {
            Fate::Passes => continue,
            Fate::Dropped(rule) => (true, rule),
            Fate::Perhaps(rule) => (false, rule),
        };
        let port = format!("{}/{} ({name})", packet.port, if packet.udp { "udp" } else { "tcp" });
        match rules.iter_mut().find(|(other, known, _)| *other == certain && known == rule) {
            Some((.., ports)) => ports.push(port),
            None => rules.push((certain, rule, vec![port])),
        }
    }
    rules
        .into_iter()
        .map(|(certain, rule, ports)| {
            let ports = ports.join(", ");
            if certain {
                Finding::wrong(format!("{program} drops {ports}: {rule}"), remedy(program, rule))
            } else {
                let text = format!("{program} perhaps drops {ports}, depending on the sender: {rule}");
                Finding::note(text, "see that the networks of the phones are let through")
            }
        })
        .collect()
}

/// How to open ports, by the program that wrote the rules.
fn remedy(program: &str, rule: &str) -> &'static str {
    if rule.contains("ufw") {
        "ufw allow 69/udp; ufw allow 2445,3804,6970:6973/tcp"
    } else if rule.contains("firewalld") {
        "firewall-cmd --permanent --add-port=69/udp --add-port=2445/tcp --add-port=3804/tcp --add-port=6970-6973/tcp; firewall-cmd --reload"
    } else if program == "nftables" {
        "add to that chain, before the rule: tcp dport { 2445, 3804, 6970-6973 } accept; udp dport 69 accept"
    } else {
        "iptables -I INPUT -p tcp -m multiport --dports 2445,3804,6970:6973 -j ACCEPT; iptables -I INPUT -p udp --dport 69 -j ACCEPT"
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    const TCP: (Name, Packet) = (Name::Provisioning, Packet { udp: false, port: 6970 });
    const UDP: (Name, Packet) = (Name::Tftp, Packet { udp: true, port: 69 });

    #[test]
    fn one_line_tells_of_all_ports_that_a_rule_drops() {
        let text = "*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n".to_owned();
        let told = [("nftables", Told::Absent), ("iptables", Told::Text(text))];
        let findings = judge(&[TCP, UDP], &told);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].level, Level::Wrong);
        assert_eq!(
            findings[0].text,
            "iptables drops 6970/tcp (provisioning), 69/udp (tftp): the policy of chain INPUT is DROP"
        );
    }

    #[test]
    fn what_cannot_be_seen_is_said() {
        let none = [("nftables", Told::Absent), ("iptables", Told::Absent)];
        assert_eq!(judge(&[TCP], &none)[0].level, Level::Good);
        let hidden = [("nftables", Told::Failed("Operation not permitted".to_owned()))];
        assert_eq!(judge(&[TCP], &hidden)[0].level, Level::Note);
        let open = [
            ("nftables", Told::Text("{\"nftables\":[]}".to_owned())),
            ("iptables", Told::Text(String::new())),
        ];
        let findings = judge(&[TCP], &open);
        assert_eq!((findings.len(), findings[0].level), (1, Level::Good));
        assert!(findings[0].text.contains("nftables and iptables"), "{}", findings[0].text);
    }
}
