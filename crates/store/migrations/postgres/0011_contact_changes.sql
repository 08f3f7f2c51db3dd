-- Moves when any contact does: who keeps all contacts in memory reads them again only then.
ALTER TABLE inventory ADD COLUMN contact_changes BIGINT NOT NULL DEFAULT 0;
CREATE FUNCTION contacts_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE inventory SET contact_changes = contact_changes + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER contacts_move AFTER INSERT OR UPDATE OR DELETE ON contacts
    FOR EACH STATEMENT EXECUTE FUNCTION contacts_move();
