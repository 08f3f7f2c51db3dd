//! The REST API, over real HTTP, as programs use it.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod asking;
mod bad;
mod bulk;
mod command;
mod contacts;
mod description;
mod documents;
mod groups;
mod keys;
mod lines;
mod looking;
mod overtaken;
mod paging;
mod phones;
mod problem_reports;
mod schema;
mod server;
mod tokens;
mod tools;
mod trust;
mod users;
