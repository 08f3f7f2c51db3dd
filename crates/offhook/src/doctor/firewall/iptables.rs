//! The rules as `iptables-save` prints them.

use std::collections::HashMap;

use super::{Fate, Match, Packet, Step, Walk};
use crate::listener::Name;

/// Chains that lead to each other further than this lead in circles.
const DEEPEST: usize = 16;

/// The chains of the table `filter`: policies of those the kernel calls, rules of all.
#[derive(Debug, Default)]
struct Table<'a> {
    policies: HashMap<&'a str, &'a str>,
    rules: HashMap<&'a str, Vec<&'a str>>,
}

/// What becomes of each packet.
pub(super) fn fates(text: &str, wanted: &[(Name, Packet)]) -> Vec<Fate> {
    let table = Table::read(text);
    wanted.iter().map(|(_, packet)| table.fate(*packet)).collect()
}

impl<'a> Table<'a> {
    fn read(text: &'a str) -> Self {
        let mut table = Self::default();
        let mut within = false;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix('*') {
                within = name == "filter";
            } else if !within {
            } else if let Some(chain) = line.strip_prefix(':') {
                let mut words = chain.split(' ');
                if let (Some(name), Some(policy)) = (words.next(), words.next()) {
                    table.policies.insert(name, policy);
                }
            } else if let Some(rule) = line.strip_prefix("-A ") {
                let (chain, rule) = rule.split_once(' ').unwrap_or((rule, ""));
                table.rules.entry(chain).or_default().push(rule);
            }
        }
        table
    }

    fn fate(&self, packet: Packet) -> Fate {
        let mut walk = Walk::default();
        let end = match self.chain("INPUT", packet, &mut walk, 0) {
            Step::Return | Step::Nothing => match self.policies.get("INPUT") {
                Some(&"DROP") => Step::Drop(format!("the policy of chain INPUT is DROP{}", self.author())),
                _ => Step::Accept,
            },
            end => end,
        };
        walk.fate(end)
    }

    /// Who writes such rules, where the names of chains tell.
    fn author(&self) -> &'static str {
        let begins = |start: &str| self.policies.keys().any(|chain| chain.starts_with(start));
        if begins("ufw") { " (ufw)" } else { "" }
    }

    fn chain(&self, name: &str, packet: Packet, walk: &mut Walk, depth: usize) -> Step {
        let rules = self.rules.get(name).map(Vec::as_slice).unwrap_or_default();
        for rule in rules {
            let (matched, target) = read(rule, packet);
            let (Some(target), false) = (target, matched == Match::No) else { continue };
            let step = match target {
                "ACCEPT" => Step::Accept,
                "DROP" | "REJECT" => Step::Drop(format!("rule -A {name} {rule}")),
                "RETURN" if matched == Match::Yes => return Step::Return,
                "RETURN" => Step::Nothing,
                other if self.policies.contains_key(other) && depth < DEEPEST => {
                    match self.chain(other, packet, walk, depth + 1) {
                        Step::Return => Step::Nothing,
                        step => step,
                    }
                }
                // LOG, MARK and such end nothing.
                _ => Step::Nothing,
            };
            if let Some(end) = walk.take(matched, step, &format!("rule -A {name} {rule}")) {
                return end;
            }
        }
        Step::Nothing
    }
}

/// Whether a rule is about such a packet, and where it sends it.
fn read(rule: &str, packet: Packet) -> (Match, Option<&str>) {
    let (mut matched, mut target, mut inverted) = (Match::Yes, None, false);
    let mut words = rule.split(' ');
    while let Some(word) = words.next() {
        let found = match word {
            "!" => {
                inverted = true;
                continue;
            }
            "-j" | "-g" => {
                target = words.next();
                // What follows belongs to the target.
                break;
            }
            "-m" => {
                words.next();
                continue;
            }
            "-p" => protocol(words.next().unwrap_or_default(), packet),
            "--dport" | "--dports" | "--destination-port" => ports(words.next().unwrap_or_default(), packet),
            "--state" | "--ctstate" => {
                Match::of(words.next().unwrap_or_default().split(',').any(|state| state == "NEW"))
            }
            "-i" => interface(words.next().unwrap_or_default()),
            "--comment" => {
                comment(&mut words);
                continue;
            }
            _ if word.starts_with('-') => Match::Perhaps,
            // A value of what was not understood.
            _ => continue,
        };
        let found = if std::mem::take(&mut inverted) { found.not() } else { found };
        matched = matched.and(found);
    }
    (matched, target)
}

/// A comment may be of several words between quotation marks.
fn comment<'a>(words: &mut impl Iterator<Item = &'a str>) {
    let Some(first) = words.next() else { return };
    if first.starts_with('"') && !(first.ends_with('"') && first.len() > 1) {
        for word in words {
            if word.ends_with('"') {
                break;
            }
        }
    }
}

fn protocol(word: &str, packet: Packet) -> Match {
    Match::of(match word {
        "tcp" | "6" => !packet.udp,
        "udp" | "17" => packet.udp,
        "all" | "0" => true,
        _ => false,
    })
}

fn ports(word: &str, packet: Packet) -> Match {
    let one = |part: &str| {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        let number = |text: &str, empty| if text.is_empty() { Some(empty) } else { text.parse::<u16>().ok() };
        number(first, 0)
            .zip(number(last, u16::MAX))
            .is_some_and(|(first, last)| (first..=last).contains(&packet.port))
    };
    Match::of(word.split(',').any(one))
}

fn interface(name: &str) -> Match {
    if name == "lo" { Match::No } else { Match::Perhaps }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(text: &str, udp: bool, port: u16) -> Fate {
        let text = format!("*nat\n:INPUT DROP [0:0]\nCOMMIT\n*filter\n{text}COMMIT\n");
        fates(&text, &[(Name::Tftp, Packet { udp, port })]).remove(0)
    }

    #[test]
    fn rules_are_walked_in_their_order() {
        let rules = ":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:phones - [0:0]\n\
            -A INPUT -i lo -j ACCEPT\n\
            -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n\
            -A INPUT -m comment --comment \"to the phones\" -j LOG --log-prefix \"-j DROP\"\n\
            -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n\
            -A INPUT -j phones\n\
            -A phones -p tcp -m multiport --dports 2445,3804,6970:6972 -j ACCEPT\n\
            -A phones -p udp -m udp ! --dport 69 -j RETURN\n\
            -A phones -s 10.0.0.0/8 -p udp -j ACCEPT\n";
        for port in [2445, 6970, 6971, 6972] {
            assert_eq!(fate(rules, false, port), Fate::Passes, "{port}");
        }
        assert!(matches!(fate(rules, false, 6973), Fate::Dropped(why) if why.contains("policy")));
        assert!(matches!(fate(rules, true, 69), Fate::Perhaps(why) if why.contains("10.0.0.0/8")));
        assert!(matches!(fate(rules, true, 6970), Fate::Dropped(_)));
    }

    #[test]
    fn what_drops_is_named() {
        let rules = ":INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 6970 -j REJECT --reject-with icmp-port-unreachable\n";
        let dropped = fate(rules, false, 6970);
        assert!(
            matches!(&dropped, Fate::Dropped(why) if why.starts_with("rule -A INPUT -p tcp")),
            "{dropped:?}"
        );
        assert_eq!(fate(rules, false, 6971), Fate::Passes);
        let from = ":INPUT ACCEPT [0:0]\n-A INPUT -s 192.0.2.0/24 -j DROP\n";
        assert!(matches!(fate(from, true, 69), Fate::Perhaps(_)));
    }

    #[test]
    fn circles_and_nonsense_end() {
        let rules = ":INPUT ACCEPT [0:0]\n:a - [0:0]\n-A INPUT -j a\n-A a -j a\n-A a -p\n-A a --dport x -j ACCEPT\n-A INPUT\n-A\n:\n";
        assert_eq!(fate(rules, false, 6970), Fate::Passes);
        assert_eq!(fates("", &[(Name::Tftp, Packet { udp: true, port: 69 })]), [Fate::Passes]);
    }
}
