//! offhook: everything Cisco enterprise IP phones expect from a call manager except the calls.
//!
//! The binary is a thin door; this library holds the building, so that tests can walk in by the side.
//! Start reading at [`command`] (what a person can ask for), [`lifecycle`] (how the server starts and stops) and
//! [`artifact`] (the one road every file takes).

pub mod admin;
pub mod artifact;
pub mod asterisk;
pub mod command;
pub mod config;
pub mod control;
pub mod dhcp;
pub mod directory;
pub mod doctor;
pub mod edit;
pub mod enrol;
pub mod http;
pub mod inventory;
pub mod lifecycle;
pub mod listener;
pub mod log;
pub mod metrics;
pub mod privileges;
pub mod push;
pub mod record;
pub mod reports;
pub mod services;
pub mod stamp;
pub mod timeline;
pub mod trust;
