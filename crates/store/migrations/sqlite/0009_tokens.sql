-- Programs that may use the API. Of a token only its hash is kept.
CREATE TABLE tokens (
    name    TEXT NOT NULL PRIMARY KEY,
    hash    BLOB NOT NULL UNIQUE,
    -- read, operate or administer.
    scope   TEXT NOT NULL,
    -- Seconds since 1970.
    made    INTEGER NOT NULL,
    expires INTEGER,
    used    INTEGER
);
