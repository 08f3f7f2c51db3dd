-- Every trust list that was ever published; phones get the last. What was published is never changed.
CREATE TABLE trust_lists (
    number       BIGINT NOT NULL PRIMARY KEY,
    -- Seconds since 1970.
    at           BIGINT NOT NULL,
    author       TEXT NOT NULL,
    -- One word: what it was published for.
    purpose      TEXT NOT NULL,
    note         TEXT NOT NULL,
    -- What in it decides about the next one, and each certificate in each role; JSON.
    contents     TEXT NOT NULL,
    certificates TEXT NOT NULL,
    bytes        BYTEA NOT NULL
);

-- What is known of the list that each phone holds. Times are milliseconds since 1970. A phone may have fetched one before
-- anybody added it, so nothing is referenced.
CREATE TABLE ledger (
    mac            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- The list it fetched last: what in it decides about the next one (JSON), name, time and address.
    fetched        TEXT,
    fetched_name   TEXT,
    fetched_at     BIGINT,
    fetched_source TEXT,
    -- The list it holds, and since when that is known.
    held           TEXT,
    held_since     BIGINT,
    -- When it last asked for its configuration signed, and unsigned.
    signed_at      BIGINT,
    plain_at       BIGINT,
    -- Since when it asks for signed files without having been given a list here.
    foreign_since  BIGINT
);
