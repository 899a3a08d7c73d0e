-- title: Payments
-- time: paid_at
-- currencies: currency
--
-- Money received. Which invoices it settles, and since when, is in payment_allocations; the rest is unapplied. A column's
-- comment is its meaning in the API. Columns may be added at the end, nullable; a column is never renamed, retyped or removed.

create table payments (
    id varchar primary key,  -- id of the payment; a later record with the same id replaces it
    paid_at timestamp not null,  -- when it was received
    customer_id varchar not null,  -- id of the customer who paid
    remote_id varchar,  -- id in the accounting system
    reference_number varchar,  -- reference of the bank, or number of the check
    currency varchar not null,  -- ISO 4217 code in lower case
    amount bigint not null,  -- minor units
    amount_refunded bigint,  -- minor units of it that were paid back
    refunded_at timestamp,  -- when they were; without it, at once
    check (amount between 0 and 999999999999999),
    check (amount_refunded between 0 and 999999999999999),
    check (length(id) between 1 and 255),
    check (length(customer_id) between 1 and 255)
);
