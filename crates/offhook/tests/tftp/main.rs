//! The TFTP listener on real sockets: real clients, bad clients, many clients.

#[path = "../support/mod.rs"]
mod support;

mod bad;
mod clients;
mod many;
mod server;
mod way;
