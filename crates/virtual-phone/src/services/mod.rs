//! XML services as a phone sees them: what it sends, what it takes and what it refuses, where keys lead, and what the
//! screen looks like.
//!
//! A [`Browser`] is a machine without IO: it gives a [`Request`], is handed a [`Response`], and is pressed. `fetch`
//! carries the one to a server and the other back; [`draw`] paints the screen, [`printed`] writes it as text.

mod browser;
mod desk;
pub mod draw;
mod fetch;
mod object;
pub mod printed;
mod request;
mod tree;
mod uri;

pub use browser::{Browser, PressError, Received, Shown, Step};
pub use desk::{Desk, Pushed};
pub use fetch::Fetcher;
pub use object::{Content, Field, Item, Page, Refusal, SoftKey, Source};
pub use request::{Caller, Request, Response};
