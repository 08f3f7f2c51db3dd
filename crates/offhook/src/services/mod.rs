//! XML services: what the keys services, directories, information and messages show, over HTTP (6972) and HTTPS (6973).
//!
//! [`connection`] speaks HTTP, [`router`] finds the page, and each page is one file here with a `ROUTE`: a path, the
//! methods it takes, and a function from [`Ask`] to [`Page`]. A new page is such a file and a line in
//! [`router::ROUTES`]. Whatever happens, the phone gets a whole document with its type: a [`Fault`] is one, too.

mod about;
mod ask;
mod authentication;
mod claim;
pub mod connection;
mod contacts;
mod directory;
mod fault;
mod idle;
mod information;
mod menu;
pub mod multipart;
mod parked;
mod preface;
pub mod quality;
mod rate;
mod report;
pub mod router;
mod wanted;

use std::sync::Arc;

pub use ask::Ask;
pub use fault::Fault;
pub use rate::Rate;
pub use router::{Page, Route};

use crate::push::Guard;

/// What all requests for services share; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Services(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    reports: report::Counter,
    quality: quality::Counter,
    guard: Guard,
    pictures: idle::Pictures,
    contacts: contacts::Counter,
    wanted: wanted::Wanted,
}

impl Services {
    fn contacts(&self) -> &contacts::Counter {
        &self.0.contacts
    }

    fn wanted(&self) -> &wanted::Wanted {
        &self.0.wanted
    }

    fn guard(&self) -> &Guard {
        &self.0.guard
    }

    fn pictures(&self) -> &idle::Pictures {
        &self.0.pictures
    }

    fn quality(&self) -> &quality::Counter {
        &self.0.quality
    }

    fn reports(&self) -> &report::Counter {
        &self.0.reports
    }
}
