//! Bytes to values, values to bytes, and protocol machines, for what Cisco enterprise phones speak.
//!
//! Nothing here opens a socket, reads a clock, draws a random number or touches a key: bytes and times are handed in,
//! values and actions come out. A signature is bytes that somebody else computed; a file that still waits for one is
//! the type [`signature::Unsigned`]. No length that a peer announces is believed before the bytes are there.

pub mod ami;
pub mod capf;
mod elements;
pub mod encrypted;
pub mod package;
mod reader;
pub mod signature;
pub mod signed;
pub mod tftp;
pub mod trust_list;
pub mod tvs;
mod writer;
