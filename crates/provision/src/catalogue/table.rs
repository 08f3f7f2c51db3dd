//! Reading the tables of `catalogue/`: facts about phones, as rows and not as code.
//!
//! The tables are part of the program, so a table that cannot be read is a fault found by the tests, not by a user.

/// One table: a line of column names, then rows; `#` begins a comment line.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Vec<&'static str>>,
}

/// One row of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    table: &'a Table,
    cells: &'a [&'static str],
}

impl Table {
    pub(crate) fn parse(text: &'static str) -> Self {
        let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let columns: Vec<_> = lines.next().unwrap_or_default().split('\t').collect();
        let rows = lines.map(|line| line.split('\t').collect::<Vec<_>>());
        let rows = rows.inspect(|row| assert_eq!(row.len(), columns.len(), "cells of {row:?}")).collect();
        Self { columns, rows }
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row { table: self, cells })
    }
}

impl Row<'_> {
    /// The text of the cell in the column of that name.
    pub(crate) fn get(&self, column: &str) -> &'static str {
        let place = self.table.columns.iter().position(|name| *name == column);
        self.cells[place.expect("the program asks only for columns that its tables have")]
    }

    /// The cell with what its mark says about it.
    pub(crate) fn fact(&self, column: &str) -> Fact<&'static str> {
        let text = self.get(column);
        match text.strip_suffix('?') {
            Some(value) => Fact { value, sure: false },
            None => Fact { value: text, sure: true },
        }
    }
}

/// Something about a phone, and whether anybody has seen it: a cell that ends in `?` is a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fact<T> {
    /// What is said.
    pub value: T,
    /// Whether it is known rather than guessed.
    pub sure: bool,
}

impl<T> Fact<T> {
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Fact<U> {
        Fact { value: change(self.value), sure: self.sure }
    }
}

/// The items of a list cell; `-`, `none` and `unknown` are empty lists.
pub(crate) fn items(cell: &'static str) -> impl Iterator<Item = &'static str> {
    let cell = if matches!(cell, "-" | "none" | "unknown") { "" } else { cell };
    cell.split(';').filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_by_column() {
        let table = Table::parse("# comment\na\tb\n1\t2?\n\n3\t-\n");
        let cells: Vec<_> = table.rows().map(|row| (row.get("a"), row.fact("b"))).collect();
        let sure = |value| Fact { value, sure: true };
        assert_eq!(cells, [("1", Fact { value: "2", sure: false }), ("3", sure("-"))]);
        assert_eq!(items("x;y").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(items("none").count() + items("-").count() + items("").count(), 0);
    }
}
