-- Edits, safe retries and lists. `revision` grows by one with each change of a row that anybody can see;
-- `version` only with a change of the fields, which are sealed with it.
ALTER TABLE credentials ADD COLUMN revision INTEGER NOT NULL DEFAULT 1 CHECK (revision >= 1);

-- What the request that created the credential was known by: its key, and a keyed hash of what it asked for.
ALTER TABLE credentials ADD COLUMN idempotency_key TEXT CHECK (length(idempotency_key) BETWEEN 1 AND 255);
ALTER TABLE credentials ADD COLUMN idempotency_hash BLOB
    CHECK (length(idempotency_hash) = 32)
    CHECK ((idempotency_key IS NULL) = (idempotency_hash IS NULL));

CREATE UNIQUE INDEX credentials_by_idempotency_key ON credentials (workspace, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- One for each filter of the list, which is ordered by id; the component alone has its own in 0001.
CREATE INDEX credentials_by_status ON credentials (workspace, status, id);
CREATE INDEX credentials_by_component_and_status ON credentials (workspace, component, status, id);
CREATE INDEX credentials_by_name ON credentials (workspace, name, id);
