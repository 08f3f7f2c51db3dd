//! CAPF: the codec on tables and vectors, both machines against transcripts of a working server, and the two of them
//! as a pair in virtual time.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
mod messages;
mod pair;
mod properties;
mod session;
mod transcripts;
