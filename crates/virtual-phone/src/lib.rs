//! A phone made of code: it boots like the real ones, checks everything it is served the way they do, and says what
//! it concludes.
//!
//! It knows the formats (`wire`) and the checks (`pki`), and nothing of the server's decisions: what phones do is
//! written down here a second time, so that a mistake on one side is seen by the other.

pub mod ask;
pub mod boot;
pub mod configuration;
pub mod drawer;
pub mod enrol;
pub mod mac;
pub mod models;
pub mod network;
pub mod phone;
pub mod report;
pub mod services;
pub mod storm;
#[cfg(test)]
mod testing;
pub mod trust;
pub mod tvs;
mod xml;

pub use xml::XmlError;
