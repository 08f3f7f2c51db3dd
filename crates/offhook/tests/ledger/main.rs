//! The life of trust: lists are published, phones are followed from one to the next, and nobody is lost unawares. Virtual
//! phones of each series against the real program.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../machine/mod.rs"]
mod machine;

mod commands;
mod life;
mod recovery;
mod site;
