-- Whether the law still asks for an effect: what was withdrawn while it was under way or in doubt is not tried again afterwards.
ALTER TABLE effect ADD COLUMN wanted boolean NOT NULL DEFAULT true;
GRANT UPDATE (wanted) ON effect TO hub_app;
