-- Work that goes on while programs look how far it is. Nothing of it is worth a backup.
CREATE TABLE jobs (
    id     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- By what a request that is sent again is known, and what was asked for then.
    key    TEXT UNIQUE,
    digest BLOB NOT NULL,
    -- When its server was last heard of, in seconds since 1970.
    beat   INTEGER NOT NULL,
    ended  INTEGER,
    -- All that is told of it, as JSON.
    told   TEXT NOT NULL
);
