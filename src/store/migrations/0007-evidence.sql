-- What a pack is to be made of, in log order: the worker that makes packs reads on from where it was.
CREATE INDEX event_evidence_wanted ON event (tenant, "index") WHERE type = 'evidence.wanted';
