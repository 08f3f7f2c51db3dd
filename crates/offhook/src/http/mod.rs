//! HTTP as phones speak it: one connection, one router, answers always with a length.
