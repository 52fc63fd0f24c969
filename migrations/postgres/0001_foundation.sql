-- Times are milliseconds since 1970-01-01 UTC; JSON is text. Texts sort by bytes, as in SQLite.

CREATE TABLE workspaces (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 63),
    created_at BIGINT NOT NULL CHECK (created_at >= 0)
);

INSERT INTO workspaces (id, created_at) VALUES ('default', (extract(epoch FROM now()) * 1000)::bigint);

-- Only the SHA-256 of a token's text is kept.
CREATE TABLE api_tokens (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 63),
    kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('workspace', 'installation')),
    workspace  TEXT COLLATE "C" REFERENCES workspaces (id) ON DELETE RESTRICT,
    rights     TEXT COLLATE "C" NOT NULL,
    hash       BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
    expires_at BIGINT CHECK (expires_at >= 0),
    created_at BIGINT NOT NULL CHECK (created_at >= 0),
    CHECK ((kind = 'installation') = (workspace IS NULL))
);

CREATE INDEX api_tokens_by_workspace ON api_tokens (workspace);

CREATE TABLE components (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 63),
    title            TEXT COLLATE "C" NOT NULL CHECK (length(title) BETWEEN 1 AND 400),
    needs_credential BOOLEAN NOT NULL,
    installed_at     BIGINT NOT NULL CHECK (installed_at >= 0),
    UNIQUE (id, needs_credential)
);

-- A plugin's bytes, once per digest.
CREATE TABLE release_bytes (
    digest TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(digest) = 71 AND digest LIKE 'sha256:%'),
    bytes  BYTEA NOT NULL CHECK (length(bytes) > 0)
);

CREATE TABLE releases (
    component    TEXT COLLATE "C" NOT NULL REFERENCES components (id) ON DELETE RESTRICT,
    digest       TEXT COLLATE "C" NOT NULL REFERENCES release_bytes (digest) ON DELETE RESTRICT,
    version      TEXT COLLATE "C" NOT NULL CHECK (length(version) BETWEEN 1 AND 200),
    status       TEXT COLLATE "C" NOT NULL CHECK (status IN ('active', 'inactive')),
    descriptor   TEXT COLLATE "C" NOT NULL CHECK (length(descriptor) > 0),
    sentences    TEXT COLLATE "C" NOT NULL,
    installed_at BIGINT NOT NULL CHECK (installed_at >= 0),
    PRIMARY KEY (component, digest)
);

CREATE UNIQUE INDEX releases_one_active ON releases (component) WHERE status = 'active';

-- `record` is the only place where anything secret stands, sealed; see host/src/keyring/record.rs.
CREATE TABLE credentials (
    workspace       TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE RESTRICT,
    component       TEXT COLLATE "C" NOT NULL REFERENCES components (id) ON DELETE RESTRICT,
    id              TEXT COLLATE "C" NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
    name            TEXT COLLATE "C" NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
    status          TEXT COLLATE "C" NOT NULL CHECK (status IN ('verified', 'unverified', 'rejected', 'reauthorization_required')),
    account_id      TEXT COLLATE "C",
    account_label   TEXT COLLATE "C",
    public_fields   TEXT COLLATE "C" NOT NULL,
    secrets         TEXT COLLATE "C" NOT NULL,
    destinations    TEXT COLLATE "C" NOT NULL,
    version         BIGINT NOT NULL CHECK (version >= 1),
    release_version TEXT COLLATE "C" NOT NULL CHECK (length(release_version) BETWEEN 1 AND 200),
    release_digest  TEXT COLLATE "C" NOT NULL,
    record          BYTEA NOT NULL CHECK (length(record) > 0),
    key_id          TEXT COLLATE "C" NOT NULL CHECK (length(key_id) BETWEEN 1 AND 63),
    verified_at     BIGINT CHECK (verified_at >= 0),
    created_at      BIGINT NOT NULL CHECK (created_at >= 0),
    updated_at      BIGINT NOT NULL CHECK (updated_at >= 0),
    PRIMARY KEY (workspace, id),
    UNIQUE (workspace, component, id),
    FOREIGN KEY (component, release_digest) REFERENCES releases (component, digest) ON DELETE RESTRICT,
    CHECK ((account_id IS NULL) = (account_label IS NULL)),
    CHECK (status <> 'verified' OR verified_at IS NOT NULL)
);

CREATE INDEX credentials_by_release ON credentials (component, release_digest);

-- The last verifications of each stored credential. `evidence` is redacted.
CREATE TABLE verifications (
    workspace  TEXT COLLATE "C" NOT NULL,
    credential TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
    at         BIGINT NOT NULL CHECK (at >= 0),
    outcome    TEXT COLLATE "C" NOT NULL CHECK (length(outcome) BETWEEN 1 AND 63),
    evidence   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace, id),
    FOREIGN KEY (workspace, credential) REFERENCES credentials (workspace, id) ON DELETE CASCADE
);

CREATE INDEX verifications_by_credential ON verifications (workspace, credential, at, id);

-- What was done, without values. No foreign keys: a record outlives what it speaks of.
CREATE TABLE audit (
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 63),
    workspace TEXT COLLATE "C" CHECK (length(workspace) BETWEEN 1 AND 63),
    at        BIGINT NOT NULL CHECK (at >= 0),
    actor     TEXT COLLATE "C" CHECK (length(actor) BETWEEN 1 AND 63),
    action    TEXT COLLATE "C" NOT NULL CHECK (length(action) BETWEEN 1 AND 63),
    subject   TEXT COLLATE "C" CHECK (length(subject) BETWEEN 1 AND 200),
    outcome   TEXT COLLATE "C" NOT NULL CHECK (length(outcome) BETWEEN 1 AND 63),
    detail    TEXT COLLATE "C" NOT NULL
);

CREATE INDEX audit_by_workspace ON audit (workspace, id);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit records are never changed or deleted';
END
$$;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();

CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Which root key this installation is sealed with: an id and a check value, never the key.
CREATE TABLE root_key (
    id          BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    key_id      TEXT COLLATE "C" NOT NULL CHECK (length(key_id) BETWEEN 1 AND 63),
    check_value BYTEA NOT NULL CHECK (length(check_value) = 32),
    created_at  BIGINT NOT NULL CHECK (created_at >= 0)
);

-- The second wall between workspaces. Both settings are local to a transaction; without either, none
-- of these rows is visible or writable, not even for the owner (FORCE). Superusers pass every policy.

ALTER TABLE api_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY api_tokens_of_workspace ON api_tokens
    USING (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs')
    WITH CHECK (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs');

ALTER TABLE credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE credentials FORCE ROW LEVEL SECURITY;
CREATE POLICY credentials_of_workspace ON credentials
    USING (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs')
    WITH CHECK (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs');

ALTER TABLE verifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE verifications FORCE ROW LEVEL SECURITY;
CREATE POLICY verifications_of_workspace ON verifications
    USING (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs')
    WITH CHECK (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs');

ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_of_workspace ON audit
    USING (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs')
    WITH CHECK (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs');
