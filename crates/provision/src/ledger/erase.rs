//! How people erase a trust list on a phone, by model.

use crate::models::Model;

/// The steps on one kind of phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasing {
    /// What to do there, one thing after the other; none where the phone knows no such list.
    pub steps: &'static [&'static str],
    /// What helps when the menu is locked or the steps do not.
    pub otherwise: &'static str,
    /// Whether somebody has seen these steps work; else they follow from phones of the same kind.
    pub is_sure: bool,
}

const KEYS_AT_START: &str =
    "factory reset: hold # while the phone gets power, and press 123456789*0# once its lights flash";

/// 7906 to 7975: the list has a page of its own, locked like all settings.
const LIST_MENU: Erasing = Erasing {
    steps: &[
        "press Settings (on 7906, 7911 and 7931: Applications, then Settings)",
        "choose Security Configuration, then Trust List, then ITL File (and CTL File, if there is one)",
        "press **# to unlock it",
        "press Erase (perhaps behind More), and wait until the phone restarts",
    ],
    otherwise: KEYS_AT_START,
    is_sure: true,
};

/// All phones with a menu of resets.
const RESET_MENU: Erasing = Erasing {
    steps: &[
        "press Applications or Settings (the gear)",
        "choose Admin settings (Administrator settings), then Reset settings",
        "choose Security (Security settings), confirm, and wait until the phone restarts",
    ],
    otherwise: KEYS_AT_START,
    is_sure: true,
};

/// 6921 to 6961, 8941, 8945 and the conference phones: the same menu, by what their relatives do.
const LIKELY_RESET_MENU: Erasing = Erasing { is_sure: false, ..RESET_MENU };

/// A wireless phone: its keys at start do something else.
const WIRELESS: Erasing = Erasing {
    steps: &[
        "open Settings, then Phone settings (Admin settings), then Reset settings",
        "choose Security, confirm, and wait until the phone restarts",
    ],
    otherwise: "choose All settings (factory reset) in the same menu",
    is_sure: false,
};

/// 6901 and 6911 know the CTL only, and have no menu for it.
const NO_MENU: Erasing = Erasing {
    steps: &["reset the phone to what it was at the factory: this model has no menu for its trust list"],
    otherwise: KEYS_AT_START,
    is_sure: false,
};

/// How the list is erased on this model; the way of most phones where the model is unknown.
#[must_use]
pub fn erasing(model: Option<&Model>) -> &'static Erasing {
    match model.map(|model| (model.series, model.name)) {
        Some((_, "6901" | "6911")) => &NO_MENU,
        Some((_, "8821")) => &WIRELESS,
        Some((_, "8831")) => &LIKELY_RESET_MENU,
        Some(("7900", _)) => &LIST_MENU,
        Some(("6900" | "8900" | "9900", _)) => &LIKELY_RESET_MENU,
        _ => &RESET_MENU,
    }
}

/// Whether phones of this model take identity trust lists: all but two know them.
#[must_use]
pub fn takes_lists(model: Option<&Model>) -> bool {
    !model.is_some_and(|model| matches!(model.name, "6901" | "6911"))
}
