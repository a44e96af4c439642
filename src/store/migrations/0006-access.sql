-- Access keys: who may call the API, and for what. Only the hash of a key is kept; it has 256 bits of chance, so that a plain
-- hash is enough. The hub only reads them: they are made and revoked by the owner of the tables.
CREATE TABLE access_key (
  tenant     text           NOT NULL,
  -- Stands in the log beside what came under it, so it is never given again.
  name       text           NOT NULL CHECK (name ~ '^[a-z][a-z0-9-]{0,39}$'),
  hash       bytea          NOT NULL CHECK (octet_length(hash) = 32),
  scopes     text[]         NOT NULL CHECK (cardinality(scopes) > 0),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  revoked_at timestamptz(3),
  PRIMARY KEY (tenant, name)
);
CREATE UNIQUE INDEX access_key_hash ON access_key (tenant, hash);
CREATE TRIGGER stays_row BEFORE DELETE ON access_key FOR EACH ROW EXECUTE FUNCTION stays('the log names it');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON access_key FOR EACH STATEMENT EXECUTE FUNCTION stays('the log names it');
CREATE TRIGGER revoked_once BEFORE UPDATE ON access_key FOR EACH ROW
  WHEN (old.revoked_at IS NOT NULL OR (new.tenant, new.name, new.hash, new.scopes, new.created_at)
    IS DISTINCT FROM (old.tenant, old.name, old.hash, old.scopes, old.created_at))
  EXECUTE FUNCTION stays('a key is revoked, once, and never changed');

-- Requests that came under an Idempotency-Key, with what they were answered, until they expire.
CREATE TABLE request_key (
  tenant      text           NOT NULL,
  -- The access key, and method and address: what one caller did at one address is no other's business.
  caller      text           NOT NULL,
  route       text           NOT NULL CHECK (octet_length(route) <= 4000),
  key         text           NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
  fingerprint bytea          NOT NULL CHECK (octet_length(fingerprint) = 32),
  -- While it is at work: until when its process may still answer. Whoever comes later does the work again.
  busy_until  timestamptz(3),
  status      smallint,
  headers     text,
  body        bytea          CHECK (octet_length(body) <= 1048576),
  expires_at  timestamptz(3) NOT NULL,
  PRIMARY KEY (tenant, caller, route, key),
  CHECK ((status IS NULL) = (busy_until IS NOT NULL))
);
CREATE INDEX request_key_expired ON request_key (tenant, expires_at);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['access_key', 'request_key'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY one_tenant ON %I USING (tenant = nullif(current_setting(''hub.tenant'', true), ''''))', name);
  END LOOP;
END $$;

GRANT SELECT ON access_key TO hub_app;
GRANT SELECT (tenant, name, scopes, created_at, revoked_at) ON access_key TO hub_read;
GRANT SELECT ON request_key TO hub_read;
GRANT SELECT, INSERT, DELETE, UPDATE (fingerprint, busy_until, status, headers, body, expires_at) ON request_key TO hub_app;
