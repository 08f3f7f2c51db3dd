-- The inventory: groups, lines, phones and their keys, documents, contacts.
-- What layers say is JSON: the catalogue knows its names and values, the database only keeps them.

-- One row. `generation` moves with each change; its row is also the lock that lets one change in at a time.
CREATE TABLE inventory (
    single     INTEGER NOT NULL PRIMARY KEY CHECK (single = 1),
    generation INTEGER NOT NULL,
    -- The last number that was given to a contact; none is given twice.
    contacts   INTEGER NOT NULL,
    -- How many phones and lines there are: counting 100,000 takes longer than showing fifty. Triggers below keep them.
    phones     INTEGER NOT NULL,
    lines      INTEGER NOT NULL
);
INSERT INTO inventory (single, generation, contacts, phones, lines) VALUES (1, 0, 0, 0, 0);

CREATE TABLE groups (
    kind        TEXT NOT NULL CHECK (kind IN ('site', 'series', 'profile')),
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    layer       TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;

CREATE TABLE lines (
    number   TEXT NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    -- Number, name and label in small letters.
    search   TEXT NOT NULL
);

-- Narrow, so that lists and counts of many phones read little; what a phone says for itself is beside it.
CREATE TABLE phones (
    mac         TEXT NOT NULL PRIMARY KEY CHECK (length(mac) = 12),
    model       TEXT,
    -- The model's, so that one question finds all groups of a phone.
    series      TEXT,
    site        TEXT,
    profile     TEXT,
    state       TEXT NOT NULL CHECK (state IN ('active', 'waiting', 'retired')),
    description TEXT NOT NULL,
    -- Seconds since 1970.
    changed     INTEGER NOT NULL,
    -- Address, model, description and notes in small letters.
    search      TEXT NOT NULL
);
CREATE INDEX phones_of_site ON phones (site, mac);
CREATE INDEX phones_of_profile ON phones (profile, mac);
CREATE INDEX phones_of_model ON phones (model, mac);
CREATE INDEX phones_of_series ON phones (series, mac);
CREATE INDEX phones_of_state ON phones (state, mac);

CREATE TABLE phone_layers (
    mac   TEXT NOT NULL PRIMARY KEY REFERENCES phones (mac) ON DELETE CASCADE,
    notes TEXT NOT NULL,
    layer TEXT NOT NULL
);

-- Which keys of which layers are for which line. Follows from the layers and is written with them.
CREATE TABLE keys (
    -- `phone`, or the kind of the group.
    owner  TEXT NOT NULL,
    -- The address of the phone, or the name of the group.
    name   TEXT NOT NULL,
    button INTEGER NOT NULL,
    line   TEXT NOT NULL REFERENCES lines (number) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (owner, name, button)
) WITHOUT ROWID;
CREATE INDEX keys_of_line ON keys (line);

CREATE TABLE documents (
    name    TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL
);

CREATE TABLE contacts (
    id           INTEGER NOT NULL PRIMARY KEY,
    book         TEXT NOT NULL,
    owner        TEXT REFERENCES phones (mac) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    name         TEXT NOT NULL,
    organisation TEXT NOT NULL,
    numbers      TEXT NOT NULL,
    -- What lists are ordered by: the name in small letters.
    sort         TEXT NOT NULL
);
CREATE INDEX contacts_in_order ON contacts (sort, id);
CREATE INDEX contacts_of_book ON contacts (book, sort, id);
CREATE INDEX contacts_of_owner ON contacts (owner) WHERE owner IS NOT NULL;

-- The words of a contact's name and organisation in small letters.
CREATE TABLE contact_words (
    contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    word    TEXT NOT NULL
);
CREATE INDEX contact_words_by_word ON contact_words (word, contact);
CREATE INDEX contact_words_of_contact ON contact_words (contact);

-- The keys that spell those words on a telephone.
CREATE TABLE contact_keys (
    contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    keypad  TEXT NOT NULL
);
CREATE INDEX contact_keys_by_keypad ON contact_keys (keypad, contact);
CREATE INDEX contact_keys_of_contact ON contact_keys (contact);

-- The digits of a contact's numbers.
CREATE TABLE contact_digits (
    contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    digits  TEXT NOT NULL
);
CREATE INDEX contact_digits_by_digits ON contact_digits (digits, contact);
CREATE INDEX contact_digits_of_contact ON contact_digits (contact);

-- What comes and goes is counted.
CREATE TRIGGER phones_come AFTER INSERT ON phones BEGIN
    UPDATE inventory SET phones = phones + 1;
END;
CREATE TRIGGER phones_go AFTER DELETE ON phones BEGIN
    UPDATE inventory SET phones = phones - 1;
END;
CREATE TRIGGER lines_come AFTER INSERT ON lines BEGIN
    UPDATE inventory SET lines = lines + 1;
END;
CREATE TRIGGER lines_go AFTER DELETE ON lines BEGIN
    UPDATE inventory SET lines = lines - 1;
END;
