//! Phones that came by themselves and wait to be claimed.
