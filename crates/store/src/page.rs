//! Parts of long lists.

/// Which part of a list. `after` is the faster and steadier way through all of it, `offset` the way to "page 7".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<K> {
    /// Begin behind this one, whether it is there or not.
    pub after: Option<K>,
    /// Then leave out so many.
    pub offset: u64,
    /// How many at most.
    pub limit: u32,
}

impl<K> Page<K> {
    /// The first so many.
    #[must_use]
    pub fn first(limit: u32) -> Self {
        Self { after: None, offset: 0, limit }
    }

    /// So many, beginning at a place counted from 0.
    #[must_use]
    pub fn at(offset: u64, limit: u32) -> Self {
        Self { after: None, offset, limit }
    }

    /// So many behind that one.
    #[must_use]
    pub fn after(after: K, limit: u32) -> Self {
        Self { after: Some(after), offset: 0, limit }
    }

    /// The offset as databases count.
    pub(crate) fn skip(&self) -> i64 {
        i64::try_from(self.offset).unwrap_or(i64::MAX)
    }
}

/// Part of a list, and how long the whole list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The part.
    pub rows: Vec<T>,
    /// How many there are in all that were asked for.
    pub total: u64,
}
