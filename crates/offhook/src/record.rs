//! The one line and the counters that every request leaves behind.
