//! Every file that offhook makes by itself when the administrator has put none.

/// A made file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub content_type: &'static str,
}

/// Makes the file of that name, in any letter case; `None` when offhook makes no such file.
pub fn make(_name: &str) -> Option<Made> {
    None
}

/// The names of all files that [`make`] knows.
pub fn names() -> &'static [String] {
    &[]
}
