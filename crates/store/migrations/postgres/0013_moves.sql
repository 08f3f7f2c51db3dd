-- What moved of what lists of phones show: who keeps the lists in memory reads only that again.
ALTER TABLE inventory ADD COLUMN phone_moves BIGINT NOT NULL DEFAULT 0;
CREATE TABLE phone_moves (
    -- What inventory.phone_moves became when it moved.
    number BIGINT NOT NULL,
    -- The address of the phone; empty: more than are worth naming.
    mac    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (number, mac)
);
