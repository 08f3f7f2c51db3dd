//! Who may talk to a listener: CIDR lists.
