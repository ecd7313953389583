-- Places are for order inside this file and never leave it: names that leave it are UUIDs.

CREATE TABLE head (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL,
    commits INTEGER NOT NULL
) STRICT;
INSERT INTO head (only, id, commits) VALUES (1, lower(hex(randomblob(16))), 0);

CREATE TABLE runs (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    site TEXT NOT NULL,
    environment TEXT NOT NULL,
    person TEXT NOT NULL,
    workstation TEXT NOT NULL,
    session TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    confirmed TEXT NOT NULL,
    begun TEXT NOT NULL,
    ended TEXT,
    state TEXT NOT NULL
) STRICT;
CREATE INDEX runs_running ON runs (state) WHERE state = 'running';
CREATE INDEX runs_where ON runs (site, environment);

CREATE TABLE steps (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL REFERENCES runs (id),
    number INTEGER NOT NULL,
    site TEXT NOT NULL,
    environment TEXT NOT NULL,
    person TEXT NOT NULL,
    host TEXT NOT NULL,
    service TEXT,
    unit TEXT,
    state TEXT NOT NULL,
    step TEXT NOT NULL,
    UNIQUE (run, number)
) STRICT;

-- What happened, in its order; rows are only ever added.
CREATE TABLE records (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    run TEXT NOT NULL,
    number INTEGER,
    site TEXT NOT NULL,
    environment TEXT NOT NULL,
    person TEXT NOT NULL,
    workstation TEXT NOT NULL,
    at TEXT NOT NULL,
    state TEXT NOT NULL,
    said TEXT NOT NULL
) STRICT;
CREATE INDEX records_of_run ON records (run);
CREATE TRIGGER records_stay BEFORE UPDATE ON records BEGIN SELECT RAISE(ABORT, 'records are never changed'); END;
CREATE TRIGGER records_remain BEFORE DELETE ON records BEGIN SELECT RAISE(ABORT, 'records are never removed'); END;
