//! The configuration as written: TOML and environment.
