//! TFTP: packets, and the two ends of a transfer as machines without IO.
