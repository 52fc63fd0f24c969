-- Where each workspace stands with each destination: the failed verifications of a host, all its ports together,
-- or until when an origin wants to be left alone.
-- Rows are forgotten when `over_at` has passed; see host/src/domain/budget.rs.
CREATE TABLE budgets (
    workspace     TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    destination   TEXT COLLATE "C" NOT NULL CHECK (length(destination) BETWEEN 1 AND 300),
    window_start  BIGINT NOT NULL CHECK (window_start >= 0),
    failures      BIGINT NOT NULL CHECK (failures >= 0),
    level         BIGINT NOT NULL CHECK (level >= 0),
    blocked_until BIGINT NOT NULL CHECK (blocked_until >= 0),
    rests_until   BIGINT NOT NULL CHECK (rests_until >= 0),
    over_at       BIGINT NOT NULL,
    PRIMARY KEY (workspace, destination),
    CHECK (over_at >= window_start),
    CHECK (over_at >= blocked_until OR level = 0),
    CHECK (over_at >= rests_until)
);

CREATE INDEX budgets_by_end ON budgets (workspace, over_at);

ALTER TABLE budgets ENABLE ROW LEVEL SECURITY;
ALTER TABLE budgets FORCE ROW LEVEL SECURITY;
CREATE POLICY budgets_of_workspace ON budgets
    USING (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs')
    WITH CHECK (workspace = current_setting('keystead.workspace', true) OR current_setting('keystead.scope', true) = 'jobs');
