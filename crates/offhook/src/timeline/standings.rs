//! Which rule holds for each phone, and the phones of each rule: whoever asks for either looks it up, however many there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use provision::mac::Mac;
use provision::timeline::Rule;

#[derive(Default)]
pub(super) struct Standings {
    rules: HashMap<Mac, &'static Rule>,
    /// By the rule's id; the same phones.
    phones: BTreeMap<&'static str, BTreeSet<Mac>>,
}

impl Standings {
    /// Notes the rule that holds for a phone; gives the one that held.
    pub(super) fn put(&mut self, phone: Mac, rule: &'static Rule) -> Option<&'static Rule> {
        let before = self.rules.insert(phone, rule);
        if before.is_some_and(|before| before.id == rule.id) {
            return before;
        }
        if let Some(phones) = before.and_then(|before| self.phones.get_mut(before.id)) {
            phones.remove(&phone);
        }
        self.phones.entry(rule.id).or_default().insert(phone);
        before
    }

    pub(super) fn rule(&self, phone: Mac) -> Option<&'static Rule> {
        self.rules.get(&phone).copied()
    }

    /// The phones of a rule, by address.
    pub(super) fn phones(&self, rule: &str) -> impl Iterator<Item = Mac> {
        self.phones.get(rule).into_iter().flatten().copied()
    }

    /// How many phones a rule has.
    pub(super) fn count(&self, rule: &str) -> usize {
        self.phones.get(rule).map_or(0, BTreeSet::len)
    }

    /// The rule of every phone.
    pub(super) fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        self.rules.values().copied()
    }
}

impl Extend<(Mac, &'static Rule)> for Standings {
    fn extend<T: IntoIterator<Item = (Mac, &'static Rule)>>(&mut self, standings: T) {
        for (phone, rule) in standings {
            self.put(phone, rule);
        }
    }
}

#[cfg(test)]
mod tests {
    use provision::timeline::RULES;

    use super::*;

    #[test]
    fn both_ways_tell_the_same() {
        let mut standings = Standings::default();
        let phone = |last: usize| Mac::new([2, 0, 0, 0, 0, last as u8]);
        // Phones go from rule to rule and come back; some stay where they are.
        for turn in 0..500_usize {
            let rule = &RULES[turn * 7 % 5];
            let before = standings.rule(phone(turn % 13));
            assert_eq!(standings.put(phone(turn % 13), rule).map(|rule| rule.id), before.map(|rule| rule.id));
        }
        for rule in RULES {
            let all = (0..20).map(phone);
            let wanted: Vec<Mac> =
                all.filter(|phone| standings.rule(*phone).is_some_and(|held| held.id == rule.id)).collect();
            assert_eq!(standings.phones(rule.id).collect::<Vec<_>>(), wanted);
            assert_eq!(standings.count(rule.id), wanted.len());
        }
        assert_eq!(standings.rules().count(), 13);
    }
}
