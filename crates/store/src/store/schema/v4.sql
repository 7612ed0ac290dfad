-- Version 4: attempts lie in packs. Versions 2 and 3 were never released, so their rows are not moved: the log of attempts starts
-- anew. The sums of its minutes stay, as does everything else.

DROP TABLE attempts;

-- One row for the attempts that were written together, at most some dozens. No second index and no sequence: the packs stand in the
-- order in which they were written, and only ever go from the front.
CREATE TABLE attempts (
    -- The number of the first attempt; the others have those that follow.
    id INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    -- When the earliest and the latest of them began.
    oldest INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    pack BLOB NOT NULL
) STRICT;
