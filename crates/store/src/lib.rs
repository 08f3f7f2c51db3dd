//! The inventory kept: one [`Store`] on SQLite and PostgreSQL.
//!
//! SQL is written once where both databases understand it, one file per family of tables. All changes go through
//! [`Store::change`]: one transaction, one step of the generation counter.

#[macro_use]
mod database;
mod audit;
mod bundles;
mod change;
mod contacts;
mod documents;
mod enrolments;
mod error;
mod events;
mod fetched;
mod fill;
mod gauges;
mod groups;
mod jobs;
mod json;
mod ledger;
mod lines;
mod listen;
mod page;
mod phones;
mod quality;
mod record;
mod reports;
mod roster;
mod schema;
mod sessions;
mod snapshot;
mod store;
mod tokens;
mod trust_lists;
mod users;
mod waiting;

pub use audit::{Altered, AuditQuery, Audited};
pub use contacts::ContactQuery;
pub use enrolments::{
    Enrolment, EnrolmentChanges, EnrolmentQuery, Held, Issued, Issuer, LastSession, Revoked, Scheduled,
};
pub use error::Error;
pub use events::{KeptEvent, Neighbour, Subject};
pub use fetched::Fetched;
pub use fill::Filling;
pub use gauges::Gauges;
pub use jobs::{Begun, Job};
pub use page::{Listed, Page};
pub use phones::{Order, PhoneQuery, PhoneRow};
pub use quality::{Call, Quality, QualityQuery, QualitySummary};
pub use record::{Counts, Record};
pub use reports::{Report, ReportQuery};
pub use roster::Facets;
pub use sessions::{Patience, Session};
pub use snapshot::Snapshot;
pub use store::{Prepared, Store};
pub use tokens::Token;
pub use trust_lists::Published;
pub use users::User;
pub use waiting::{Newcomer, Numbers, Waiting};

/// What everything here gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;
