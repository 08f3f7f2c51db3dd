//! Who runs a command, as the audit names them.

use nix::unistd::{Uid, User};

use super::Context;

/// `command line (anna)`; in a server, whoever asks it.
pub(super) fn author(context: &Context) -> String {
    match &context.host {
        Some(host) => host.author.clone(),
        None => in_words(&person()),
    }
}

/// A person at the command line, in the words of the audit.
pub(crate) fn in_words(person: &str) -> String {
    format!("command line ({person})")
}

/// The user of the system, behind `sudo` the one who called it.
pub(super) fn person() -> String {
    let behind_sudo =
        std::env::var("SUDO_USER").ok().filter(|name| !name.is_empty() && Uid::current().is_root());
    behind_sudo.unwrap_or_else(own_name)
}

/// The user of the system.
pub(super) fn own_name() -> String {
    name_of(Uid::current())
}

/// The name of a user of the system, or the number of one who has none.
pub(crate) fn name_of(user: Uid) -> String {
    User::from_uid(user).ok().flatten().map_or_else(|| user.to_string(), |user| user.name)
}
