//! How many connections may be open, in all and from one address.
