//! Enrolment of phones: what is scheduled for each, which certificates were issued, and the one who answers a session.
//!
//! [`Enrolments`] is all that is kept, in the inventory's database. A [`Desk`] answers what one session asks: it checks what the phone
//! shows against the [`Vouchers`], lets `provision::enrol` decide, issues with `pki` and keeps the record. The session itself
//! is `wire::capf::Session`, driven by `listener/capf.rs`.

mod claims;
mod desk;
mod enrolments;
mod record;
mod takeover;
mod together;
mod vouchers;

pub use claims::{Claim, Claims};
pub use desk::{Desk, Office, Refused};
pub(crate) use enrolments::record;
pub use enrolments::{Enrolments, Error};
pub use record::{Held, Issued, Last, Origin, Protection, Record, Revoked, Scheduled};
pub use takeover::{is_due, take_over};
pub use vouchers::{Maker, Vouchers};
