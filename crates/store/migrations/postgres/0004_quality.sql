-- What users reported about calls, with what was known of the call. No inventory hangs on it, so nothing is referenced.
CREATE TABLE quality (
    id          BIGINT NOT NULL PRIMARY KEY,
    mac         TEXT COLLATE "C" NOT NULL,
    -- Seconds since 1970.
    at          BIGINT NOT NULL,
    line        TEXT,
    reason      TEXT NOT NULL,
    codec       TEXT,
    -- What the phone got, and what it sent: packets, those that were lost, jitter in microseconds.
    packets     BIGINT,
    lost        BIGINT,
    jitter      BIGINT,
    sent        BIGINT,
    sent_lost   BIGINT,
    sent_jitter BIGINT,
    -- Microseconds.
    round_trip  BIGINT,
    -- What Asterisk said; empty when it said nothing.
    raw         TEXT NOT NULL
);
CREATE INDEX quality_by_phone ON quality (mac, id);
