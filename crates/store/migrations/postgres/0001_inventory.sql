-- The inventory: groups, lines, phones and their keys, documents, contacts.
-- What layers say is JSON: the catalogue knows its names and values, the database only keeps them.
-- Texts sort by their bytes, as on SQLite, whatever language the server speaks.

-- One row. `generation` moves with each change; its row is also the lock that lets one change in at a time.
CREATE TABLE inventory (
    single     INTEGER NOT NULL PRIMARY KEY CHECK (single = 1),
    generation BIGINT NOT NULL,
    -- The last number that was given to a contact; none is given twice.
    contacts   BIGINT NOT NULL,
    -- How many phones and lines there are: counting 100,000 takes longer than showing fifty. Triggers below keep them.
    phones     BIGINT NOT NULL,
    lines      BIGINT NOT NULL
);
INSERT INTO inventory (single, generation, contacts, phones, lines) VALUES (1, 0, 0, 0, 0);

CREATE TABLE groups (
    kind        TEXT COLLATE "C" NOT NULL CHECK (kind IN ('site', 'series', 'profile')),
    name        TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    layer       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE lines (
    number   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    settings TEXT COLLATE "C" NOT NULL,
    -- Number, name and label in small letters.
    search   TEXT COLLATE "C" NOT NULL
);

-- Narrow, so that lists and counts of many phones read little; what a phone says for itself is beside it.
CREATE TABLE phones (
    mac         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(mac) = 12),
    model       TEXT COLLATE "C",
    -- The model's, so that one question finds all groups of a phone.
    series      TEXT COLLATE "C",
    site        TEXT COLLATE "C",
    profile     TEXT COLLATE "C",
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'waiting', 'retired')),
    description TEXT COLLATE "C" NOT NULL,
    -- Seconds since 1970.
    changed     BIGINT NOT NULL,
    -- Address, model, description and notes in small letters.
    search      TEXT COLLATE "C" NOT NULL
);
CREATE INDEX phones_of_site ON phones (site, mac);
CREATE INDEX phones_of_profile ON phones (profile, mac);
CREATE INDEX phones_of_model ON phones (model, mac);
CREATE INDEX phones_of_series ON phones (series, mac);
CREATE INDEX phones_of_state ON phones (state, mac);

CREATE TABLE phone_layers (
    mac   TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES phones (mac) ON DELETE CASCADE,
    notes TEXT COLLATE "C" NOT NULL,
    layer TEXT COLLATE "C" NOT NULL
);

-- Which keys of which layers are for which line. Follows from the layers and is written with them.
CREATE TABLE keys (
    -- `phone`, or the kind of the group.
    owner  TEXT COLLATE "C" NOT NULL,
    -- The address of the phone, or the name of the group.
    name   TEXT COLLATE "C" NOT NULL,
    button INTEGER NOT NULL,
    line   TEXT COLLATE "C" NOT NULL REFERENCES lines (number) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (owner, name, button)
);
CREATE INDEX keys_of_line ON keys (line);

CREATE TABLE documents (
    name    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    content TEXT COLLATE "C" NOT NULL
);

CREATE TABLE contacts (
    id           BIGINT NOT NULL PRIMARY KEY,
    book         TEXT COLLATE "C" NOT NULL,
    owner        TEXT COLLATE "C" REFERENCES phones (mac) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    name         TEXT COLLATE "C" NOT NULL,
    organisation TEXT COLLATE "C" NOT NULL,
    numbers      TEXT COLLATE "C" NOT NULL,
    -- What lists are ordered by: the name in small letters.
    sort         TEXT COLLATE "C" NOT NULL
);
CREATE INDEX contacts_in_order ON contacts (sort, id);
CREATE INDEX contacts_of_book ON contacts (book, sort, id);
CREATE INDEX contacts_of_owner ON contacts (owner) WHERE owner IS NOT NULL;

-- The words of a contact's name and organisation in small letters.
CREATE TABLE contact_words (
    contact BIGINT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    word    TEXT COLLATE "C" NOT NULL
);
CREATE INDEX contact_words_by_word ON contact_words (word, contact);
CREATE INDEX contact_words_of_contact ON contact_words (contact);

-- The keys that spell those words on a telephone.
CREATE TABLE contact_keys (
    contact BIGINT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    keypad  TEXT COLLATE "C" NOT NULL
);
CREATE INDEX contact_keys_by_keypad ON contact_keys (keypad, contact);
CREATE INDEX contact_keys_of_contact ON contact_keys (contact);

-- The digits of a contact's numbers.
CREATE TABLE contact_digits (
    contact BIGINT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    digits  TEXT COLLATE "C" NOT NULL
);
CREATE INDEX contact_digits_by_digits ON contact_digits (digits, contact);
CREATE INDEX contact_digits_of_contact ON contact_digits (contact);

-- What comes and goes is counted.
CREATE FUNCTION phones_come() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE inventory SET phones = phones + (SELECT count(*) FROM came);
    RETURN NULL;
END $$;
CREATE TRIGGER phones_come AFTER INSERT ON phones REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION phones_come();
CREATE FUNCTION phones_go() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE inventory SET phones = phones - (SELECT count(*) FROM gone);
    RETURN NULL;
END $$;
CREATE TRIGGER phones_go AFTER DELETE ON phones REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION phones_go();
CREATE FUNCTION lines_come() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE inventory SET lines = lines + (SELECT count(*) FROM came);
    RETURN NULL;
END $$;
CREATE TRIGGER lines_come AFTER INSERT ON lines REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION lines_come();
CREATE FUNCTION lines_go() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE inventory SET lines = lines - (SELECT count(*) FROM gone);
    RETURN NULL;
END $$;
CREATE TRIGGER lines_go AFTER DELETE ON lines REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION lines_go();
