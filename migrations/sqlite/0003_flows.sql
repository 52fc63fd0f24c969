-- Flows and their steps, as the platform registers them. What must never be, whatever happens at the same
-- moment, stands in the keys and checks: a step holds a credential of its own workspace and component, and
-- a step of an active flow that needs one has one. `flow_active` and `needs_credential` follow their
-- owners by the keys' cascades, so that one row's check sees all that it speaks of.
CREATE TABLE flows (
    workspace  TEXT    NOT NULL REFERENCES workspaces (id) ON DELETE RESTRICT,
    id         TEXT    NOT NULL CHECK (length(id) BETWEEN 1 AND 200),
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
    active     INTEGER NOT NULL CHECK (active IN (0, 1)),
    revision   INTEGER NOT NULL CHECK (revision >= 1),
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    updated_at INTEGER NOT NULL CHECK (updated_at >= 0),
    PRIMARY KEY (workspace, id),
    -- What the steps refer to; in this order it also lists the active or the inactive ones, by id.
    UNIQUE (workspace, active, id)
) STRICT;

CREATE TABLE flow_steps (
    workspace        TEXT    NOT NULL,
    flow             TEXT    NOT NULL,
    step             TEXT    NOT NULL CHECK (length(step) BETWEEN 1 AND 200),
    position         INTEGER NOT NULL CHECK (position >= 0),
    flow_active      INTEGER NOT NULL CHECK (flow_active IN (0, 1)),
    component        TEXT    NOT NULL,
    needs_credential INTEGER NOT NULL CHECK (needs_credential IN (0, 1)),
    credential       TEXT,
    PRIMARY KEY (workspace, flow, step),
    FOREIGN KEY (workspace, flow, flow_active) REFERENCES flows (workspace, id, active)
        ON UPDATE CASCADE ON DELETE CASCADE,
    FOREIGN KEY (component, needs_credential) REFERENCES components (id, needs_credential)
        ON UPDATE CASCADE ON DELETE RESTRICT,
    FOREIGN KEY (workspace, component, credential) REFERENCES credentials (workspace, component, id)
        ON DELETE RESTRICT,
    CONSTRAINT active_steps_have_their_credential
        CHECK (NOT (flow_active AND needs_credential AND credential IS NULL))
) STRICT;

-- Where a credential is used, in the order of the list, with all that counting needs; and the component, so that
-- the keys of credentials are looked up here, whatever a planner knows of the rows.
CREATE INDEX flow_steps_by_credential ON flow_steps (workspace, credential, flow, step, flow_active, component)
    WHERE credential IS NOT NULL;

CREATE INDEX flow_steps_by_component ON flow_steps (component, needs_credential);

-- Nothing looks for the tokens of a workspace.
DROP INDEX api_tokens_by_workspace;

-- When a flow was given the credential's fields last, to the minute.
ALTER TABLE credentials ADD COLUMN last_used_at INTEGER CHECK (last_used_at >= 0);

-- How many credentials there are, kept by the triggers below. `slot` is the last character of the
-- credential's id: many who save at once meet in one row only seldom.
CREATE TABLE credential_counts (
    workspace TEXT    NOT NULL REFERENCES workspaces (id) ON DELETE RESTRICT,
    component TEXT    NOT NULL REFERENCES components (id) ON DELETE CASCADE,
    slot      TEXT    NOT NULL CHECK (length(slot) = 1),
    total     INTEGER NOT NULL CHECK (total >= 0),
    attention INTEGER NOT NULL CHECK (attention BETWEEN 0 AND total),
    PRIMARY KEY (workspace, component, slot)
) STRICT;

INSERT INTO credential_counts (workspace, component, slot, total, attention)
    SELECT workspace, component, substr(id, -1), count(*), count(*) FILTER (WHERE status <> 'verified')
    FROM credentials GROUP BY 1, 2, 3;

CREATE TRIGGER credentials_are_counted AFTER INSERT ON credentials
BEGIN
    INSERT INTO credential_counts (workspace, component, slot, total, attention)
        VALUES (NEW.workspace, NEW.component, substr(NEW.id, -1), 1, NEW.status <> 'verified')
        ON CONFLICT (workspace, component, slot)
        DO UPDATE SET total = total + 1, attention = attention + excluded.attention;
END;

CREATE TRIGGER credentials_are_counted_anew AFTER UPDATE OF status ON credentials
    WHEN (OLD.status = 'verified') <> (NEW.status = 'verified')
BEGIN
    UPDATE credential_counts SET attention = attention + (NEW.status <> 'verified') - (OLD.status <> 'verified')
        WHERE workspace = NEW.workspace AND component = NEW.component AND slot = substr(NEW.id, -1);
END;

CREATE TRIGGER credentials_are_counted_out AFTER DELETE ON credentials
BEGIN
    UPDATE credential_counts SET total = total - 1, attention = attention - (OLD.status <> 'verified')
        WHERE workspace = OLD.workspace AND component = OLD.component AND slot = substr(OLD.id, -1);
END;
