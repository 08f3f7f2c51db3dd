//! `KEY=VALUE` on the command line: what [`crate::edit`] reads, and passwords that stand in a file or are typed.

pub(super) use crate::edit::{Assignment, Wanted};

use super::console::Console;

/// The same with every password as it is: one may have been written as @FILE, or as @- for standard input.
pub(super) fn with_passwords(
    console: &Console,
    whose: &str,
    written: Vec<Assignment>,
) -> anyhow::Result<Vec<Assignment>> {
    let read = |one: Assignment| {
        if !one.is_secret() {
            return Ok(one);
        }
        let value = console.password(&one.value, &format!("{whose} {}", one.key))?;
        Ok(Assignment { value, ..one })
    };
    written.into_iter().map(read).collect()
}

/// The same for lines that a phone shall have.
pub(super) fn lines_with_passwords(console: &Console, wanted: Vec<Wanted>) -> anyhow::Result<Vec<Wanted>> {
    let read = |one: Wanted| {
        let what_for = format!("line {} auth_password", one.number);
        let password =
            one.password.as_deref().map(|written| console.password(written, &what_for)).transpose()?;
        Ok(Wanted { password, ..one })
    };
    wanted.into_iter().map(read).collect()
}
