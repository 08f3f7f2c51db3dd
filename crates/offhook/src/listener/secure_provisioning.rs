//! The HTTPS listener for every provisioning file, port 6971.
