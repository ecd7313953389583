-- Small things that a person keeps of a site: bookmarks in its logs, filters, columns. Each has a name of its own among
-- its kind; what is kept under it last counts, and what is taken away is gone. Nothing of it says what was done.

CREATE TABLE keepsakes (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    site TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('bookmark', 'filter', 'looked', 'columns')),
    name TEXT NOT NULL,
    said TEXT NOT NULL CHECK (said GLOB '{*}'),
    UNIQUE (site, kind, name)
) STRICT;
