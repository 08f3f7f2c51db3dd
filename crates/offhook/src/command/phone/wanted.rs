//! What is to be done at the PBX for the lines of a new phone.

use crate::edit::Placed;

/// What is to be done at the PBX.
pub(super) fn advice(placed: &[Placed]) -> String {
    let mut text = String::new();
    for placed in placed {
        let Some(password) = &placed.made_up_password else { continue };
        let line = &placed.line;
        text.push_str(&format!(
            "\n\nPassword of line {line}: {password}\nTell it to the PBX. `offhook line show {line} --secrets` shows it again."
        ));
    }
    if let [first, _, ..] = placed {
        let line = &first.line;
        text.push_str(&format!(
            "\n\nThe phone signs in with the name and password of line {line} for all its lines; the PBX must let it."
        ));
    }
    text
}
