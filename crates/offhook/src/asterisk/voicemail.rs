//! Who has a voicemail box: for many a PBX the only list of its people.

use wire::ami::{Action, Message};

use super::{Asterisk, Trouble};

/// One box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The number of the box, which is dialled.
    pub number: String,
    /// The context it is in.
    pub context: String,
    /// Whose it is; empty when nobody wrote it down.
    pub name: String,
}

impl Asterisk {
    /// All boxes, by name; those without one last.
    ///
    /// # Errors
    /// Why nobody knows.
    pub async fn mailboxes(&self) -> Result<Vec<Mailbox>, Trouble> {
        Ok(read(&self.list(Action::new("VoicemailUsersList")).await?))
    }
}

fn read(events: &[Message]) -> Vec<Mailbox> {
    let entries = events.iter().filter(|event| event.is_event("VoicemailUserEntry"));
    let mut boxes: Vec<Mailbox> = entries
        .filter_map(|event| {
            let text = |key: &str| event.get(key).unwrap_or_default().trim().to_owned();
            let number = text("VoiceMailbox");
            (!number.is_empty()).then(|| Mailbox {
                number,
                context: text("VMContext"),
                name: text("Fullname"),
            })
        })
        .collect();
    boxes.sort_by_cached_key(|mailbox| {
        (mailbox.name.is_empty(), mailbox.name.to_lowercase(), mailbox.number.clone())
    });
    boxes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_without_a_name_is_still_a_box() {
        let entry = |number: &str, name: &str| {
            Message::from_iter([
                ("Event", "VoicemailUserEntry"),
                ("VoiceMailbox", number),
                ("Fullname", name),
            ])
        };
        let boxes = read(&[entry("104", ""), entry("102", "bob"), entry("", "x"), entry("101", "Alice")]);
        assert_eq!(
            boxes.iter().map(|mailbox| mailbox.number.as_str()).collect::<Vec<_>>(),
            ["101", "102", "104"]
        );
    }
}
