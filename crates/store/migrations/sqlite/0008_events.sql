-- What phones did. It hangs on no inventory, and no generation moves with it; budgets keep it small.
CREATE TABLE events (
    id       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- The twelve digits of a phone; or ~ and an address, when nobody knows whose it was.
    subject  TEXT NOT NULL,
    -- Milliseconds since 1970.
    at       INTEGER NOT NULL,
    -- By its name, by its address, or empty.
    known_by TEXT NOT NULL,
    address  TEXT NOT NULL,
    via      TEXT NOT NULL,
    what     TEXT NOT NULL,
    name     TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    reason   TEXT NOT NULL,
    bytes    INTEGER NOT NULL,
    -- Microseconds.
    took     INTEGER NOT NULL,
    agent    TEXT NOT NULL
);
CREATE INDEX events_by_subject ON events (subject, id);
CREATE INDEX events_by_address ON events (address, at);
