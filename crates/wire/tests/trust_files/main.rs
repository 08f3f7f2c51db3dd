//! Signed files, encrypted configurations and trust lists: read, written and refused.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
mod encrypted;
mod package;
mod properties;
mod rules;
mod signed;
mod trust_list;
mod vectors;
