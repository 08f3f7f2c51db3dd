//! Asking a real Asterisk, over TCP and over HTTP, and recorded ones of other versions; none of them when it is away.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../pbx/mod.rs"]
mod pbx;

mod away;
mod real;
mod recorded;
