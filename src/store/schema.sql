-- Made by src/store/schema.ts from a database to which all migrations were applied. Not read by anything.

CREATE TABLE access_key (
  tenant text NOT NULL,
  name text NOT NULL,
  hash bytea NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamp(3) with time zone NOT NULL DEFAULT now(),
  revoked_at timestamp(3) with time zone,
  CONSTRAINT access_key_pkey PRIMARY KEY (tenant, name),
  CONSTRAINT access_key_hash_check CHECK ((octet_length(hash) = 32)),
  CONSTRAINT access_key_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{0,39}$'::text)),
  CONSTRAINT access_key_scopes_check CHECK ((cardinality(scopes) > 0))
);
CREATE UNIQUE INDEX access_key_hash ON public.access_key USING btree (tenant, hash);
CREATE TRIGGER revoked_once BEFORE UPDATE ON public.access_key FOR EACH ROW WHEN (((old.revoked_at IS NOT NULL) OR (((((new.tenant IS DISTINCT FROM old.tenant) OR (new.name IS DISTINCT FROM old.name)) OR (new.hash IS DISTINCT FROM old.hash)) OR (new.scopes IS DISTINCT FROM old.scopes)) OR (new.created_at IS DISTINCT FROM old.created_at)))) EXECUTE FUNCTION stays('a key is revoked, once, and never changed');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON public.access_key FOR EACH STATEMENT EXECUTE FUNCTION stays('the log names it');
CREATE TRIGGER stays_row BEFORE DELETE ON public.access_key FOR EACH ROW EXECUTE FUNCTION stays('the log names it');
ALTER TABLE access_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_key FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON access_key FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT SELECT ON access_key TO hub_app;
GRANT SELECT (tenant, name, scopes, created_at, revoked_at) ON access_key TO hub_read;

CREATE TABLE alias (
  tenant text NOT NULL,
  tail text NOT NULL,
  scope text NOT NULL,
  object text,
  CONSTRAINT alias_pkey PRIMARY KEY (tenant, tail, scope)
);
CREATE TRIGGER bound BEFORE UPDATE ON public.alias FOR EACH ROW WHEN ((((old.object IS DISTINCT FROM new.object) AND (old.object IS NOT NULL)) OR (((new.tenant IS DISTINCT FROM old.tenant) OR (new.tail IS DISTINCT FROM old.tail)) OR (new.scope IS DISTINCT FROM old.scope)))) EXECUTE FUNCTION stays('a name is bound for ever');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON public.alias FOR EACH STATEMENT EXECUTE FUNCTION stays('a name is bound for ever');
CREATE TRIGGER stays_row BEFORE DELETE ON public.alias FOR EACH ROW EXECUTE FUNCTION stays('a name is bound for ever');
ALTER TABLE alias ENABLE ROW LEVEL SECURITY;
ALTER TABLE alias FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON alias FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON alias TO hub_app;
GRANT SELECT ON alias TO hub_read;
GRANT UPDATE (object) ON alias TO hub_app;

CREATE TABLE attempt (
  tenant text NOT NULL,
  key text NOT NULL,
  n integer NOT NULL,
  process text NOT NULL,
  request_hash text NOT NULL,
  opened_at timestamp(3) with time zone NOT NULL,
  not_after timestamp(3) with time zone NOT NULL,
  outcome text NOT NULL DEFAULT 'open'::text,
  says text,
  receipt text,
  closed_at timestamp(3) with time zone,
  sender_done_at timestamp(3) with time zone,
  looks text NOT NULL DEFAULT '[]'::text,
  CONSTRAINT attempt_pkey PRIMARY KEY (tenant, key, n),
  CONSTRAINT attempt_check CHECK (((outcome = 'open'::text) = (closed_at IS NULL))),
  CONSTRAINT attempt_n_check CHECK ((n > 0)),
  CONSTRAINT attempt_outcome_check CHECK ((outcome = ANY (ARRAY['open'::text, 'not-sent'::text, 'no-effect'::text, 'done'::text, 'refused'::text, 'other'::text, 'unknown'::text])))
);
CREATE INDEX attempt_open ON public.attempt USING btree (tenant, not_after) WHERE (outcome = 'open'::text);
CREATE INDEX attempt_sending ON public.attempt USING btree (tenant, process) WHERE (sender_done_at IS NULL);
CREATE TRIGGER closes_once BEFORE UPDATE ON public.attempt FOR EACH ROW WHEN (((((((((new.tenant IS DISTINCT FROM old.tenant) OR (new.key IS DISTINCT FROM old.key)) OR (new.n IS DISTINCT FROM old.n)) OR (new.process IS DISTINCT FROM old.process)) OR (new.request_hash IS DISTINCT FROM old.request_hash)) OR (new.opened_at IS DISTINCT FROM old.opened_at)) OR (new.not_after IS DISTINCT FROM old.not_after)) OR ((old.outcome <> 'open'::text) AND ((((new.outcome IS DISTINCT FROM old.outcome) OR (new.says IS DISTINCT FROM old.says)) OR (new.receipt IS DISTINCT FROM old.receipt)) OR (new.closed_at IS DISTINCT FROM old.closed_at))) OR ((old.sender_done_at IS NOT NULL) AND (new.sender_done_at IS DISTINCT FROM old.sender_done_at)))) EXECUTE FUNCTION stays('an outcome is written once');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON public.attempt FOR EACH STATEMENT EXECUTE FUNCTION stays('an attempt was made or not');
CREATE TRIGGER stays_row BEFORE DELETE ON public.attempt FOR EACH ROW EXECUTE FUNCTION stays('an attempt was made or not');
ALTER TABLE attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE attempt FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON attempt FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON attempt TO hub_app;
GRANT SELECT ON attempt TO hub_read;
GRANT UPDATE (outcome, says, receipt, closed_at, sender_done_at, looks) ON attempt TO hub_app;

CREATE TABLE cell (
  tenant text NOT NULL,
  object text NOT NULL,
  system text NOT NULL,
  facet text NOT NULL,
  expected text,
  told text,
  reported text,
  heard_at timestamp(3) with time zone,
  CONSTRAINT cell_pkey PRIMARY KEY (tenant, object, system, facet)
) WITH (fillfactor=70);
ALTER TABLE cell ENABLE ROW LEVEL SECURITY;
ALTER TABLE cell FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON cell FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON cell TO hub_app;
GRANT SELECT ON cell TO hub_read;
GRANT UPDATE (expected, told, reported, heard_at) ON cell TO hub_app;

CREATE TABLE checkpoint (
  tenant text NOT NULL,
  size bigint NOT NULL,
  root bytea NOT NULL,
  note text NOT NULL,
  stored_at timestamp(3) with time zone NOT NULL DEFAULT now(),
  CONSTRAINT checkpoint_pkey PRIMARY KEY (tenant, size),
  CONSTRAINT checkpoint_root_check CHECK ((octet_length(root) = 32)),
  CONSTRAINT checkpoint_size_check CHECK ((size > 0))
);
CREATE TRIGGER stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.checkpoint FOR EACH STATEMENT EXECUTE FUNCTION sealed_stays();
ALTER TABLE checkpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE checkpoint FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON checkpoint FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON checkpoint TO hub_signer;
GRANT SELECT ON checkpoint TO hub_app;
GRANT SELECT ON checkpoint TO hub_read;

CREATE TABLE cursor (
  tenant text NOT NULL,
  system text NOT NULL,
  feed text NOT NULL,
  "position" text,
  ended_at timestamp(3) with time zone,
  CONSTRAINT cursor_pkey PRIMARY KEY (tenant, system, feed),
  CONSTRAINT cursor_position_check CHECK ((length("position") <= 4000))
) WITH (fillfactor=50);
ALTER TABLE cursor ENABLE ROW LEVEL SECURITY;
ALTER TABLE cursor FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON cursor FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON cursor TO hub_app;
GRANT SELECT ON cursor TO hub_read;
GRANT UPDATE ("position", ended_at) ON cursor TO hub_app;

CREATE TABLE document (
  tenant text NOT NULL,
  sha256 text NOT NULL,
  media_type text NOT NULL,
  length bigint NOT NULL,
  CONSTRAINT document_pkey PRIMARY KEY (tenant, sha256),
  CONSTRAINT document_length_check CHECK ((length >= 0)),
  CONSTRAINT document_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);
ALTER TABLE document ENABLE ROW LEVEL SECURITY;
ALTER TABLE document FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON document FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON document TO hub_app;
GRANT SELECT ON document TO hub_eraser;
GRANT SELECT ON document TO hub_read;

CREATE TABLE document_chunk (
  tenant text NOT NULL,
  sha256 text NOT NULL,
  n integer NOT NULL,
  bytes bytea NOT NULL STORAGE EXTERNAL,
  CONSTRAINT document_chunk_pkey PRIMARY KEY (tenant, sha256, n),
  CONSTRAINT document_chunk_tenant_sha256_fkey FOREIGN KEY (tenant, sha256) REFERENCES document(tenant, sha256),
  CONSTRAINT document_chunk_bytes_check CHECK ((octet_length(bytes) <= 1048576)),
  CONSTRAINT document_chunk_n_check CHECK ((n >= 0))
);
ALTER TABLE document_chunk ENABLE ROW LEVEL SECURITY;
ALTER TABLE document_chunk FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON document_chunk FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT DELETE, SELECT ON document_chunk TO hub_eraser;
GRANT INSERT, SELECT ON document_chunk TO hub_app;
GRANT SELECT ON document_chunk TO hub_read;

CREATE TABLE effect (
  tenant text NOT NULL,
  key text NOT NULL,
  target text NOT NULL,
  command text NOT NULL,
  object text NOT NULL,
  occurrence text NOT NULL,
  subject text NOT NULL,
  content text NOT NULL,
  content_hash text NOT NULL,
  lane smallint NOT NULL,
  state text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  due_at timestamp(3) with time zone NOT NULL,
  due_on date NOT NULL,
  blocks boolean NOT NULL,
  wanted boolean NOT NULL DEFAULT true,
  CONSTRAINT effect_pkey PRIMARY KEY (tenant, key),
  CONSTRAINT effect_attempts_check CHECK ((attempts >= 0)),
  CONSTRAINT effect_content_hash_check CHECK ((length(content_hash) = 64)),
  CONSTRAINT effect_failures_check CHECK ((failures >= 0)),
  CONSTRAINT effect_key_check CHECK ((length(key) = 64)),
  CONSTRAINT effect_lane_check CHECK (((lane >= 0) AND (lane <= 7))),
  CONSTRAINT effect_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'open'::text, 'unknown'::text, 'done'::text, 'refused'::text, 'held'::text, 'dead'::text, 'superseded'::text])))
) WITH (fillfactor=70, autovacuum_vacuum_scale_factor=0.02);
CREATE INDEX effect_due ON public.effect USING btree (tenant, target, lane, due_on, due_at) WHERE (state = ANY (ARRAY['waiting'::text, 'unknown'::text]));
CREATE INDEX effect_look_again ON public.effect USING btree (tenant, target, due_at) WHERE ((state = ANY (ARRAY['held'::text, 'done'::text])) AND (due_at < '9999-01-01 00:00:00+00'::timestamp with time zone));
CREATE INDEX effect_of_subject ON public.effect USING btree (tenant, subject);
CREATE INDEX effect_stopped ON public.effect USING btree (tenant, target, lane, due_on, due_at, key) WHERE (state = ANY (ARRAY['held'::text, 'refused'::text, 'dead'::text]));
CREATE UNIQUE INDEX effect_in_flight ON public.effect USING btree (tenant, target, object) WHERE (state = ANY (ARRAY['open'::text, 'unknown'::text]));
CREATE UNIQUE INDEX effect_money ON public.effect USING btree (tenant, command, object) WHERE blocks;
ALTER TABLE effect ENABLE ROW LEVEL SECURITY;
ALTER TABLE effect FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON effect FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON effect TO hub_app;
GRANT SELECT ON effect TO hub_read;
GRANT UPDATE (content, content_hash, lane, state, attempts, failures, due_at, due_on, blocks, wanted) ON effect TO hub_app;

CREATE TABLE event (
  tenant text NOT NULL,
  index bigint NOT NULL,
  id text NOT NULL,
  type text NOT NULL,
  v smallint NOT NULL,
  objects text[] NOT NULL,
  occurred_at timestamp(3) with time zone NOT NULL,
  recorded_at timestamp(3) with time zone NOT NULL,
  actor text NOT NULL,
  cfg text NOT NULL,
  body bytea STORAGE EXTERNAL,
  salt bytea,
  commitment bytea NOT NULL,
  leaf_hash bytea NOT NULL,
  CONSTRAINT event_pkey PRIMARY KEY (tenant, index),
  CONSTRAINT event_check CHECK (((body IS NULL) = (salt IS NULL))),
  CONSTRAINT event_commitment_check CHECK ((octet_length(commitment) = 32)),
  CONSTRAINT event_leaf_hash_check CHECK ((octet_length(leaf_hash) = 32)),
  CONSTRAINT event_salt_check CHECK ((octet_length(salt) = 32))
) PARTITION BY RANGE (index);
CREATE INDEX event_by_id ON ONLY public.event USING btree (tenant, id) WHERE (id ~~ 'evt\_%'::text);
CREATE INDEX event_evidence_wanted ON ONLY public.event USING btree (tenant, index) WHERE (type = 'evidence.wanted'::text);
CREATE INDEX event_of_object ON ONLY public.event USING btree (tenant, (objects[1]), index);
CREATE TRIGGER erased BEFORE UPDATE ON public.event FOR EACH ROW EXECUTE FUNCTION event_erased();
CREATE TRIGGER stays_all BEFORE TRUNCATE ON public.event FOR EACH STATEMENT EXECUTE FUNCTION stays('an event is never taken back');
CREATE TRIGGER stays_row BEFORE DELETE ON public.event FOR EACH ROW EXECUTE FUNCTION stays('an event is never taken back');
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
ALTER TABLE event FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON event FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON event TO hub_app;
GRANT SELECT ON event TO hub_eraser;
GRANT SELECT ON event TO hub_read;
GRANT SELECT (tenant, index, leaf_hash) ON event TO hub_signer;
GRANT UPDATE (body, salt) ON event TO hub_eraser;

CREATE TABLE event_link (
  tenant text NOT NULL,
  object text NOT NULL,
  index bigint NOT NULL,
  applied bigint NOT NULL,
  bound text[],
  CONSTRAINT event_link_pkey PRIMARY KEY (tenant, object, applied, index),
  CONSTRAINT event_link_check CHECK ((applied >= index))
);
CREATE TRIGGER stays_all BEFORE TRUNCATE ON public.event_link FOR EACH STATEMENT EXECUTE FUNCTION stays('it belongs to the log');
CREATE TRIGGER stays_row BEFORE DELETE OR UPDATE ON public.event_link FOR EACH ROW EXECUTE FUNCTION stays('it belongs to the log');
ALTER TABLE event_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_link FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON event_link FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON event_link TO hub_app;
GRANT SELECT ON event_link TO hub_eraser;
GRANT SELECT ON event_link TO hub_read;

CREATE TABLE identity (
  tenant text NOT NULL,
  id text NOT NULL,
  source text NOT NULL,
  event_id text NOT NULL,
  fingerprint bytea,
  CONSTRAINT identity_pkey PRIMARY KEY (tenant, id),
  CONSTRAINT identity_fingerprint_check CHECK ((octet_length(fingerprint) = 32))
);
CREATE TRIGGER erased BEFORE UPDATE ON public.identity FOR EACH ROW WHEN (((CURRENT_USER <> 'hub_eraser'::name) OR (new.fingerprint IS NOT NULL) OR ((((new.tenant IS DISTINCT FROM old.tenant) OR (new.id IS DISTINCT FROM old.id)) OR (new.source IS DISTINCT FROM old.source)) OR (new.event_id IS DISTINCT FROM old.event_id)))) EXECUTE FUNCTION stays('an identity never changes');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON public.identity FOR EACH STATEMENT EXECUTE FUNCTION stays('an identity is known for ever');
CREATE TRIGGER stays_row BEFORE DELETE ON public.identity FOR EACH ROW EXECUTE FUNCTION stays('an identity is known for ever');
ALTER TABLE identity ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON identity FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON identity TO hub_app;
GRANT SELECT ON identity TO hub_eraser;
GRANT SELECT ON identity TO hub_read;
GRANT UPDATE (fingerprint) ON identity TO hub_eraser;

CREATE TABLE interest (
  tenant text NOT NULL,
  name text NOT NULL,
  object text NOT NULL,
  CONSTRAINT interest_pkey PRIMARY KEY (tenant, name, object)
);
ALTER TABLE interest ENABLE ROW LEVEL SECURITY;
ALTER TABLE interest FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON interest FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT DELETE, INSERT, SELECT ON interest TO hub_app;
GRANT SELECT ON interest TO hub_read;

CREATE TABLE ledger_entry (
  tenant text NOT NULL,
  object text NOT NULL,
  fact text NOT NULL,
  place smallint NOT NULL,
  entity text NOT NULL,
  document text NOT NULL,
  account text NOT NULL,
  currency text NOT NULL,
  kind text NOT NULL,
  booked_on date NOT NULL,
  amount numeric NOT NULL,
  supplier text NOT NULL,
  number text NOT NULL,
  closed_on date NOT NULL,
  CONSTRAINT ledger_entry_pkey PRIMARY KEY (tenant, object, fact, place),
  CONSTRAINT ledger_entry_kind_check CHECK ((kind = ANY (ARRAY['posted'::text, 'reversed'::text, 'settled'::text, 'revalued'::text])))
) WITH (fillfactor=80);
CREATE INDEX ledger_entry_moves ON public.ledger_entry USING btree (tenant, entity, booked_on);
CREATE INDEX ledger_entry_standing ON public.ledger_entry USING btree (tenant, entity, closed_on, booked_on);
ALTER TABLE ledger_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON ledger_entry FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT DELETE, INSERT, SELECT ON ledger_entry TO hub_app;
GRANT SELECT ON ledger_entry TO hub_read;
GRANT UPDATE (entity, document, account, currency, kind, booked_on, amount, supplier, number, closed_on) ON ledger_entry TO hub_app;

CREATE TABLE list_row (
  tenant text NOT NULL,
  object text NOT NULL,
  kind text NOT NULL,
  since timestamp(3) with time zone NOT NULL,
  title text NOT NULL,
  state text NOT NULL,
  currency text,
  amount numeric,
  party text,
  entity text,
  due_on date,
  owner text,
  cause text,
  open boolean NOT NULL,
  breaches text[] NOT NULL,
  system text,
  CONSTRAINT list_row_pkey PRIMARY KEY (tenant, object)
) WITH (fillfactor=70);
CREATE INDEX list_row_due ON public.list_row USING btree (tenant, kind, COALESCE(due_on, 'infinity'::date), object) WHERE open;
CREATE INDEX list_row_newest ON public.list_row USING btree (tenant, kind, state, since DESC, object);
CREATE INDEX list_row_number ON public.list_row USING btree (tenant, title) WHERE (kind = ANY (ARRAY['invoice'::text, 'order'::text, 'statement'::text]));
ALTER TABLE list_row ENABLE ROW LEVEL SECURITY;
ALTER TABLE list_row FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON list_row FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT DELETE, INSERT, SELECT ON list_row TO hub_app;
GRANT SELECT ON list_row TO hub_read;
GRANT UPDATE (title, state, currency, amount, party, entity, due_on, owner, cause, open, breaches, system) ON list_row TO hub_app;

CREATE TABLE migration (
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT migration_pkey PRIMARY KEY (name)
);

CREATE TABLE object (
  tenant text NOT NULL,
  id text NOT NULL,
  kind text NOT NULL,
  version integer NOT NULL,
  wake_at timestamp(3) with time zone,
  names text[] NOT NULL DEFAULT '{}'::text[],
  waits text[] NOT NULL DEFAULT '{}'::text[],
  state text NOT NULL STORAGE EXTERNAL,
  CONSTRAINT object_pkey PRIMARY KEY (tenant, id),
  CONSTRAINT object_state_check CHECK ((octet_length(state) <= 262144)),
  CONSTRAINT object_version_check CHECK ((version > 0))
) WITH (fillfactor=70, toast_tuple_target=8160, autovacuum_vacuum_scale_factor=0.05);
CREATE INDEX object_wake ON public.object USING btree (tenant, wake_at) WHERE (wake_at IS NOT NULL);
ALTER TABLE object ENABLE ROW LEVEL SECURITY;
ALTER TABLE object FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON object FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON object TO hub_app;
GRANT SELECT ON object TO hub_read;
GRANT UPDATE (version, wake_at, names, waits, state) ON object TO hub_app;

CREATE TABLE quarantine (
  tenant text NOT NULL,
  id text NOT NULL,
  source text NOT NULL,
  type text NOT NULL,
  bytes bytea,
  says text NOT NULL,
  owner text NOT NULL,
  since timestamp(3) with time zone NOT NULL,
  last_at timestamp(3) with time zone NOT NULL,
  times integer NOT NULL DEFAULT 1,
  resolved_at timestamp(3) with time zone,
  CONSTRAINT quarantine_pkey PRIMARY KEY (tenant, id),
  CONSTRAINT quarantine_times_check CHECK ((times > 0))
);
CREATE INDEX quarantine_standing ON public.quarantine USING btree (tenant, since) WHERE (resolved_at IS NULL);
ALTER TABLE quarantine ENABLE ROW LEVEL SECURITY;
ALTER TABLE quarantine FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON quarantine FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON quarantine TO hub_app;
GRANT SELECT ON quarantine TO hub_eraser;
GRANT SELECT ON quarantine TO hub_read;
GRANT UPDATE (bytes) ON quarantine TO hub_eraser;
GRANT UPDATE (last_at, times, resolved_at) ON quarantine TO hub_app;

CREATE TABLE request_key (
  tenant text NOT NULL,
  caller text NOT NULL,
  route text NOT NULL,
  key text NOT NULL,
  fingerprint bytea NOT NULL,
  busy_until timestamp(3) with time zone,
  status smallint,
  headers text,
  body bytea,
  expires_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT request_key_pkey PRIMARY KEY (tenant, caller, route, key),
  CONSTRAINT request_key_body_check CHECK ((octet_length(body) <= 1048576)),
  CONSTRAINT request_key_check CHECK (((status IS NULL) = (busy_until IS NOT NULL))),
  CONSTRAINT request_key_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
  CONSTRAINT request_key_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
  CONSTRAINT request_key_route_check CHECK ((octet_length(route) <= 4000))
);
CREATE INDEX request_key_expired ON public.request_key USING btree (tenant, expires_at);
ALTER TABLE request_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE request_key FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON request_key FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT DELETE, INSERT, SELECT ON request_key TO hub_app;
GRANT SELECT ON request_key TO hub_read;
GRANT UPDATE (fingerprint, busy_until, status, headers, body, expires_at) ON request_key TO hub_app;

CREATE TABLE set_back (
  tenant text NOT NULL,
  at timestamp(3) with time zone NOT NULL DEFAULT now(),
  since timestamp(3) with time zone NOT NULL,
  first bigint NOT NULL,
  known bigint NOT NULL,
  head bigint NOT NULL,
  by text NOT NULL,
  reason text NOT NULL,
  ended_at timestamp(3) with time zone,
  CONSTRAINT set_back_pkey PRIMARY KEY (tenant, at),
  CONSTRAINT set_back_tenant_fkey FOREIGN KEY (tenant) REFERENCES tenant(id),
  CONSTRAINT set_back_by_check CHECK (((length(by) >= 1) AND (length(by) <= 200))),
  CONSTRAINT set_back_check CHECK ((known >= first)),
  CONSTRAINT set_back_check1 CHECK ((head >= first)),
  CONSTRAINT set_back_first_check CHECK ((first >= 0)),
  CONSTRAINT set_back_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 1000)))
);
CREATE TRIGGER ends_once BEFORE UPDATE ON public.set_back FOR EACH ROW WHEN (((old.ended_at IS NOT NULL) OR ((((((((new.tenant IS DISTINCT FROM old.tenant) OR (new.at IS DISTINCT FROM old.at)) OR (new.since IS DISTINCT FROM old.since)) OR (new.first IS DISTINCT FROM old.first)) OR (new.known IS DISTINCT FROM old.known)) OR (new.head IS DISTINCT FROM old.head)) OR (new.by IS DISTINCT FROM old.by)) OR (new.reason IS DISTINCT FROM old.reason)))) EXECUTE FUNCTION stays('it is ended, once, and never changed');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON public.set_back FOR EACH STATEMENT EXECUTE FUNCTION stays('the log names it');
CREATE TRIGGER stays_row BEFORE DELETE ON public.set_back FOR EACH ROW EXECUTE FUNCTION stays('the log names it');
ALTER TABLE set_back ENABLE ROW LEVEL SECURITY;
ALTER TABLE set_back FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON set_back FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT SELECT ON set_back TO hub_app;
GRANT SELECT ON set_back TO hub_read;
GRANT SELECT (tenant, head) ON set_back TO hub_signer;

CREATE TABLE stir (
  tenant text NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  name text NOT NULL,
  done_to text NOT NULL DEFAULT ''::text,
  CONSTRAINT stir_pkey PRIMARY KEY (tenant, seq)
);
ALTER TABLE stir ENABLE ROW LEVEL SECURITY;
ALTER TABLE stir FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON stir FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT DELETE, INSERT, SELECT ON stir TO hub_app;
GRANT SELECT ON stir TO hub_read;
GRANT UPDATE (done_to) ON stir TO hub_app;

CREATE TABLE system (
  tenant text NOT NULL,
  name text NOT NULL,
  heard_at timestamp(3) with time zone,
  paused boolean NOT NULL DEFAULT false,
  delivery text NOT NULL DEFAULT '{}'::text,
  version integer NOT NULL DEFAULT 0,
  CONSTRAINT system_pkey PRIMARY KEY (tenant, name)
) WITH (fillfactor=50);
ALTER TABLE system ENABLE ROW LEVEL SECURITY;
ALTER TABLE system FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON system FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON system TO hub_app;
GRANT SELECT ON system TO hub_read;
GRANT UPDATE (heard_at, paused, delivery, version) ON system TO hub_app;

CREATE TABLE tenant (
  id text NOT NULL,
  CONSTRAINT tenant_pkey PRIMARY KEY (id),
  CONSTRAINT tenant_id_check CHECK ((id ~ '^[a-z0-9-]{1,40}$'::text))
);
GRANT SELECT ON tenant TO hub_app;
GRANT SELECT ON tenant TO hub_read;
GRANT SELECT ON tenant TO hub_signer;

CREATE TABLE tenant_head (
  tenant text NOT NULL,
  next_index bigint NOT NULL DEFAULT 0,
  recorded_at timestamp(3) with time zone NOT NULL DEFAULT '2000-01-01 00:00:00+00'::timestamp with time zone,
  law integer NOT NULL DEFAULT 0,
  config bigint NOT NULL DEFAULT 0,
  CONSTRAINT tenant_head_pkey PRIMARY KEY (tenant),
  CONSTRAINT tenant_head_tenant_fkey FOREIGN KEY (tenant) REFERENCES tenant(id),
  CONSTRAINT tenant_head_next_index_check CHECK ((next_index >= 0))
) WITH (fillfactor=50);
CREATE TRIGGER only_grows BEFORE UPDATE ON public.tenant_head FOR EACH ROW WHEN (((new.tenant <> old.tenant) OR (new.next_index < old.next_index) OR (new.recorded_at < old.recorded_at) OR (new.law < old.law) OR (new.config < old.config))) EXECUTE FUNCTION stays('a log only grows');
CREATE TRIGGER stays_all BEFORE TRUNCATE ON public.tenant_head FOR EACH STATEMENT EXECUTE FUNCTION stays('a log ends nowhere else');
CREATE TRIGGER stays_row BEFORE DELETE ON public.tenant_head FOR EACH ROW EXECUTE FUNCTION stays('a log ends nowhere else');
ALTER TABLE tenant_head ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_head FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON tenant_head FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT SELECT ON tenant_head TO hub_app;
GRANT SELECT ON tenant_head TO hub_read;
GRANT SELECT (tenant, next_index) ON tenant_head TO hub_signer;
GRANT UPDATE (next_index, recorded_at, law, config) ON tenant_head TO hub_app;

CREATE TABLE tile (
  tenant text NOT NULL,
  level smallint NOT NULL,
  index bigint NOT NULL,
  hashes bytea NOT NULL STORAGE EXTERNAL,
  CONSTRAINT tile_pkey PRIMARY KEY (tenant, level, index),
  CONSTRAINT tile_hashes_check CHECK ((((octet_length(hashes) >= 32) AND (octet_length(hashes) <= 8192)) AND ((octet_length(hashes) % 32) = 0))),
  CONSTRAINT tile_index_check CHECK ((index >= 0)),
  CONSTRAINT tile_level_check CHECK (((level >= 0) AND (level <= 6)))
);
CREATE TRIGGER only_grows BEFORE UPDATE ON public.tile FOR EACH ROW EXECUTE FUNCTION tile_only_grows();
CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON public.tile FOR EACH STATEMENT EXECUTE FUNCTION sealed_stays();
ALTER TABLE tile ENABLE ROW LEVEL SECURITY;
ALTER TABLE tile FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON tile FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT INSERT, SELECT ON tile TO hub_signer;
GRANT SELECT ON tile TO hub_app;
GRANT SELECT ON tile TO hub_read;
GRANT UPDATE (hashes) ON tile TO hub_signer;

CREATE TABLE unbound (
  tenant text NOT NULL,
  index bigint NOT NULL,
  refs text NOT NULL,
  since timestamp(3) with time zone NOT NULL,
  noticed boolean NOT NULL DEFAULT false,
  CONSTRAINT unbound_pkey PRIMARY KEY (tenant, index)
);
CREATE INDEX unbound_unnoticed ON public.unbound USING btree (tenant, since) WHERE (NOT noticed);
ALTER TABLE unbound ENABLE ROW LEVEL SECURITY;
ALTER TABLE unbound FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON unbound FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT DELETE, INSERT, SELECT ON unbound TO hub_app;
GRANT SELECT ON unbound TO hub_read;
GRANT UPDATE (noticed) ON unbound TO hub_app;

CREATE TABLE unbound_name (
  tenant text NOT NULL,
  name text NOT NULL,
  index bigint NOT NULL,
  CONSTRAINT unbound_name_pkey PRIMARY KEY (tenant, name, index)
);
ALTER TABLE unbound_name ENABLE ROW LEVEL SECURITY;
ALTER TABLE unbound_name FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON unbound_name FOR ALL USING ((tenant = NULLIF(current_setting('hub.tenant'::text, true), ''::text)));
GRANT DELETE, INSERT, SELECT ON unbound_name TO hub_app;
GRANT SELECT ON unbound_name TO hub_read;

CREATE OR REPLACE FUNCTION public.event_erased()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF current_user = 'hub_eraser' AND new.body IS NULL AND new.salt IS NULL
     AND (new.tenant, new."index", new.id, new.type, new.v, new.objects, new.occurred_at, new.recorded_at, new.actor, new.cfg, new.commitment, new.leaf_hash)
       IS NOT DISTINCT FROM
         (old.tenant, old."index", old.id, old.type, old.v, old.objects, old.occurred_at, old.recorded_at, old.actor, old.cfg, old.commitment, old.leaf_hash)
  THEN RETURN new; END IF;
  RAISE EXCEPTION 'UPDATE of event is not allowed: an event never changes' USING errcode = 'insufficient_privilege';
END $function$;

CREATE OR REPLACE FUNCTION public.event_make_room(highest bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.head_moved()
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'the head of the log has moved' USING errcode = 'TO001';
END $function$;

CREATE OR REPLACE FUNCTION public.sealed_stays()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION '% of % is not allowed: it was sealed', tg_op, tg_table_name USING errcode = 'check_violation';
END $function$;

CREATE OR REPLACE FUNCTION public.stays()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION '% of % is not allowed: %', tg_op, tg_table_name, tg_argv[0] USING errcode = 'insufficient_privilege';
END $function$;

CREATE OR REPLACE FUNCTION public.tables_have_grown()
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
DECLARE name text;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('tables_have_grown')) THEN RETURN; END IF;
  FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition LOOP
    EXECUTE format('ANALYZE public.%I', name);
  END LOOP;
END $function$;

CREATE OR REPLACE FUNCTION public.tile_only_grows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF (new.tenant, new.level, new."index") IS DISTINCT FROM (old.tenant, old.level, old."index")
     OR octet_length(new.hashes) < octet_length(old.hashes)
     OR substring(new.hashes FOR octet_length(old.hashes)) <> old.hashes THEN
    RAISE EXCEPTION 'tile %/% of tenant % would lose or change a hash', old.level, old."index", old.tenant USING errcode = 'check_violation';
  END IF;
  RETURN new;
END $function$;

GRANT EXECUTE ON FUNCTION event_make_room(bigint) TO hub_app;
GRANT EXECUTE ON FUNCTION head_moved() TO hub_app;
GRANT EXECUTE ON FUNCTION tables_have_grown() TO hub_app;
