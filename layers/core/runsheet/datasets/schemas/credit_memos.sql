-- title: Credit memos
-- time: created_at
-- currencies: currency
--
-- What was credited to a customer. Which invoices it settles is in credit_memo_allocations; the rest is unapplied. A column's
-- comment is its meaning in the API. Columns may be added at the end, nullable; a column is never renamed, retyped or removed.

create table credit_memos (
    id varchar primary key,  -- id of the credit memo; a later record with the same id replaces it
    created_at timestamp not null,  -- when the record of it was made
    customer_id varchar not null,  -- id of the customer
    remote_id varchar,  -- id in the accounting system
    number varchar,  -- number printed on it
    issue_date date not null,  -- date of the credit memo
    currency varchar not null,  -- ISO 4217 code in lower case
    total_amount bigint not null,  -- minor units, positive
    voided_at timestamp,  -- when it was cancelled; it is worth nothing from that day on
    check (total_amount between 0 and 999999999999999),
    check (length(id) between 1 and 255),
    check (length(customer_id) between 1 and 255)
);
