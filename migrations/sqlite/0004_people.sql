-- People who sign in to the web pages. A name is told apart by its folded copy alone.
CREATE TABLE users (
    id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 63),
    name            TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100 AND name NOT GLOB '*[^A-Za-z0-9._@+-]*'),
    folded_name     TEXT    NOT NULL UNIQUE,
    -- An argon2id hash in the PHC form; none until the person has chosen a password.
    password        TEXT    CHECK (password LIKE '$argon2id$%'),
    operator        INTEGER NOT NULL CHECK (operator IN (0, 1)),
    -- Since the last success; each counts before the password is looked at.
    failed_sign_ins INTEGER NOT NULL DEFAULT 0 CHECK (failed_sign_ins >= 0),
    blocked_until   INTEGER CHECK (blocked_until >= 0),
    created_at      INTEGER NOT NULL CHECK (created_at >= 0),
    CHECK (folded_name = lower(name)),
    CHECK (blocked_until IS NULL OR failed_sign_ins > 0)
) STRICT;

CREATE TABLE memberships (
    user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    workspace  TEXT    NOT NULL REFERENCES workspaces (id) ON DELETE RESTRICT,
    rights     TEXT    NOT NULL CHECK (rights LIKE '["%"]'),
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    PRIMARY KEY (user_id, workspace)
) STRICT;

CREATE INDEX memberships_by_workspace ON memberships (workspace);

-- Only the SHA-256 of a cookie's text is kept.
CREATE TABLE sessions (
    id           TEXT    NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 63),
    user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at   INTEGER NOT NULL CHECK (created_at >= 0),
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    CHECK (last_seen_at >= created_at),
    CHECK (expires_at > created_at)
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);

-- One-time links: `first` makes the first user, `invited` another one, `reset` lets a user choose a new password.
-- Only the SHA-256 of a link's token is kept; the row goes when the link is used.
CREATE TABLE invitations (
    hash        BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    kind        TEXT    NOT NULL CHECK (kind IN ('first', 'invited', 'reset')),
    user_id     TEXT    UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    name        TEXT    CHECK (length(name) BETWEEN 1 AND 100 AND name NOT GLOB '*[^A-Za-z0-9._@+-]*'),
    folded_name TEXT    UNIQUE,
    operator    INTEGER NOT NULL CHECK (operator IN (0, 1)),
    workspace   TEXT    REFERENCES workspaces (id) ON DELETE RESTRICT,
    rights      TEXT    CHECK (rights LIKE '["%"]'),
    created_at  INTEGER NOT NULL CHECK (created_at >= 0),
    expires_at  INTEGER NOT NULL,
    CHECK (expires_at > created_at),
    CHECK ((name IS NULL) = (folded_name IS NULL)),
    CHECK (folded_name = lower(name)),
    CHECK ((workspace IS NULL) = (rights IS NULL)),
    CHECK ((kind = 'reset') = (user_id IS NOT NULL)),
    CHECK (kind <> 'reset' OR (name IS NULL AND workspace IS NULL AND operator = 0)),
    CHECK (kind <> 'first' OR (name IS NULL AND workspace IS NOT NULL AND operator = 1))
) STRICT;

CREATE UNIQUE INDEX invitations_one_first ON invitations (kind) WHERE kind = 'first';
CREATE INDEX invitations_by_workspace ON invitations (workspace);
