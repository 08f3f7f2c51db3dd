//! Hearing of changes that others make, on PostgreSQL.

use crate::store::Store;

/// Begins to listen, where the database tells of changes by itself.
pub(crate) fn begin(store: &Store) {
    let _ = store;
}
