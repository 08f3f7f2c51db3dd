-- What users reported about calls, with what was known of the call. No inventory hangs on it, so nothing is referenced.
CREATE TABLE quality (
    id          INTEGER NOT NULL PRIMARY KEY,
    mac         TEXT NOT NULL,
    -- Seconds since 1970.
    at          INTEGER NOT NULL,
    line        TEXT,
    reason      TEXT NOT NULL,
    codec       TEXT,
    -- What the phone got, and what it sent: packets, those that were lost, jitter in microseconds.
    packets     INTEGER,
    lost        INTEGER,
    jitter      INTEGER,
    sent        INTEGER,
    sent_lost   INTEGER,
    sent_jitter INTEGER,
    -- Microseconds.
    round_trip  INTEGER,
    -- What Asterisk said; empty when it said nothing.
    raw         TEXT NOT NULL
);
CREATE INDEX quality_by_phone ON quality (mac, id);
