//! What a phone takes by itself, and for what it has to start anew.

use provision::catalogue::Certainty;
use provision::inventory::Content;

use super::fingerprint::Difference;
use super::told::Documents;

/// What it takes for a phone to have what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// It has to be restarted.
    pub restart: bool,
    /// How sure that is.
    pub certainty: Certainty,
    /// Why.
    pub why: &'static str,
}

const FIRMWARE: Need = Need {
    restart: true,
    certainty: Certainty::Sure,
    why: "it loads another firmware, which takes minutes and a second start",
};
const CONFIGURATION: Need = Need {
    restart: true,
    certainty: Certainty::OneReport,
    why: "phones read their configuration when they start, and do not look again by themselves",
};
const AT_START: Need = Need {
    restart: true,
    certainty: Certainty::Sure,
    why: "soft keys, dial templates, dial rules and feature policies are read when the phone starts",
};
const IN_MENU: Need = Need {
    restart: false,
    certainty: Certainty::Sure,
    why: "lists of rings and wallpapers are read each time their menu is opened",
};

/// What all of these changes together take: the most that any of them does.
#[must_use]
pub fn need(differences: &[Difference], documents: &Documents) -> Need {
    let of = |difference: &Difference| match difference {
        Difference::Value(path, _) if path == "loadInformation" => FIRMWARE,
        Difference::Value(..) | Difference::Gone(_) => CONFIGURATION,
        Difference::Document(name) => match documents.find(name).map(|document| &document.content) {
            Some(Content::Rings(_) | Content::Backgrounds(_)) => IN_MENU,
            _ => AT_START,
        },
    };
    let rank = |need: &Need| [IN_MENU, AT_START, CONFIGURATION, FIRMWARE].iter().position(|one| one == need);
    differences.iter().map(of).max_by_key(rank).unwrap_or(CONFIGURATION)
}

#[cfg(test)]
mod tests {
    use provision::inventory::Document;

    use super::*;

    #[test]
    fn the_most_that_any_change_takes() {
        let document = |name: &str, content| Document { name: name.to_owned(), content };
        let documents = Documents::new(
            1,
            vec![
                document("Ringlist-wb.xml", Content::Rings(Vec::new())),
                document("SoftKeys-desk.xml", Content::SoftKeys(Default::default())),
            ],
        );
        let rings = Difference::Document("Ringlist-wb.xml".to_owned());
        let keys = Difference::Document("SoftKeys-desk.xml".to_owned());
        let value = |path: &str| Difference::Value(path.to_owned(), None);
        for (differences, expected) in [
            (vec![rings.clone()], IN_MENU),
            (vec![rings.clone(), keys.clone()], AT_START),
            (vec![keys, value("vendorConfig/webAccess")], CONFIGURATION),
            (vec![rings, value("loadInformation"), value("vendorConfig/webAccess")], FIRMWARE),
            (vec![Difference::Gone(2)], CONFIGURATION),
        ] {
            assert_eq!(need(&differences, &documents), expected, "{differences:?}");
        }
    }
}
