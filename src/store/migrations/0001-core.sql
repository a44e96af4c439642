-- The durable state of the hub. Every key starts with the tenant; every tenant table is under forced row-level security, so
-- that without `hub.tenant` set in the transaction there are no rows, whatever the statement says. PostgreSQL 15 or later.

-- Roles belong to the whole server: another database's migration may be making them at this moment.
DO $$
DECLARE role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['hub_app', 'hub_signer', 'hub_eraser', 'hub_read'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', role);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END;
    END IF;
  END LOOP;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO hub_app, hub_signer, hub_eraser, hub_read;

-- Who there is to work for. Read before a tenant is chosen, so it holds nothing but names.
CREATE TABLE tenant (
  id text PRIMARY KEY CHECK (id ~ '^[a-z0-9-]{1,40}$')
);

-- Where each tenant's log ends. Locked last in every commit; gives gap-free indexes, so that commit order is index order.
CREATE TABLE tenant_head (
  tenant      text           PRIMARY KEY REFERENCES tenant,
  next_index  bigint         NOT NULL DEFAULT 0 CHECK (next_index >= 0),
  -- The time of the last commit; no event is recorded before it.
  recorded_at timestamptz(3) NOT NULL DEFAULT '2000-01-01Z',
  -- A commit made under a lower law or configuration is refused: that process is older than what the log already holds.
  law         integer        NOT NULL DEFAULT 0,
  config      bigint         NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- docs/spec/log.md. Partitioned by index with the same bounds for all tenants; grants on the parent only, since a granted
-- partition would bypass its parent's policy.
CREATE TABLE event (
  tenant      text           NOT NULL,
  "index"     bigint         NOT NULL,
  id          text           NOT NULL,
  type        text           NOT NULL,
  v           smallint       NOT NULL,
  -- Empty when it was logged before anybody knew what its names mean: event_link says what they turned out to mean.
  objects     text[]         NOT NULL,
  occurred_at timestamptz(3) NOT NULL,
  recorded_at timestamptz(3) NOT NULL,
  actor       text           NOT NULL,
  cfg         text           NOT NULL,
  body        bytea,
  salt        bytea          CHECK (octet_length(salt) = 32),
  commitment  bytea          NOT NULL CHECK (octet_length(commitment) = 32),
  leaf_hash   bytea          NOT NULL CHECK (octet_length(leaf_hash) = 32),
  PRIMARY KEY (tenant, "index"),
  CHECK ((body IS NULL) = (salt IS NULL))
) PARTITION BY RANGE ("index");
-- Bodies are proved byte for byte and are mostly small: compressing them costs more than it saves.
ALTER TABLE event ALTER COLUMN body SET STORAGE EXTERNAL;
-- The history of one object, in order: rows in which it stands first; the others are found by event_link.
CREATE INDEX event_of_object ON event (tenant, (objects[1]), "index");
-- A fact by its id. A decision's id starts with the id of its object.
CREATE INDEX event_by_id ON event (tenant, id) WHERE id LIKE 'evt\_%';
CREATE TABLE event_p0 PARTITION OF event FOR VALUES FROM (0) TO (10000000);
ALTER TABLE event_p0 ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_p0 FORCE ROW LEVEL SECURITY;

-- Objects of an event after the first, and every object of a fact that had been parked.
CREATE TABLE event_link (
  tenant  text   NOT NULL,
  object  text   NOT NULL,
  "index" bigint NOT NULL,
  -- Index after which it was folded: its own, or for a parked fact that of the fact which bound its name.
  applied bigint NOT NULL CHECK (applied >= "index"),
  -- For a parked fact the objects that its names turned out to mean.
  bound   text[],
  PRIMARY KEY (tenant, object, applied, "index")
);

-- The same id from the same source is the same event for ever; never pruned. The key is derived from tenant, source and
-- the source's own id (src/lib/ids.ts), which also makes it the event's canonical id: one index serves both.
CREATE TABLE identity (
  tenant      text  NOT NULL,
  id          text  NOT NULL,
  source      text  NOT NULL,
  event_id    text  NOT NULL,
  -- SHA-256 of what it said; NULL once erased.
  fingerprint bytea CHECK (octet_length(fingerprint) = 32),
  PRIMARY KEY (tenant, id)
);

-- External names of objects. A name is bound once; merging is a fact, not another binding. A row without object stands for
-- a name that somebody waits for: binding it must meet whoever waits at this row.
-- Stands in two parts, last first, so that one index finds it by what people type in as well: the id alone, of whatever system
-- and kind. `name` is `scope|tail`.
CREATE TABLE alias (
  tenant text NOT NULL,
  tail   text NOT NULL,
  scope  text NOT NULL,
  object text,
  PRIMARY KEY (tenant, tail, scope)
);

-- Facts whose object is not known yet: logged, not folded. Whoever binds one of their names takes them in the same commit.
CREATE TABLE unbound (
  tenant  text           NOT NULL,
  "index" bigint         NOT NULL,
  -- What it is about, as its arrival named it: canonical JSON of {about, ensures}.
  refs    text           NOT NULL,
  since   timestamptz(3) NOT NULL,
  noticed boolean        NOT NULL DEFAULT false,
  PRIMARY KEY (tenant, "index")
);
CREATE INDEX unbound_unnoticed ON unbound (tenant, since) WHERE NOT noticed;
CREATE TABLE unbound_name (
  tenant  text   NOT NULL,
  name    text   NOT NULL,
  "index" bigint NOT NULL,
  PRIMARY KEY (tenant, name, "index")
);

CREATE TABLE object (
  tenant  text           NOT NULL,
  id      text           NOT NULL,
  kind    text           NOT NULL,
  version integer        NOT NULL CHECK (version > 0),
  wake_at timestamptz(3),
  -- Its external names: their rows in alias point here.
  names   text[]         NOT NULL DEFAULT '{}',
  -- What it waits for: its rows in interest.
  waits   text[]         NOT NULL DEFAULT '{}',
  -- Canonical JSON: a rebuild from the log gives the same bytes. Meant to stay below 8 KB; far above it something runs away.
  state   text           NOT NULL CHECK (octet_length(state) <= 262144),
  PRIMARY KEY (tenant, id)
) WITH (fillfactor = 70, toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.05);
-- Read and written whole in every commit: in the row and not compressed as long as it fits.
ALTER TABLE object ALTER COLUMN state SET STORAGE EXTERNAL;
CREATE INDEX object_wake ON object (tenant, wake_at) WHERE wake_at IS NOT NULL;

-- What lists filter and sort by; written beside the object.
CREATE TABLE list_row (
  tenant   text           NOT NULL,
  object   text           NOT NULL,
  kind     text           NOT NULL,
  -- When the object came to be: the order of lists, which never changes.
  since    timestamptz(3) NOT NULL,
  title    text           NOT NULL,
  state    text           NOT NULL,
  currency text,
  amount   numeric,
  party    text,
  entity   text,
  due_on   date,
  owner    text,
  cause    text,
  open     boolean        NOT NULL,
  breaches text[]         NOT NULL,
  PRIMARY KEY (tenant, object)
) WITH (fillfactor = 70);
-- Newest first, by state: there are few states, so a list of all of them is merged from one range for each.
CREATE INDEX list_row_newest ON list_row (tenant, kind, state, since DESC, object);
-- What is open, soonest first.
CREATE INDEX list_row_due ON list_row (tenant, kind, (coalesce(due_on, 'infinity'::date)), object) WHERE open;

-- Who waits for news of what (an object, or a name that is not bound yet); the inverse of object.waits.
CREATE TABLE interest (
  tenant text NOT NULL,
  name   text NOT NULL,
  object text NOT NULL,
  PRIMARY KEY (tenant, name, object)
);

-- News that somebody waits for, left by the commit that made it; a worker wakes the interested, slice by slice, outside it.
CREATE TABLE stir (
  tenant  text   NOT NULL,
  seq     bigint GENERATED ALWAYS AS IDENTITY,
  name    text   NOT NULL,
  -- The last of the interested that was woken.
  done_to text   NOT NULL DEFAULT '',
  PRIMARY KEY (tenant, seq)
);

-- The matrix: per object, system and facet what it should show, what we told it, what it says itself.
CREATE TABLE cell (
  tenant   text NOT NULL,
  object   text NOT NULL,
  system   text NOT NULL,
  facet    text NOT NULL,
  expected text,
  told     text,
  reported text,
  -- When `reported` last changed.
  heard_at timestamptz(3),
  PRIMARY KEY (tenant, object, system, facet)
) WITH (fillfactor = 70);

-- The queue: one row for life per effect. An effect is inserted when its key is new, never because a version moved.
CREATE TABLE effect (
  tenant       text           NOT NULL,
  key          text           NOT NULL CHECK (length(key) = 64),
  target       text           NOT NULL,
  command      text           NOT NULL,
  object       text           NOT NULL,
  occurrence   text           NOT NULL,
  subject      text           NOT NULL,
  content      text           NOT NULL,
  content_hash text           NOT NULL CHECK (length(content_hash) = 64),
  lane         smallint       NOT NULL CHECK (lane BETWEEN 0 AND 7),
  state        text           NOT NULL CHECK (state IN ('waiting', 'open', 'unknown', 'done', 'refused', 'held', 'dead', 'superseded')),
  attempts     integer        NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  failures     integer        NOT NULL DEFAULT 0 CHECK (failures >= 0),
  due_at       timestamptz(3) NOT NULL,
  -- The date that its urgency is measured by: its money date, else the day it was decided, so that nothing starves.
  due_on       date           NOT NULL,
  blocks       boolean        NOT NULL,
  PRIMARY KEY (tenant, key)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
-- One at a time in flight for what a command is about.
CREATE UNIQUE INDEX effect_in_flight ON effect (tenant, target, object) WHERE state IN ('open', 'unknown');
-- Money: while one of the same command and object may have acted and was not undone, there is no second one.
CREATE UNIQUE INDEX effect_money ON effect (tenant, command, object) WHERE blocks;
CREATE INDEX effect_due ON effect (tenant, target, lane, due_on, due_at) WHERE state IN ('waiting', 'unknown');
CREATE INDEX effect_look_again ON effect (tenant, target, due_at) WHERE state IN ('held', 'done') AND due_at < '9999-01-01Z';
CREATE INDEX effect_of_subject ON effect (tenant, subject);

-- One try each. Append-only but for its outcome; `n` is the fence.
CREATE TABLE attempt (
  tenant         text           NOT NULL,
  key            text           NOT NULL,
  n              integer        NOT NULL CHECK (n > 0),
  process        text           NOT NULL,
  request_hash   text           NOT NULL,
  opened_at      timestamptz(3) NOT NULL,
  not_after      timestamptz(3) NOT NULL,
  outcome        text           NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'not-sent', 'no-effect', 'done', 'refused', 'other', 'unknown')),
  says           text,
  -- Canonical JSON of what the target gave as proof.
  receipt        text,
  closed_at      timestamptz(3),
  -- Set by the sender itself when it can no longer send: together with its session lock it tells whether a call may still come.
  sender_done_at timestamptz(3),
  -- JSON list of {at, found}: looks after an unknown outcome, by whichever process.
  looks          text           NOT NULL DEFAULT '[]',
  PRIMARY KEY (tenant, key, n),
  CHECK ((outcome = 'open') = (closed_at IS NULL))
);
CREATE INDEX attempt_open ON attempt (tenant, not_after) WHERE outcome = 'open';
CREATE INDEX attempt_sending ON attempt (tenant, process) WHERE sender_done_at IS NULL;

-- Bytes under their hash, in pieces, written before the event that names them.
CREATE TABLE document (
  tenant     text   NOT NULL,
  sha256     text   NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  media_type text   NOT NULL,
  length     bigint NOT NULL CHECK (length >= 0),
  PRIMARY KEY (tenant, sha256)
);
CREATE TABLE document_chunk (
  tenant text    NOT NULL,
  sha256 text    NOT NULL,
  n      integer NOT NULL CHECK (n >= 0),
  bytes  bytea   NOT NULL CHECK (octet_length(bytes) <= 1048576),
  PRIMARY KEY (tenant, sha256, n),
  FOREIGN KEY (tenant, sha256) REFERENCES document
);
ALTER TABLE document_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- What could not be taken in: the arrival as it came, with an owner. Its event names the same id.
CREATE TABLE quarantine (
  tenant      text           NOT NULL,
  id          text           NOT NULL,
  source      text           NOT NULL,
  type        text           NOT NULL,
  -- Canonical JSON of the arrival, or the nudged object's id; NULL once erased.
  bytes       bytea,
  says        text           NOT NULL,
  owner       text           NOT NULL,
  since       timestamptz(3) NOT NULL,
  last_at     timestamptz(3) NOT NULL,
  times       integer        NOT NULL DEFAULT 1 CHECK (times > 0),
  resolved_at timestamptz(3),
  PRIMARY KEY (tenant, id)
);
CREATE INDEX quarantine_standing ON quarantine (tenant, since) WHERE resolved_at IS NULL;

-- Per system: when it was last heard, whether people paused it, and what delivery has learned about it.
CREATE TABLE system (
  tenant   text    NOT NULL,
  name     text    NOT NULL,
  heard_at timestamptz(3),
  paused   boolean NOT NULL DEFAULT false,
  -- Breaker, learned rate: JSON, written by version.
  delivery text    NOT NULL DEFAULT '{}',
  version  integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, name)
) WITH (fillfactor = 50);

-- How far each feed has been read.
CREATE TABLE cursor (
  tenant   text NOT NULL,
  system   text NOT NULL,
  feed     text NOT NULL,
  position text CHECK (length(position) <= 4000),
  PRIMARY KEY (tenant, system, feed)
) WITH (fillfactor = 50);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tenant_head', 'event', 'event_link', 'identity', 'alias', 'unbound', 'unbound_name', 'object', 'list_row', 'interest',
    'stir', 'cell', 'effect', 'attempt', 'document', 'document_chunk', 'quarantine', 'system', 'cursor'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY one_tenant ON %I USING (tenant = nullif(current_setting(''hub.tenant'', true), ''''))', name);
  END LOOP;
END $$;

-- What never happens to a row, for nobody, a superuser included. The conditions stand in the triggers' WHEN, which costs
-- nothing while they do not hold.
CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is not allowed: %', tg_op, tg_table_name, tg_argv[0] USING errcode = 'insufficient_privilege';
END $$;

-- The log is only ever added to. Erasing takes body and salt together and nothing else, by one role.
CREATE TRIGGER stays_row BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION stays('an event is never taken back');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION stays('an event is never taken back');
CREATE FUNCTION event_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'hub_eraser' AND new.body IS NULL AND new.salt IS NULL
     AND (new.tenant, new."index", new.id, new.type, new.v, new.objects, new.occurred_at, new.recorded_at, new.actor, new.cfg, new.commitment, new.leaf_hash)
       IS NOT DISTINCT FROM
         (old.tenant, old."index", old.id, old.type, old.v, old.objects, old.occurred_at, old.recorded_at, old.actor, old.cfg, old.commitment, old.leaf_hash)
  THEN RETURN new; END IF;
  RAISE EXCEPTION 'UPDATE of event is not allowed: an event never changes' USING errcode = 'insufficient_privilege';
END $$;
CREATE TRIGGER erased BEFORE UPDATE ON event FOR EACH ROW EXECUTE FUNCTION event_erased();

CREATE TRIGGER stays_row BEFORE UPDATE OR DELETE ON event_link FOR EACH ROW EXECUTE FUNCTION stays('it belongs to the log');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON event_link FOR EACH STATEMENT EXECUTE FUNCTION stays('it belongs to the log');

CREATE TRIGGER stays_row BEFORE DELETE ON identity FOR EACH ROW EXECUTE FUNCTION stays('an identity is known for ever');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON identity FOR EACH STATEMENT EXECUTE FUNCTION stays('an identity is known for ever');
CREATE TRIGGER erased BEFORE UPDATE ON identity FOR EACH ROW
  WHEN (current_user <> 'hub_eraser' OR new.fingerprint IS NOT NULL
    OR (new.tenant, new.id, new.source, new.event_id) IS DISTINCT FROM (old.tenant, old.id, old.source, old.event_id))
  EXECUTE FUNCTION stays('an identity never changes');

CREATE TRIGGER stays_row BEFORE DELETE ON alias FOR EACH ROW EXECUTE FUNCTION stays('a name is bound for ever');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON alias FOR EACH STATEMENT EXECUTE FUNCTION stays('a name is bound for ever');
CREATE TRIGGER bound BEFORE UPDATE ON alias FOR EACH ROW
  WHEN (old.object IS DISTINCT FROM new.object AND old.object IS NOT NULL OR (new.tenant, new.tail, new.scope) IS DISTINCT FROM (old.tenant, old.tail, old.scope))
  EXECUTE FUNCTION stays('a name is bound for ever');

CREATE TRIGGER stays_row BEFORE DELETE ON tenant_head FOR EACH ROW EXECUTE FUNCTION stays('a log ends nowhere else');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON tenant_head FOR EACH STATEMENT EXECUTE FUNCTION stays('a log ends nowhere else');
CREATE TRIGGER only_grows BEFORE UPDATE ON tenant_head FOR EACH ROW
  WHEN (new.tenant <> old.tenant OR new.next_index < old.next_index OR new.recorded_at < old.recorded_at OR new.law < old.law OR new.config < old.config)
  EXECUTE FUNCTION stays('a log only grows');

-- An attempt's outcome is written once; the request that it stands for never changes.
CREATE TRIGGER stays_row BEFORE DELETE ON attempt FOR EACH ROW EXECUTE FUNCTION stays('an attempt was made or not');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON attempt FOR EACH STATEMENT EXECUTE FUNCTION stays('an attempt was made or not');
CREATE TRIGGER closes_once BEFORE UPDATE ON attempt FOR EACH ROW
  WHEN ((new.tenant, new.key, new.n, new.process, new.request_hash, new.opened_at, new.not_after)
      IS DISTINCT FROM (old.tenant, old.key, old.n, old.process, old.request_hash, old.opened_at, old.not_after)
    OR old.outcome <> 'open' AND (new.outcome, new.says, new.receipt, new.closed_at) IS DISTINCT FROM (old.outcome, old.says, old.receipt, old.closed_at)
    OR old.sender_done_at IS NOT NULL AND new.sender_done_at IS DISTINCT FROM old.sender_done_at)
  EXECUTE FUNCTION stays('an outcome is written once');

-- Ends a commit whose moment has passed: the head moved in time, law or configuration. Called only then.
CREATE FUNCTION head_moved() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the head of the log has moved' USING errcode = 'TO001';
END $$;

-- Makes partitions until the one that holds `highest` is less than four fifths full, and says where the last one ends. With
-- the owner's rights, since the application may not create tables. Attached, not created in place, which would lock out writers.
CREATE FUNCTION event_make_room(highest bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  parts bigint;
  name text;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('event_make_room'));
  SELECT count(*) INTO parts FROM pg_inherits WHERE inhparent = 'public.event'::regclass;
  -- Two at a time are enough for any log that grows by commits; more would be somebody's mistake.
  WHILE highest >= parts * 10000000 - 2000000 AND made < 2 LOOP
    name := 'event_p' || parts;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.event INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', name);
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE public.event ATTACH PARTITION public.%I FOR VALUES FROM (%s) TO (%s)', name, parts * 10000000, (parts + 1) * 10000000);
    parts := parts + 1;
    made := made + 1;
  END LOOP;
  RETURN parts * 10000000;
END $$;

-- Counts the rows anew, with the owner's rights. Plans made while the tables were empty take any index that begins with the
-- tenant; autovacuum mends that within a minute, a fast beginning needs it sooner.
CREATE FUNCTION tables_have_grown() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE name text;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('tables_have_grown')) THEN RETURN; END IF;
  FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition LOOP
    EXECUTE format('ANALYZE public.%I', name);
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION event_make_room(bigint), head_moved(), tables_have_grown() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION event_make_room(bigint), head_moved(), tables_have_grown() TO hub_app;

GRANT SELECT ON tenant TO hub_app, hub_signer, hub_read;

GRANT SELECT, INSERT ON event, event_link, identity, alias, unbound, unbound_name, object, list_row, interest, stir, cell, effect, attempt, document,
  document_chunk, quarantine, system, cursor TO hub_app;
GRANT SELECT, UPDATE (next_index, recorded_at, law, config) ON tenant_head TO hub_app;
GRANT UPDATE (object) ON alias TO hub_app;
GRANT UPDATE (noticed), DELETE ON unbound TO hub_app;
GRANT DELETE ON unbound_name, interest, list_row TO hub_app;
GRANT UPDATE (version, wake_at, names, waits, state) ON object TO hub_app;
GRANT UPDATE (title, state, currency, amount, party, entity, due_on, owner, cause, open, breaches) ON list_row TO hub_app;
GRANT UPDATE (done_to), DELETE ON stir TO hub_app;
GRANT UPDATE (expected, told, reported, heard_at) ON cell TO hub_app;
GRANT UPDATE (content, content_hash, lane, state, attempts, failures, due_at, due_on, blocks) ON effect TO hub_app;
GRANT UPDATE (outcome, says, receipt, closed_at, sender_done_at, looks) ON attempt TO hub_app;
GRANT UPDATE (last_at, times, resolved_at) ON quarantine TO hub_app;
GRANT UPDATE (heard_at, paused, delivery, version) ON system TO hub_app;
GRANT UPDATE (position) ON cursor TO hub_app;

GRANT SELECT (tenant, next_index) ON tenant_head TO hub_signer;

GRANT SELECT ON event, event_link, identity, document, document_chunk, quarantine TO hub_eraser;
GRANT UPDATE (body, salt) ON event TO hub_eraser;
GRANT UPDATE (fingerprint) ON identity TO hub_eraser;
GRANT UPDATE (bytes) ON quarantine TO hub_eraser;
GRANT DELETE ON document_chunk TO hub_eraser;

GRANT SELECT ON tenant_head, event, event_link, identity, alias, unbound, unbound_name, object, list_row, interest, stir, cell, effect, attempt, document,
  document_chunk, quarantine, system, cursor TO hub_read;
