//! What phones fetched last.
