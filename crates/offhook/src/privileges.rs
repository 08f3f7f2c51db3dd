//! Giving up root once everything is bound.
