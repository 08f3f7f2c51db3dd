//! Boots as offhook tells them, and the verdicts on them: virtual phones against the real program, over every road.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../machine/mod.rs"]
mod machine;
#[path = "../pbx/mod.rs"]
mod pbx;

mod advice;
mod boots;
mod live;
mod many;
mod registered;
mod site;
mod verdicts;
