-- Programs that may use the API. Of a token only its hash is kept.
CREATE TABLE tokens (
    name    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    hash    BYTEA NOT NULL UNIQUE,
    -- read, operate or administer.
    scope   TEXT NOT NULL,
    -- Seconds since 1970.
    made    BIGINT NOT NULL,
    expires BIGINT,
    used    BIGINT
);
