-- Phones' certificates: what each phone is to do, what it was handed out, what it holds, and what no longer proves anything.
-- No inventory hangs on it, so nothing is referenced: a phone may enrol before anybody added it.
CREATE TABLE enrolments (
    mac       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- Whether its configuration is to be encrypted.
    encrypt   BOOLEAN NOT NULL,
    -- What it is to do, and how it proves itself; JSON. Nothing: nothing.
    scheduled TEXT,
    -- The certificate that it was handed out, while it has not said that it keeps it. DER.
    issued    BYTEA,
    issued_at BIGINT,
    -- The certificate that it holds, whose it is, since when that is known, and when it ends.
    held      BYTEA,
    origin    TEXT,
    held_at   BIGINT,
    ends      BIGINT,
    -- Certificates that prove nothing any more; JSON.
    revoked   TEXT NOT NULL,
    -- How its last session ended; JSON.
    last      TEXT,
    -- The session that may go on, of all servers: the newest.
    session   BIGINT,
    -- The number of the last change that matters to its configuration.
    changed   BIGINT NOT NULL
);
CREATE INDEX enrolments_by_change ON enrolments (changed) WHERE changed > 0;
CREATE INDEX enrolments_by_end ON enrolments (ends) WHERE ends IS NOT NULL;

-- Whoever issued here once: what they issued still counts after they were replaced.
CREATE TABLE issuers (
    fingerprint TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    certificate BYTEA NOT NULL
);

-- Counts changes that matter to configurations; before the other number, everything is to be read anew.
ALTER TABLE inventory ADD COLUMN enrolments BIGINT NOT NULL DEFAULT 0;
ALTER TABLE inventory ADD COLUMN enrolments_since BIGINT NOT NULL DEFAULT 0;
