//! The TFTP listener, port 69.
