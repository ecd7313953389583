-- What was said of the checklists that follow a release. Rows are only ever added; the newest word on an item counts.

CREATE TABLE followed (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    run TEXT NOT NULL,
    site TEXT NOT NULL,
    environment TEXT NOT NULL,
    person TEXT NOT NULL,
    workstation TEXT NOT NULL,
    at TEXT NOT NULL CHECK (at GLOB '*[0-9]T[0-9]*'),
    part TEXT NOT NULL,
    said TEXT NOT NULL CHECK (said GLOB '{*}')
) STRICT;
CREATE INDEX followed_where ON followed (site, environment);
CREATE TRIGGER followed_stay BEFORE UPDATE ON followed BEGIN SELECT RAISE(ABORT, 'followed is never changed'); END;
CREATE TRIGGER followed_remain BEFORE DELETE ON followed BEGIN SELECT RAISE(ABORT, 'followed is never removed'); END;
