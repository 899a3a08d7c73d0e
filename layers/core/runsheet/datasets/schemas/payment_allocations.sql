-- title: Payment allocations
-- time: allocated_at
--
-- How much of a payment settles which invoice: a record for each pair, in the currency of both. A column's comment is its
-- meaning in the API. Columns may be added at the end, nullable; a column is never renamed, retyped or removed.

create table payment_allocations (
    id varchar primary key,  -- id of the allocation; a later record with the same id replaces it
    allocated_at timestamp not null,  -- since when it counts; the payment's own time, if that is all that is known
    payment_id varchar not null,  -- id of the payment
    invoice_id varchar not null,  -- id of the invoice
    amount bigint not null,  -- minor units
    strategy varchar,  -- how it was found, such as automatic
    approved boolean,  -- false for a suggestion, which does not count
    check (amount between 0 and 999999999999999),
    check (length(id) between 1 and 255)
);
