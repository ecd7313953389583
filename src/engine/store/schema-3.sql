-- Releases: what a deploy or a rollback came to, and who looked at those that were not good. Rows are only ever added.

CREATE TABLE releases (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    run TEXT NOT NULL,
    site TEXT NOT NULL,
    environment TEXT NOT NULL,
    person TEXT NOT NULL,
    workstation TEXT NOT NULL,
    at TEXT NOT NULL CHECK (at GLOB '*[0-9]T[0-9]*'),
    verdict TEXT NOT NULL CHECK (verdict IN ('good', 'rolled-back', 'failed', 'unknown', 'examined')),
    said TEXT NOT NULL CHECK (said GLOB '{*}')
) STRICT;
CREATE INDEX releases_where ON releases (site, environment);
-- A run comes to one release; it may be examined more than once.
CREATE UNIQUE INDEX releases_of_run ON releases (run) WHERE verdict <> 'examined';
CREATE TRIGGER releases_stay BEFORE UPDATE ON releases BEGIN SELECT RAISE(ABORT, 'releases are never changed'); END;
CREATE TRIGGER releases_remain BEFORE DELETE ON releases BEGIN SELECT RAISE(ABORT, 'releases are never removed'); END;
