-- title: Credit memo allocations
-- time: allocated_at
--
-- How much of a credit memo settles which invoice: a record for each pair, in the currency of both. A column's comment is
-- its meaning in the API. Columns may be added at the end, nullable; a column is never renamed, retyped or removed.

create table credit_memo_allocations (
    id varchar primary key,  -- id of the allocation; a later record with the same id replaces it
    allocated_at timestamp not null,  -- since when it counts
    credit_memo_id varchar not null,  -- id of the credit memo
    invoice_id varchar not null,  -- id of the invoice
    amount bigint not null,  -- minor units
    check (amount between 0 and 999999999999999),
    check (length(id) between 1 and 255)
);
