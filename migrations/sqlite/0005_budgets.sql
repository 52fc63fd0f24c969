-- Where each workspace stands with each destination: the failed verifications of a host, all its ports together,
-- or until when an origin wants to be left alone.
-- Rows are forgotten when `over_at` has passed; see host/src/domain/budget.rs.
CREATE TABLE budgets (
    workspace     TEXT    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    destination   TEXT    NOT NULL CHECK (length(destination) BETWEEN 1 AND 300),
    window_start  INTEGER NOT NULL CHECK (window_start >= 0),
    failures      INTEGER NOT NULL CHECK (failures >= 0),
    level         INTEGER NOT NULL CHECK (level >= 0),
    blocked_until INTEGER NOT NULL CHECK (blocked_until >= 0),
    rests_until   INTEGER NOT NULL CHECK (rests_until >= 0),
    over_at       INTEGER NOT NULL,
    PRIMARY KEY (workspace, destination),
    CHECK (over_at >= window_start),
    CHECK (over_at >= blocked_until OR level = 0),
    CHECK (over_at >= rests_until)
) STRICT;

CREATE INDEX budgets_by_end ON budgets (workspace, over_at);
