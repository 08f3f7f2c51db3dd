//! Who may push to phones, and pushing to them.
//!
//! [`Users`] is the file `push.toml` in the data directory, with passwords hashed; [`Guard`] answers for a running
//! server: it remembers what it has found right, for hashing is slow on purpose, and lets nobody guess for long. A
//! [`Door`] is where a phone takes pushes, with credentials that a [`Loan`] makes for it alone.

mod door;
mod guard;
mod loan;
mod users;

pub use door::{Door, PushError, meaning, pushes};
pub use guard::{Attempt, Guard, Verdict};
pub use loan::{Credentials, Loan};
pub use users::{User, Users, UsersError, file};
