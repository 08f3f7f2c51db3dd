//! The page: who gets in, what it refuses, and what a person sees in a browser.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../machine/mod.rs"]
mod machine;
#[path = "../support/mod.rs"]
mod support;

mod browser;
mod doors;
mod frames;
mod large;
mod open;
mod pictures;
mod program;
mod reading;
mod site;
mod visitor;
mod walks;
