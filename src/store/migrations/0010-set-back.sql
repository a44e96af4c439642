-- A database that was set back (a backup was restored, a standby that was behind took over) and that people have let go on: what was
-- sent in the time that is lost is not known here. Written by the owner of the tables; the hub reads it.
CREATE TABLE set_back (
  tenant   text           NOT NULL REFERENCES tenant (id),
  at       timestamptz(3) NOT NULL DEFAULT now(),
  -- When the last event before those that are lost was recorded.
  since    timestamptz(3) NOT NULL,
  -- Events from this index on were lost, of so many at least; written since then, before people knew: up to head.
  first    bigint         NOT NULL CHECK (first >= 0),
  known    bigint         NOT NULL CHECK (known >= first),
  head     bigint         NOT NULL CHECK (head >= first),
  by       text           NOT NULL CHECK (length(by) BETWEEN 1 AND 200),
  reason   text           NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
  -- Nothing is looked for any more before it is tried.
  ended_at timestamptz(3),
  PRIMARY KEY (tenant, at)
);
CREATE TRIGGER stays_row BEFORE DELETE ON set_back FOR EACH ROW EXECUTE FUNCTION stays('the log names it');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON set_back FOR EACH STATEMENT EXECUTE FUNCTION stays('the log names it');
CREATE TRIGGER ends_once BEFORE UPDATE ON set_back FOR EACH ROW
  WHEN (old.ended_at IS NOT NULL OR (new.tenant, new.at, new.since, new.first, new.known, new.head, new.by, new.reason)
    IS DISTINCT FROM (old.tenant, old.at, old.since, old.first, old.known, old.head, old.by, old.reason))
  EXECUTE FUNCTION stays('it is ended, once, and never changed');
ALTER TABLE set_back ENABLE ROW LEVEL SECURITY;
ALTER TABLE set_back FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON set_back USING (tenant = nullif(current_setting('hub.tenant', true), ''));
GRANT SELECT ON set_back TO hub_app, hub_read;
-- The sealer tells the checkpoints of the former log from its own.
GRANT SELECT (tenant, head) ON set_back TO hub_signer;

-- When a feed was last read to its end, as far as somebody waits for that.
ALTER TABLE cursor ADD COLUMN ended_at timestamptz(3);
GRANT UPDATE (ended_at) ON cursor TO hub_app;
