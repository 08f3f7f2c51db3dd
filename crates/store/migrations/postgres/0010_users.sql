-- Who may use the page, who is logged in, and who changed what.
CREATE TABLE users (
    -- In small letters.
    name     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    role     TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'administrator')),
    -- A hash; empty until the user has followed a link and chosen a password.
    password TEXT NOT NULL,
    -- Seconds since 1970.
    made     BIGINT NOT NULL,
    last     BIGINT
);

-- Whoever shows a secret with this hash may choose the password of its owner; without an owner, be the first administrator.
CREATE TABLE links (
    hash  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    owner TEXT COLLATE "C" REFERENCES users (name) ON DELETE CASCADE,
    until BIGINT NOT NULL
);

-- Under the hash of a secret that only the browser has.
CREATE TABLE sessions (
    hash   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    owner  TEXT COLLATE "C" NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    made   BIGINT NOT NULL,
    seen   BIGINT NOT NULL,
    source TEXT NOT NULL,
    agent  TEXT NOT NULL
);
CREATE INDEX sessions_of_owner ON sessions (owner);
CREATE INDEX sessions_by_age ON sessions (made);

CREATE TABLE audit (
    id      BIGINT NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    author  TEXT COLLATE "C" NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    -- What was before and after, as JSON; without secrets.
    fields  TEXT NOT NULL,
    -- Author, action, subject and names of fields in small letters.
    search  TEXT NOT NULL
);
CREATE INDEX audit_of_subject ON audit (subject, id);
CREATE INDEX audit_of_author ON audit (author, id);

-- The firmware that a phone itself says, so that lists need not read layers.
ALTER TABLE phones ADD COLUMN firmware TEXT;
UPDATE phones SET firmware = layer::json -> 'settings' ->> 'firmware'
FROM phone_layers WHERE phone_layers.mac = phones.mac;
CREATE INDEX phones_of_firmware ON phones (firmware, mac) WHERE firmware IS NOT NULL;
-- Lists are put in other orders, too.
CREATE INDEX phones_by_change ON phones (changed, mac);
CREATE INDEX phones_by_description ON phones (description, mac);
