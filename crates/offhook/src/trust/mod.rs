//! Certificates on disk, the state of trust, and the lists built from both.
