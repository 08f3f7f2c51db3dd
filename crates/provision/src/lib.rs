//! What phones are given: names, the catalogue of models, and every file that offhook makes by itself.
//!
//! Pure: bytes and values in, bytes and values out. No clock, no disk, no sockets.

pub mod adopt;
pub mod article;
pub mod artifact;
pub mod catalogue;
pub mod complaints;
pub mod configuration;
pub mod dhcp;
pub mod dialled;
pub mod enrol;
pub mod exchange;
pub mod help;
pub mod inventory;
pub mod keypad;
pub mod ledger;
pub mod lint;
pub mod mac;
pub mod made;
pub mod models;
pub mod name;
pub mod objects;
pub mod own;
pub mod phonebook;
mod picture;
pub mod render;
mod sound;
pub mod timeline;
pub mod tree;
pub mod tvs;
pub mod xml;

pub use picture::idle_picture;
