//! The road from the inventory to the phone: what is made, when it is made anew, and what unknown phones get.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../machine/mod.rs"]
mod machine;
#[path = "../../../store/tests/support/postgres.rs"]
mod postgres;

mod generation;
mod newcomers;
mod program;
mod road;
mod running;
mod site;
