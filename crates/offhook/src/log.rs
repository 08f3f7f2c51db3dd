//! Where log lines go and which of them.
