//! HTTP/1.1 for phones: files with a length, never chunked, never redirected; and the manners of the connection.

pub mod body;
pub mod conditional;
pub mod connection;
pub mod exchange;
pub mod watched;
