//! The HTTP listener for every provisioning file, port 6970.
