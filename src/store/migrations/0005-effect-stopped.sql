-- What waits for people, by system: few rows of many, asked for page by page.
CREATE INDEX effect_stopped ON effect (tenant, target, lane, due_on, due_at, key) WHERE state IN ('held', 'refused', 'dead');
