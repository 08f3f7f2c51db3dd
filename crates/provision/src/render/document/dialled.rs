//! What a phone does with typed digits by a dial template: which rule it takes, how long it waits, what it dials.

use crate::inventory::TemplateRule;

/// More digits than anybody types; patterns are held against them in steps that grow with both.
const MOST_DIGITS: usize = 128;

/// The longest pattern that phones take.
const LONGEST_PATTERN: usize = 195;

/// What becomes of typed digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialled<'a> {
    /// The rule that was taken, and its place in the list from 0 on.
    pub rule: Option<(usize, &'a TemplateRule)>,
    /// Until what the phone waits for more.
    pub pause: Pause,
    /// What goes out.
    pub number: String,
    /// Rules, by place, that more digits would still lead to.
    pub open: Vec<usize>,
}

/// How long a phone waits after the last digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// As the rule says; 0 is not at all.
    Rule(u16),
    /// The digits only begin a pattern: ten seconds.
    Unfinished,
    /// No pattern can match any more; nobody has said what phones do then.
    Unknown,
}

impl Pause {
    /// Seconds, where they are known.
    #[must_use]
    pub fn seconds(self) -> Option<u16> {
        match self {
            Self::Rule(seconds) => Some(seconds),
            Self::Unfinished => Some(10),
            Self::Unknown => None,
        }
    }
}

/// Dials `digits` on that line, by those rules. Of the rules that match, the one with the most literal digits is taken, then one that
/// is all literal before one with dots before one with a star, then the earlier one.
#[must_use]
pub fn dialled<'a>(rules: &'a [TemplateRule], digits: &str, line: Option<u16>) -> Dialled<'a> {
    let typed: Vec<char> = digits.chars().take(MOST_DIGITS).collect();
    let holds = |rule: &&TemplateRule| rule.line.is_none() || line.is_none() || rule.line == line;
    let tried = rules.iter().enumerate().filter(|(_, rule)| holds(rule));
    let tried: Vec<_> =
        tried.map(|(place, rule)| (place, rule, Pattern::read(&rule.pattern).meet(&typed))).collect();
    let open = tried.iter().filter(|(.., met)| met.more).map(|(place, ..)| *place).collect();
    // The first of equals wins, and `max_by_key` gives the last.
    let full = tried.iter().rev().filter_map(|(place, rule, met)| Some((*place, *rule, met.full.as_ref()?)));
    let Some((place, rule, met)) = full.max_by_key(|(.., met)| (met.literals, met.rank)) else {
        let unfinished = tried.iter().any(|(.., met)| met.more);
        let pause = if unfinished { Pause::Unfinished } else { Pause::Unknown };
        return Dialled { rule: None, pause, number: digits.to_owned(), open };
    };
    let number = rule.rewrite.as_deref().map_or_else(|| digits.to_owned(), |text| met.rewrite(text, &typed));
    Dialled { rule: Some((place, rule)), pause: Pause::Rule(rule.wait), number, open }
}

/// What a pattern is made of. Commas only play tones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Literal(char),
    One,
    Any,
}

struct Pattern(Vec<Part>);

struct Met {
    full: Option<Full>,
    /// More digits could still match.
    more: bool,
}

/// How all digits were matched.
struct Full {
    literals: usize,
    /// 2 all literal, 1 with dots, 0 with a star.
    rank: u8,
    /// What dots took, in order.
    ones: Vec<char>,
    /// What each run of dots and each star took.
    groups: Vec<String>,
}

impl Pattern {
    fn read(text: &str) -> Self {
        let (mut parts, mut literal) = (Vec::new(), false);
        for character in text.chars().take(LONGEST_PATTERN) {
            let part = match character {
                _ if std::mem::replace(&mut literal, false) => Part::Literal(character),
                '\\' => {
                    literal = true;
                    continue;
                }
                ',' => continue,
                '.' => Part::One,
                '*' => Part::Any,
                _ => Part::Literal(character),
            };
            parts.push(part);
        }
        Self(parts)
    }

    fn meet(&self, typed: &[char]) -> Met {
        let Self(parts) = self;
        let (mut at, mut place) = (0, 0);
        let mut full = Full { literals: 0, rank: self.rank(), ones: Vec::new(), groups: Vec::new() };
        while let Some(part) = parts.get(place) {
            let next = typed.get(at);
            match (part, next) {
                (Part::Any, _) => {
                    // It takes everything up to the character that follows it in the pattern.
                    let until = parts.get(place + 1);
                    let rest = &typed[at..];
                    let taken = match until {
                        Some(Part::Literal(end)) => rest.iter().position(|c| c == end).unwrap_or(rest.len()),
                        _ => rest.len(),
                    };
                    full.groups.push(rest[..taken].iter().collect());
                    at += taken;
                }
                (_, None) => return Met { full: None, more: true },
                (Part::One, Some(digit)) if digit.is_ascii_digit() || "*#+".contains(*digit) => {
                    let begins = place == 0 || parts[place - 1] != Part::One;
                    if begins {
                        full.groups.push(String::new());
                    }
                    full.ones.push(*digit);
                    full.groups.last_mut().expect("a run of dots begins a group").push(*digit);
                    at += 1;
                }
                (Part::Literal(own), Some(digit)) if own == digit => {
                    full.literals += 1;
                    at += 1;
                }
                _ => return Met { full: None, more: false },
            }
            place += 1;
        }
        let more = parts.last() == Some(&Part::Any);
        // An empty pattern is for lifting the handset, not for digits.
        let full = (at == typed.len()).then_some(full);
        Met { full, more }
    }

    fn rank(&self) -> u8 {
        match &self.0 {
            parts if parts.contains(&Part::Any) => 0,
            parts if parts.contains(&Part::One) => 1,
            _ => 2,
        }
    }
}

impl Full {
    fn rewrite(&self, text: &str, typed: &[char]) -> String {
        let (mut out, mut ones) = (String::new(), self.ones.iter());
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '.' => out.extend(ones.next()),
                '%' => match characters.next() {
                    Some('0' | 's') => out.extend(typed),
                    Some(digit @ '1'..='5') => {
                        let group = digit.to_digit(10).and_then(|number| usize::try_from(number).ok());
                        out.extend(group.and_then(|number| self.groups.get(number - 1)).into_iter().cloned());
                    }
                    Some(other) => out.push(other),
                    None => {}
                },
                other => out.push(other),
            }
        }
        out
    }
}
