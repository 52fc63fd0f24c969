-- People who sign in to the web pages. A name is told apart by its folded copy alone.
CREATE TABLE users (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 63),
    name            TEXT COLLATE "C" NOT NULL CHECK (length(name) BETWEEN 1 AND 100 AND name ~ '^[A-Za-z0-9._@+-]+$'),
    folded_name     TEXT COLLATE "C" NOT NULL UNIQUE,
    -- An argon2id hash in the PHC form; none until the person has chosen a password.
    password        TEXT COLLATE "C" CHECK (password LIKE '$argon2id$%'),
    operator        BOOLEAN NOT NULL,
    -- Since the last success; each counts before the password is looked at.
    failed_sign_ins BIGINT NOT NULL DEFAULT 0 CHECK (failed_sign_ins >= 0),
    blocked_until   BIGINT CHECK (blocked_until >= 0),
    created_at      BIGINT NOT NULL CHECK (created_at >= 0),
    CHECK (folded_name = lower(name)),
    CHECK (blocked_until IS NULL OR failed_sign_ins > 0)
);

CREATE TABLE memberships (
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    workspace  TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE RESTRICT,
    rights     TEXT COLLATE "C" NOT NULL CHECK (rights LIKE '["%"]'),
    created_at BIGINT NOT NULL CHECK (created_at >= 0),
    PRIMARY KEY (user_id, workspace)
);

CREATE INDEX memberships_by_workspace ON memberships (workspace);

-- Only the SHA-256 of a cookie's text is kept.
CREATE TABLE sessions (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 63),
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash         BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at   BIGINT NOT NULL CHECK (created_at >= 0),
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    CHECK (last_seen_at >= created_at),
    CHECK (expires_at > created_at)
);

CREATE INDEX sessions_by_user ON sessions (user_id);

-- One-time links: `first` makes the first user, `invited` another one, `reset` lets a user choose a new password.
-- Only the SHA-256 of a link's token is kept; the row goes when the link is used.
CREATE TABLE invitations (
    hash        BYTEA NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    kind        TEXT COLLATE "C" NOT NULL CHECK (kind IN ('first', 'invited', 'reset')),
    user_id     TEXT COLLATE "C" UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    name        TEXT COLLATE "C" CHECK (length(name) BETWEEN 1 AND 100 AND name ~ '^[A-Za-z0-9._@+-]+$'),
    folded_name TEXT COLLATE "C" UNIQUE,
    operator    BOOLEAN NOT NULL,
    workspace   TEXT COLLATE "C" REFERENCES workspaces (id) ON DELETE RESTRICT,
    rights      TEXT COLLATE "C" CHECK (rights LIKE '["%"]'),
    created_at  BIGINT NOT NULL CHECK (created_at >= 0),
    expires_at  BIGINT NOT NULL,
    CHECK (expires_at > created_at),
    CHECK ((name IS NULL) = (folded_name IS NULL)),
    CHECK (folded_name = lower(name)),
    CHECK ((workspace IS NULL) = (rights IS NULL)),
    CHECK ((kind = 'reset') = (user_id IS NOT NULL)),
    CHECK (kind <> 'reset' OR (name IS NULL AND workspace IS NULL AND NOT operator)),
    CHECK (kind <> 'first' OR (name IS NULL AND workspace IS NOT NULL AND operator))
);

CREATE UNIQUE INDEX invitations_one_first ON invitations (kind) WHERE kind = 'first';
CREATE INDEX invitations_by_workspace ON invitations (workspace);

-- Signing in belongs to no workspace: it sees what jobs see. A workspace sees its own members alone.

ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY memberships_of_workspace ON memberships
    USING (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs')
    WITH CHECK (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs');

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY invitations_of_workspace ON invitations
    USING (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs')
    WITH CHECK (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs');

-- Belong to no workspace, and to nobody who works inside one.

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY users_of_jobs ON users
    USING (current_setting('keystead.scope', true) = 'jobs')
    WITH CHECK (current_setting('keystead.scope', true) = 'jobs');

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY sessions_of_jobs ON sessions
    USING (current_setting('keystead.scope', true) = 'jobs')
    WITH CHECK (current_setting('keystead.scope', true) = 'jobs');
