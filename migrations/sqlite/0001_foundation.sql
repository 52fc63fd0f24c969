-- Times are milliseconds since 1970-01-01 UTC; JSON is text; booleans are 0 or 1.

CREATE TABLE workspaces (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 63),
    created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT;

INSERT INTO workspaces (id, created_at) VALUES ('default', unixepoch() * 1000);

-- Only the SHA-256 of a token's text is kept.
CREATE TABLE api_tokens (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 63),
    kind       TEXT    NOT NULL CHECK (kind IN ('workspace', 'installation')),
    workspace  TEXT    REFERENCES workspaces (id) ON DELETE RESTRICT,
    rights     TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    expires_at INTEGER CHECK (expires_at >= 0),
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    CHECK ((kind = 'installation') = (workspace IS NULL))
) STRICT;

CREATE INDEX api_tokens_by_workspace ON api_tokens (workspace);

CREATE TABLE components (
    id               TEXT    NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 63),
    title            TEXT    NOT NULL CHECK (length(title) BETWEEN 1 AND 400),
    needs_credential INTEGER NOT NULL CHECK (needs_credential IN (0, 1)),
    installed_at     INTEGER NOT NULL CHECK (installed_at >= 0),
    UNIQUE (id, needs_credential)
) STRICT;

-- A plugin's bytes, once per digest.
CREATE TABLE release_bytes (
    digest TEXT NOT NULL PRIMARY KEY CHECK (length(digest) = 71 AND digest LIKE 'sha256:%'),
    bytes  BLOB NOT NULL CHECK (length(bytes) > 0)
) STRICT;

CREATE TABLE releases (
    component    TEXT    NOT NULL REFERENCES components (id) ON DELETE RESTRICT,
    digest       TEXT    NOT NULL REFERENCES release_bytes (digest) ON DELETE RESTRICT,
    version      TEXT    NOT NULL CHECK (length(version) BETWEEN 1 AND 200),
    status       TEXT    NOT NULL CHECK (status IN ('active', 'inactive')),
    descriptor   TEXT    NOT NULL CHECK (length(descriptor) > 0),
    sentences    TEXT    NOT NULL,
    installed_at INTEGER NOT NULL CHECK (installed_at >= 0),
    PRIMARY KEY (component, digest)
) STRICT;

CREATE UNIQUE INDEX releases_one_active ON releases (component) WHERE status = 'active';

-- `record` is the only place where anything secret stands, sealed; see host/src/keyring/record.rs.
CREATE TABLE credentials (
    workspace       TEXT    NOT NULL REFERENCES workspaces (id) ON DELETE RESTRICT,
    component       TEXT    NOT NULL REFERENCES components (id) ON DELETE RESTRICT,
    id              TEXT    NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
    name            TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
    status          TEXT    NOT NULL CHECK (status IN ('verified', 'unverified', 'rejected', 'reauthorization_required')),
    account_id      TEXT,
    account_label   TEXT,
    public_fields   TEXT    NOT NULL,
    secrets         TEXT    NOT NULL,
    destinations    TEXT    NOT NULL,
    version         INTEGER NOT NULL CHECK (version >= 1),
    release_version TEXT    NOT NULL CHECK (length(release_version) BETWEEN 1 AND 200),
    release_digest  TEXT    NOT NULL,
    record          BLOB    NOT NULL CHECK (length(record) > 0),
    key_id          TEXT    NOT NULL CHECK (length(key_id) BETWEEN 1 AND 63),
    verified_at     INTEGER CHECK (verified_at >= 0),
    created_at      INTEGER NOT NULL CHECK (created_at >= 0),
    updated_at      INTEGER NOT NULL CHECK (updated_at >= 0),
    PRIMARY KEY (workspace, id),
    UNIQUE (workspace, component, id),
    FOREIGN KEY (component, release_digest) REFERENCES releases (component, digest) ON DELETE RESTRICT,
    CHECK ((account_id IS NULL) = (account_label IS NULL)),
    CHECK (status <> 'verified' OR verified_at IS NOT NULL)
) STRICT;

CREATE INDEX credentials_by_release ON credentials (component, release_digest);

-- The last verifications of each stored credential. `evidence` is redacted.
CREATE TABLE verifications (
    workspace  TEXT    NOT NULL,
    credential TEXT    NOT NULL,
    id         TEXT    NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
    at         INTEGER NOT NULL CHECK (at >= 0),
    outcome    TEXT    NOT NULL CHECK (length(outcome) BETWEEN 1 AND 63),
    evidence   TEXT    NOT NULL,
    PRIMARY KEY (workspace, id),
    FOREIGN KEY (workspace, credential) REFERENCES credentials (workspace, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX verifications_by_credential ON verifications (workspace, credential, at, id);

-- What was done, without values. No foreign keys: a record outlives what it speaks of.
CREATE TABLE audit (
    id        TEXT    NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 63),
    workspace TEXT    CHECK (length(workspace) BETWEEN 1 AND 63),
    at        INTEGER NOT NULL CHECK (at >= 0),
    actor     TEXT    CHECK (length(actor) BETWEEN 1 AND 63),
    action    TEXT    NOT NULL CHECK (length(action) BETWEEN 1 AND 63),
    subject   TEXT    CHECK (length(subject) BETWEEN 1 AND 200),
    outcome   TEXT    NOT NULL CHECK (length(outcome) BETWEEN 1 AND 63),
    detail    TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_by_workspace ON audit (workspace, id);

CREATE TRIGGER audit_is_not_updated BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit records are never changed');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit records are never deleted');
END;

-- Which root key this installation is sealed with: an id and a check value, never the key.
CREATE TABLE root_key (
    id          INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    key_id      TEXT    NOT NULL CHECK (length(key_id) BETWEEN 1 AND 63),
    check_value BLOB    NOT NULL CHECK (length(check_value) = 32),
    created_at  INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT;
