-- What moved of what lists of phones show: who keeps the lists in memory reads only that again.
ALTER TABLE inventory ADD COLUMN phone_moves INTEGER NOT NULL DEFAULT 0;
CREATE TABLE phone_moves (
    -- What inventory.phone_moves became when it moved.
    number INTEGER NOT NULL,
    -- The address of the phone; empty: more than are worth naming.
    mac    TEXT NOT NULL,
    PRIMARY KEY (number, mac)
) WITHOUT ROWID;
