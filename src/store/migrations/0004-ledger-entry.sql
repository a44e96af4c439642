-- What invoices book on the accounts of suppliers, written beside the object from its facts: what tie-outs add up.
CREATE TABLE ledger_entry (
  tenant    text     NOT NULL,
  object    text     NOT NULL,
  -- The event that it rests on, and its place among several of the same event.
  fact      text     NOT NULL,
  place     smallint NOT NULL,
  -- The ERP's numbers: of the company, of its document, of the account of the general ledger ('' where it did not say).
  entity    text     NOT NULL,
  document  text     NOT NULL,
  account   text     NOT NULL,
  currency  text     NOT NULL,
  kind      text     NOT NULL CHECK (kind IN ('posted', 'reversed', 'settled', 'revalued')),
  booked_on date     NOT NULL,
  -- Signed as what we owe.
  amount    numeric  NOT NULL,
  supplier  text     NOT NULL,
  number    text     NOT NULL,
  -- From this day on the entries of its document add up to nothing: no later balance reads them.
  closed_on date     NOT NULL,
  PRIMARY KEY (tenant, object, fact, place)
) WITH (fillfactor = 80);
-- A balance reads what was open then and not what ever was.
CREATE INDEX ledger_entry_standing ON ledger_entry (tenant, entity, closed_on, booked_on);
CREATE INDEX ledger_entry_moves ON ledger_entry (tenant, entity, booked_on);

ALTER TABLE ledger_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON ledger_entry USING (tenant = nullif(current_setting('hub.tenant', true), ''));
GRANT SELECT, INSERT, UPDATE (entity, document, account, currency, kind, booked_on, amount, supplier, number, closed_on), DELETE ON ledger_entry TO hub_app;
GRANT SELECT ON ledger_entry TO hub_read;
