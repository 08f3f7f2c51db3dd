//! Boots as offhook tells them, and the verdicts on them: virtual phones against the real program, over every road.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../machine/mod.rs"]
mod machine;
#[path = "../pbx/mod.rs"]
mod pbx;
#[expect(dead_code, reason = "the tests of the page need more of it")]
#[path = "../page/visitor.rs"]
mod visitor;

mod about;
mod advice;
mod boots;
mod budget;
mod live;
mod many;
mod registered;
mod site;
mod trusting;
mod verdicts;
