//! The same tests on SQLite and on PostgreSQL: each runs once on either, by the macro below.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../support/postgres.rs"]
mod postgres;

mod bundles;
mod change;
mod contacts;
mod enrolments;
mod events;
mod gauges;
mod generation;
mod hostile;
mod jobs;
mod ledger;
mod listing;
mod newcomers;
mod people;
mod place;
mod quality;
mod records;
mod refusals;
mod reports;
mod roster;
mod schema;
mod tokens;
mod writers;
