-- Moves when any contact does: who keeps all contacts in memory reads them again only then.
ALTER TABLE inventory ADD COLUMN contact_changes INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER contacts_come AFTER INSERT ON contacts BEGIN
    UPDATE inventory SET contact_changes = contact_changes + 1;
END;
CREATE TRIGGER contacts_go AFTER DELETE ON contacts BEGIN
    UPDATE inventory SET contact_changes = contact_changes + 1;
END;
CREATE TRIGGER contacts_change AFTER UPDATE ON contacts BEGIN
    UPDATE inventory SET contact_changes = contact_changes + 1;
END;
