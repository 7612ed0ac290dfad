-- Version 1. Never changed once it was released: what comes later is a migration of its own.

CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('changes', 0);

-- A removed app stays as a row, so that its id is never another's and the events that name it can be read.
CREATE TABLE apps (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    folder BLOB,
    created INTEGER NOT NULL,
    removed INTEGER,
    generation INTEGER NOT NULL DEFAULT 0,
    versions INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX apps_by_name ON apps (name) WHERE removed IS NULL;

CREATE TABLE grants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app TEXT NOT NULL REFERENCES apps (id),
    rule TEXT NOT NULL,
    deny INTEGER NOT NULL,
    created INTEGER NOT NULL,
    UNIQUE (app, rule, deny)
) STRICT;

CREATE TABLE secrets (
    id INTEGER PRIMARY KEY,
    app TEXT NOT NULL REFERENCES apps (id),
    name TEXT NOT NULL,
    hmac INTEGER NOT NULL DEFAULT 0,
    trip INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    UNIQUE (app, name)
) STRICT;

-- The value in use has no end; there is one at most.
CREATE TABLE secret_values (
    secret INTEGER NOT NULL REFERENCES secrets (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    created INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (secret, version)
) STRICT;
CREATE UNIQUE INDEX secret_values_in_use ON secret_values (secret) WHERE until IS NULL;

CREATE TABLE secret_grants (
    id INTEGER PRIMARY KEY,
    secret INTEGER NOT NULL REFERENCES secrets (id) ON DELETE CASCADE,
    scheme TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    place TEXT NOT NULL,
    rule TEXT,
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX secret_grants_by_secret ON secret_grants (secret);

CREATE TABLE settings (
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    changed INTEGER NOT NULL,
    PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;

-- No second index and no sequence: this table is only ever appended to while it is hot.
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    app TEXT,
    kind TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
