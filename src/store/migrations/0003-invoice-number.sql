-- The number on the paper is what people ask by. Only the first invoice with a number has it as a name; this finds all of them.
CREATE INDEX list_row_number ON list_row (tenant, title) WHERE kind = 'invoice';
