//! The description held against the server.
