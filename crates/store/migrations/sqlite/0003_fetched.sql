-- The configuration that each phone fetched last. No inventory hangs on it, so nothing is referenced.
CREATE TABLE fetched (
    mac         TEXT NOT NULL PRIMARY KEY,
    -- The version stamp of the document.
    stamp       TEXT NOT NULL,
    -- What stood in it, value by value, as short hashes.
    fingerprint BLOB NOT NULL,
    -- Seconds since 1970.
    at          INTEGER NOT NULL,
    transport   TEXT NOT NULL,
    source      TEXT NOT NULL
) WITHOUT ROWID;
