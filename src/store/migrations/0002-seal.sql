-- What makes the log provable: the tiles of each tenant's tree and the checkpoints signed over it.
-- Both are derived from `event`; being signed over, they are never taken back.

CREATE TABLE tile (
  tenant  text     NOT NULL,
  -- 0 holds leaf hashes; each level above holds the roots of the full tiles below. Level 6 would reach 2^56 events.
  level   smallint NOT NULL CHECK (level BETWEEN 0 AND 6),
  "index" bigint   NOT NULL CHECK ("index" >= 0),
  -- 1 to 256 hashes of 32 bytes
  hashes  bytea    NOT NULL CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
  PRIMARY KEY (tenant, level, "index")
);
-- Hashes do not compress; trying to costs more than it can give.
ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE checkpoint (
  tenant    text        NOT NULL,
  size      bigint      NOT NULL CHECK (size > 0),
  root      bytea       NOT NULL CHECK (octet_length(root) = 32),
  note      text        NOT NULL,
  stored_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, size)
);

ALTER TABLE tile ENABLE ROW LEVEL SECURITY;
ALTER TABLE tile FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON tile USING (tenant = nullif(current_setting('hub.tenant', true), ''));
ALTER TABLE checkpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE checkpoint FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON checkpoint USING (tenant = nullif(current_setting('hub.tenant', true), ''));

-- A tile grows at its end and nowhere else: a published partial tile stays the beginning of what is stored.
CREATE FUNCTION tile_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (new.tenant, new.level, new."index") IS DISTINCT FROM (old.tenant, old.level, old."index")
     OR octet_length(new.hashes) < octet_length(old.hashes)
     OR substring(new.hashes FOR octet_length(old.hashes)) <> old.hashes THEN
    RAISE EXCEPTION 'tile %/% of tenant % would lose or change a hash', old.level, old."index", old.tenant USING errcode = 'check_violation';
  END IF;
  RETURN new;
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE ON tile FOR EACH ROW EXECUTE FUNCTION tile_only_grows();

-- Statement triggers: no deletion is so small that it goes unnoticed, and none so large that it is costly to refuse.
CREATE FUNCTION sealed_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is not allowed: it was sealed', tg_op, tg_table_name USING errcode = 'check_violation';
END $$;
CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON tile FOR EACH STATEMENT EXECUTE FUNCTION sealed_stays();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION sealed_stays();

-- The sealer sees leaf hashes and nothing of what they are hashes of.
GRANT SELECT, INSERT ON tile, checkpoint TO hub_signer;
GRANT UPDATE (hashes) ON tile TO hub_signer;
GRANT SELECT ON tile, checkpoint TO hub_app, hub_read;
GRANT SELECT (tenant, "index", leaf_hash) ON event TO hub_signer;
