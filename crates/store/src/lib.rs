//! The inventory kept: one [`Store`] on SQLite and PostgreSQL.
