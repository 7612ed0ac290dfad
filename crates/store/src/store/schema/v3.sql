-- Version 3: tries of one hop, what decided or answered in place of a rule or the network, and how a kept response was used.

ALTER TABLE attempts ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN hook TEXT;
ALTER TABLE attempts ADD COLUMN cache TEXT;
