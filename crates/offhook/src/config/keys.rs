//! The one table of settings: name, type, default, and a line of documentation.
