-- Version 2: what was reached and refused.

-- No second index and no sequence: the rows stand in the order in which they were written, and only ever go from the front.
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    app TEXT NOT NULL,
    host TEXT,
    outcome INTEGER NOT NULL,
    call TEXT NOT NULL,
    hop INTEGER NOT NULL,
    function TEXT NOT NULL,
    invocation TEXT NOT NULL,
    door TEXT,
    method TEXT NOT NULL,
    scheme TEXT,
    port INTEGER,
    route TEXT,
    path TEXT,
    rule TEXT,
    code TEXT,
    words TEXT,
    change TEXT,
    reported TEXT,
    address TEXT,
    reused INTEGER NOT NULL,
    cached INTEGER NOT NULL,
    status INTEGER,
    sent INTEGER NOT NULL,
    received INTEGER NOT NULL,
    took INTEGER NOT NULL,
    timings TEXT,
    secrets TEXT,
    echoed TEXT,
    weight INTEGER NOT NULL
) STRICT;

-- One row for each minute, app and host; what makes the charts.
CREATE TABLE traffic (
    minute INTEGER NOT NULL,
    app TEXT NOT NULL,
    host TEXT NOT NULL,
    calls INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    received INTEGER NOT NULL,
    took INTEGER NOT NULL,
    longest INTEGER NOT NULL,
    PRIMARY KEY (minute, app, host)
) STRICT, WITHOUT ROWID;
