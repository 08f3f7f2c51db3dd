//! Who runs a command, as the audit names them.

use nix::unistd::{Uid, User};

/// `command line (anna)`: the user of the system, behind `sudo` the one who called it.
pub(super) fn author() -> String {
    let own = || User::from_uid(Uid::current()).ok().flatten().map(|user| user.name);
    let behind_sudo =
        std::env::var("SUDO_USER").ok().filter(|name| !name.is_empty() && Uid::current().is_root());
    let name = behind_sudo.or_else(own).unwrap_or_else(|| Uid::current().to_string());
    format!("command line ({name})")
}
