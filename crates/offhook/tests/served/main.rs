//! Commands that a running server does: what people see is the same, nothing changes its owner, and everything that can go
//! wrong between the two is said.
//!
//! The batteries of the commands are part of this program as well: here a server runs on each of their machines.

#![expect(
    clippy::duplicate_mod,
    reason = "each battery brings its machine along, and is a program of its own, too"
)]

#[path = "../machine/mod.rs"]
mod machine;

mod elsewhere;
mod here;
mod strange;

#[path = "../contact_commands.rs"]
mod contact_commands;
#[path = "../document_commands.rs"]
mod document_commands;
#[path = "../exchange_commands.rs"]
mod exchange_commands;
#[path = "../group_commands.rs"]
mod group_commands;
#[path = "../line_commands.rs"]
mod line_commands;
#[path = "../lsc_commands.rs"]
mod lsc_commands;
#[path = "../phone_commands/main.rs"]
mod phone_commands;
#[path = "../quality_commands.rs"]
mod quality_commands;
