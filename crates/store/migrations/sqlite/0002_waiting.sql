-- Phones that came by themselves: the code by which each is claimed, and when it asked first and last.
CREATE TABLE waiting (
    mac    TEXT NOT NULL PRIMARY KEY REFERENCES phones (mac) ON DELETE CASCADE,
    code   TEXT NOT NULL UNIQUE,
    -- Seconds since 1970.
    since  INTEGER NOT NULL,
    seen   INTEGER NOT NULL,
    -- The address it asked from last.
    source TEXT NOT NULL
);
CREATE INDEX waiting_by_seen ON waiting (seen);
