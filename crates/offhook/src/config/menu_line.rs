//! A line of the services menu. Layers of the inventory say the same, so it is read where they are.

pub use provision::own::MenuLine;
