//! The pages about operations, asked as programs and filled in as browsers do.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod desk;
mod documents;
mod files;
mod groups;
mod people;
mod system;
