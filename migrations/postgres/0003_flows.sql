-- Flows and their steps, as the platform registers them. What must never be, whatever happens at the same
-- moment, stands in the keys and checks: a step holds a credential of its own workspace and component, and
-- a step of an active flow that needs one has one. `flow_active` and `needs_credential` follow their
-- owners by the keys' cascades, so that one row's check sees all that it speaks of.
CREATE TABLE flows (
    workspace  TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE RESTRICT,
    id         TEXT COLLATE "C" NOT NULL CHECK (length(id) BETWEEN 1 AND 200),
    name       TEXT COLLATE "C" NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
    active     BOOLEAN NOT NULL,
    revision   BIGINT NOT NULL CHECK (revision >= 1),
    created_at BIGINT NOT NULL CHECK (created_at >= 0),
    updated_at BIGINT NOT NULL CHECK (updated_at >= 0),
    PRIMARY KEY (workspace, id),
    -- What the steps refer to; in this order it also lists the active or the inactive ones, by id.
    UNIQUE (workspace, active, id)
);

CREATE TABLE flow_steps (
    workspace        TEXT COLLATE "C" NOT NULL,
    flow             TEXT COLLATE "C" NOT NULL,
    step             TEXT COLLATE "C" NOT NULL CHECK (length(step) BETWEEN 1 AND 200),
    position         BIGINT NOT NULL CHECK (position >= 0),
    flow_active      BOOLEAN NOT NULL,
    component        TEXT COLLATE "C" NOT NULL,
    needs_credential BOOLEAN NOT NULL,
    credential       TEXT COLLATE "C",
    PRIMARY KEY (workspace, flow, step),
    FOREIGN KEY (workspace, flow, flow_active) REFERENCES flows (workspace, id, active)
        ON UPDATE CASCADE ON DELETE CASCADE,
    FOREIGN KEY (component, needs_credential) REFERENCES components (id, needs_credential)
        ON UPDATE CASCADE ON DELETE RESTRICT,
    FOREIGN KEY (workspace, component, credential) REFERENCES credentials (workspace, component, id)
        ON DELETE RESTRICT,
    CONSTRAINT active_steps_have_their_credential
        CHECK (NOT (flow_active AND needs_credential AND credential IS NULL))
);

-- Where a credential is used, in the order of the list, with all that counting needs; and the component, so that
-- the keys of credentials are looked up here, whatever a planner knows of the rows.
CREATE INDEX flow_steps_by_credential ON flow_steps (workspace, credential, flow, step, flow_active, component)
    WHERE credential IS NOT NULL;

CREATE INDEX flow_steps_by_component ON flow_steps (component, needs_credential);

-- Nothing looks for the tokens of a workspace.
DROP INDEX api_tokens_by_workspace;

-- When a flow was given the credential's fields last, to the minute.
ALTER TABLE credentials ADD COLUMN last_used_at BIGINT CHECK (last_used_at >= 0);

-- How many credentials there are, kept by the trigger below. `slot` is the last character of the
-- credential's id: many who save at once meet in one row only seldom.
CREATE TABLE credential_counts (
    workspace TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE RESTRICT,
    component TEXT COLLATE "C" NOT NULL REFERENCES components (id) ON DELETE CASCADE,
    slot      TEXT COLLATE "C" NOT NULL CHECK (length(slot) = 1),
    total     BIGINT NOT NULL CHECK (total >= 0),
    attention BIGINT NOT NULL CHECK (attention BETWEEN 0 AND total),
    PRIMARY KEY (workspace, component, slot)
);

-- The policies bind the owner too: those that are there are counted over all workspaces.
SELECT set_config('keystead.scope', 'jobs', true);

INSERT INTO credential_counts (workspace, component, slot, total, attention)
    SELECT workspace, component, right(id, 1), count(*), count(*) FILTER (WHERE status <> 'verified')
    FROM credentials GROUP BY 1, 2, 3;

CREATE FUNCTION count_credential() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO credential_counts AS counts (workspace, component, slot, total, attention)
            VALUES (NEW.workspace, NEW.component, right(NEW.id, 1), 1, (NEW.status <> 'verified')::int)
            ON CONFLICT (workspace, component, slot)
            DO UPDATE SET total = counts.total + 1, attention = counts.attention + excluded.attention;
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE credential_counts
            SET attention = attention + (NEW.status <> 'verified')::int - (OLD.status <> 'verified')::int
            WHERE workspace = NEW.workspace AND component = NEW.component AND slot = right(NEW.id, 1);
    ELSE
        UPDATE credential_counts
            SET total = total - 1, attention = attention - (OLD.status <> 'verified')::int
            WHERE workspace = OLD.workspace AND component = OLD.component AND slot = right(OLD.id, 1);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER credentials_are_counted AFTER INSERT OR DELETE ON credentials
    FOR EACH ROW EXECUTE FUNCTION count_credential();

CREATE TRIGGER credentials_are_counted_anew AFTER UPDATE OF status ON credentials
    FOR EACH ROW WHEN ((OLD.status = 'verified') <> (NEW.status = 'verified'))
    EXECUTE FUNCTION count_credential();

ALTER TABLE flows ENABLE ROW LEVEL SECURITY;
ALTER TABLE flows FORCE ROW LEVEL SECURITY;
CREATE POLICY flows_of_workspace ON flows
    USING (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs')
    WITH CHECK (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs');

ALTER TABLE flow_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE flow_steps FORCE ROW LEVEL SECURITY;
CREATE POLICY flow_steps_of_workspace ON flow_steps
    USING (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs')
    WITH CHECK (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs');

ALTER TABLE credential_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE credential_counts FORCE ROW LEVEL SECURITY;
CREATE POLICY credential_counts_of_workspace ON credential_counts
    USING (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs')
    WITH CHECK (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs');
