//! The HTTP listener as phones, people's tools and nuisances meet it.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod files;
mod nuisances;

const CONFIG: &str = "SEP001122334455.cnf.xml";
