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

    /// Whether to count from the end, how many to leave out and how many to take, of a list that long: whoever leaves out
    /// rows reads them.
    pub(crate) fn counted_from_the_nearer_end(&self, total: i64) -> (bool, i64, i64) {
        let (skip, limit) = (self.skip(), i64::from(self.limit));
        if self.after.is_some() || skip <= total / 2 {
            return (false, skip, limit);
        }
        let behind = total.saturating_sub(skip).saturating_sub(limit);
        (true, behind.max(0), limit.min(limit.saturating_add(behind)).max(0))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_pages_are_counted_from_the_end() {
        for (offset, limit, expected) in [
            (0, 10, (false, 0, 10)),
            (50, 10, (false, 50, 10)),
            (60, 10, (true, 30, 10)),
            (90, 10, (true, 0, 10)),
            (95, 10, (true, 0, 5)),
            (100, 10, (true, 0, 0)),
            (u64::MAX, 10, (true, 0, 0)),
        ] {
            assert_eq!(Page::<()>::at(offset, limit).counted_from_the_nearer_end(100), expected, "{offset}");
        }
        assert_eq!(
            Page { after: Some(()), offset: 90, limit: 10 }.counted_from_the_nearer_end(100),
            (false, 90, 10)
        );
    }
}
