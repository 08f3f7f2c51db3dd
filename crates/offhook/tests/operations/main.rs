//! The pages about operations, asked as programs and filled in as browsers do.
#![expect(clippy::unwrap_used, reason = "tests")]

mod desk;
mod documents;
mod files;
mod groups;
mod people;
mod system;
