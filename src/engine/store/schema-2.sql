-- Runs of procedures: what they are bound to, who is at them, what they printed, and what was typed for them.

ALTER TABLE runs ADD COLUMN document TEXT;
ALTER TABLE runs ADD COLUMN procedure TEXT;
-- Counts the consoles that were at it; the newest alone may go on.
ALTER TABLE runs ADD COLUMN token INTEGER NOT NULL DEFAULT 1;
-- Who took it over last, and from where.
ALTER TABLE runs ADD COLUMN owner TEXT;
ALTER TABLE runs ADD COLUMN owner_at TEXT;
CREATE INDEX runs_of_procedure ON runs (site, procedure) WHERE procedure IS NOT NULL;

CREATE TABLE documents (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64),
    site TEXT NOT NULL,
    environment TEXT NOT NULL,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    kept TEXT NOT NULL CHECK (kept GLOB '*[0-9]T[0-9]*'),
    text TEXT NOT NULL
) STRICT;
CREATE TRIGGER documents_stay BEFORE UPDATE ON documents BEGIN SELECT RAISE(ABORT, 'documents are never changed'); END;

-- What steps printed; rows are only ever added, and no two hold the same byte.
CREATE TABLE outputs (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    error INTEGER NOT NULL CHECK (error IN (0, 1)),
    at INTEGER NOT NULL,
    site TEXT NOT NULL,
    environment TEXT NOT NULL,
    person TEXT NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (run, number, attempt, error, at)
) STRICT;
CREATE TRIGGER outputs_stay BEFORE UPDATE ON outputs BEGIN SELECT RAISE(ABORT, 'outputs are never changed'); END;
CREATE TRIGGER outputs_remain BEFORE DELETE ON outputs BEGIN SELECT RAISE(ABORT, 'outputs are never removed'); END;

-- How much of each try is kept, and how far it was read: what lies between was cut.
CREATE TABLE printed (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    error INTEGER NOT NULL CHECK (error IN (0, 1)),
    kept INTEGER NOT NULL,
    reached INTEGER NOT NULL,
    UNIQUE (run, number, attempt, error)
) STRICT;

-- What was typed for inputs, never for secret ones.
CREATE TABLE inputs (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    site TEXT NOT NULL,
    environment TEXT NOT NULL,
    person TEXT NOT NULL,
    procedure TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    at TEXT NOT NULL CHECK (at GLOB '*[0-9]T[0-9]*')
) STRICT;
CREATE INDEX inputs_of_procedure ON inputs (site, procedure, name);
