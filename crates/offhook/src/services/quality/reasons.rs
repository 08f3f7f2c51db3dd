//! What may be wrong with a call: what a phone's user chooses from.

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    /// As it is kept; it never changes.
    pub(super) word: &'static str,
    /// As users read it: it fits a line of the smallest screen.
    pub(super) label: &'static str,
}

/// All of them, the most common first.
pub(super) const ALL: [Reason; 9] = [
    Reason { word: "gaps", label: "Voice breaks up" },
    Reason { word: "noise", label: "Noise or crackling" },
    Reason { word: "echo", label: "Echo" },
    Reason { word: "delay", label: "Long delay" },
    Reason { word: "quiet", label: "Too quiet" },
    Reason { word: "unheard", label: "They did not hear me" },
    Reason { word: "silent", label: "I did not hear them" },
    Reason { word: "dropped", label: "Call was cut off" },
    Reason { word: "other", label: "Something else" },
];

impl Reason {
    /// The reason of that word.
    pub(super) fn of(word: &str) -> Option<Self> {
        ALL.into_iter().find(|reason| reason.word == word)
    }
}

/// What users read for the reason that is kept as `word`; words of other versions stand for themselves.
#[must_use]
pub fn meaning(word: &str) -> &str {
    Reason::of(word).map_or(word, |reason| reason.label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        for reason in ALL {
            assert_eq!(Reason::of(reason.word), Some(reason));
            assert!(reason.label.len() <= 20, "{}", reason.label);
        }
        for word in ["", "Echo", "echo ", "echo<"] {
            assert_eq!(Reason::of(word), None);
        }
        assert_eq!((meaning("gaps"), meaning("older word")), ("Voice breaks up", "older word"));
    }
}
