-- People ask for an order and for a bank statement by its number, too, which no name of it is: two companies, two accounts may have it.
DROP INDEX list_row_number;
CREATE INDEX list_row_number ON list_row (tenant, title) WHERE kind IN ('invoice', 'order', 'statement');
