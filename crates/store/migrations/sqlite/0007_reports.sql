-- Problem reports that phones uploaded; the files lie in the data directory. No inventory hangs on it, so nothing is referenced.
CREATE TABLE reports (
    id     INTEGER NOT NULL PRIMARY KEY,
    mac    TEXT NOT NULL,
    -- Seconds since 1970.
    at     INTEGER NOT NULL,
    -- As the phone said; empty when it said nothing.
    serial TEXT NOT NULL,
    "user" TEXT NOT NULL,
    -- The address it came from.
    source TEXT NOT NULL,
    bytes  INTEGER NOT NULL,
    -- The name of the file, which is ours.
    file   TEXT NOT NULL,
    -- What the administrator should know of it: that nobody knows the phone; empty when all is well.
    note   TEXT NOT NULL
);
CREATE INDEX reports_by_phone ON reports (mac, id);
