//! Who may push to phones: the users a phone asks about before it lets somebody run something on it.
//!
//! [`Users`] is the file `push.toml` in the data directory, with passwords hashed; [`Guard`] answers for a running
//! server: it remembers what it has found right, for hashing is slow on purpose, and lets nobody guess for long.

mod guard;
mod users;

pub use guard::{Attempt, Guard, Verdict};
pub use users::{User, Users, UsersError, file};
