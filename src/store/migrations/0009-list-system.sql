-- Of a case: the system on whose side it lies; people list the cases of one system.
ALTER TABLE list_row ADD COLUMN system text;
GRANT UPDATE (system) ON list_row TO hub_app;
