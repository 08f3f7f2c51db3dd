//! What phones did, put together: events of all listeners, the boots they make up, and one verdict on each phone.
//!
//! [`Ties`] finds out whose an event is that names no phone, [`Crowds`] keeps those who guess names from filling what is
//! kept, [`boots`] groups the events of a phone, and [`judge`] says in one sentence what state it is in and what to do next,
//! by the table [`RULES`].

mod boot;
mod crowd;
mod event;
mod facts;
mod holds;
mod moment;
#[cfg(test)]
mod near;
mod page;
mod rules;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tie;
mod verdict;
mod wanted;

pub use boot::{Boot, GAP, boots};
pub use crowd::{Crowds, MANY};
pub use event::{Event, KnownBy, Outcome, Via, What};
pub use facts::{Known, Registration, Standing};
pub use moment::ago;
pub use page::page;
pub use rules::{RULES, Rule, Severity, rule};
pub use tie::Ties;
pub use verdict::{Verdict, judge};
pub use wanted::Wanted;
